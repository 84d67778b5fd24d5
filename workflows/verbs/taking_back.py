"""Taking one's own last step back, exactly: the state before it, its timers and its tasks are there again.

The state before a completion is kept with the case until anything else happens to it. What the step did to the record is
undone by the process, operation by operation; a step with an operation that cannot be undone stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.core.errors import Conflict
from crm.permissions import Actor
from workflows import engine, library
from workflows.kept import restore
from workflows.models import ProcessInstance, Task, TaskStatus
from workflows.operations.steps import moved_on, store_step
from workflows.registry import StepContext, registry
from workflows.task_forms import entered_again
from workflows.verbs.at_hand import TASK, AtHand, refuse, take
from workflows.verbs.notices import tell
from workflows.verbs.queries import completion_of
from workflows.verbs.rules import TAKEN_UP, why_not_withdraw


def withdraw(session: Session, *, by: Actor, now: datetime, task_id: int, seen: int | None = None) -> Task:
    """The task is open again for whoever completed it, with the answers as a draft; what it had opened is withdrawn.

    Refused when the case has ended, when anything else has happened since, when somebody has taken up what followed, or when
    an effect cannot be undone.
    """
    hand = take(session, task_id, by=by, seen=seen)
    task, instance = hand.task, hand.instance
    refuse(task, why_not_withdraw(task, by, hand.standing))
    before, after = session.execute(
        select(ProcessInstance.state_before, ProcessInstance.state).where(ProcessInstance.id == instance.id)
    ).one()
    if before is None:
        raise moved_on()
    published = library.published(session, instance.version_id)
    back = engine.take_back(published.definition, before, after)
    losing = _still_untouched(session, instance, [closed.token for closed in back.step.closed])
    _undo_effects(session, hand, by=by, now=now)
    store_step(
        session,
        instance,
        published,
        back.step,
        now=now,
        event="withdrawn",
        by=by,
        node_id=task.node_id,
        task_id=task.id,
    )
    entered = entered_again(session, published, task, restore(task.answers), by=by, now=now)
    session.execute(
        update(TASK)
        .where(TASK.c.instance_id == instance.id, TASK.c.token.in_(back.reopened), TASK.c.status != TaskStatus.OPEN)
        .values(status=TaskStatus.OPEN, closed_at=None, closed_by_id=None, version=TASK.c.version + 1)
    )
    session.execute(update(TASK).where(TASK.c.id == task.id).values(draft=entered, answers=None))
    session.refresh(task)
    tell(session, task, "task.withdrawn", to=losing, by=by, now=now, occasion=task.version)
    return task


def _still_untouched(session: Session, instance: ProcessInstance, tokens: Sequence[int]) -> set[int | None]:
    """Who has what the step had opened. The tasks are locked: whoever claims one at this moment is first, or too late."""
    following = session.scalars(
        select(Task)
        .where(Task.instance_id == instance.id, Task.token.in_(tokens), Task.status == TaskStatus.OPEN)
        .order_by(Task.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if any(task.version > 1 for task in following):
        raise Conflict(TAKEN_UP)
    return {task.assignee_id for task in following}


def _undo_effects(session: Session, hand: AtHand, *, by: Actor, now: datetime) -> None:
    """What the operations of the step did to the record is undone, the last one first."""
    event = completion_of(session, hand.task)
    published = library.published(session, hand.instance.version_id)
    context = StepContext(session, by, now, hand.instance.record_type, hand.instance.record_id)
    for kind, element, *_ in reversed(event.detail.get("passed", []) if event else []):
        node = published.definition.nodes.get(element) if kind == "node" else None
        undo = registry().taken_back.get(node.operator.name) if node is not None and node.operator else None
        if undo is not None:
            undo(context)
