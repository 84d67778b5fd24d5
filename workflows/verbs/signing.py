"""Signers at a step that is under way: one more, before, after or beside its holder; one less. The engine counts them."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.core.db import company_time
from crm.core.errors import Fault, Invalid
from crm.core.i18n import text
from crm.permissions import Actor
from workflows import engine, library
from workflows.models import ProcessInstance, Task, TaskStatus
from workflows.operations.steps import services, store_step
from workflows.rules import why_not_person
from workflows.verbs.at_hand import TASK, AtHand, as_refusal, change, read_note, receivers, refuse, take
from workflows.verbs.notices import tell
from workflows.verbs.rules import why_not_add_signer, why_not_remove_signer

WHERE: tuple[engine.Where, ...] = get_args(engine.Where)


def add_signer(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    task_id: int,
    user_id: int,
    where: str,
    note: str = "",
    seen: int | None = None,
) -> Task:
    """Somebody else is asked to do this step as well: before its holder, who gets it back then; after; or at the same time
    (parallel), when the case waits for both. Each sees what the others answered. Where the diagram has the step done by
    several people, they count like those."""
    hand = take(session, task_id, by=by, seen=seen)
    task = hand.task
    refuse(task, why_not_add_signer(task, by, hand.standing))
    written = read_note(note)
    place = next((known for known in WHERE if known == where), None)
    if place is None:
        raise Invalid([Fault("where", text("A signer comes before, after or parallel."))])
    signer = receivers(session, [user_id], field="user_id")[0]
    refuse(task, why_not_person(task, signer.id))
    if signer.id in _signing(session, hand):
        raise Invalid([Fault("user_id", text("This person signs this step already."))])
    published = library.published(session, hand.instance.version_id)
    call = services(session, hand.instance, by=hand.acting, now=now)
    with as_refusal():
        step = engine.add_signer(
            published.definition,
            hand.instance.state,
            task.token,
            signer.id,
            where=place,
            holder=task.assignee_id,
            call=call,
            now=company_time(session, now),
        )
    draft = task.draft
    if place == "after":
        # Nothing is opened or withdrawn by it, but screens of this task are out of date.
        change(session, task)
    _store(session, hand, step, "signer_added", person=signer, note=written, by=by, now=now, where=place)
    opened = session.scalars(
        select(Task).where(Task.instance_id == task.instance_id, Task.token.in_([again.token for again in step.opened]))
    )
    for fresh in opened.all():
        # They begin where the holder has come to.
        session.execute(update(TASK).where(TASK.c.id == fresh.id).values(draft=draft))
        if fresh.assignee_id == signer.id:
            tell(session, fresh, "task.signer", to=[signer.id], by=by, now=now, occasion="asked", detail=written)
    session.refresh(task)
    return task


def remove_signer(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    task_id: int,
    user_id: int | None = None,
    note: str = "",
    seen: int | None = None,
) -> Task:
    """Whoever has this task need not sign any more; or, with `user_id`, somebody who would have come after them. By whoever
    asked them, or directs them. Whoever comes next is asked; where nobody is left to sign, the case goes on."""
    hand = take(session, task_id, by=by, seen=seen)
    task = hand.task
    refuse(task, why_not_remove_signer(task, by, hand.standing, user_id))
    written = read_note(note)
    person = session.get_one(User, user_id or task.assignee_id)
    published = library.published(session, hand.instance.version_id)
    call = services(session, hand.instance, by=hand.acting, now=now)
    with as_refusal():
        step = engine.remove_signer(
            published.definition,
            hand.instance.state,
            task.token,
            user_id,
            call=call,
            now=company_time(session, now),
        )
    if user_id is not None:
        change(session, task)
    _store(session, hand, step, "signer_removed", person=person, note=written, by=by, now=now)
    tell(session, task, "task.withdrawn", to=[person.id], by=by, now=now, occasion=f"signer-{task.version}")
    session.refresh(task)
    return task


def signers(session: Session, task: Task) -> engine.Signers | None:
    """Who signs at this step, as the stored state of the case has it; None when the task is open no more."""
    if task.status != TaskStatus.OPEN:
        return None
    published = library.published(session, task.version_id)
    state = session.scalars(select(ProcessInstance.state).where(ProcessInstance.id == task.instance_id)).one()
    try:
        return engine.signers(published.definition, state, task.token)
    except engine.UnknownToken:
        return None


def _signing(session: Session, hand: AtHand) -> set[int]:
    """Everybody who has or will have this step without having done it."""
    known = signers(session, hand.task)
    if known is None:
        return set()
    holders = session.scalars(
        select(Task.assignee_id).where(Task.instance_id == hand.instance.id, Task.token.in_(known.tokens))
    )
    later = {item for item in (*known.after, *known.rounds) if isinstance(item, int)}
    return {user_id for user_id in holders if user_id is not None} | later


def _store(
    session: Session,
    hand: AtHand,
    step: engine.Step,
    event: str,
    *,
    person: User,
    note: str,
    by: Actor,
    now: datetime,
    **more: object,
) -> None:
    detail: dict[str, object] = {"people": {str(person.id): person.name}, **more}
    if note:
        detail["reason"] = note
    if hand.absent_id is not None:
        detail["in_place_of"] = hand.absent_id
    published = library.published(session, hand.instance.version_id)
    store_step(
        session,
        hand.instance,
        published,
        step,
        now=now,
        event=event,
        by=by,
        node_id=hand.task.node_id,
        task_id=hand.task.id,
        detail=detail,
        tells=event == "signer_removed",
    )
