"""The questions of reminders about tasks: due soon, overdue. They reach tasks that somebody holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from crm.core.i18n import Text, text
from crm.notices.models import Mailing
from crm.reminders.kinds import CATCH_UP, Finding, Look, ReminderKind, Span, Whom
from workflows import library
from workflows.ladders.kept import steps_with_ladder
from workflows.models import ProcessInstance, Task, TaskStatus
from workflows.telling import spoken

# Cases about this record remind and escalate by timers of their own diagram.
REMINDED_BY_THEIR_CASE = "service_request"


def tasks_soon(session: Session, look: Look) -> Sequence[Finding]:
    """Tasks that are due within so many hours."""
    return _tasks(session, look, look.now, look.now + timedelta(hours=look.span), text("Due soon: {task}: {case}"))


def tasks_late(session: Session, look: Look) -> Sequence[Finding]:
    """Tasks that have been overdue for so many hours."""
    last = look.now - timedelta(hours=look.span)
    return _tasks(session, look, last - CATCH_UP, last, text("Overdue: {task}: {case}"))


def _tasks(session: Session, look: Look, first: datetime, last: datetime, says: Text) -> Sequence[Finding]:
    due = (
        select(Task)
        .join(ProcessInstance, ProcessInstance.id == Task.instance_id)
        .where(Task.status == TaskStatus.OPEN, Task.assignee_id.is_not(None), Task.due_at > first, Task.due_at <= last)
    )
    if look.mine is None:
        due = due.where(
            ProcessInstance.record_type.is_distinct_from(REMINDED_BY_THEIR_CASE),
            # Whoever a ladder tells is not told a second time.
            tuple_(Task.process_key, Task.node_id).not_in(steps_with_ladder(session)),
        )
    rows = session.execute(look.part(due, Task.id, Task.assignee_id == look.mine))
    return [
        Finding(
            id=task.id,
            occasion=f"{task.id}-{task.due_at:%Y%m%d%H%M}",
            message=Text(
                says.source,
                {"task": spoken(library.published(session, task.version_id), task.name), "case": task.title},
            ),
            name=task.title,
            link=f"/tasks/{task.id}",
            holder_id=task.assignee_id,
            about=("task", task.id),
        )
        for (task,) in rows
    ]


RULES = (
    ReminderKind(
        key="task_soon",
        label=text("Tasks that are due soon"),
        explains=text("A task that somebody holds is due within so many hours."),
        several=text("{count} tasks are due soon"),
        find=tasks_soon,
        span=Span.HOURS_BEFORE,
        usual=4,
        most=240,
        whom=(Whom.HOLDER,),
        offers=(Whom.HOLDER, Whom.MANAGER),
        daily=False,
        mail=Mailing.NOW,
        icon="clock",
    ),
    ReminderKind(
        key="task_late",
        label=text("Tasks that are overdue"),
        explains=text("The due time of a task that somebody holds has passed."),
        several=text("{count} tasks are overdue"),
        find=tasks_late,
        span=Span.HOURS_AFTER,
        usual=0,
        most=240,
        whom=(Whom.HOLDER,),
        offers=(Whom.HOLDER, Whom.MANAGER),
        daily=False,
        mail=Mailing.NOW,
        icon="alert-triangle",
        tone="bad",
    ),
)
