"""The record behind a step has another due time: the open step of its cases, its timers and its ladder follow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from sqlalchemy import Table, select, update
from sqlalchemy.orm import Session

from crm.core.due import HELD, DueRow
from workflows.ladders.planning import plan_again
from workflows.models import NO_DUE_DATE, TIMER, Task, TaskStatus
from workflows.operations.pausing import lock_cases_of
from workflows.registry import RecordRef

TASK = cast(Table, Task.__table__)


def follow_record(
    session: Session,
    record: RecordRef,
    *,
    now: datetime,
    node_id: str,
    due_at: datetime,
    timers: Mapping[str, datetime],
    department_id: int | None,
) -> None:
    """The open task of this step is due then, by this department's calendar, and the timers of the named elements at their
    moments. What stands still goes on standing still."""
    for instance_id in lock_cases_of(session, record):
        of_step = select(Task).where(
            Task.instance_id == instance_id, Task.node_id == node_id, Task.status == TaskStatus.OPEN
        )
        for task in session.scalars(of_step.execution_options(populate_existing=True)).all():
            paused = task.paused_due_at is not None and task.due_at >= NO_DUE_DATE
            moved = {"paused_due_at": due_at} if paused else {"due_at": due_at}
            session.execute(update(TASK).where(TASK.c.id == task.id).values(**moved, department_id=department_id))
            session.refresh(task)
            if not paused:
                plan_again(session, task, now=now)
        rows = select(DueRow).where(DueRow.kind == TIMER, DueRow.subject_id == instance_id, DueRow.failed_at.is_(None))
        for row in session.scalars(rows.with_for_update().execution_options(populate_existing=True)):
            at = timers.get(row.payload.get("node", ""))
            if at is None:
                continue
            if HELD in row.payload:
                row.payload = {**row.payload, HELD: at.isoformat()}
            else:
                row.due_at = at
        session.flush()
