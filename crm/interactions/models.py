"""Interactions as they are stored."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Id, UtcDateTime
from crm.records.models import LIVING, RecordRow, record_constraints

WITH_NEXT_VISIT = text("next_visit IS NOT NULL AND deleted_at IS NULL")


class Interaction(RecordRow, Base):
    """We spoke with a customer, or wrote to each other."""

    PREFIX = "IA"

    __tablename__ = "interaction"
    __table_args__ = (
        CheckConstraint("subject <> ''", name="named"),
        CheckConstraint("direction IN ('out', 'in')", name="direction_known"),
        *record_constraints(),
        Index("ix_interaction_customer_id", "customer_id", "held_at", "id"),
        Index("ix_interaction_contact_id", "contact_id", "held_at"),
        Index("ix_interaction_by_time", "held_at", "id", postgresql_where=LIVING, sqlite_where=LIVING),
        Index(
            "ix_interaction_next_visit", "next_visit", postgresql_where=WITH_NEXT_VISIT, sqlite_where=WITH_NEXT_VISIT
        ),
    )

    customer_id: Mapped[int] = mapped_column(Id, ForeignKey("customer.id"))
    contact_id: Mapped[int | None] = mapped_column(Id, ForeignKey("contact.id"))
    held_at: Mapped[datetime] = mapped_column(UtcDateTime)
    channel: Mapped[str] = mapped_column(String(40))
    direction: Mapped[str] = mapped_column(String(10), comment="out: we turned to them; in: they turned to us")
    place: Mapped[str | None] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(String(120))
    detail: Mapped[str | None] = mapped_column(Text)
    person_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"), comment="who of us it was")
    next_visit: Mapped[date | None]
