"""Administration of business calendars: the list with the departments, hours and exceptions of one, its months."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from crm.accounts.forms import timezones
from crm.core.errors import Conflict, Invalid, NotFound
from crm.core.i18n import text
from crm.core.numbers import typed_key
from crm.web.doors import current_actor, ground, now, reading_session, requires, writing
from crm.web.languages import current_locale, shown
from crm.web.navigation import Entry
from crm.web.record_forms import RecordForm, build_form
from crm.worktime import operations, queries, showing
from crm.worktime.kept import as_hours, calendars
from crm.worktime.models import WorkCalendar
from crm.worktime.rules import CALENDAR_FIELDS, EXCEPTION_FIELDS, WEEKDAYS
from crm.worktime.seed import office

pages = Blueprint("worktime", __name__, url_prefix="/administration/calendars")
NAVIGATION = (
    Entry(
        text("Working time"),
        "worktime.index",
        "calendar-time",
        permission=("worktime", "administer"),
        group=text("Administration"),
        order=94,
    ),
)


@pages.get("")
@requires("worktime", "administer")
def index() -> ResponseReturnValue:
    """All calendars, and by which of them each department works."""
    with reading_session() as session:
        listed = queries.all_calendars(session, by=current_actor())
        tree = queries.department_tree(session)
        return render_template(
            "worktime/index.html",
            listed=listed,
            summaries={each.id: showing.week_in_words([as_hours(day) for day in each.week]) for each in listed},
            tree=tree,
            hours=queries.hours_of_departments(session, [department for _, department in tree]),
            names={each.id: each.shown_name(current_locale()) for each in listed},
            unknown_year=showing.ends_soon(_today()) if any(each.chinese_holidays for each in listed) else None,
        )


@pages.post("/departments")
@requires("worktime", "administer")
def departments() -> ResponseReturnValue:
    """Which department works by which calendar."""
    with writing() as session:
        for _, department in queries.department_tree(session):
            chosen = request.form.get(f"department_{department.id}")
            if chosen is not None:
                operations.give_calendar(
                    session,
                    by=current_actor(),
                    now=now(),
                    department_id=department.id,
                    calendar_id=typed_key(chosen) if chosen else None,
                )
    flash(shown(text("Your changes have been saved.")), "good")
    return redirect(url_for("worktime.index"))


@pages.route("/new", methods=["GET", "POST"])
@requires("worktime", "administer")
def new() -> ResponseReturnValue:
    """A new calendar; it begins with office hours."""
    if request.method == "GET":
        values = office("", "", timezone=ground().config.timezone)
        return render_template("worktime/new.html", form=_hours_form(values=values), weekdays=WEEKDAYS)
    form = _hours_form(formdata=request.form)
    try:
        with writing() as session:
            made = operations.create_calendar(session, by=current_actor(), now=now(), values=form.given())
    except Invalid as wrong:
        form.mark(wrong.faults)
        return render_template("worktime/new.html", form=form, weekdays=WEEKDAYS), 422
    flash(shown(text("The calendar was created.")), "good")
    return redirect(url_for("worktime.show", calendar_id=made.id))


@pages.route("/<int:calendar_id>", methods=["GET", "POST"])
@requires("worktime", "administer")
def show(calendar_id: int) -> ResponseReturnValue:
    """One calendar: a month of it, its hours, its exceptions."""
    if request.method == "GET":
        return _page(calendar_id)
    form = _hours_form(formdata=request.form)
    try:
        with writing() as session:
            operations.edit_calendar(
                session, by=current_actor(), now=now(), calendar_id=calendar_id, version=_version(), values=form.given()
            )
    except Invalid as wrong:
        form.mark(wrong.faults)
        return _page(calendar_id, form=form), 422
    except Conflict as conflict:
        form.form_errors.append(shown(conflict.message))
        return _page(calendar_id, form=form, is_stale=True), 409
    flash(shown(text("Your changes have been saved.")), "good")
    return redirect(url_for("worktime.show", calendar_id=calendar_id))


@pages.post("/<int:calendar_id>/exceptions")
@requires("worktime", "administer")
def add_exceptions(calendar_id: int) -> ResponseReturnValue:
    """A day, or several in a row, with other hours or none."""
    form = build_form(EXCEPTION_FIELDS, choices={}, formdata=request.form)
    try:
        with writing() as session:
            days = operations.set_exceptions(
                session, by=current_actor(), now=now(), calendar_id=calendar_id, values=form.given()
            )
    except Invalid as wrong:
        form.mark(wrong.faults)
        return _page(calendar_id, exception_form=form), 422
    flash(shown(text("Your changes have been saved.")), "good")
    return redirect(url_for("worktime.show", calendar_id=calendar_id, month=f"{days[0]:%Y-%m}"))


@pages.post("/<int:calendar_id>/exceptions/<day>/remove")
@requires("worktime", "administer")
def remove_exception(calendar_id: int, day: str) -> ResponseReturnValue:
    """The day is as every other again."""
    named = read_day(day)
    return _act(
        calendar_id,
        lambda session: operations.remove_exception(
            session, by=current_actor(), now=now(), calendar_id=calendar_id, day=named
        ),
        month=f"{named:%Y-%m}",
    )


@pages.post("/<int:calendar_id>/default")
@requires("worktime", "administer")
def make_default(calendar_id: int) -> ResponseReturnValue:
    """Whoever has no calendar of their own works by this one."""
    return _act(
        calendar_id,
        lambda session: operations.make_default(session, by=current_actor(), now=now(), calendar_id=calendar_id),
    )


@pages.post("/<int:calendar_id>/delete")
@requires("worktime", "administer")
def delete(calendar_id: int) -> ResponseReturnValue:
    """Remove a calendar by which nobody works."""
    with writing() as session:
        operations.delete_calendar(session, by=current_actor(), now=now(), calendar_id=calendar_id)
    flash(shown(text("The calendar was deleted.")), "good")
    return redirect(url_for("worktime.index"))


def read_day(words: str) -> date:
    """A day in an address. NotFound if it is none."""
    try:
        return date.fromisoformat(words)
    except ValueError:
        raise NotFound from None


def _act(calendar_id: int, do: Callable[[Session], object], month: str | None = None) -> ResponseReturnValue:
    with writing() as session:
        do(session)
    flash(shown(text("Your changes have been saved.")), "good")
    return redirect(url_for("worktime.show", calendar_id=calendar_id, month=month))


def _page(
    calendar_id: int,
    *,
    form: RecordForm | None = None,
    exception_form: RecordForm | None = None,
    is_stale: bool = False,
) -> str:
    with reading_session() as session:
        found = queries.find_calendar(session, calendar_id)
        exceptions = queries.exceptions_of(session, calendar_id)
        reckoned = calendars(session).by_id[calendar_id]
    first = showing.first_of_month(request.args.get("month", ""), _today())
    before, after = showing.neighbours(first)
    return render_template(
        "worktime/show.html",
        calendar=found,
        form=form or _hours_form(found),
        exception_form=exception_form or build_form(EXCEPTION_FIELDS, choices={}),
        weekdays=WEEKDAYS,
        exceptions=exceptions,
        first=first,
        weeks=showing.month_grid(reckoned, first, today=_today(), locale=current_locale()),
        before=before,
        after=after,
        unknown_year=showing.unknown_holidays(reckoned, first),
        working_day=showing.in_hours(reckoned.day_minutes),
        is_stale=is_stale,
        hours_of=queries.hours_of,
    )


def _hours_form(
    calendar: WorkCalendar | None = None,
    *,
    values: Mapping[str, Any] | None = None,
    formdata: MultiDict[str, str] | None = None,
) -> RecordForm:
    zones = [(str(choice.value), str(choice.label)) for choice in timezones()]
    present = queries.calendar_values(calendar) if calendar is not None else values
    return build_form(CALENDAR_FIELDS, choices={"timezone": zones}, values=present, formdata=formdata)


def _today() -> date:
    return now().astimezone(ground().database.zone).date()


def _version() -> int:
    return request.form.get("version", 0, int)
