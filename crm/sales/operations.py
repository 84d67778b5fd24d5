"""The verbs of an opportunity, from its creation to its assignment. Process steps, pages and API all call these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.accounts.queries import actor_for
from crm.activity.operations import Person
from crm.core.errors import Denied, Fault, Invalid, NotFound, RuleBroken
from crm.core.events import tell
from crm.core.fields import Field, read
from crm.core.i18n import Text, text
from crm.permissions import Actor, check_may
from crm.records.operations import delete_record, insert_record, read_new, store
from crm.records.queries import find_one, why_not
from crm.sales import notices
from crm.sales import rules as of
from crm.sales.description import OPPORTUNITY
from crm.sales.events import OpportunityHandedOver, OpportunityWithdrawn
from crm.sales.models import Assignment, Opportunity
from crm.sales.rules import (
    ASSIGN_FIELDS,
    NOTE_FIELDS,
    REASON_FIELDS,
    RESUBMIT_FIELDS,
    STEPS,
    UNASSIGNED,
    Level,
    Status,
)

_LOCKS: list[Callable[[Session, int], object]] = []


def lock_before(lock: Callable[[Session, int], object]) -> None:
    """`lock(session, opportunity_id)` is called before an opportunity is changed outside of its process, so that everybody
    locks in the same order. Asked twice, still once."""
    if lock not in _LOCKS:
        _LOCKS.append(lock)


def lock_around(session: Session, opportunity_id: int) -> None:
    """Lock what stands behind the opportunity."""
    for lock in _LOCKS:
        lock(session, opportunity_id)


def create_opportunity(session: Session, *, by: Actor, now: datetime, values: Mapping[str, object]) -> Opportunity:
    """There is a new opportunity, which nobody is assigned to and which waits for approval. Refuses wrong fields and a
    customer outside the person's scope. Tells OpportunityCreated."""
    kept = read_new(OPPORTUNITY, session, by=by, now=now, values=values)
    # As long as nobody develops it, it belongs to the department that it comes from.
    kept.pop("owner_id", None)
    kept |= {"status": Status.SUBMITTED, "department_id": by.department_id}
    return insert_record(OPPORTUNITY, session, by=by, now=now, kept=kept)


def delete_opportunity(session: Session, *, by: Actor, now: datetime, record_id: int, version: int) -> Opportunity:
    """An opportunity that nobody is assigned to is hidden everywhere. Tells OpportunityWithdrawn."""
    lock_around(session, record_id)
    return delete_record(OPPORTUNITY, session, by=by, now=now, record_id=record_id, version=version)


def approve(
    session: Session, *, by: Actor, now: datetime, opportunity_id: int, level: str, note: object = ""
) -> Opportunity:
    """It may be developed. `level` says whose approval it was; the level `none` needs nobody's. Refuses one that is not
    waiting for approval."""
    if level not in set(Level):
        raise Invalid([Fault("level", text("There is no level of approval named {name}.", name=str(level)[:40]))])
    record = at_step(session, "approve", opportunity_id, by=by, action="view" if level == Level.NONE else "approve")
    words = read_only(NOTE_FIELDS, {"note": note})["note"]
    message = (
        text("Went on without approval: the amount is below the limit")
        if level == Level.NONE
        else text("Approved: {level}", level=of.LEVEL_NAMES[level])
    )
    values = {"status": Status.APPROVED, "approval_level": level, "approved_at": now}
    return store(
        OPPORTUNITY,
        session,
        record,
        by=by,
        now=now,
        values=values,
        kind="opportunity.approved",
        message=message,
        detail=words,
    )


