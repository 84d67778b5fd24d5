"""Reading business calendars: the list, one with its exceptions, its days, and who works by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Department
from crm.accounts.organisation import find_department
from crm.core.errors import NotFound
from crm.core.i18n import text
from crm.core.numbers import is_key
from crm.permissions import Actor, check_may
from crm.worktime.calendar import Day
from crm.worktime.hours import write_hours
from crm.worktime.kept import as_hours, calendar_of, calendars
from crm.worktime.models import CalendarException, DepartmentCalendar, WorkCalendar
from crm.worktime.rules import WEEKDAYS

# What other rooms ask most: by which calendar somebody works. It is answered from memory.
__all__ = [
    "DepartmentHours",
    "all_calendars",
    "calendar_of",
    "calendar_values",
    "days_of",
    "department_tree",
    "exceptions_of",
    "find_calendar",
    "hours_of",
    "hours_of_department",
    "hours_of_departments",
]


@dataclass(frozen=True)
class DepartmentHours:
    """A department with the calendar that it was given, if any, and the one by which it works."""

    department: Department
    own_id: int | None
    works_by_id: int | None


def find_calendar(session: Session, calendar_id: int, *, lock: bool = False) -> WorkCalendar:
    """The calendar. NotFound if there is none."""
    found = session.get(WorkCalendar, calendar_id, with_for_update=lock or None) if is_key(calendar_id) else None
    if found is None:
        raise NotFound(text("There is no calendar with number {number}.", number=calendar_id))
    return found


def all_calendars(session: Session, *, by: Actor) -> Sequence[WorkCalendar]:
    """Every calendar, the default one first."""
    check_may(by, "worktime", "view")
    return session.scalars(select(WorkCalendar).order_by(WorkCalendar.is_default.desc(), WorkCalendar.name)).all()


def calendar_values(calendar: WorkCalendar) -> dict[str, object]:
    """What can be edited about a calendar, the hours as they are written."""
    hours = {key: write_hours(as_hours(day)) for (key, _), day in zip(WEEKDAYS, calendar.week, strict=True)}
    return {
        "name": calendar.name,
        "name_en": calendar.name_en,
        "timezone": calendar.timezone,
        **hours,
        "chinese_holidays": calendar.chinese_holidays,
        "make_up": write_hours(as_hours(calendar.make_up)),
    }


def exceptions_of(session: Session, calendar_id: int) -> Sequence[CalendarException]:
    """The days that differ, in order."""
    wanted = select(CalendarException).where(CalendarException.calendar_id == calendar_id)
    return session.scalars(wanted.order_by(CalendarException.day)).all()


def days_of(session: Session, calendar_id: int, *, first: date, count: int) -> list[Day]:
    """So many days in a row, each with its hours and the rule that decides about it."""
    calendar = calendars(session).by_id.get(calendar_id)
    if calendar is None:
        raise NotFound(text("There is no calendar with number {number}.", number=calendar_id))
    return [calendar.day(first + timedelta(days=number)) for number in range(count)]


def hours_of_departments(session: Session, departments: Sequence[Department]) -> dict[int, DepartmentHours]:
    """By department, which calendar it was given and by which it works."""
    own = {row.department_id: row.calendar_id for row in session.scalars(select(DepartmentCalendar))}
    every = calendars(session)
    return {each.id: DepartmentHours(each, own.get(each.id), every.of(each.id).id) for each in departments}


def hours_of_department(session: Session, department_id: int) -> DepartmentHours:
    """The same for one department. NotFound if there is none."""
    return hours_of_departments(session, [find_department(session, department_id)])[department_id]


def hours_of(exception: CalendarException) -> str:
    """The hours of an exception as they are written."""
    return write_hours(as_hours(exception.hours))


def department_tree(session: Session) -> list[tuple[int, Department]]:
    """Every department with its depth, parents before children; what hangs on nothing stands at the end."""
    below: dict[int | None, list[Department]] = {}
    for department in session.scalars(select(Department).order_by(Department.position, Department.name, Department.id)):
        below.setdefault(department.parent_id, []).append(department)
    rows: list[tuple[int, Department]] = []
    waiting = [(0, department) for department in reversed(below.get(None, []))]
    while waiting:
        depth, department = waiting.pop()
        rows.append((depth, department))
        waiting += [(depth + 1, each) for each in reversed(below.get(department.id, []))]
    return rows
