"""What administrators do with business calendars. Every change is audited, and due times reckoned afterwards follow it;
those that stand already stay as they were promised."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from crm.accounts.organisation import find_department
from crm.core.audit import differences, write_audit
from crm.core.errors import Conflict, Fault, Invalid, NotFound, RuleBroken
from crm.core.i18n import text
from crm.permissions import Actor, check_may
from crm.worktime.hours import write_hours
from crm.worktime.kept import as_hours, calendars_changed
from crm.worktime.models import CalendarException, DepartmentCalendar, WorkCalendar
from crm.worktime.queries import calendar_values, find_calendar
from crm.worktime.rules import read_calendar, read_exception


def create_calendar(session: Session, *, by: Actor, now: datetime, values: Mapping[str, object]) -> WorkCalendar:
    """A new calendar, named by nobody yet; the very first one becomes the default. Refuses one without hours."""
    check_may(by, "worktime", "administer")
    kept = read_calendar(values)
    _check_name(session, kept["name"])
    first = not session.scalar(select(exists().where(WorkCalendar.id.is_not(None))))
    calendar = WorkCalendar(**kept, is_default=first, version=1)
    session.add(calendar)
    session.flush()
    calendars_changed(session)
    _note(session, by, now, "calendar.created", calendar, {}, calendar_values(calendar))
    return calendar


def edit_calendar(
    session: Session, *, by: Actor, now: datetime, calendar_id: int, version: int, values: Mapping[str, object]
) -> WorkCalendar:
    """Other hours, another zone or name. Refuses one without hours."""
    calendar = _held(session, by=by, calendar_id=calendar_id, version=version)
    kept = read_calendar(values)
    _check_name(session, kept["name"], but=calendar_id)
    before = calendar_values(calendar)
    for name, value in kept.items():
        setattr(calendar, name, value)
    old, new = differences(before, calendar_values(calendar))
    if new:
        calendar.version += 1
        session.flush()
        calendars_changed(session)
        _note(session, by, now, "calendar.changed", calendar, old, new)
    return calendar


def delete_calendar(session: Session, *, by: Actor, now: datetime, calendar_id: int) -> None:
    """Remove a calendar by which nobody works. RuleBroken for the default one, and while departments use it."""
    check_may(by, "worktime", "administer")
    calendar = find_calendar(session, calendar_id, lock=True)
    if calendar.is_default:
        raise RuleBroken(
            text("{name} is the default calendar. Make another one the default first.", name=calendar.name)
        )
    if session.scalar(select(exists().where(DepartmentCalendar.calendar_id == calendar_id))):
        raise RuleBroken(text("Departments work by {name}. Give them another calendar first.", name=calendar.name))
    values = calendar_values(calendar)
    session.execute(delete(CalendarException).where(CalendarException.calendar_id == calendar_id))
    session.delete(calendar)
    session.flush()
    calendars_changed(session)
    _note(session, by, now, "calendar.deleted", calendar, values, {})


def make_default(session: Session, *, by: Actor, now: datetime, calendar_id: int) -> WorkCalendar:
    """Whoever has no calendar of their own works by this one from now on."""
    check_may(by, "worktime", "administer")
    calendar = find_calendar(session, calendar_id, lock=True)
    if calendar.is_default:
        return calendar
    # First the old one, since there can be only one.
    session.execute(
        update(WorkCalendar)
        .where(WorkCalendar.is_default)
        .values(is_default=False, version=WorkCalendar.version + 1)
        .execution_options(synchronize_session="fetch")
    )
    calendar.is_default = True
    calendar.version += 1
    session.flush()
    calendars_changed(session)
    _note(session, by, now, "calendar.made_default", calendar, {}, {"is_default": True})
    return calendar


def set_exceptions(
    session: Session, *, by: Actor, now: datetime, calendar_id: int, values: Mapping[str, object]
) -> list[date]:
    """One day or several in a row have hours of their own, or are closed. What was said of them before is replaced."""
    check_may(by, "worktime", "administer")
    calendar = find_calendar(session, calendar_id, lock=True)
    days, hours, name = read_exception(values)
    session.execute(
        delete(CalendarException).where(CalendarException.calendar_id == calendar_id, CalendarException.day.in_(days))
    )
    stored = [list(interval) for interval in hours]
    session.add_all(CalendarException(calendar_id=calendar_id, day=day, hours=stored, name=name) for day in days)
    calendar.version += 1
    session.flush()
    calendars_changed(session)
    said = {"first": str(days[0]), "last": str(days[-1]), "hours": write_hours(hours), "name": name}
    _note(session, by, now, "calendar.exception_set", calendar, {}, said)
    return list(days)


def remove_exception(session: Session, *, by: Actor, now: datetime, calendar_id: int, day: date) -> None:
    """The day is as the week and the holidays say. NotFound if nothing else was said of it."""
    check_may(by, "worktime", "administer")
    calendar = find_calendar(session, calendar_id, lock=True)
    found = session.scalar(
        select(CalendarException).where(CalendarException.calendar_id == calendar_id, CalendarException.day == day)
    )
    if found is None:
        raise NotFound(text("{day} is no exception in this calendar.", day=day))
    said = {"day": str(day), "hours": write_hours(as_hours(found.hours)), "name": found.name}
    session.delete(found)
    calendar.version += 1
    session.flush()
    calendars_changed(session)
    _note(session, by, now, "calendar.exception_removed", calendar, said, {})


def give_calendar(session: Session, *, by: Actor, now: datetime, department_id: int, calendar_id: int | None) -> None:
    """The department works by this calendar; with None by the one it inherits."""
    check_may(by, "worktime", "administer")
    department = find_department(session, department_id, lock=True)
    calendar = None if calendar_id is None else find_calendar(session, calendar_id)
    before = session.get(DepartmentCalendar, department_id)
    old = None if before is None else before.calendar_id
    if old == calendar_id:
        return
    if before is not None and calendar_id is None:
        session.delete(before)
    elif before is not None and calendar_id is not None:
        before.calendar_id = calendar_id
    elif calendar_id is not None:
        session.add(DepartmentCalendar(department_id=department_id, calendar_id=calendar_id))
    session.flush()
    calendars_changed(session)
    write_audit(
        session, at=now, actor_id=by.id, actor_name=by.name, action="department.calendar_given",
        subject_type="department", subject_id=department.id, subject_name=department.name,
        old={"calendar_id": old}, new={"calendar_id": calendar_id, "calendar": calendar.name if calendar else ""},
    )  # fmt: skip


def _held(session: Session, *, by: Actor, calendar_id: int, version: int) -> WorkCalendar:
    """The calendar, locked for a change and of the version that the person saw."""
    check_may(by, "worktime", "administer")
    calendar = find_calendar(session, calendar_id, lock=True)
    if calendar.version != version:
        raise Conflict(
            text("A colleague has changed {name} meanwhile.", name=calendar.name), current=calendar_values(calendar)
        )
    return calendar


def _check_name(session: Session, name: str, *, but: int | None = None) -> None:
    taken = session.scalar(select(WorkCalendar.id).where(WorkCalendar.name == name, WorkCalendar.id != (but or 0)))
    if taken is not None:
        raise Invalid([Fault("name", text("There is already a calendar {name}.", name=name))])


def _note(
    session: Session,
    by: Actor,
    now: datetime,
    action: str,
    calendar: WorkCalendar,
    old: Mapping[str, object],
    new: Mapping[str, object],
) -> None:
    write_audit(
        session, at=now, actor_id=by.id, actor_name=by.name, action=action, subject_type="work_calendar",
        subject_id=calendar.id, subject_name=calendar.name, old=old, new=new,
    )  # fmt: skip
