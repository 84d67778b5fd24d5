"""Business calendars for programs: their hours, their exceptions, their days, and who works by them."""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from crm.permissions import check_may
from crm.web.api import ApiBlueprint, Body, etag_of, version_seen
from crm.web.doors import current_actor, now, reading_session, requires, writing
from crm.web.record_api import answer_of, body_of
from crm.worktime import operations, queries
from crm.worktime.hours import minutes_of, write_hours
from crm.worktime.models import WorkCalendar
from crm.worktime.routes import read_day
from crm.worktime.rules import CALENDAR_FIELDS

api = ApiBlueprint("worktime_api", __name__, url_prefix="/calendars", description="Business calendars")
MOST_DAYS = 400

CalendarBody = body_of("CalendarBody", CALENDAR_FIELDS)
CalendarAnswer = answer_of(
    "CalendarAnswer", CALENDAR_FIELDS, {"is_default": fields.Boolean(), "version": fields.Integer()}
)


class ExceptionBody(Body):
    """Hours of a day such as `09:00-12:00`, none for closed, and what the day is called."""

    hours = fields.String(load_default="", validate=validate.Length(max=200))
    name = fields.String(load_default="", validate=validate.Length(max=80))


class ExceptionAnswer(ExceptionBody):
    """A day that differs."""

    day = fields.Date()


class CalendarDetail(CalendarAnswer):  # type: ignore[misc, valid-type]  # made of the fields
    """A calendar with its exceptions."""

    exceptions = fields.List(fields.Nested(ExceptionAnswer))


class DayAnswer(Body):
    """A day: its hours and the rule that decides about it."""

    day = fields.Date()
    hours = fields.String()
    minutes = fields.Integer()
    rule = fields.String(metadata={"description": "week, holiday, make_up or exception"})
    holiday = fields.String(allow_none=True, metadata={"description": "the public holiday, in your language"})
    name = fields.String(metadata={"description": "of an exception"})


class DaysQuery(Body):
    """Which days."""

    first = fields.Date(required=True, validate=validate.Range(date(2000, 1, 1), date(2099, 12, 31)))
    count = fields.Integer(load_default=31, validate=validate.Range(1, MOST_DAYS))


class DepartmentCalendarBody(Body):
    """The calendar of a department; null for the one that it inherits."""

    calendar_id = fields.Integer(required=True, allow_none=True, validate=validate.Range(1, 2**53))


class DepartmentCalendarAnswer(DepartmentCalendarBody):
    """By which calendar a department works."""

    department_id = fields.Integer()
    works_by_id = fields.Integer(allow_none=True)


@api.get("")
@requires("worktime", "view")
@api.response(200, CalendarAnswer(many=True))
def list_calendars() -> list[dict[str, object]]:
    """All calendars, the default one first."""
    with reading_session() as session:
        return [_answer(calendar) for calendar in queries.all_calendars(session, by=current_actor())]


@api.post("")
@requires("worktime", "administer")
@api.arguments(CalendarBody)
@api.response(201, CalendarDetail)
def create(body: dict[str, Any]) -> tuple[dict[str, object], dict[str, str]]:
    """Create a calendar. Hours are written as `09:00-12:00, 13:00-18:00`; an empty day is closed."""
    with writing() as session:
        calendar = operations.create_calendar(session, by=current_actor(), now=now(), values=body)
        return _detail(session, calendar)


@api.get("/<int:calendar_id>")
@requires("worktime", "view")
@api.response(200, CalendarDetail)
def get(calendar_id: int) -> tuple[dict[str, object], dict[str, str]]:
    """One calendar with its exceptions."""
    with reading_session() as session:
        return _detail(session, queries.find_calendar(session, calendar_id))


@api.patch("/<int:calendar_id>")
@requires("worktime", "administer")
@api.arguments(CalendarBody)
@api.response(200, CalendarDetail)
def change(body: dict[str, Any], calendar_id: int) -> tuple[dict[str, object], dict[str, str]]:
    """Change the given fields; send the ETag that you saw as If-Match."""
    with writing() as session:
        present = queries.calendar_values(queries.find_calendar(session, calendar_id))
        calendar = operations.edit_calendar(
            session,
            by=current_actor(),
            now=now(),
            calendar_id=calendar_id,
            version=version_seen(),
            values={**present, **body},
        )
        return _detail(session, calendar)


