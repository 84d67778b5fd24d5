"""Which calendar counts for a department: kept in memory, so that a step of a case asks the database nothing."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from crm.accounts.actors import access_number
from crm.accounts.models import Department
from crm.core.db import affected
from crm.core.kept import Kept
from crm.worktime.calendar import ALWAYS, Calendar, Exceptional
from crm.worktime.hours import Hours
from crm.worktime.models import CalendarException, DepartmentCalendar, WorkCalendar, WorktimeStamp

# The departments' tree is a part of the answer, so their number is a part of the stamp.
STAMP = select(
    select(WorktimeStamp.value).where(WorktimeStamp.id == 1).scalar_subquery(), access_number().label("departments")
)


@dataclass(frozen=True)
class Calendars:
    """All calendars as of one stamp. Without any, every hour counts."""

    by_id: Mapping[int, Calendar]
    by_department: Mapping[int, Calendar]
    default: Calendar

    def of(self, department_id: int | None) -> Calendar:
        """The calendar of a department, inherited down the tree; the default one where none is said."""
        return self.default if department_id is None else self.by_department.get(department_id, self.default)


def calendar_of(session: Session, department_id: int | None) -> Calendar:
    """The calendar by which a department works; the default one for nobody's."""
    return calendars(session).of(department_id)


def calendars(session: Session) -> Calendars:
    """All calendars. No statement while they were looked at a moment ago."""
    return CALENDARS.get(session)


def calendars_changed(session: Session) -> None:
    """Calendars are different from now on; to be called by each operation that changes them."""
    value = secrets.randbelow(2**53)
    if not affected(session.execute(update(WorktimeStamp).values(value=value))):
        session.execute(insert(WorktimeStamp), [{"id": 1, "value": value}])
    CALENDARS.changed(session)


def as_hours(kept: list[list[int]]) -> Hours:
    """Intervals as they come from the database."""
    return tuple((begin, end) for begin, end in kept)


def _read(session: Session) -> Calendars:
    exceptions: dict[int, dict[object, Exceptional]] = {}
    for row in session.execute(
        select(CalendarException.calendar_id, CalendarException.day, CalendarException.hours, CalendarException.name)
    ):
        exceptions.setdefault(row.calendar_id, {})[row.day] = Exceptional(as_hours(row.hours), row.name)
    by_id: dict[int, Calendar] = {}
    default = ALWAYS
    for each in session.execute(select(WorkCalendar.__table__)):
        by_id[each.id] = Calendar(
            zone=ZoneInfo(each.timezone),
            week=tuple(as_hours(hours) for hours in each.week),
            make_up=as_hours(each.make_up),
            chinese_holidays=each.chinese_holidays,
            exceptions=exceptions.get(each.id, {}),  # type: ignore[arg-type]  # its keys are days
            id=each.id,
        )
        if each.is_default:
            default = by_id[each.id]
    return Calendars(by_id, _by_department(session, by_id, default), default)


def _by_department(session: Session, by_id: Mapping[int, Calendar], default: Calendar) -> dict[int, Calendar]:
    rows = session.execute(
        select(Department.id, Department.parent_id, DepartmentCalendar.calendar_id).outerjoin(
            DepartmentCalendar, DepartmentCalendar.department_id == Department.id
        )
    ).all()
    parents = {row.id: row.parent_id for row in rows}
    own = {row.id: by_id[row.calendar_id] for row in rows if row.calendar_id in by_id}
    found: dict[int, Calendar] = {}
    for department in parents:
        above: int | None = department
        passed: set[int] = set()
        while above is not None and above not in own and above not in passed:
            passed.add(above)
            above = parents.get(above)
        found[department] = own.get(above, default) if above is not None else default
    return found


CALENDARS = Kept(lambda session: tuple(session.execute(STAMP).one()), _read)
