"""Opportunities, their plans and whose they were, as they are stored. Impossible states are refused by the database."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Fixed, Id, UtcDateTime
from crm.records.models import LIVING, OwnedRow, RecordRow, record_constraints

STATES = "status IN ('submitted', 'rejected', 'approved', 'developing', 'won', 'lost', 'given_up')"
OPEN_ITEM = text("done_at IS NULL AND deleted_at IS NULL")


class Opportunity(OwnedRow, Base):
    """Somebody might buy. The owner is the customer manager who develops it; nobody as long as it is not assigned."""

    PREFIX = "OP"
    __tablename__ = "opportunity"
    __table_args__ = (
        CheckConstraint("summary <> '' AND customer_name <> ''", name="named"),
        CheckConstraint(STATES, name="status_known"),
        CheckConstraint("chance BETWEEN 0 AND 100", name="chance_in_percent"),
        CheckConstraint("expected_amount >= 0", name="amount_not_negative"),
        CheckConstraint(
            "status NOT IN ('developing', 'won', 'lost') OR (owner_id IS NOT NULL AND assigned_at IS NOT NULL)",
            name="developed_by_somebody",
        ),
        CheckConstraint("status NOT IN ('submitted', 'rejected', 'approved') OR owner_id IS NULL", name="not_assigned"),
        CheckConstraint("status <> 'won' OR customer_id IS NOT NULL", name="won_has_customer"),
        CheckConstraint("status <> 'lost' OR failure_reason IS NOT NULL", name="lost_has_reason"),
        CheckConstraint("(status IN ('won', 'lost', 'given_up')) = (closed_at IS NOT NULL)", name="closed_has_time"),
        *record_constraints(),
        Index("ix_opportunity_by_time", "created_at", "id", postgresql_where=LIVING, sqlite_where=LIVING),
        Index("ix_opportunity_by_close", "expected_close_on", "id", postgresql_where=LIVING, sqlite_where=LIVING),
        Index("ix_opportunity_by_amount", "expected_amount", "id", postgresql_where=LIVING, sqlite_where=LIVING),
        Index("ix_opportunity_status", "status", "created_at", "id", postgresql_where=LIVING, sqlite_where=LIVING),
        Index("ix_opportunity_owner_id", "owner_id", "created_at"),
        Index("ix_opportunity_department_id", "department_id", "created_at"),
        Index("ix_opportunity_created_by_id", "created_by_id", "created_at"),
        Index("ix_opportunity_customer_id", "customer_id", postgresql_where=text("customer_id IS NOT NULL")),
        Index("ix_opportunity_competitor_id", "competitor_id", postgresql_where=text("competitor_id IS NOT NULL")),
    )

    summary: Mapped[str] = mapped_column(String(120))
    customer_id: Mapped[int | None] = mapped_column(Id, ForeignKey("customer.id"))
    customer_name: Mapped[str] = mapped_column(
        String(120), comment="of the customer, or of somebody who may become one"
    )
    contact_id: Mapped[int | None] = mapped_column(Id, ForeignKey("contact.id"), comment="once it is won")
    contact_name: Mapped[str | None] = mapped_column(String(80))
    contact_phone: Mapped[str | None] = mapped_column(String(40))
    source: Mapped[str | None] = mapped_column(String(40))
    expected_amount: Mapped[Decimal] = mapped_column(Fixed(2))
    chance: Mapped[int] = mapped_column(comment="percent")
    expected_close_on: Mapped[date]
    description: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(20))
    approval_level: Mapped[str | None] = mapped_column(String(20))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    assigned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    assigned_by_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure_reason: Mapped[str | None] = mapped_column(String(40))
    competitor_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("competitor.id"), comment="against whom it was won or lost"
    )
    closing_words: Mapped[str | None] = mapped_column(Text)


class Assignment(Base):
    """Whose an opportunity was, from when until when. The last line without an end is the present one."""

    __tablename__ = "opportunity_assignment"
    __table_args__ = (
        CheckConstraint("ended_at >= assigned_at", name="ended_after_assigned"),
        Index("ix_opportunity_assignment_opportunity_id", "opportunity_id", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    opportunity_id: Mapped[int] = mapped_column(Id, ForeignKey("opportunity.id"))
    manager_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id"))
    assigned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    assigned_by_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"))
    note: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PlanItem(RecordRow, Base):
    """A dated step by which an opportunity is developed, and what came of it."""

    PREFIX = "PI"
    __tablename__ = "plan_item"
    __table_args__ = (
        CheckConstraint("subject <> ''", name="named"),
        CheckConstraint("(done_at IS NULL) = (result IS NULL)", name="done_has_result"),
        *record_constraints(),
        Index("ix_plan_item_opportunity_id", "opportunity_id", "planned_on"),
        Index("ix_plan_item_by_day", "planned_on", "id", postgresql_where=LIVING, sqlite_where=LIVING),
        Index("ix_plan_item_open", "opportunity_id", postgresql_where=OPEN_ITEM, sqlite_where=OPEN_ITEM),
    )

    opportunity_id: Mapped[int] = mapped_column(Id, ForeignKey("opportunity.id"))
    planned_on: Mapped[date]
    subject: Mapped[str] = mapped_column(String(200))
    result: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_by_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"))
    reminded_on: Mapped[date | None] = mapped_column(comment="the planned day of which its manager has been reminded")
