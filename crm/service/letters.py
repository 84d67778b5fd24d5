"""The mails about service requests: what they show and to whom they go. The words stand in templates/emails/request_*."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.core.i18n import Text
from crm.core.outbox import send_mail
from crm.customers.models import Customer
from crm.service.models import ServiceRequest
from crm.service.rules import PRIORITY_NAMES


def tell_assignee(
    session: Session, template: str, request: ServiceRequest, assignee: User, *, now: datetime, key: str
) -> None:
    """Write to the person who handles it. The same key is mailed once."""
    if not assignee.email:
        return
    values = {**_facts(session, request), "note": request.assignment_note or ""}
    _send(session, template, assignee, values, now=now, key=key)


def tell_supervisor(
    session: Session, request: ServiceRequest, supervisor: User, *, why: Text, now: datetime, key: str
) -> None:
    """Write to the person to whom the request escalates."""
    if not supervisor.email:
        return
    assignee = None if request.assigned_to_id is None else session.get(User, request.assigned_to_id)
    values = {
        **_facts(session, request),
        "why": why,
        "assignee": "" if assignee is None else assignee.shown_name(supervisor.locale),
    }
    _send(session, "request_escalated", supervisor, values, now=now, key=key)


def _facts(session: Session, request: ServiceRequest) -> dict[str, object]:
    return {
        "number": request.number,
        "customer": session.scalar(select(Customer.name).where(Customer.id == request.customer_id)) or "",
        "summary": request.summary,
        "request": request.request,
        "priority": PRIORITY_NAMES[request.priority],
        "due_at": request.due_at,
        "path": f"/service-requests/{request.id}",
    }


def _send(session: Session, template: str, reader: User, values: dict[str, object], *, now: datetime, key: str) -> None:
    send_mail(
        session,
        to_address=reader.email,
        to_user_id=reader.id,
        template=template,
        locale=reader.locale,
        timezone=reader.timezone,
        values=values,
        now=now,
        key=key,
    )