def reject(session: Session, *, by: Actor, now: datetime, opportunity_id: int, reason: object) -> Opportunity:
    """It goes back to its creator with the reason, to be changed or given up."""
    record = at_step(session, "reject", opportunity_id, by=by, action="approve")
    words = read_only(REASON_FIELDS, {"reason": reason})["reason"]
    store(
        OPPORTUNITY,
        session,
        record,
        by=by,
        now=now,
        values={"status": Status.REJECTED},
        kind="opportunity.rejected",
        message=text("Rejected"),
        detail=words,
    )
    message = text("{number} was rejected: {summary}", number=record.number, summary=record.summary)
    creator = [record.created_by_id]
    notices.tell_people(
        session,
        record,
        notices.REJECTED,
        message,
        to=creator,
        by=by,
        now=now,
        occasion=record.version,
        detail=words,
    )
    return record


def submit_again(
    session: Session, *, by: Actor, now: datetime, opportunity_id: int, expected_amount: object, note: object = ""
) -> Opportunity:
    """After a rejection its creator submits it once more, perhaps with another amount."""
    record = at_step(session, "submit_again", opportunity_id, by=by, action="edit")
    kept = read_only(RESUBMIT_FIELDS, {"expected_amount": expected_amount, "note": note})
    return store(
        OPPORTUNITY,
        session,
        record,
        by=by,
        now=now,
        values={"status": Status.SUBMITTED, "expected_amount": kept["expected_amount"]},
        kind="opportunity.submitted",
        message=text("Submitted again with the amount {amount}", amount=f"{kept['expected_amount']:,}"),
        detail=kept["note"],
    )


def assign(
    session: Session, *, by: Actor, now: datetime, opportunity_id: int, manager_id: object, note: object = ""
) -> Opportunity:
    """An approved opportunity is given to a customer manager, who is told. Open to those who assign opportunities."""
    record = at_step(session, "assign", opportunity_id, by=by, action="assign")
    return _give(session, record, by=by, now=now, manager_id=manager_id, note=note)


def reassign(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    opportunity_id: int,
    manager_id: object,
    note: object = "",
    in_process: bool = False,
) -> Opportunity:
    """Another customer manager develops it from now on; who did so before stays in its history. Open to those who assign
    opportunities, and to its present manager. Tells OpportunityHandedOver, unless its process knows already."""
    if not in_process:
        lock_around(session, opportunity_id)
    record = at_step(session, "reassign", opportunity_id, by=by)
    if by.id is None or record.owner_id != by.id:
        _check_may_do(session, record, by, "assign")
    given = _give(session, record, by=by, now=now, manager_id=manager_id, note=note)
    if not in_process and given.owner_id is not None:
        tell(session, OpportunityHandedOver(opportunity_id=given.id, manager_id=given.owner_id, at=now, by=by))
    return given


def give_up(session: Session, *, by: Actor, now: datetime, opportunity_id: int, reason: object) -> Opportunity:
    """It is not pursued any more. Open to its creator as long as nobody is assigned, and to those who may change it."""
    record = at_step(session, "give_up", opportunity_id, by=by)
    if record.created_by_id != by.id or record.status not in UNASSIGNED:
        _check_may_do(session, record, by, "edit")
    words = read_only(REASON_FIELDS, {"reason": reason})["reason"]
    return store(
        OPPORTUNITY,
        session,
        record,
        by=by,
        now=now,
        values={"status": Status.GIVEN_UP, "closed_at": now, "closing_words": words},
        kind="opportunity.given_up",
        message=text("Given up"),
        detail=words,
    )


def withdraw(session: Session, *, by: Actor, now: datetime, opportunity_id: int, reason: object) -> Opportunity:
    """The same outside of its process, which ends with it, as long as nobody is assigned. Tells OpportunityWithdrawn."""
    lock_around(session, opportunity_id)
    at_step(session, "withdraw", opportunity_id, by=by)
    record = give_up(session, by=by, now=now, opportunity_id=opportunity_id, reason=reason)
    tell(session, OpportunityWithdrawn(opportunity_id=record.id, reason=record.closing_words or "", at=now, by=by))
    return record


