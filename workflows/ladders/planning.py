"""What of a task's ladder is done, as the case's history tells, and the appointment anew after another due time was set."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core import due
from workflows.ladders.kept import appointment, ladder_of
from workflows.models import RUNG, ProcessEvent, Task


def done_rungs(session: Session, task: Task) -> tuple[int, ...]:
    """The numbers of the rungs that were climbed or left out."""
    details = session.scalars(
        select(ProcessEvent.detail).where(
            ProcessEvent.instance_id == task.instance_id, ProcessEvent.kind == "rung", ProcessEvent.task_id == task.id
        )
    )
    return tuple(sorted({number for detail in details for number in (detail["rung"], *detail.get("skipped", ()))}))


def plan_again(session: Session, task: Task, *, now: datetime) -> None:
    """The open task has another due time: the rungs that are left follow it. Those that were climbed are not climbed again."""
    rungs = ladder_of(session, task.process_key, task.node_id)
    if not rungs:
        return
    due.unschedule(session, kind=RUNG, subject_id=task.instance_id, refs=[task.token])
    if task.due is None:
        return
    following = appointment(
        session,
        rungs,
        done_rungs(session, task),
        instance_id=task.instance_id,
        token=task.token,
        node_id=task.node_id,
        opened_at=task.opened_at,
        due_at=task.due_at,
        department_id=task.department_id,
    )
    if following is not None:
        due.schedule(session, following, now=now)
