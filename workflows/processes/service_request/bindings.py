"""What the diagram of the service request may call and ask for; the work itself is done in `crm/service`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import User, shown_name
from crm.core.i18n import Text
from crm.permissions import SYSTEM, Actor
from crm.service import operations as service
from crm.service import watching
from crm.service.events import (
    ServiceRequestCancelled,
    ServiceRequestOpened,
    ServiceRequestPaused,
    ServiceRequestResumed,
)
from crm.service.going_back import go_back
from crm.service.models import ServiceRequest
from crm.service.queries import Member, find_request, loads_of_teams
from crm.service.rules import ONGOING, Status
from crm.service.showing import request_facts
from crm.service.waiting import lock_before, object_to_waiting
from forms import Choice
from workflows.about_records import drawn, sent_back, taken_back, visible_if
from workflows.choosing import chosen, listed, records
from workflows.operations.following import follow_record
from workflows.operations.pausing import lock_cases_of, why_not_pause
from workflows.registry import Bindings, CaseStart, RecordRef, StepContext, operations

KEY = "service_request"
LOADS = "loads_of_teams"
RECORD = "service_request"
# Whoever the decision table may name as a team can also be chosen by hand.
HANDLING_ROLES = ("service_agent", "customer_manager", "sales_supervisor")
# In which state a request is when a step begins.
BEFORE_STEP = {
    "assign": Status.OPENED,
    "handle": Status.ASSIGNED,
    "feedback": Status.HANDLED,
    "archive": Status.FED_BACK,
}


def open_from_form(session: Session, by: Actor, now: datetime, answers: Mapping[str, Any]) -> RecordRef:
    """The answers of the start form open the request; its event starts the case."""
    customer = chosen(session, "customer", str(answers.get("customer_id")), by=by)
    opened = service.open_request(session, by=by, now=now, **answers, customer=customer)
    return RecordRef(RECORD, opened.id)


def start_for(session: Session, event: ServiceRequestOpened) -> CaseStart:
    """A case for a request that has just been opened: references and what the decision tables ask for."""
    request, customer = event.request, event.customer
    loads = loads_of_teams(session, role_keys=HANDLING_ROLES, now=event.at, customer_id=customer.id)
    # The first step asks for them as well, before anything else has happened.
    session.info[LOADS] = (request.id, loads)
    return CaseStart(
        process_key=KEY,
        title=f"{request.number} {request.summary}",
        data={
            "request_id": request.id,
            "customer_id": request.customer_id,
            "type": request.type,
            "priority": request.priority,
            "grade": customer.grade,
            "region": customer.region,
            "load": next((member.load for member in loads if member.role == "service_agent"), 0),
        },
        record=RecordRef(RECORD, request.id),
        customer_id=request.customer_id,
    )


def ended_by(event: ServiceRequestCancelled) -> tuple[RecordRef, str]:
    """A request that was cancelled needs no process any more."""
    return RecordRef(RECORD, event.request_id), event.reason


def about(event: ServiceRequestPaused | ServiceRequestResumed) -> RecordRef:
    """The request whose clock was stopped, or runs again."""
    return RecordRef(RECORD, event.request_id)


def lock_cases(session: Session, request_id: int) -> None:
    """The cases of a request are locked before the request is, as by every step."""
    lock_cases_of(session, RecordRef(RECORD, request_id))


def why_not_wait(session: Session, request_id: int) -> Text | None:
    """The clock of a suspended case stands still already, for other reasons."""
    return why_not_pause(session, RecordRef(RECORD, request_id))


def give_up(session: Session, by: Actor, now: datetime, record_id: int, reason: str) -> None:
    """Cancelling the case cancels the request, unless it is finished."""
    request = find_request(session, by=by, request_id=record_id)
    if request.status in ONGOING:
        service.cancel(session, by=by, now=now, request_id=record_id, reason=reason)


def ongoing(session: Session, ids: Sequence[int]) -> Collection[int]:
    """Which of these requests are not finished."""
    return set(
        session.scalars(select(ServiceRequest.id).where(ServiceRequest.id.in_(ids), ServiceRequest.status.in_(ONGOING)))
    )


def plan(
    step: StepContext, *, request_id: int, sla_hours: Any, remind_hours_before: Any, team: str, prefer: str
) -> Mapping[str, object]:
    """Due time and proposed agent. Answers `due_at`, `remind_at` and `proposed_id`."""
    request = service.plan_sla(
        step.session,
        by=step.by,
        now=step.now,
        request_id=request_id,
        sla_hours=sla_hours,
        remind_hours_before=remind_hours_before,
    )
    proposal = watching.propose_assignee(
        step.session, request, team=_team(step.session, request, team, now=step.now), prefer=prefer
    )
    return {"due_at": request.due_at, "remind_at": request.remind_at, "proposed_id": proposal.user_id}


def _team(session: Session, request: ServiceRequest, role: str, *, now: datetime) -> list[Member]:
    """The present members of a role with what each has in hand."""
    known, loads = session.info.pop(LOADS, (None, []))
    if known == request.id and role in HANDLING_ROLES:
        return [member for member in loads if member.role == role]
    return loads_of_teams(session, role_keys=(role,), now=now, customer_id=request.customer_id)


def assign(
    step: StepContext, *, request_id: int, assignee_id: int, priority: int, note: str = ""
) -> Mapping[str, object]:
    """The request is given to an agent, who is told. Answers the due time and the reminder by the agent's calendar."""
    request = service.assign(
        step.session,
        by=step.by,
        now=step.now,
        request_id=request_id,
        assignee_id=assignee_id,
        priority=priority,
        note=note,
    )
    times = {"due_at": request.due_at, "remind_at": request.remind_at}
    return {"assignee_id": assignee_id, "priority": priority, **times}


