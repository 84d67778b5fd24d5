"""What pages show about a service request: its facts, each step with who and when, its rows in lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import render_template
from flask import request as asked
from markupsafe import Markup
from sqlalchemy.orm import Session

from crm.accounts.queries import names_of
from crm.core.i18n import Text, text
from crm.customers.models import Contact, Customer
from crm.customers.queries import customer_names
from crm.dictionary.queries import names
from crm.files.showing import file_rows
from crm.knowledge.queries import suggested
from crm.permissions import Actor
from crm.service.clock import calendar_for
from crm.service.models import ServiceRequest
from crm.service.queries import find_request, find_requests
from crm.service.rules import PRIORITY_LEVELS, PRIORITY_NAMES, STATUS_NAMES, WAITING_FOR_US, Status
from crm.service.waiting import waiting_actions
from crm.web.doors import now
from crm.worktime.showing import time_left

STATUS_TONES: Mapping[str, str] = {
    Status.OPENED: "info",
    Status.ASSIGNED: "accent",
    Status.HANDLED: "good",
    Status.FED_BACK: "good",
    Status.ARCHIVED: "neutral",
    Status.CANCELLED: "neutral",
}
ROWS_ON_A_CUSTOMER = 8


@dataclass(frozen=True)
class StepTaken:
    """A step of the request: what it is called, who did it when, and what they wrote, with a title for each text."""

    name: Text
    who: str
    at: datetime
    words: Sequence[tuple[Text, str]]


@dataclass(frozen=True)
class RequestRow:
    """A request in a list, in words."""

    id: int
    number: str
    summary: str
    customer_id: int
    customer: str
    type: str
    status: Text
    status_tone: str
    priority: Text
    priority_level: str
    assignee: str
    due_at: datetime
    left_text: str
    overdue: bool
    paused: bool
    opened_at: datetime
    is_waiting: bool


def request_facts(session: Session, *, by: Actor, request_id: int) -> dict[str, object]:
    """All that `service/_facts.html` shows. NotFound if this person may not see the request."""
    request = find_request(session, by=by, request_id=request_id)
    people = names_of(
        session,
        (
            request.opened_by_id,
            request.assigned_by_id,
            request.assigned_to_id,
            request.handled_by_id,
            request.fed_back_by_id,
            request.archived_by_id,
            request.cancelled_by_id,
        ),
        by.locale,
    )
    contact = None if request.contact_id is None else session.get(Contact, request.contact_id)
    return {
        "request_record": request,
        "customer": session.get_one(Customer, request.customer_id),
        "contact": contact,
        "assignee": people.get(request.assigned_to_id or 0, ""),
        "names": names(session, by.locale, ("service_type", "channel", "grade", "region")),
        "status_name": STATUS_NAMES[request.status],
        "status_tone": STATUS_TONES[request.status],
        "priority_name": PRIORITY_NAMES[request.priority],
        "priority_level": PRIORITY_LEVELS[request.priority],
        "is_waiting": request.status in WAITING_FOR_US,
        "left_text": left_text(session, request, locale=by.locale),
        "overdue": request.is_overdue(now()),
        # Beside a task or on a case: stopping the clock leads back there.
        "request_path": asked.full_path.rstrip("?"),
        "waiting_actions": waiting_actions(session, request, by=by, now=now()),
        "steps_taken": _steps(request, people),
        "files": file_rows(session, record_type="service_request", record_id=request.id, locale=by.locale),
        # What colleagues have learnt is of use as long as something is to be done.
        "articles": suggested(session, by=by, words=f"{request.summary} {request.request}")
        if request.status in WAITING_FOR_US
        else [],
    }


def left_text(session: Session, request: ServiceRequest, *, locale: str) -> str:
    """The working time that is left, while it waits for us; nothing where every hour counts. Asks no statement a row."""
    if request.status not in WAITING_FOR_US:
        return ""
    # While the customer owes an answer, what was left when the clock was stopped is what is left.
    left = time_left(calendar_for(session, request), request.due_at, request.waiting_since or now())
    return "" if left is None else left.words.in_language(locale)


def _steps(request: ServiceRequest, people: Mapping[int, str]) -> list[StepTaken]:
    satisfaction = "" if request.satisfaction is None else f"{request.satisfaction} / 5"
    taken = (
        (text("Opened"), request.opened_by_id, request.opened_at, ((text("Request"), request.request),)),
        (
            text("Assigned"),
            request.assigned_by_id,
            request.assigned_at,
            (
                (text("Assignee"), people.get(request.assigned_to_id or 0, "")),
                (text("Note"), request.assignment_note),
            ),
        ),
        (text("Handled"), request.handled_by_id, request.handled_at, ((text("Handling"), request.handling),)),
        (
            text("Fed back"),
            request.fed_back_by_id,
            request.fed_back_at,
            (
                (text("Satisfaction"), satisfaction),
                (text("Result"), request.result),
                (text("What the customer said"), request.customer_words),
            ),
        ),
        (text("Archived"), request.archived_by_id, request.archived_at, ((text("Note"), request.archive_note),)),
        (text("Cancelled"), request.cancelled_by_id, request.cancelled_at, ((text("Reason"), request.cancel_reason),)),
    )
    return [
        StepTaken(name, people.get(who or 0, ""), at, [(title, words) for title, words in written if words])
        for name, who, at, written in taken
        if at is not None
    ]


def request_rows(session: Session, requests: Sequence[ServiceRequest], *, locale: str) -> list[RequestRow]:
    """Rows of a list, with names for the reader."""
    customers = customer_names(session, {request.customer_id for request in requests})
    people = names_of(session, (request.assigned_to_id for request in requests), locale)
    types = names(session, locale, ("service_type",))
    return [
        RequestRow(
            id=request.id,
            number=request.number,
            summary=request.summary,
            customer_id=request.customer_id,
            customer=customers.get(request.customer_id, ""),
            type=types.of("service_type", request.type),
            status=STATUS_NAMES[request.status],
            status_tone=STATUS_TONES[request.status],
            priority=PRIORITY_NAMES[request.priority],
            priority_level=PRIORITY_LEVELS[request.priority],
            assignee=people.get(request.assigned_to_id or 0, ""),
            due_at=request.due_at,
            left_text=left_text(session, request, locale=locale),
            overdue=request.is_overdue(now()),
            paused=request.waiting_since is not None,
            opened_at=request.opened_at,
            is_waiting=request.status in WAITING_FOR_US,
        )
        for request in requests
    ]


def requests_of_customer(session: Session, by: Actor, customer_id: int) -> Markup:
    """The latest requests of a customer, for the customer's page; nothing for those who see no service requests."""
    if not by.may("service", "view"):
        return Markup()
    found = find_requests(session, by=by, now=now(), filters={"customer_id": customer_id}, limit=ROWS_ON_A_CUSTOMER)
    return Markup(  # noqa: S704 - drawn by a template, which escapes
        render_template(
            "service/_of_customer.html",
            requests=request_rows(session, found.rows, locale=by.locale),
            has_more=found.next is not None,
            customer_id=customer_id,
            may_create=by.may("service", "create"),
        )
    )
