"""The calendar that every installation begins with, and those of the demonstration."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Department
from crm.core.db import Database
from crm.permissions import SYSTEM
from crm.worktime.models import WorkCalendar
from crm.worktime.operations import create_calendar, give_calendar, set_exceptions
from crm.worktime.rules import WEEKDAYS

OFFICE_HOURS = "09:00-12:00, 13:00-18:00"


def office(name: str, name_en: str, *, timezone: str) -> dict[str, object]:
    """Monday to Friday, with the holidays of China."""
    week = {key: OFFICE_HOURS if number < 5 else "" for number, (key, _) in enumerate(WEEKDAYS)}
    return {"name": name, "name_en": name_en, "timezone": timezone, **week, "chinese_holidays": True, "make_up": ""}


def seed_calendar(session: Session, now: datetime) -> None:
    """There is a calendar by which the company works: office hours in its time zone. What administrators made of it stays."""
    if session.scalar(select(WorkCalendar.id).limit(1)) is None:
        database: Database = session.info["database"]
        values = office("标准工作时间", "Office hours", timezone=database.zone.key)
        create_calendar(session, by=SYSTEM, now=now, values=values)


def seed_worktime(session: Session, now: datetime) -> None:
    """Customer service of the demonstration works on Saturdays and in the evening, and has a day off of its own."""
    seed_calendar(session, now)
    department_id = session.scalar(select(Department.id).where(Department.name == "客户服务部"))
    if (
        department_id is None
        or session.scalar(select(WorkCalendar.id).where(WorkCalendar.name == "客服热线")) is not None
    ):
        return
    calendar = create_calendar(session, by=SYSTEM, now=now, values=_hotline())
    give_calendar(session, by=SYSTEM, now=now, department_id=department_id, calendar_id=calendar.id)
    closed: Mapping[str, object] = {"day": str(date(now.year, 12, 31)), "hours": "09:00-12:00", "name": "年终盘点"}
    set_exceptions(session, by=SYSTEM, now=now, calendar_id=calendar.id, values=closed)


def _hotline() -> dict[str, object]:
    values = office("客服热线", "Service hotline", timezone="Asia/Shanghai")
    weekdays = {key: "08:30-20:00" for key, _ in WEEKDAYS[:5]}
    return {**values, **weekdays, "saturday": "09:00-17:00", "make_up": "08:30-20:00"}
