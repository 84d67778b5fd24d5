"""Warnings and the measures against a loss, as they are stored."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Id, UtcDateTime
from crm.records.models import LIVING, RecordRow, record_constraints

ONGOING = text("status IN ('warned', 'delayed')")


class CustomerLoss(RecordRow, Base):
    """A customer has not ordered for long. One goes on at a time for each customer."""

    PREFIX = "CL"

    __tablename__ = "customer_loss"
    __table_args__ = (
        CheckConstraint("status IN ('warned', 'delayed', 'lost', 'averted', 'dismissed')", name="status_known"),
        CheckConstraint("(status IN ('warned', 'delayed')) = (ended_at IS NULL)", name="ended_when_over"),
        CheckConstraint("status <> 'lost' OR reason IS NOT NULL", name="lost_has_reason"),
        CheckConstraint("status <> 'averted' OR order_id IS NOT NULL", name="averted_by_an_order"),
        CheckConstraint("status <> 'delayed' OR review_on IS NOT NULL", name="delayed_has_review"),
        CheckConstraint("months > 0", name="months_above_zero"),
        *record_constraints(),
        Index("uq_customer_loss_ongoing", "customer_id", unique=True, postgresql_where=ONGOING, sqlite_where=ONGOING),
        Index("ix_customer_loss_customer_id", "customer_id", "id"),
        Index("ix_customer_loss_by_time", "created_at", "id", postgresql_where=LIVING, sqlite_where=LIVING),
    )

    customer_id: Mapped[int] = mapped_column(Id, ForeignKey("customer.id"))
    months: Mapped[int] = mapped_column(comment="without an order, as the rule stood then")
    last_order_on: Mapped[date | None] = mapped_column(comment="none: never since they are a customer")
    status: Mapped[str] = mapped_column(String(20))
    review_on: Mapped[date | None] = mapped_column(comment="when it is looked at again")
    reason: Mapped[str | None] = mapped_column(String(40))
    words: Mapped[str | None] = mapped_column(Text)
    order_id: Mapped[int | None] = mapped_column(Id, ForeignKey("sales_order.id"), comment="the order that ended it")
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LossMeasure(Base):
    """What was done to keep the customer; never changed."""

    __tablename__ = "loss_measure"
    __table_args__ = (
        CheckConstraint("measure <> ''", name="said_what"),
        Index("ix_loss_measure_loss_id", "loss_id", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    loss_id: Mapped[int] = mapped_column(Id, ForeignKey("customer_loss.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"))
    measure: Mapped[str] = mapped_column(Text)
    review_on: Mapped[date]
