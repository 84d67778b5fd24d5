"""From one type to another: number, string, date, time, date and time, duration; and what is null or not."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

from feel.budget import Run
from feel.temporal import read_date, read_date_time, read_duration, read_literal, read_time
from feel.text_form import write
from feel.values import NUMBERS, Value, YearsMonths

from .registry import builtin

MAX_DIGITS = 400


@builtin("number(from: any, grouping separator: string?, decimal separator: string?)")
def number(_run: Run, value: Value, grouping: str | None = None, point: str | None = None) -> Decimal | None:
    """The number that a text writes; a number stays what it is."""
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or grouping not in (None, "", " ", ",", ".") or point not in (None, "", ".", ","):
        return None
    if grouping and grouping == (point or "."):
        return None
    text = value.strip()
    if grouping:
        text = text.replace(grouping, "")
    if point == ",":
        if "." in text:
            return None
        text = text.replace(",", ".")
    if len(text) > MAX_DIGITS or not text.isascii() or set(text) - set("0123456789.eE+-"):
        return None
    return NUMBERS.create_decimal(text)


@builtin("string(from: any)")
def string(run: Run, value: Value) -> str | None:
    return None if value is None else write(value, run)


@builtin("date(year: number, month: number, day: number)")
def date_of_parts(_run: Run, year: Decimal, month: Decimal, day: Decimal) -> date | None:
    return date(int(year), int(month), int(day))


@builtin("date(from: any)")
def date_from(_run: Run, value: Value) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        return None
    if "T" in value:
        moment = read_date_time(value)
        return moment.date() if moment else None
    return read_date(value)


@builtin("time(hour: number, minute: number, second: number, offset: span?)")
def time_of_parts(
    _run: Run, hour: Decimal, minute: Decimal, second: Decimal, offset: timedelta | None = None
) -> time | None:
    whole = int(second)
    return time(
        int(hour), int(minute), whole, int((second - whole) * 1_000_000), None if offset is None else _zone(offset)
    )


def _zone(offset: timedelta) -> timezone:
    return UTC if not offset else timezone(offset)


@builtin("time(from: any)")
def time_from(_run: Run, value: Value) -> time | None:
    if isinstance(value, datetime):
        return value.timetz()
    if isinstance(value, date):
        return time(tzinfo=UTC)
    if isinstance(value, time):
        return value
    if not isinstance(value, str):
        return None
    if "T" in value[1:]:
        moment = read_date_time(value)
        return moment.timetz() if moment else None
    return read_time(value)


@builtin("date and time(date: date, time: time)")
def date_and_time_of_parts(_run: Run, day: date, clock: Value) -> datetime:
    at = clock.timetz() if isinstance(clock, datetime) else clock
    return datetime(day.year, day.month, day.day, at.hour, at.minute, at.second, at.microsecond, at.tzinfo)


@builtin("date and time(date: date, timezone: string)")
def date_and_time_in_zone(_run: Run, moment: date, zone: str) -> datetime | None:
    """The same moment on the clocks of another zone; what has no zone is taken to be in that one already."""
    place = read_time(f"00:00:00@{zone}")
    if place is None or not isinstance(moment, datetime):
        return None
    return moment.astimezone(place.tzinfo) if moment.tzinfo else moment.replace(tzinfo=place.tzinfo)


@builtin("date and time(from: any)")
def date_and_time_from(_run: Run, value: Value) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    return read_date_time(value) if isinstance(value, str) else None


@builtin("duration(from: any)")
def duration(_run: Run, value: Value) -> timedelta | YearsMonths | None:
    if isinstance(value, timedelta | YearsMonths):
        return value
    return read_duration(value) if isinstance(value, str) else None


@builtin("@(literal: string)")
def literal(_run: Run, text: str) -> Value:
    return read_literal(text)


@builtin("not(negand: any)")
def not_(_run: Run, value: Value) -> bool | None:
    return not value if isinstance(value, bool) else None


@builtin("is defined(value: any)")
def is_defined(_run: Run, value: Value) -> bool:
    return value is not None


@builtin("get or else(value: any, default: any)")
def get_or_else(_run: Run, value: Value, default: Value) -> Value:
    return default if value is None else value
