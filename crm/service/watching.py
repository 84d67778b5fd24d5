"""What happens by itself around a service request: who is proposed to handle it, reminders, escalation.

Called by process steps and their timers. A timer may be late: what was done meanwhile makes it end quietly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.accounts.queries import department_head, users_with_role
from crm.activity.operations import Person
from crm.core.errors import Denied
from crm.core.i18n import Text, text
from crm.customers.models import Customer
from crm.permissions import Actor
from crm.service.letters import tell_assignee, tell_supervisor
from crm.service.models import ServiceRequest
from crm.service.operations import note_step
from crm.service.queries import Member, may_see
from crm.service.rules import WAITING_FOR_US, Status

SUPERVISORS = "sales_supervisor"


@dataclass(frozen=True)
class Proposal:
    """Who should handle a request and why; nobody when nobody of the team is there."""

    user_id: int | None
    load: int
    reason: Text


def propose_assignee(
    session: Session, request: ServiceRequest, *, team: Sequence[Member], prefer: str = "least_busy"
) -> Proposal:
    """Who of the team should handle it.

    `prefer` is `least_busy`, `owner` (the customer's manager) or `same_as_before` (who handled this customer's last
    request); whoever is away or not in the team is passed over for the least busy one.
    """
    by_id = {member.id: member.load for member in team}
    wanted, reason = _preferred(session, request, team, prefer)
    if wanted is None or wanted not in by_id:
        if not team:
            return Proposal(None, 0, text("Nobody of this team is available"))
        least = team[0]
        wanted, reason = least.id, text("Has the fewest requests in hand ({count})", count=least.load)
    return Proposal(wanted, by_id[wanted], reason)


def remind(session: Session, *, by: Actor, now: datetime, request_id: int) -> None:
    """The assignee is reminded by mail that the due time is near. Nothing happens if it is handled already."""
    request = _mark(session, by=by, now=now, request_id=request_id, column="reminded_at", statuses=(Status.ASSIGNED,))
    if request is None or request.assigned_to_id is None:
        return
    assignee = session.get(User, request.assigned_to_id)
    if assignee is None:
        return
    told = text("Reminded {person} of the due time", person=Person(assignee.id))
    note_step(session, request, by=by, now=now, kind="reminded", message=told)
    tell_assignee(
        session, "request_reminder", request, assignee, now=now, key=f"reminder-{request.id}-{request.rounds}"
    )


def escalate(session: Session, *, by: Actor, now: datetime, request_id: int) -> None:
    """The head of the department concerned is told that it waits too long; without one, every sales supervisor.

    Nothing happens if it is handled already.
    """
    request = _mark(session, by=by, now=now, request_id=request_id, column="escalated_at", statuses=WAITING_FOR_US)
    if request is None:
        return
    waits = text("Still not assigned") if request.status == Status.OPENED else text("Overdue")
    for supervisor in _supervisors(session, request):
        told = text("{why}: escalated to {person}", why=waits, person=Person(supervisor.id))
        note_step(session, request, by=by, now=now, kind="escalated", message=told)
        key = f"escalated-{request.id}-{request.status}-{request.rounds}-{supervisor.id}"
        tell_supervisor(session, request, supervisor, why=waits, now=now, key=key)


def _preferred(
    session: Session, request: ServiceRequest, team: Sequence[Member], prefer: str
) -> tuple[int | None, Text]:
    """Who is wished for before the load is looked at, and why."""
    if prefer == "owner":
        owner = session.scalar(select(Customer.owner_id).where(Customer.id == request.customer_id))
        return owner, text("Looks after this customer")
    known = next((member.id for member in team if member.knows_customer and prefer == "same_as_before"), None)
    return known, text("Handled this customer's last request")


def _supervisors(session: Session, request: ServiceRequest) -> list[User]:
    department_id = None
    if request.assigned_to_id is not None:
        department_id = session.scalar(select(User.department_id).where(User.id == request.assigned_to_id))
    if department_id is None:
        department_id = session.scalar(select(Customer.department_id).where(Customer.id == request.customer_id))
    head = department_head(session, department_id)
    return [head] if head is not None and head.id != request.assigned_to_id else users_with_role(session, SUPERVISORS)


def _mark(
    session: Session, *, by: Actor, now: datetime, request_id: int, column: str, statuses: tuple[Status, ...]
) -> ServiceRequest | None:
    """Note the time of the reminder or escalation if the request still waits for us; None if there is nothing to remind
    of, or the customer owes an answer."""
    if not by.is_system and not by.may("service", "assign"):
        raise Denied(text("Only those who assign service requests may remind and escalate."))
    return session.scalar(
        update(ServiceRequest)
        .where(
            ServiceRequest.id == request_id,
            ServiceRequest.status.in_(statuses),
            ServiceRequest.waiting_since.is_(None),
            may_see(by, "assign"),
        )
        .values({column: now, "version": ServiceRequest.version + 1})
        .returning(ServiceRequest),
        execution_options={"synchronize_session": False, "populate_existing": True},
    )
