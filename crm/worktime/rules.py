"""What a calendar must bring, and what is refused. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from crm.core.errors import Fault, Invalid
from crm.core.fields import Field, Kind, read
from crm.core.i18n import Text, text
from crm.worktime.hours import BadHours, Hours, minutes_of, read_hours

WEEKDAYS: tuple[tuple[str, Text], ...] = (
    ("monday", text("Monday")),
    ("tuesday", text("Tuesday")),
    ("wednesday", text("Wednesday")),
    ("thursday", text("Thursday")),
    ("friday", text("Friday")),
    ("saturday", text("Saturday")),
    ("sunday", text("Sunday")),
)
CALENDAR_FIELDS = (
    Field("name", text("Name"), required=True, longest=80),
    Field("name_en", text("English name"), longest=80),
    Field("timezone", text("Time zone"), Kind.CHOICE, required=True, category="timezone"),
    *(Field(key, label, longest=200) for key, label in WEEKDAYS),
    Field("chinese_holidays", text("Public holidays and make-up working days of China apply"), Kind.FLAG),
    Field("make_up", text("On make-up working days"), longest=200),
)
EXCEPTION_FIELDS = (
    Field("day", text("First day"), Kind.DATE, required=True),
    Field("last_day", text("Last day"), Kind.DATE),
    Field("hours", text("Hours, none for closed"), longest=200),
    Field("name", text("What it is called"), longest=80),
)
# A week with less is most likely a slip, and would put due dates years ahead.
LEAST_MINUTES_A_WEEK = 60
MOST_DAYS_AT_ONCE = 366
EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)


@cache
def zones() -> frozenset[str]:
    """The time zones that a calendar may name."""
    return frozenset(available_timezones())


def read_calendar(given: Mapping[str, object]) -> dict[str, Any]:
    """The columns of a calendar from what was typed or sent. Raises Invalid naming each wrong field."""
    values = read(CALENDAR_FIELDS, given, options={"timezone": zones()})
    faults: list[Fault] = []
    week = [_hours(key, values.pop(key), faults) for key, _ in WEEKDAYS]
    values["make_up"] = _hours("make_up", values["make_up"], faults)
    if not faults and sum(minutes_of(hours) for hours in week) < LEAST_MINUTES_A_WEEK:
        faults.append(Fault("monday", text("A calendar needs working hours: at least one hour a week.")))
    if faults:
        raise Invalid(faults)
    stored = [[list(interval) for interval in hours] for hours in (*week, values["make_up"])]
    return {**values, "name_en": values["name_en"] or "", "week": stored[:7], "make_up": stored[7]}


def read_exception(given: Mapping[str, object]) -> tuple[Sequence[date], Hours, str]:
    """The days, their hours and their name. Raises Invalid naming each wrong field."""
    values = read(EXCEPTION_FIELDS, given, options={})
    first: date = values["day"]
    last: date = values["last_day"] or first
    faults: list[Fault] = []
    hours = _hours("hours", values["hours"], faults)
    if not EARLIEST <= first <= LATEST:
        faults.append(Fault("day", text("Choose a day from {first} to {last}.", first=EARLIEST, last=LATEST)))
    elif not first <= last <= min(LATEST, first + timedelta(days=MOST_DAYS_AT_ONCE)):
        faults.append(Fault("last_day", text("The last day must follow the first one, within a year.")))
    if faults:
        raise Invalid(faults)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return days, hours, values["name"] or ""


def _hours(name: str, words: object, faults: list[Fault]) -> Hours:
    try:
        return read_hours(str(words or ""))
    except BadHours as bad:
        faults.append(Fault(name, bad.cause))
        return ()
