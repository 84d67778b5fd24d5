"""What people are told about opportunities."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from crm.core.i18n import Text, text
from crm.notices.kinds import REMINDERS, SALES, NoticeKind, add_kinds
from crm.notices.models import Mailing
from crm.notices.operations import notify
from crm.permissions import Actor
from crm.sales.models import Opportunity

ASSIGNED, TAKEN, CLOSED = "opportunity.assigned", "opportunity.taken", "opportunity.closed"
REJECTED = "opportunity.rejected"
PLAN_DUE, IDLE = "opportunity.plan_due", "opportunity.idle"

add_kinds(
    NoticeKind(ASSIGNED, text("An opportunity is mine to develop"), SALES, Mailing.NOW, icon="target-arrow"),
    NoticeKind(TAKEN, text("An opportunity of mine went to somebody else"), SALES, icon="user-share", tone="neutral"),
    NoticeKind(REJECTED, text("My opportunity was rejected"), SALES, Mailing.NOW, icon="arrow-back-up", tone="warn"),
    NoticeKind(CLOSED, text("An opportunity that I created has ended"), SALES, icon="flag"),
    NoticeKind(PLAN_DUE, text("A step of my development plan is due"), REMINDERS, Mailing.NOW, icon="calendar-due"),
    NoticeKind(IDLE, text("An opportunity of mine has no next step"), REMINDERS, icon="calendar-stats", tone="warn"),
)  # fmt: skip


def tell_people(
    session: Session,
    record: Opportunity,
    kind: str,
    message: Text,
    *,
    to: Iterable[int | None],
    by: Actor,
    now: datetime,
    occasion: object,
    detail: str | None = None,
) -> None:
    """These people are told, but whoever brought it about; each occasion of the opportunity once."""
    notify(
        session,
        to=[person for person in to if person is not None and person != by.id],
        kind=kind,
        message=message,
        link=f"/opportunities/{record.id}",
        now=now,
        key=f"{kind}-{record.id}-{occasion}",
        detail=detail,
        about=("opportunity", record.id),
    )
