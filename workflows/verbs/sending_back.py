"""Sending a step back: an earlier step is done again, by whoever did it, with the reason before their eyes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.core.db import company_time
from crm.core.errors import Fault, Invalid, RuleBroken
from crm.core.i18n import Text, text
from crm.permissions import Actor
from workflows import engine, library, queries
from workflows.kept import restore
from workflows.library import Published
from workflows.models import ProcessInstance, Task, TaskStatus
from workflows.operations.steps import services, store_step
from workflows.registry import registry
from workflows.task_forms import entered_again
from workflows.verbs.at_hand import TASK, as_refusal, read_note, refuse, take
from workflows.verbs.notices import tell
from workflows.verbs.rules import why_not_send_back


@dataclass(frozen=True)
class BackTo:
    """An earlier step of the case: may the task go back there, and if not, why not; and who did it last."""

    node_id: str
    reason: Text | None
    done_by_id: int | None


def targets(session: Session, task: Task, *, by: Actor) -> list[BackTo]:
    """The steps of people that the case has passed, in the order of their first passing. Wakes the engine: for the page and
    the call that send back, not for lists. Reasons name steps in the reader's language."""
    if task.status != TaskStatus.OPEN:
        return []
    published = library.published(session, task.version_id)
    state = session.scalars(select(ProcessInstance.state).where(ProcessInstance.id == task.instance_id)).one()
    events = queries.newest_history(session, task.instance_id)
    path = [element for kind, element, *_ in queries.path_of(events) if kind == "node"]
    done_by = {done.node_id: done.closed_by_id for done in _done(session, task.instance_id)}
    try:
        passed = engine.send_back_targets(published.definition, state, task.token, path)
    except engine.UnknownToken:
        return []
    words = published.translator(by.locale)

    def why_not(reason: engine.Phrase | None) -> Text | None:
        if reason is None:
            return None
        return text(reason.template, **{name: words(str(value)) for name, value in reason.params.items()})

    return [BackTo(found.node_id, why_not(found.reason), done_by.get(found.node_id)) for found in passed]


def send_back(
    session: Session, *, by: Actor, now: datetime, task_id: int, to: str, reason: str, seen: int | None = None
) -> Task:
    """The step `to` is open again for whoever did it last, with what they had answered, and knows why; this task is withdrawn
    with all that has lost its sense. The record of the case hears of it. Refused with the reason where the diagram forbids it.
    """
    hand = take(session, task_id, by=by, seen=seen)
    task, instance = hand.task, hand.instance
    refuse(task, why_not_send_back(task, by, hand.standing))
    written = read_note(reason, required=True, field="reason")
    offered = {target.node_id: target for target in targets(session, task, by=by)}
    target = offered.get(to)
    if target is None:
        raise Invalid([Fault("to", text("Choose one of the steps that this case has passed."))])
    if target.reason is not None:
        raise RuleBroken(target.reason)
    published = library.published(session, instance.version_id)
    call = services(session, instance, by=hand.acting, now=now)
    with as_refusal():
        step = engine.move_token(
            published.definition, instance.state, task.token, to, {}, call=call, now=company_time(session, now)
        )
    sent_back = registry().sent_back.get(instance.record_type or "")
    if sent_back is not None and instance.record_id is not None:
        sent_back(session, hand.acting, now, instance.record_id, to, written)
    before = _done_by_those_here(session, task)
    store_step(
        session,
        instance,
        published,
        step,
        now=now,
        event="sent_back",
        by=by,
        node_id=task.node_id,
        task_id=task.id,
        detail={"reason": written, "to": to, **({"in_place_of": hand.absent_id} if hand.absent_id else {})},
        tells=False,
        settled=[again.token for again in step.opened if again.node_id in before],
    )
    _hand_to_those_who_did_it(session, published, task, step.opened, before, reason=written, by=by, now=now)
    session.refresh(task)
    return task


def _done(session: Session, instance_id: int) -> Sequence[Task]:
    """The completed tasks of a case, oldest first, so that of each step the latest is found last."""
    return session.scalars(
        select(Task)
        .where(Task.instance_id == instance_id, Task.status == TaskStatus.DONE)
        .order_by(Task.closed_at, Task.id)
    ).all()


def _done_by_those_here(session: Session, task: Task) -> Mapping[str, Task]:
    """The latest completed task of each step of the case, of those whose people still work here."""
    last = {done.node_id: done for done in _done(session, task.instance_id)}
    people = {done.closed_by_id for done in last.values()}
    here = set(session.scalars(select(User.id).where(User.id.in_(people), User.active)))
    return {node_id: done for node_id, done in last.items() if done.closed_by_id in here}


def _hand_to_those_who_did_it(
    session: Session,
    published: Published,
    task: Task,
    opened: Sequence[engine.OpenTask],
    before: Mapping[str, Task],
    *,
    reason: str,
    by: Actor,
    now: datetime,
) -> None:
    """What is opened by sending back goes to whoever did it before, if they still work here, with their answers as a draft."""
    for again in opened:
        done = before.get(again.node_id)
        values: dict[str, object] = {"sent_back_from": task.node_id}
        if done is not None:
            draft = entered_again(session, published, done, restore(done.answers), by=by, now=now)
            values |= {"assignee_id": done.closed_by_id, "claimed_at": now, "draft": draft}
            # They do it in the same place as before, and whoever must not do it still must not.
            values |= {"on_behalf_of_id": done.on_behalf_of_id, "excluded_id": done.excluded_id}
        row = (
            update(TASK)
            .where(TASK.c.instance_id == task.instance_id, TASK.c.token == again.token)
            .values(**values)
            .returning(TASK.c.id, TASK.c.assignee_id)
        )
        new_id, holder = session.execute(row).one()
        fresh = session.get_one(Task, new_id)
        tell(session, fresh, "task.sent_back", to=[holder], by=by, now=now, occasion=new_id, detail=reason)
