"""Taking one's own last step back, while nobody has taken up what followed.

The very last step of a case goes back exactly: the state before it is kept with the case until anything else happens, and what
it did to the record is undone by the process, operation by operation; a step with an operation that cannot be undone
stays. When other branches have moved on since, its own branch alone goes back: its timers begin anew, and a step that
did anything to the record stays, as others may have built upon that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.core.db import company_time
from crm.core.errors import Conflict
from crm.permissions import Actor
from workflows import engine, library
from workflows.kept import restore
from workflows.ladders.planning import plan_again
from workflows.library import Published
from workflows.models import ProcessEvent, ProcessInstance, Task, TaskStatus
from workflows.operations.steps import moved_on, services, store_step
from workflows.registry import StepContext, registry
from workflows.task_forms import entered_again, facts_of
from workflows.verbs.at_hand import TASK, AtHand, as_refusal, refuse, take
from workflows.verbs.notices import tell
from workflows.verbs.queries import completion_of, left_by
from workflows.verbs.rules import TAKEN_UP, why_not_withdraw


def withdraw(session: Session, *, by: Actor, now: datetime, task_id: int, seen: int | None = None) -> Task:
    """The task is open again for whoever completed it, with the answers as a draft; what it had opened is withdrawn.

    Refused when the case has ended, when what followed has been gone on with or taken up, or when an effect cannot be undone.
    """
    hand = take(session, task_id, by=by, seen=seen)
    task, instance = hand.task, hand.instance
    refuse(task, why_not_withdraw(task, by, hand.standing))
    event = completion_of(session, task)
    if event is None:
        raise moved_on()
    published = library.published(session, instance.version_id)
    if hand.standing.is_last_step:
        step, tokens = _last_step_back(session, instance, published)
    else:
        step, tokens = _branch_back(session, hand, published, event, by=by, now=now)
    losing = _still_untouched(session, instance, [closed.token for closed in step.closed])
    if hand.standing.is_last_step:
        _undo_effects(session, hand, event, by=by, now=now)
    store_step(
        session, instance, published, step, now=now, event="withdrawn", by=by, node_id=task.node_id, task_id=task.id
    )
    _open_again(session, instance, tokens)
    entered = entered_again(session, published, task, restore(task.answers), by=by, now=now)
    session.execute(update(TASK).where(TASK.c.id == task.id).values(draft=entered, answers=None))
    session.refresh(task)
    plan_again(session, task, now=now)
    tell(session, task, "task.withdrawn", to=losing, by=by, now=now, occasion=task.version)
    return task


# Of each row that is open again the token that it had, and the one that it has from now on.
Tokens = Mapping[int, int]


def _last_step_back(session: Session, instance: ProcessInstance, published: Published) -> tuple[engine.Step, Tokens]:
    """The state before the last step is the state again."""
    before, after = session.execute(
        select(ProcessInstance.state_before, ProcessInstance.state).where(ProcessInstance.id == instance.id)
    ).one()
    if before is None:
        raise moved_on()
    back = engine.take_back(published.definition, before, after)
    return back.step, {token: token for token in back.reopened}


def _branch_back(
    session: Session, hand: AtHand, published: Published, event: ProcessEvent, *, by: Actor, now: datetime
) -> tuple[engine.Step, Tokens]:
    """The branch of the task stands at it again, with what the process knew then; all others stay where they are."""
    task, instance = hand.task, hand.instance
    call = services(session, instance, by=hand.acting, now=now)
    with as_refusal():
        step = engine.retract(
            published.definition,
            instance.state,
            left_by(event) or (),
            task.node_id,
            facts_of(task),
            call=call,
            now=company_time(session, now),
        )
    # The row of the task is opened again, and so no other one for its step.
    (again,) = step.opened
    return replace(step, opened=()), {task.token: again.token}


def _open_again(session: Session, instance: ProcessInstance, tokens: Tokens) -> None:
    for before, token in tokens.items():
        session.execute(
            update(TASK)
            .where(TASK.c.instance_id == instance.id, TASK.c.token == before, TASK.c.status != TaskStatus.OPEN)
            .values(token=token, status=TaskStatus.OPEN, closed_at=None, closed_by_id=None, version=TASK.c.version + 1)
        )


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


def _undo_effects(session: Session, hand: AtHand, event: ProcessEvent, *, by: Actor, now: datetime) -> None:
    """What the operations of the step did to the record is undone, the last one first."""
    published = library.published(session, hand.instance.version_id)
    context = StepContext(session, by, now, hand.instance.record_type, hand.instance.record_id)
    for kind, element, *_ in reversed(event.detail.get("passed", [])):
        node = published.definition.nodes.get(element) if kind == "node" else None
        undo = registry().taken_back.get(node.operator.name) if node is not None and node.operator else None
        if undo is not None:
            undo(context)
