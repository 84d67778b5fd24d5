"""The clock of a service request: by which calendar it counts, and what becomes of the due time when it stood still.

Whoever opens a request counts by the calendar of their department; from the assignment on it is that of the assignee's.
What is left of the time is then counted by the new one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from crm.core.db import UtcDateTime
from crm.core.events import tell
from crm.core.prepared import Prepared, as_read, columns_of
from crm.permissions import Actor
from crm.service.events import ServiceRequestResumed
from crm.service.models import ServiceRequest
from crm.service.rules import plan, reminder
from crm.worktime.calendar import Calendar
from crm.worktime.kept import calendars

MOMENT = UtcDateTime()
MOVE = Prepared(
    update(ServiceRequest)
    .where(ServiceRequest.id == bindparam("request_id"))
    .values(
        due_at=bindparam("new_due_at", type_=MOMENT),
        remind_at=bindparam("new_remind_at", type_=MOMENT),
        calendar_id=bindparam("new_calendar_id"),
        waiting_since=bindparam("new_waiting_since", type_=MOMENT),
        waited_minutes=ServiceRequest.waited_minutes + bindparam("waited"),
    )
    .returning(*columns_of(ServiceRequest))
)


def calendar_for(session: Session, request: ServiceRequest) -> Calendar:
    """The calendar by which the request's time is counted."""
    every = calendars(session)
    return every.by_id.get(request.calendar_id or 0, every.default)


def count_from_now(session: Session, request: ServiceRequest, *, now: datetime) -> ServiceRequest:
    """A round begins now, with the time that the request is allowed, by its own calendar."""
    calendar = calendar_for(session, request)
    due_at, remind_at = plan(now, request.sla_minutes, request.remind_minutes, calendar)
    return _move(session, request, due_at=due_at, remind_at=remind_at, calendar=calendar)


def count_by(session: Session, request: ServiceRequest, calendar: Calendar, *, now: datetime) -> ServiceRequest:
    """From now on the time is counted by this calendar; what was left stays left. Without a statement where it is so
    already."""
    before = calendar_for(session, request)
    if calendar is before:
        return request
    # While the clock stands still nothing is used up: what was left when it was stopped is left now.
    begun = request.waiting_since or now
    left = before.span(begun, request.due_at)
    due_at = calendar.advance(begun, left) if left > timedelta() else request.due_at
    remind_at = reminder(due_at, request.sla_minutes, request.remind_minutes, calendar)
    return _move(session, request, due_at=due_at, remind_at=remind_at, calendar=calendar)


def run_again(session: Session, request: ServiceRequest, *, by: Actor, now: datetime) -> ServiceRequest:
    """The clock of a request that waited for the customer runs on: due time and reminder move by the working time that
    passed. Tells ServiceRequestResumed. Nothing happens where it ran all the time."""
    if request.waiting_since is None:
        return request
    calendar = calendar_for(session, request)
    passed = calendar.span(request.waiting_since, now)
    moved = _move(
        session,
        request,
        due_at=calendar.advance(request.due_at, passed),
        remind_at=calendar.advance(request.remind_at, passed),
        calendar=calendar,
        waited=passed,
        waiting_since=None,
    )
    tell(session, ServiceRequestResumed(request_id=request.id, at=now, by=by))
    return moved


def _move(
    session: Session,
    request: ServiceRequest,
    *,
    due_at: datetime,
    remind_at: datetime,
    calendar: Calendar,
    waited: timedelta | None = None,
    waiting_since: datetime | None = None,
) -> ServiceRequest:
    stays = waited is None
    row = MOVE.first(
        session,
        {
            "request_id": request.id,
            "new_due_at": due_at,
            "new_remind_at": min(remind_at, due_at),
            "new_calendar_id": calendar.id,
            "new_waiting_since": request.waiting_since if stays else waiting_since,
            "waited": 0 if waited is None else waited // timedelta(minutes=1),
        },
    )
    return as_read(session, ServiceRequest, row or ())
