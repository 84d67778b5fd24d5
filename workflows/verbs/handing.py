"""Handing a task on: for good, or to be given back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.core.errors import Fault, Invalid
from crm.core.i18n import text
from crm.permissions import Actor
from workflows.models import Task
from workflows.registry import registry
from workflows.rules import why_not_person
from workflows.verbs.at_hand import AtHand, change, read_note, receivers, refuse, take, tell_story
from workflows.verbs.notices import tell
from workflows.verbs.rules import why_not_delegate, why_not_return, why_not_transfer


def transfer(
    session: Session, *, by: Actor, now: datetime, task_id: int, user_id: int, note: str = "", seen: int | None = None
) -> Task:
    """The task is somebody else's from now on, and what its case is about hears of it. By the holder, or by who directs them.

    An offered task is thereby assigned. Drafts and signers stay with it; the new holder is told.
    """
    hand = take(session, task_id, by=by, seen=seen)
    task = hand.task
    refuse(task, why_not_transfer(task, by, hand.standing))
    written = read_note(note)
    receiver = _somebody_else(session, task, user_id)
    before = task.assignee_id
    change(session, task, assignee_id=receiver.id, on_behalf_of_id=None, claimed_at=now)
    _tell_record(session, hand, receiver.id, now=now, note=written)
    kind = "assigned" if before is None else "transferred"
    tell_story(session, task, kind, absent_id=hand.absent_id, by=by, now=now, people=[receiver], note=written)
    told = [receiver.id] if before == by.id else [receiver.id, before]
    tell(session, task, "task.transferred", to=told[:1], by=by, now=now, occasion=task.version, detail=written)
    tell(session, task, "task.withdrawn", to=told[1:], by=by, now=now, occasion=task.version, detail=written)
    return task


def delegate(
    session: Session, *, by: Actor, now: datetime, task_id: int, user_id: int, note: str = "", seen: int | None = None
) -> Task:
    """Somebody else works on the task and gives it back; only its holder can complete it then."""
    hand = take(session, task_id, by=by, seen=seen)
    task = hand.task
    refuse(task, why_not_delegate(task, by, hand.standing))
    written = read_note(note)
    receiver = _somebody_else(session, task, user_id)
    # A substitute asks for the person whose task it is: it goes back to them, and so to whoever stands in by then.
    change(session, task, assignee_id=receiver.id, delegated_by_id=task.assignee_id)
    tell_story(session, task, "delegated", absent_id=hand.absent_id, by=by, now=now, people=[receiver], note=written)
    tell(session, task, "task.delegated", to=[receiver.id], by=by, now=now, occasion=task.version, detail=written)
    return task


def give_back(
    session: Session, *, by: Actor, now: datetime, task_id: int, note: str = "", seen: int | None = None
) -> Task:
    """A delegated task is its holder's again, with what the helper entered and says; or the holder wants it back."""
    hand = take(session, task_id, by=by, seen=seen)
    task = hand.task
    refuse(task, why_not_return(task, by, hand.standing))
    written = read_note(note)
    helper, holder = task.assignee_id, session.get_one(User, task.delegated_by_id)
    change(session, task, assignee_id=holder.id, delegated_by_id=None)
    if by.id == holder.id:
        tell_story(session, task, "called_back", absent_id=hand.absent_id, by=by, now=now, note=written)
        tell(session, task, "task.withdrawn", to=[helper], by=by, now=now, occasion=task.version, detail=written)
    else:
        tell_story(session, task, "returned", absent_id=hand.absent_id, by=by, now=now, people=[holder], note=written)
        tell(session, task, "task.returned", to=[holder.id], by=by, now=now, occasion=task.version, detail=written)
    return task


def _somebody_else(session: Session, task: Task, user_id: int) -> User:
    receiver = receivers(session, [user_id], field="user_id")[0]
    if receiver.id == task.assignee_id:
        raise Invalid([Fault("user_id", text("This task is already with this person."))])
    if reason := why_not_person(task, receiver.id):
        raise Invalid([Fault("user_id", reason)])
    return receiver


def _tell_record(session: Session, hand: AtHand, user_id: int, *, now: datetime, note: str) -> None:
    """The business record keeps who works on it: the process says what a new holder of this step means for it."""
    instance, task = hand.instance, hand.task
    handed_over = registry().handed_over.get(instance.record_type or "")
    if handed_over is not None and instance.record_id is not None:
        handed_over(session, hand.acting, now, instance.record_id, task.node_id, user_id, note)
