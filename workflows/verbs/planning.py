"""How urgent a task is, and until when it should be done."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from crm.core.errors import Fault, Invalid
from crm.core.i18n import text
from crm.permissions import Actor
from workflows.ladders.planning import plan_again
from workflows.models import NO_DUE_DATE, Task
from workflows.rules import PRIORITIES
from workflows.verbs.at_hand import change, read_note, refuse, take, tell_story
from workflows.verbs.notices import tell
from workflows.verbs.rules import why_not_due, why_not_priority

FARTHEST = timedelta(days=3_660)


def set_priority(
    session: Session, *, by: Actor, now: datetime, task_id: int, priority: int, seen: int | None = None
) -> Task:
    """The task is as urgent as this: 0 low, 1 normal, 2 high, 3 urgent."""
    hand = take(session, task_id, by=by, seen=seen)
    task = hand.task
    refuse(task, why_not_priority(task, by, hand.standing))
    if priority not in PRIORITIES:
        raise Invalid([Fault("priority", text("The priority is 0 (low) to 3 (urgent)."))])
    before = task.priority
    if priority != before:
        change(session, task, priority=priority)
        tell_story(session, task, "priority", absent_id=hand.absent_id, by=by, now=now, old=before, new=priority)
        tell(session, task, "task.due_changed", to=[task.assignee_id], by=by, now=now, occasion=task.version)
    return task


def set_due(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    task_id: int,
    due: datetime | None,
    note: str = "",
    seen: int | None = None,
) -> Task:
    """The task is due then, or has no due date. Timers of the diagram keep their own time; the ladder of
    the step follows it."""
    hand = take(session, task_id, by=by, seen=seen)
    task = hand.task
    refuse(task, why_not_due(task, by, hand.standing))
    if due is not None and not now <= due <= now + FARTHEST:
        raise Invalid([Fault("due", text("The due date must be in the coming ten years."))])
    written = read_note(note)
    before = task.due
    if due != before:
        change(session, task, due_at=due or NO_DUE_DATE)
        plan_again(session, task, now=now)
        old, new = (moment.isoformat() if moment else None for moment in (before, due))
        tell_story(session, task, "due", absent_id=hand.absent_id, by=by, now=now, note=written, old=old, new=new)
        occasion = task.version
        tell(
            session, task, "task.due_changed", to=[task.assignee_id], by=by, now=now, occasion=occasion, detail=written
        )
    return task