def at_step(session: Session, verb: str, opportunity_id: int, *, by: Actor, action: str = "view") -> Opportunity:
    """The opportunity, locked, if this person may do `action` with it and its stage allows the verb. Raises NotFound,
    Denied, RuleBroken."""
    record = find_one(OPPORTUNITY, session, by=by, record_id=opportunity_id, action=action, lock=True)
    reason = of.why_not(verb, number=record.number, status=record.status)
    if reason is not None:
        raise RuleBroken(reason)
    return record


def read_only(fields: tuple[Field, ...], given: Mapping[str, object]) -> dict[str, Any]:
    """The values of these fields, which draw on no pick-list."""
    return read(fields, given, options={})


def _give(
    session: Session, record: Opportunity, *, by: Actor, now: datetime, manager_id: object, note: object
) -> Opportunity:
    kept = read_only(ASSIGN_FIELDS, {"manager_id": manager_id, "note": note})
    manager = _manager(session, kept["manager_id"])
    before = record.owner_id
    if before == manager.id:
        raise RuleBroken(
            text("Opportunity {number} is with {person} already.", number=record.number, person=manager.name)
        )
    kind, message = "opportunity.assigned", text("Assigned to {person}", person=Person(manager.id))
    if before is not None:
        kind = "opportunity.reassigned"
        message = text("Handed over from {old} to {new}", old=Person(before), new=Person(manager.id))
        _end_assignment(session, record, now=now)
    values = {
        "owner_id": manager.id,
        "assigned_at": now,
        "assigned_by_id": by.id,
        "status": STEPS["assign"].target,
    }
    store(OPPORTUNITY, session, record, by=by, now=now, values=values, kind=kind, message=message, detail=kept["note"])
    session.add(
        Assignment(
            opportunity_id=record.id,
            manager_id=manager.id,
            assigned_at=now,
            assigned_by_id=by.id,
            note=kept["note"],
        )
    )
    said = {"number": record.number, "summary": record.summary}
    occasion = record.version
    told: tuple[tuple[str, Text, int | None], ...] = (
        (notices.ASSIGNED, text("{number} is yours to develop: {summary}", **said), manager.id),
        (notices.TAKEN, text("{number} went to a colleague: {summary}", **said), before),
    )
    for kind, message, person in told:
        notices.tell_people(
            session, record, kind, message, to=[person], by=by, now=now, occasion=occasion, detail=kept["note"]
        )
    return record


def _end_assignment(session: Session, record: Opportunity, *, now: datetime) -> None:
    session.execute(
        update(Assignment)
        .where(Assignment.opportunity_id == record.id, Assignment.ended_at.is_(None))
        .values(ended_at=now)
    )


def take_assignment_back(session: Session, record: Opportunity, *, now: datetime) -> None:
    """Nobody is assigned any more; that somebody was stays in its history."""
    _end_assignment(session, record, now=now)


def assignments_of(session: Session, opportunity_id: int) -> list[Assignment]:
    """Whose the opportunity was, the first one first. The caller has checked that the reader may see it."""
    found = select(Assignment).where(Assignment.opportunity_id == opportunity_id).order_by(Assignment.id)
    return list(session.scalars(found))


def _manager(session: Session, manager_id: int) -> Actor:
    """Somebody who can develop an opportunity. Invalid for everybody else."""
    try:
        found = actor_for(session, manager_id)
    except NotFound:
        raise Invalid([Fault("manager_id", text("There is no active user with this number."))]) from None
    if not found.may("opportunities", "edit"):
        words = text("{person} may not develop opportunities. Choose a customer manager.", person=found.name)
        raise Invalid([Fault("manager_id", words)])
    return found


def _check_may_do(session: Session, record: Opportunity, by: Actor, action: str) -> None:
    check_may(by, "opportunities", action)
    reason = why_not(OPPORTUNITY, session, by=by, record=record, action=action)
    if reason is not None:
        raise Denied(reason)
