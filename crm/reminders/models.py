"""Rules as an administrator set them, and what each person has been reminded of."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Id, Json, UtcDateTime


class ReminderRule(Base):
    """How one kind of reminder is set. There is a row for every kind that any room has."""

    __tablename__ = "reminder_rule"
    __table_args__ = (
        CheckConstraint("hour BETWEEN 0 AND 23", name="hour_of_a_day"),
        CheckConstraint("span >= 0", name="span_not_negative"),
        CheckConstraint("version > 0", name="version_positive"),
    )

    kind: Mapped[str] = mapped_column(String(40), primary_key=True, comment="names an entry of crm/reminders/kinds.py")
    active: Mapped[bool]
    span: Mapped[int] = mapped_column(comment="days or hours before or after, by kind")
    hour: Mapped[int] = mapped_column(comment="of the company's clock; for rules that look once a day")
    whom: Mapped[list[str]] = mapped_column(Json, comment="owner, holder, manager")
    workdays_only: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    looked_on: Mapped[date | None] = mapped_column(comment="the last day on which it looked")
    looked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ReminderTold(Base):
    """This person has been reminded of this; kept so that nobody is told twice, however many clocks there are."""

    __tablename__ = "reminder_told"
    __table_args__ = (Index("ix_reminder_told_at", "at"),)

    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(120), primary_key=True, comment="kind and occasion")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