def record_handling(step: StepContext, *, request_id: int, handling: str, attachments: list[Any] | None = None) -> None:
    """What the agent found and did is kept, with the files."""
    service.record_handling(
        step.session, by=step.by, now=step.now, request_id=request_id, handling=handling, attachments=attachments
    )


def record_feedback(
    step: StepContext, *, request_id: int, result: str, satisfaction: int, customer_words: str = ""
) -> None:
    """The result and the customer's satisfaction (1–5) are kept, with their words."""
    service.record_feedback(
        step.session,
        by=step.by,
        now=step.now,
        request_id=request_id,
        result=result,
        satisfaction=satisfaction,
        customer_words=customer_words,
    )


def return_to_handling(step: StepContext, *, request_id: int) -> Mapping[str, object]:
    """Whoever has it now handles it once more. Answers the new `due_at` and `remind_at`, and the `assignee_id`: it may have
    been handed over meanwhile."""
    times = service.return_to_handling(step.session, by=step.by, now=step.now, request_id=request_id)
    holder = select(ServiceRequest.assigned_to_id).where(ServiceRequest.id == request_id)
    return {**times, "assignee_id": step.session.scalar(holder)}


def archive(step: StepContext, *, request_id: int, note: str = "") -> None:
    """The request is finished."""
    service.archive(step.session, by=step.by, now=step.now, request_id=request_id, note=note)


def remind(step: StepContext, *, request_id: int) -> None:
    """The agent is told that the due time is near, unless it is handled."""
    watching.remind(step.session, by=step.by, now=step.now, request_id=request_id)


def escalate(step: StepContext, *, request_id: int) -> None:
    """The head of the department is told that it waits too long, unless it is handled."""
    watching.escalate(step.session, by=step.by, now=step.now, request_id=request_id)


def hand_over(
    session: Session, by: Actor, now: datetime, record_id: int, node_id: str, user_id: int, note: str
) -> None:
    """Whoever gets the task of handling is from now on the one to whom the request is assigned. Where they work by another
    calendar, the task follows the request's due time."""
    if node_id != "handle":
        return
    before = find_request(session, by=SYSTEM, request_id=record_id).due_at
    request = service.assign(session, by=by, now=now, request_id=record_id, assignee_id=user_id, note=note)
    if request.due_at != before:
        follow_request(session, now, record_id)


def follow_request(session: Session, now: datetime, record_id: int) -> None:
    """The step of handling is due when the request is, and its timers act accordingly."""
    request = session.get_one(ServiceRequest, record_id, populate_existing=True)
    follow_record(
        session,
        RecordRef(RECORD, record_id),
        now=now,
        node_id="handle",
        due_at=request.due_at,
        timers={"nearly_due": request.remind_at, "overdue": request.due_at},
        department_id=session.scalar(select(User.department_id).where(User.id == request.assigned_to_id)),
    )


def back(session: Session, by: Actor, now: datetime, record_id: int, status: Status, reason: str) -> None:
    """The request is in an earlier state again."""
    go_back(session, by=by, now=now, request_id=record_id, status=status, reason=reason)


def handler_choices(session: Session, by: Actor, now: datetime, data: Mapping[str, Any]) -> Sequence[Choice]:
    """Who could handle it, with the number of requests that each has in hand, and in which role."""
    seen: dict[int, Choice] = {}
    for member in loads_of_teams(session, role_keys=HANDLING_ROLES, now=now):
        name = shown_name(member.name, member.name_en, by.locale)
        role = shown_name(member.role_name, member.role_name_en, by.locale)
        seen.setdefault(member.id, Choice(str(member.id), f"{name} ({member.load})", role))
    return list(seen.values())


BINDINGS = Bindings(
    operations=operations(
        ("service/plan", plan),
        ("service/assign", assign),
        ("service/record_handling", record_handling),
        ("service/record_feedback", record_feedback),
        ("service/return_to_handling", return_to_handling),
        ("service/archive", archive),
        ("service/remind", remind),
        ("service/escalate", escalate),
    ),
    choices={
        "customers": records("customer"),
        "request_handlers": handler_choices,
        "service_types": listed("service_type"),
        "channels": listed("channel"),
    },
    openings={KEY: open_from_form},
    triggers={ServiceRequestOpened: start_for},
    endings={ServiceRequestCancelled: ended_by},
    pauses={ServiceRequestPaused: about},
    resumes={ServiceRequestResumed: about},
    resumed={RECORD: follow_request},
    giving_up={RECORD: give_up},
    ongoing={RECORD: ongoing},
    visible={RECORD: visible_if(lambda session, by, record_id: find_request(session, by=by, request_id=record_id))},
    facts={
        RECORD: drawn(
            "service/_facts.html", lambda session, by, record_id: request_facts(session, by=by, request_id=record_id)
        )
    },
    handed_over={RECORD: hand_over},
    sent_back={RECORD: sent_back(back, BEFORE_STEP)},
    taken_back=taken_back(
        back,
        {
            "service/assign": Status.OPENED,
            "service/record_handling": Status.ASSIGNED,
            "service/record_feedback": Status.HANDLED,
            "service/return_to_handling": Status.FED_BACK,
        },
    ),
)
lock_before(lock_cases)
object_to_waiting(why_not_wait)
