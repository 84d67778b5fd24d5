"""Complaints as they are stored. Impossible states are refused by the database."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Fixed, Id, UtcDateTime
from crm.records.models import LIVING, RecordRow, record_constraints

STATES = "status IN ('registered', 'proposed', 'approved', 'carried_out', 'closed', 'cancelled')"
ONGOING = text("status NOT IN ('closed', 'cancelled')")


class Complaint(RecordRow, Base):
    """A customer is not content and says so."""

    PREFIX = "TS"

    __tablename__ = "complaint"
    __table_args__ = (
        CheckConstraint("subject <> '' AND content <> ''", name="said_what"),
        CheckConstraint(STATES, name="status_known"),
        CheckConstraint("severity IN ('minor', 'serious', 'critical')", name="severity_known"),
        CheckConstraint("satisfaction BETWEEN 1 AND 5", name="satisfaction_one_to_five"),
        CheckConstraint("compensation >= 0", name="compensation_not_negative"),
        CheckConstraint("rounds BETWEEN 0 AND 1", name="reopened_once"),
        CheckConstraint(
            "status IN ('registered', 'cancelled') OR (decision IS NOT NULL AND position IS NOT NULL)",
            name="proposed_has_decision",
        ),
        CheckConstraint("status <> 'closed' OR satisfaction IS NOT NULL", name="closed_has_satisfaction"),
        CheckConstraint("(status IN ('closed', 'cancelled')) = (closed_at IS NOT NULL)", name="closed_has_time"),
        *record_constraints(),
        Index("ix_complaint_customer_id", "customer_id", "id"),
        Index("ix_complaint_contact_id", "contact_id", postgresql_where=text("contact_id IS NOT NULL")),
        Index("ix_complaint_by_time", "created_at", "id", postgresql_where=LIVING, sqlite_where=LIVING),
        Index("ix_complaint_due", "due_at", "id", postgresql_where=ONGOING, sqlite_where=ONGOING),
    )

    customer_id: Mapped[int] = mapped_column(Id, ForeignKey("customer.id"))
    contact_id: Mapped[int | None] = mapped_column(Id, ForeignKey("contact.id"))
    subject: Mapped[str] = mapped_column(String(120))
    content: Mapped[str] = mapped_column(Text)
    channel: Mapped[str | None] = mapped_column(String(40))
    severity: Mapped[str] = mapped_column(String(20))
    opinion: Mapped[str | None] = mapped_column(Text, comment="what the customer wants, in their words")
    status: Mapped[str] = mapped_column(String(20))
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="by when a proposal should stand")
    position: Mapped[str | None] = mapped_column(Text, comment="how the company sees it")
    decision: Mapped[str | None] = mapped_column(Text)
    compensation: Mapped[Decimal | None] = mapped_column(Fixed(2))
    proposed_by_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"))
    proposed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_by_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("user.id"), comment="none: no approval was needed"
    )
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done: Mapped[str | None] = mapped_column(Text, comment="what was done of the decision")
    done_by_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"))
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    satisfaction: Mapped[int | None]
    customer_words: Mapped[str | None] = mapped_column(Text)
    rounds: Mapped[int] = mapped_column(default=0, comment="how often it was reopened")
    article_id: Mapped[int | None] = mapped_column(Id, ForeignKey("article.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