@api.delete("/<int:calendar_id>")
@requires("worktime", "administer")
@api.response(204)
def delete(calendar_id: int) -> None:
    """Delete a calendar by which nobody works."""
    with writing() as session:
        operations.delete_calendar(session, by=current_actor(), now=now(), calendar_id=calendar_id)


@api.post("/<int:calendar_id>/default")
@requires("worktime", "administer")
@api.response(200, CalendarDetail)
def make_default(calendar_id: int) -> tuple[dict[str, object], dict[str, str]]:
    """Whoever has no calendar of their own works by this one from now on."""
    with writing() as session:
        calendar = operations.make_default(session, by=current_actor(), now=now(), calendar_id=calendar_id)
        return _detail(session, calendar)


@api.get("/<int:calendar_id>/days")
@requires("worktime", "view")
@api.arguments(DaysQuery, location="query")
@api.response(200, DayAnswer(many=True))
def days(query: dict[str, Any], calendar_id: int) -> list[dict[str, object]]:
    """Some days in a row, each with its hours and the rule that decides about it."""
    actor = current_actor()
    with reading_session() as session:
        found = queries.days_of(session, calendar_id, first=query["first"], count=query["count"])
    return [
        {
            "day": day.day,
            "hours": write_hours(day.hours),
            "minutes": minutes_of(day.hours),
            "rule": str(day.why),
            "holiday": day.holiday.shown_name(actor.locale) if day.holiday else None,
            "name": day.name,
        }
        for day in found
    ]


@api.put("/<int:calendar_id>/exceptions/<day>")
@requires("worktime", "administer")
@api.arguments(ExceptionBody)
@api.response(200, CalendarDetail)
def set_exception(body: dict[str, Any], calendar_id: int, day: str) -> tuple[dict[str, object], dict[str, str]]:
    """The day has these hours, or is closed, whatever week and holidays say."""
    with writing() as session:
        values = {"day": str(read_day(day)), **body}
        operations.set_exceptions(session, by=current_actor(), now=now(), calendar_id=calendar_id, values=values)
        return _detail(session, queries.find_calendar(session, calendar_id))


@api.delete("/<int:calendar_id>/exceptions/<day>")
@requires("worktime", "administer")
@api.response(204)
def remove_exception(calendar_id: int, day: str) -> None:
    """The day is as week and holidays say."""
    with writing() as session:
        operations.remove_exception(session, by=current_actor(), now=now(), calendar_id=calendar_id, day=read_day(day))


@api.put("/departments/<int:department_id>")
@requires("worktime", "administer")
@api.arguments(DepartmentCalendarBody)
@api.response(200, DepartmentCalendarAnswer)
def give(body: dict[str, Any], department_id: int) -> dict[str, object]:
    """The department, and those below it that have none, work by this calendar."""
    with writing() as session:
        operations.give_calendar(
            session, by=current_actor(), now=now(), department_id=department_id, calendar_id=body["calendar_id"]
        )
        return _department(session, department_id)


@api.get("/departments/<int:department_id>")
@requires("worktime", "view")
@api.response(200, DepartmentCalendarAnswer)
def of_department(department_id: int) -> dict[str, object]:
    """By which calendar a department works: its own, or the one that it inherits."""
    check_may(current_actor(), "worktime", "view")
    with reading_session() as session:
        return _department(session, department_id)


def _department(session: Session, department_id: int) -> dict[str, object]:
    found = queries.hours_of_department(session, department_id)
    return {"department_id": department_id, "calendar_id": found.own_id, "works_by_id": found.works_by_id}


def _answer(calendar: WorkCalendar) -> dict[str, object]:
    own = {"id": calendar.id, "is_default": calendar.is_default, "version": calendar.version}
    return {**own, **queries.calendar_values(calendar)}


def _detail(session: Session, calendar: WorkCalendar) -> tuple[dict[str, object], dict[str, str]]:
    exceptions = [
        {"day": each.day, "hours": queries.hours_of(each), "name": each.name}
        for each in queries.exceptions_of(session, calendar.id)
    ]
    return {**_answer(calendar), "exceptions": exceptions}, etag_of(calendar.version)
