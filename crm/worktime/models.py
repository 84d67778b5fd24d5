"""Business calendars as data: weekly hours, days that differ, and which department works by which."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy import text as condition
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Id, Json


class WorkCalendar(Base):
    """When work is done. One calendar is the default; departments without one of their own inherit, in the end from it."""

    __tablename__ = "work_calendar"
    __table_args__ = (
        UniqueConstraint("name"),
        Index(
            "uq_work_calendar_default",
            "is_default",
            unique=True,
            postgresql_where=condition("is_default"),
            sqlite_where=condition("is_default"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80), default="")
    timezone: Mapped[str] = mapped_column(String(60))
    week: Mapped[list[list[list[int]]]] = mapped_column(Json, comment="intervals of minutes, for Monday to Sunday")
    make_up: Mapped[list[list[int]]] = mapped_column(
        Json, comment="hours of a weekend day that makes up for a holiday; none: those of Monday"
    )
    chinese_holidays: Mapped[bool] = mapped_column(comment="public holidays and make-up working days of China apply")
    is_default: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    def shown_name(self, locale: str) -> str:
        """The name in the reader's language."""
        return self.name if locale.startswith("zh") else self.name_en or self.name


class CalendarException(Base):
    """A day with hours of its own in one calendar; without hours it is closed."""

    __tablename__ = "calendar_exception"
    __table_args__ = (UniqueConstraint("calendar_id", "day"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    calendar_id: Mapped[int] = mapped_column(ForeignKey("work_calendar.id", ondelete="CASCADE"))
    day: Mapped[date] = mapped_column(Date)
    hours: Mapped[list[list[int]]] = mapped_column(Json)
    name: Mapped[str] = mapped_column(String(80), default="")


class DepartmentCalendar(Base):
    """The department, and those below it that have none, work by this calendar."""

    __tablename__ = "department_calendar"

    department_id: Mapped[int] = mapped_column(ForeignKey("department.id", ondelete="CASCADE"), primary_key=True)
    calendar_id: Mapped[int] = mapped_column(ForeignKey("work_calendar.id"), index=True)


class WorktimeStamp(Base):
    """One row whose value is another after each change: whoever kept calendars in memory sees that they are old."""

    __tablename__ = "worktime_stamp"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    # Drawn by lot, not counted: a change that was rolled back must not have had the number of the one that follows.
    value: Mapped[int] = mapped_column(Id)
