"""Service requests as they are stored. Every step keeps who and when; impossible states are refused by the database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, Text, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Id, UtcDateTime
from crm.core.numbers import quoted, quoted_in_sql

ONGOING = "status IN ('opened', 'assigned', 'handled', 'fed_back')"


class ServiceRequest(Base):
    """One request of a customer, from its opening to the archive."""

    __tablename__ = "service_request"
    __table_args__ = (
        CheckConstraint(f"{ONGOING} OR status IN ('archived', 'cancelled')", name="status_known"),
        CheckConstraint("summary <> '' AND request <> ''", name="said_what"),
        CheckConstraint("priority BETWEEN 0 AND 3", name="priority_zero_to_three"),
        CheckConstraint("satisfaction BETWEEN 1 AND 5", name="satisfaction_one_to_five"),
        CheckConstraint("rounds >= 0", name="rounds_counted"),
        CheckConstraint("version > 0", name="version_positive"),
        CheckConstraint(
            "status IN ('opened', 'cancelled') OR (assigned_to_id IS NOT NULL AND assigned_at IS NOT NULL)",
            name="assigned_has_assignee",
        ),
        CheckConstraint(
            "status NOT IN ('handled', 'fed_back', 'archived') OR (handling IS NOT NULL AND handled_at IS NOT NULL)",
            name="handled_has_handling",
        ),
        CheckConstraint(
            "status NOT IN ('fed_back', 'archived') OR "
            "(result IS NOT NULL AND satisfaction IS NOT NULL AND fed_back_at IS NOT NULL)",
            name="fed_back_has_result",
        ),
        CheckConstraint("status <> 'archived' OR satisfaction >= 3", name="archived_is_satisfied"),
        CheckConstraint("(status = 'archived') = (archived_at IS NOT NULL)", name="archived_has_time"),
        CheckConstraint("(status = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_has_time"),
        CheckConstraint("due_at >= opened_at", name="due_after_opening"),
        CheckConstraint("waiting_since IS NULL OR waiting_for IS NOT NULL", name="waits_for_something"),
        CheckConstraint("remind_at <= due_at", name="reminder_before_due"),
        Index("ix_service_request_customer_id", "customer_id", "id"),
        Index("ix_service_request_contact_id", "contact_id", postgresql_where=text("contact_id IS NOT NULL")),
        Index("ix_service_request_assigned_to_id", "assigned_to_id", "status"),
        Index("ix_service_request_opened_by_id", "opened_by_id", "id"),
        Index("ix_service_request_due", "due_at", "id", postgresql_where=text(ONGOING), sqlite_where=text(ONGOING)),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    customer_id: Mapped[int] = mapped_column(Id, ForeignKey("customer.id"))
    contact_id: Mapped[int | None] = mapped_column(Id, ForeignKey("contact.id"))
    type: Mapped[str] = mapped_column(String(40))
    summary: Mapped[str] = mapped_column(String(200))
    request: Mapped[str] = mapped_column(Text, comment="what the customer asks for, at most 4,000 characters")
    channel: Mapped[str | None] = mapped_column(String(40))
    priority: Mapped[int] = mapped_column(default=1, comment="0 low, 1 normal, 2 high, 3 urgent")
    status: Mapped[str] = mapped_column(String(20))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_by_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"))
    assigned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    assigned_by_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"))
    assigned_to_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"))
    assignment_note: Mapped[str | None] = mapped_column(Text)
    sla_minutes: Mapped[int] = mapped_column(comment="time allowed for a round, from its beginning")
    remind_minutes: Mapped[int] = mapped_column(comment="how long before the due time the reminder goes out")
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    calendar_id: Mapped[int | None] = mapped_column(Id, comment="the business calendar by which its time is counted")
    waiting_since: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="since when the customer owes an answer and the clock stands still"
    )
    waiting_for: Mapped[str | None] = mapped_column(Text, comment="what the customer was last asked")
    waited_minutes: Mapped[int] = mapped_column(default=0, comment="working time for which the clock stood still")
    remind_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    escalated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    handling: Mapped[str | None] = mapped_column(Text)
    handled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    handled_by_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"))
    result: Mapped[str | None] = mapped_column(Text)
    satisfaction: Mapped[int | None]
    customer_words: Mapped[str | None] = mapped_column(Text)
    fed_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fed_back_by_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"))
    archive_note: Mapped[str | None] = mapped_column(Text)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    archived_by_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"))
    cancel_reason: Mapped[str | None] = mapped_column(Text)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_by_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"))
    rounds: Mapped[int] = mapped_column(default=0, comment="how often it went back to handling")
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    @hybrid_property
    def number(self) -> str:
        """The number that people quote. It follows from the key, so it is unique and never changes."""
        return quoted("SR", self.id)

    @number.inplace.expression
    @classmethod
    def _number_in_sql(cls) -> ColumnElement[str]:
        return quoted_in_sql("SR", cls.id)

    def is_overdue(self, now: datetime) -> bool:
        """Is it still going on although its time is over?"""
        return self.status in {"opened", "assigned"} and self.due_at < now and self.waiting_since is None
