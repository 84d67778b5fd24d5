"""The customer owes an answer: meanwhile the clock of a service request stands still and nobody is reminded.

What stands behind the request (the tasks and timers of its case) is stopped by those who hear the events. Whoever must lock
their own rows before the request's says so with `lock_before`, so that everybody locks in the same order; whoever knows of a
reason why the clock may not be stopped now says so with `object_to_waiting`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from crm.core.errors import Conflict, Denied, RuleBroken
from crm.core.events import tell
from crm.core.fields import read
from crm.core.i18n import Text, text
from crm.permissions import Actor
from crm.service.clock import run_again
from crm.service.events import ServiceRequestPaused
from crm.service.models import ServiceRequest
from crm.service.operations import note_step
from crm.service.queries import find_request, may_see, stands_in_for
from crm.service.rules import ANSWER_FIELDS, WAITING_FIELDS, why_not_answered, why_not_wait

_LOCKS: list[Callable[[Session, int], object]] = []
_OBJECTIONS: list[Callable[[Session, int], Text | None]] = []


def lock_before(lock: Callable[[Session, int], object]) -> None:
    """`lock(session, request_id)` is called before a request's clock is stopped or goes on. Asked twice, still once."""
    if lock not in _LOCKS:
        _LOCKS.append(lock)


def object_to_waiting(why_not: Callable[[Session, int], Text | None]) -> None:
    """`why_not(session, request_id)` answers why nobody may stop the clock of this request now, or None. Asked twice, still
    once."""
    if why_not not in _OBJECTIONS:
        _OBJECTIONS.append(why_not)


def wait_for_customer(
    session: Session, *, by: Actor, now: datetime, request_id: int, question: object, version: int | None = None
) -> ServiceRequest:
    """The customer was asked something, and the clock stands still until they answer. Open to who handles the request, who
    opened it, and those who edit it. Refused where nothing is waited for from us. Tells ServiceRequestPaused."""
    kept = read(WAITING_FIELDS, {"question": question}, options={})
    request = _held(session, by=by, now=now, request_id=request_id, version=version)
    if reason := why_not_wait(number=request.number, status=request.status, waiting=request.waiting_since is not None):
        raise RuleBroken(reason)
    if objection := _objection(session, request):
        raise RuleBroken(objection)
    request.waiting_since, request.waiting_for = now, kept["question"]
    request.updated_at = now
    request.version += 1
    session.flush()
    told = text("Asked the customer; the clock stands still")
    note_step(session, request, by=by, now=now, kind="waiting", message=told, detail=kept["question"])
    tell(session, ServiceRequestPaused(request_id=request.id, at=now, by=by))
    return request


def customer_answered(
    session: Session, *, by: Actor, now: datetime, request_id: int, answer: object = "", version: int | None = None
) -> ServiceRequest:
    """The customer has answered: due time and reminder move by the working time that passed. Tells ServiceRequestResumed."""
    kept = read(ANSWER_FIELDS, {"answer": answer}, options={})
    request = _held(session, by=by, now=now, request_id=request_id, version=version)
    if reason := why_not_answered(number=request.number, waiting=request.waiting_since is not None):
        raise RuleBroken(reason)
    request.updated_at = now
    request.version += 1
    session.flush()
    request = run_again(session, request, by=by, now=now)
    told = text("The customer has answered; the clock runs again")
    note_step(session, request, by=by, now=now, kind="answered", message=told, detail=kept["answer"])
    return request


def waiting_actions(session: Session, request: ServiceRequest, *, by: Actor, now: datetime) -> dict[str, Text | None]:
    """Both verbs with the reason why they are not allowed to this person now, or None. `objection` is the reason that has
    nothing to do with the request itself, and passes."""
    waiting = request.waiting_since is not None
    found = {
        "wait_for_customer": why_not_wait(number=request.number, status=request.status, waiting=waiting),
        "customer_answered": why_not_answered(number=request.number, waiting=waiting),
    }
    if session.scalar(select(ServiceRequest.id).where(ServiceRequest.id == request.id, _takes_part(by, now))) is None:
        not_theirs = _not_open(request)
        return {verb: reason or not_theirs for verb, reason in found.items()}
    if found["wait_for_customer"] is None:
        found["wait_for_customer"] = found["objection"] = _objection(session, request)
    return found


def _objection(session: Session, request: ServiceRequest) -> Text | None:
    return next((reason for why_not in _OBJECTIONS if (reason := why_not(session, request.id))), None)


def _held(session: Session, *, by: Actor, now: datetime, request_id: int, version: int | None) -> ServiceRequest:
    """The request, locked, if this person may stop its clock."""
    request = find_request(session, by=by, request_id=request_id)
    for lock in _LOCKS:
        lock(session, request_id)
    session.refresh(request, with_for_update=True)
    if session.scalar(select(ServiceRequest.id).where(ServiceRequest.id == request_id, _takes_part(by, now))) is None:
        raise Denied(_not_open(request))
    if version is not None and request.version != version:
        raise Conflict(text("A colleague has changed {name} meanwhile.", name=request.number))
    return request


def _takes_part(by: Actor, now: datetime) -> ColumnElement[bool]:
    part = or_(ServiceRequest.opened_by_id == by.id, stands_in_for(by, now))
    return or_(part, may_see(by, "edit")) if by.may("service", "edit") else part


def _not_open(request: ServiceRequest) -> Text:
    return text("It is not open to you to do this with service request {number}.", number=request.number)
