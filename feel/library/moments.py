"""Functions of dates and times: the clock, the calendar, and months between two dates. Day names are English."""

from __future__ import annotations

import calendar
from datetime import date, datetime
from decimal import Decimal

from feel.budget import Run
from feel.values import Value, YearsMonths

from .registry import builtin

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@builtin("now()")
def now(run: Run) -> datetime:
    return run.now


@builtin("today()")
def today(run: Run) -> date:
    return run.now.date()


@builtin("day of week(date: date)")
def day_of_week(_run: Run, value: date) -> str:
    return DAYS[value.weekday()]


@builtin("day of year(date: date)")
def day_of_year(_run: Run, value: date) -> Decimal:
    return Decimal(value.timetuple().tm_yday)


@builtin("week of year(date: date)")
def week_of_year(_run: Run, value: date) -> Decimal:
    """The ISO week: it begins on Monday, and the first holds the fourth of January."""
    return Decimal(value.isocalendar().week)


@builtin("month of year(date: date)")
def month_of_year(_run: Run, value: date) -> str:
    return MONTHS[value.month - 1]


@builtin("last day of month(date: date)")
def last_day_of_month(_run: Run, value: date) -> date:
    last = calendar.monthrange(value.year, value.month)[1]
    return date(value.year, value.month, last)


@builtin("years and months duration(from: date, to: date)")
def years_and_months_duration(_run: Run, start: date, end: date) -> YearsMonths:
    """The whole months from one date to the other, negative when it lies before."""
    first, last = ((d.year * 12 + d.month, _rest(d)) for d in (start, end))
    months = last[0] - first[0]
    if months > 0 and last[1] < first[1]:
        months -= 1
    elif months < 0 and last[1] > first[1]:
        months += 1
    return YearsMonths(months)


def _rest(value: date) -> tuple[Value, ...]:
    clock = (value.hour, value.minute, value.second) if isinstance(value, datetime) else (0, 0, 0)
    return (value.day, *clock)
