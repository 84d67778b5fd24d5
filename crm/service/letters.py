"""What people are told about service requests. The words of the mails stand in templates/emails/request_*."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.activity.sentences import in_words
from crm.core.i18n import Text, text
from crm.customers.models import Customer
from crm.notices.kinds import SERVICE, NoticeKind, add_kinds
from crm.notices.letters import draws
from crm.notices.models import Mailing, Notice
from crm.notices.operations import notify
from crm.service.models import ServiceRequest
from crm.service.rules import PRIORITY_NAMES

ASSIGNED, REMINDER, ESCALATED = "request_assigned", "request_reminder", "request_escalated"
SAYS = {
    ASSIGNED: text("{number} is yours to handle: {summary}"),
    REMINDER: text("{number} is due soon: {summary}"),
}

add_kinds(
    NoticeKind(ASSIGNED, text("A service request is mine to handle"), SERVICE, Mailing.NOW, icon="headset"),
    NoticeKind(REMINDER, text("A service request is due soon"), SERVICE, Mailing.NOW, icon="clock", tone="warn"),
    NoticeKind(
        ESCALATED,
        text("A service request escalates to me"),
        SERVICE,
        Mailing.NOW,
        icon="alert-triangle",
        tone="bad",
    ),
)


def tell_assignee(
    session: Session, kind: str, request: ServiceRequest, assignee: User, *, now: datetime, key: str
) -> None:
    """The person who handles it is told, unless they took it themselves. The same key is told once."""
    if kind == ASSIGNED and request.assigned_by_id == assignee.id:
        return
    message = Text(SAYS[kind].source, {"number": request.number, "summary": request.summary})
    _tell(session, kind, request, assignee.id, message, now=now, key=key)


def tell_supervisor(
    session: Session, request: ServiceRequest, supervisor: User, *, why: Text, now: datetime, key: str
) -> None:
    """The person to whom the request escalates is told."""
    message = text("{why}: {number}, {summary}", why=why, number=request.number, summary=request.summary)
    _tell(session, ESCALATED, request, supervisor.id, message, now=now, key=key)


def _tell(
    session: Session, kind: str, request: ServiceRequest, user_id: int, message: Text, *, now: datetime, key: str
) -> None:
    notify(
        session,
        to=[user_id],
        kind=kind,
        message=message,
        link=f"/service-requests/{request.id}",
        now=now,
        key=key,
        about=("service_request", request.id),
    )


@draws(ASSIGNED, REMINDER, ESCALATED)
def letter(session: Session, notice: Notice, reader: User) -> dict[str, object] | None:
    """What the mail shows, as the request stands when it is written."""
    request = session.get(ServiceRequest, notice.record_id)
    if request is None:
        return None
    assignee = None if request.assigned_to_id is None else session.get(User, request.assigned_to_id)
    return {
        "number": request.number,
        "customer": session.scalar(select(Customer.name).where(Customer.id == request.customer_id)) or "",
        "summary": request.summary,
        "request": request.request,
        "priority": PRIORITY_NAMES[request.priority],
        "due_at": request.due_at,
        "path": notice.link or f"/service-requests/{request.id}",
        "note": request.assignment_note or "",
        "why": in_words(session, [("{why}", notice.values)], reader.locale)[0] if notice.kind == ESCALATED else "",
        "assignee": "" if assignee is None else assignee.shown_name(reader.locale),
    }
