"""The verbs of a service request, from opening to archive. Process steps, pages and API all call these.

Each verb is one UPDATE that names the states it may start from, so that two people can never both win; a request that did
not change is looked at again to say why. Then the timeline is written, others are told, and mail is laid out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, or_, select, true, update
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.activity.operations import Entry, Person, record
from crm.core.db import UtcDateTime
from crm.core.errors import Denied, Fault, Invalid, RuleBroken
from crm.core.events import tell
from crm.core.fields import Field, read
from crm.core.i18n import Text, text
from crm.core.prepared import Prepared, as_read, columns_of, inserted
from crm.core.search import index
from crm.customers.models import Contact, Customer
from crm.customers.queries import find_customer
from crm.dictionary.queries import active_keys
from crm.files.operations import attach
from crm.files.rules import file_ids
from crm.permissions import Actor, check_may
from crm.service.clock import calendar_for, count_by, count_from_now, run_again
from crm.service.events import (
    ServiceRequestArchived,
    ServiceRequestAssigned,
    ServiceRequestCancelled,
    ServiceRequestFedBack,
    ServiceRequestHandled,
    ServiceRequestOpened,
    ServiceRequestReturned,
)
from crm.service.letters import tell_assignee
from crm.service.models import ServiceRequest
from crm.service.queries import find_request, may_see, stands_in_for
from crm.service.rules import (
    ASSIGN_FIELDS,
    DEFAULT_REMIND_MINUTES,
    DEFAULT_SLA_MINUTES,
    FEEDBACK_FIELDS,
    HANDLING_FIELDS,
    NORMAL_PRIORITY,
    NOTE_FIELDS,
    OPEN_FIELDS,
    REASON_FIELDS,
    SATISFIED_FROM,
    SERVICE_PICK_LISTS,
    STEPS,
    Status,
    minutes,
    plan,
    refusal,
)
from crm.worktime.kept import calendar_of

NOW = bindparam("now", type_=UtcDateTime())
OPEN = inserted(
    ServiceRequest, *(field.name for field in OPEN_FIELDS if field.name != "attachments"), "status", "opened_at",
    "opened_by_id", "sla_minutes", "remind_minutes", "due_at", "remind_at", "calendar_id", "updated_at",
)  # fmt: skip
HANDLER = Prepared(select(*columns_of(User)).where(User.id == bindparam("user_id"), User.active))


def open_request(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    customer_id: object,
    type: object,  # noqa: A002 - the business word, the same in diagram, form and table
    summary: object,
    request: object,
    contact_id: object = None,
    channel: object = None,
    priority: object = None,
    attachments: object = None,
    customer: Customer | None = None,
) -> ServiceRequest:
    """A customer's request is recorded, with the files that were sent for it. Refuses a customer outside the person's
    scope; `customer` is one that was found for them in this transaction. Tells ServiceRequestOpened."""
    given = {
        "customer_id": customer_id,
        "contact_id": contact_id,
        "type": type,
        "summary": summary,
        "request": request,
        "channel": channel,
        "priority": priority,
    }
    check_may(by, "service", "create")
    kept = read(OPEN_FIELDS, given, options=active_keys(session, SERVICE_PICK_LISTS))
    if customer is None or customer.id != kept["customer_id"]:
        customer = find_customer(session, by=by, customer_id=kept["customer_id"])
    if kept["contact_id"] is not None:
        _check_contact(session, kept["contact_id"], customer.id)
    if kept["priority"] is None:
        kept["priority"] = NORMAL_PRIORITY
    calendar = calendar_of(session, by.department_id)
    due_at, remind_at = plan(now, DEFAULT_SLA_MINUTES, DEFAULT_REMIND_MINUTES, calendar)
    row = OPEN.first(
        session,
        {
            **kept,
            "status": Status.OPENED,
            "opened_at": now,
            "opened_by_id": by.id,
            "sla_minutes": DEFAULT_SLA_MINUTES,
            "remind_minutes": DEFAULT_REMIND_MINUTES,
            "due_at": due_at,
            "remind_at": remind_at,
            "calendar_id": calendar.id,
            "updated_at": now,
        },
    )
    opened = as_read(session, ServiceRequest, row or ())
    index(session, "service_request", opened.id, f"{opened.number} {opened.summary} {opened.request}")
    told = text(
        "Opened {number}, {type}: {summary}",
        number=opened.number,
        type=Entry("service_type", opened.type),
        summary=opened.summary,
    )
    told = _with_files(session, opened, attachments, by=by, now=now, told=told)
    note_step(session, opened, by=by, now=now, kind="opened", message=told, detail=opened.request)
    tell(session, ServiceRequestOpened(opened, customer, at=now, by=by))
    return opened


def plan_sla(
    session: Session, *, by: Actor, now: datetime, request_id: int, sla_hours: object, remind_hours_before: object = 0
) -> ServiceRequest:
    """The request is due so many working hours from now, with a reminder before, by the calendar of whoever handles it,
    else of whoever opened it."""
    sla, remind = minutes("sla_hours", sla_hours), minutes("remind_hours_before", remind_hours_before)
    # Most often it is planned by whoever has just opened it; only otherwise is it reckoned a second time.
    guessed = calendar_of(session, by.department_id)
    due_at, remind_at = plan(now, sla, remind, guessed)
    values = {"sla_minutes": sla, "remind_minutes": remind, "due_at": due_at, "remind_at": remind_at}
    request = _take_step(session, "plan_sla", request_id, by=by, now=now, values=values)
    return request if calendar_for(session, request) is guessed else count_from_now(session, request, now=now)


def assign(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    request_id: int,
    assignee_id: object,
    priority: object = None,
    note: object = "",
) -> ServiceRequest:
    """The assignee is to handle it and gets a mail. Open to those who assign, and to the present assignee, who hands it
    on. Tells ServiceRequestAssigned."""
    kept = _read(ASSIGN_FIELDS, {"assignee_id": assignee_id, "priority": priority, "note": note})
    found = HANDLER.first(session, {"user_id": kept["assignee_id"]})
    if found is None:
        raise Invalid([Fault("assignee_id", text("There is no active user with this number."))])
    assignee = as_read(session, User, found)
    values: dict[str, object] = {
        "assigned_at": now,
        "assigned_by_id": by.id,
        "assigned_to_id": assignee.id,
        "assignment_note": kept["note"],
    }
    if kept["priority"] is not None:
        values["priority"] = kept["priority"]
    request = _take_step(session, "assign", request_id, by=by, now=now, values=values)
    request = count_by(session, request, calendar_of(session, assignee.department_id), now=now)
    told = text("Assigned to {person}", person=Person(assignee.id))
    note_step(session, request, by=by, now=now, kind="assigned", message=told, detail=kept["note"])
    tell_assignee(
        session, "request_assigned", request, assignee, now=now, key=f"assigned-{request.id}-{request.version}"
    )
    tell(session, ServiceRequestAssigned(request_id=request.id, assignee_id=assignee.id, at=now, by=by))
    return request


def record_handling(
    session: Session, *, by: Actor, now: datetime, request_id: int, handling: object, attachments: object = None
) -> ServiceRequest:
    """What was done is kept, with the files that show it. Open to the assignee, who stands in for them, and those who
    assign. Tells ServiceRequestHandled."""
    kept = _read(HANDLING_FIELDS, {"handling": handling})
    values = {"handling": kept["handling"], "handled_at": now, "handled_by_id": by.id}
    request = _take_step(session, "record_handling", request_id, by=by, now=now, values=values)
    request = run_again(session, request, by=by, now=now)
    told = _with_files(session, request, attachments, by=by, now=now, told=text("Recorded the handling"))
    note_step(session, request, by=by, now=now, kind="handled", message=told, detail=kept["handling"])
    tell(session, ServiceRequestHandled(request_id=request.id, at=now, by=by))
    return request


def record_feedback(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    request_id: int,
    result: object,
    satisfaction: object,
    customer_words: object = "",
) -> ServiceRequest:
    """The result and the customer's satisfaction (1–5) are kept. Open to opener, assignee and those who edit.
    Tells ServiceRequestFedBack."""
    given = {"result": result, "satisfaction": satisfaction, "customer_words": customer_words}
    kept = _read(FEEDBACK_FIELDS, given)
    values = {**kept, "fed_back_at": now, "fed_back_by_id": by.id}
    request = _take_step(session, "record_feedback", request_id, by=by, now=now, values=values)
    told = text("Recorded the feedback: satisfaction {satisfaction} of 5", satisfaction=kept["satisfaction"])
    note_step(
        session, request, by=by, now=now, kind="fed_back", message=told, detail=kept["customer_words"] or kept["result"]
    )
    tell(session, ServiceRequestFedBack(request_id=request.id, satisfaction=kept["satisfaction"], at=now, by=by))
    return request


def return_to_handling(
    session: Session, *, by: Actor, now: datetime, request_id: int, sla_hours: object = None
) -> dict[str, datetime]:
    """The same assignee handles it once more, with a new due time: as many working hours as the first, or `sla_hours`.

    Answers the new `due_at` and `remind_at`. Tells ServiceRequestReturned."""
    seen = find_request(session, by=by, request_id=request_id)
    sla = seen.sla_minutes if sla_hours is None else minutes("sla_hours", sla_hours)
    due_at, remind_at = plan(now, sla, seen.remind_minutes, calendar_for(session, seen))
    values = {
        "due_at": due_at,
        "remind_at": remind_at,
        "sla_minutes": sla,
        "reminded_at": None,
        "escalated_at": None,
    }
    request = _take_step(session, "return_to_handling", request_id, by=by, now=now, values=values)
    told = text("Went back to handling, round {round}", round=request.rounds + 1)
    note_step(session, request, by=by, now=now, kind="returned", message=told)
    tell(session, ServiceRequestReturned(request_id=request.id, rounds=request.rounds, at=now, by=by))
    return {"due_at": due_at, "remind_at": remind_at}


def archive(session: Session, *, by: Actor, now: datetime, request_id: int, note: object = "") -> ServiceRequest:
    """The request is finished. Refuses one whose customer is not satisfied. Tells ServiceRequestArchived."""
    check_may(by, "service", "edit")
    kept = _read(NOTE_FIELDS, {"note": note})
    values = {"archived_at": now, "archived_by_id": by.id, "archive_note": kept["note"]}
    request = _take_step(session, "archive", request_id, by=by, now=now, values=values)
    note_step(session, request, by=by, now=now, kind="archived", message=text("Archived"), detail=kept["note"])
    tell(session, ServiceRequestArchived(request_id=request.id, at=now, by=by))
    return request


def cancel(session: Session, *, by: Actor, now: datetime, request_id: int, reason: object) -> ServiceRequest:
    """The request is given up, with the reason. Open to the opener and those who assign. Tells ServiceRequestCancelled."""
    kept = _read(REASON_FIELDS, {"reason": reason})
    values = {"cancelled_at": now, "cancelled_by_id": by.id, "cancel_reason": kept["reason"]}
    request = _take_step(session, "cancel", request_id, by=by, now=now, values=values)
    request = run_again(session, request, by=by, now=now)
    note_step(session, request, by=by, now=now, kind="cancelled", message=text("Cancelled"), detail=kept["reason"])
    tell(session, ServiceRequestCancelled(request_id=request.id, reason=kept["reason"], at=now, by=by))
    return request


def _take_step(
    session: Session,
    verb: str,
    request_id: int,
    *,
    by: Actor,
    now: datetime,
    values: Mapping[str, object],
) -> ServiceRequest:
    """Change the request if it may be changed so by this person, else say why not. One statement when all is well."""
    given = {f"new_{name}": value for name, value in values.items()}
    changed = _change(verb, tuple(values), by).first(session, {"request_id": request_id, "now": now, **given})
    if changed is not None:
        return as_read(session, ServiceRequest, changed)
    seen = find_request(session, by=by, request_id=request_id)
    session.refresh(seen)
    reason = refusal(verb, number=seen.number, status=seen.status, satisfaction=seen.satisfaction)
    if reason is not None:
        raise RuleBroken(reason)
    raise Denied(text("It is not open to you to do this with service request {number}.", number=seen.number))


@lru_cache(maxsize=2_000)
def _change(verb: str, columns: tuple[str, ...], by: Actor) -> Prepared:
    """The UPDATE of a verb for a person. Building it takes longer than executing it, so it is kept; what differs from one
    time to the next are its parameters."""
    step = STEPS[verb]
    ready: ColumnElement[bool] = ServiceRequest.status.in_(step.sources)
    if verb == "archive":
        ready = and_(ready, ServiceRequest.satisfaction >= SATISFIED_FROM)
    values: dict[str, object] = {name: bindparam(f"new_{name}") for name in columns}
    if step.target is not None:
        values["status"] = step.target
    if verb == "return_to_handling":
        values["rounds"] = ServiceRequest.rounds + 1
    return Prepared(
        update(ServiceRequest)
        .where(ServiceRequest.id == bindparam("request_id"), ready, _allowed(verb, by))
        .values(**values, updated_at=NOW, version=ServiceRequest.version + 1)
        .returning(*columns_of(ServiceRequest))
    )


def _allowed(verb: str, by: Actor) -> ColumnElement[bool]:
    """The requests at which this person may take the step, in whatever state they are."""
    match verb:
        case "archive":
            return may_see(by, "edit")
        case "cancel":
            return _has(by, "assign", ServiceRequest.opened_by_id == by.id)
        case "assign" | "record_handling":
            return _has(by, "assign", stands_in_for(by, NOW))
        case _:
            # Whoever opened it or handles it takes part in it.
            part = or_(ServiceRequest.opened_by_id == by.id, stands_in_for(by, NOW))
            return _has(by, "assign" if verb == "plan_sla" else "edit", part)


def _has(by: Actor, action: str, otherwise: ColumnElement[bool]) -> ColumnElement[bool]:
    """Requests for which this person has the permission, or to which the other clause applies."""
    if not by.may("service", action):
        return otherwise
    reach = may_see(by, action)
    return reach if reach is true() else or_(reach, otherwise)


def _read(fields: tuple[Field, ...], given: Mapping[str, object]) -> dict[str, Any]:
    return read(fields, given, options={})


def _with_files(
    session: Session, request: ServiceRequest, attachments: object, *, by: Actor, now: datetime, told: Text
) -> Text:
    """The request holds these files, and the sentence about the step names them."""
    ids = file_ids(attachments)
    if not ids:
        return told
    files = attach(session, by=by, now=now, record_type="service_request", record_id=request.id, file_ids=ids)
    return text("{happened}, with {files}", happened=told, files=", ".join(file.name for file in files))


def _check_contact(session: Session, contact_id: int, customer_id: int) -> None:
    living = select(Contact.id).where(
        Contact.id == contact_id, Contact.customer_id == customer_id, Contact.deleted_at.is_(None)
    )
    if session.scalar(living) is None:
        raise Invalid([Fault("contact_id", text("This customer has no such contact."))])


def note_step(
    session: Session,
    request: ServiceRequest,
    *,
    by: Actor,
    now: datetime,
    kind: str,
    message: Text,
    detail: str | None = None,
) -> None:
    """A line on the request's timeline; `kind` is the verb in the past tense."""
    record(
        session,
        at=now,
        actor=by,
        record_type="service_request",
        record_id=request.id,
        customer_id=request.customer_id,
        kind=f"service.{kind}",
        message=message,
        detail=detail,
        link=f"/service-requests/{request.id}",
    )
