"""The question about service requests that are due soon. Cases remind of theirs by their own timers; this finds the others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.i18n import text
from crm.customers.models import Customer
from crm.notices.models import Mailing
from crm.reminders.kinds import Finding, Look, ReminderKind, Span, Whom, add_rules
from crm.service.models import ServiceRequest
from crm.service.rules import Status


def requests_due(session: Session, look: Look) -> Sequence[Finding]:
    """Assigned requests that are due within so many hours, whose own reminder has not gone out."""
    due = (
        select(ServiceRequest, Customer.owner_id)
        .join(Customer, Customer.id == ServiceRequest.customer_id)
        .where(
            ServiceRequest.status == Status.ASSIGNED,
            ServiceRequest.due_at <= look.now + timedelta(hours=look.span),
            ServiceRequest.reminded_at.is_(None),
            ServiceRequest.waiting_since.is_(None),
        )
    )
    rows = session.execute(look.part(due, ServiceRequest.id, ServiceRequest.assigned_to_id == look.mine))
    return [
        Finding(
            id=request.id,
            occasion=f"{request.id}-{request.rounds}",
            message=text("{number} is due soon: {summary}", number=request.number, summary=request.summary),
            name=f"{request.number} {request.summary}",
            link=f"/service-requests/{request.id}",
            owner_id=owner_id,
            holder_id=request.assigned_to_id,
            about=("service_request", request.id),
            # The case's own timer says the same by this key, and may come first or last.
            notice_key=f"reminder-{request.id}-{request.rounds}",
        )
        for request, owner_id in rows
    ]


add_rules(
    ReminderKind(
        key="service",
        label=text("Service requests that are due"),
        explains=text("A service request that somebody handles is due, and its own reminder has not come yet."),
        several=text("{count} service requests are due soon"),
        find=requests_due,
        span=Span.HOURS_BEFORE,
        usual=2,
        most=240,
        whom=(Whom.HOLDER,),
        offers=(Whom.HOLDER, Whom.OWNER, Whom.MANAGER),
        daily=False,
        mail=Mailing.NOW,
        icon="headset",
        tone="warn",
    )
)
