"""Reading and writing dates, times and durations in ISO 8601, with `@zone` names; and their parts.

Years run from 1 to 9999. Nothing here raises: what is not a date gives None.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from .comparison import zone_offset
from .values import Value, YearsMonths

DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
TIME = re.compile(
    r"T?([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
    r"(Z|z|[+-][0-9]{2}:?[0-9]{2}(?::[0-9]{2})?|@[A-Za-z][A-Za-z0-9_+/-]{0,60})?"
)
NUMBER = r"([0-9]{1,12}(?:[.,][0-9]{1,9})?)"
MONTHS = re.compile(r"(-?)P(?:([0-9]{1,9})Y)?(?:([0-9]{1,9})M)?")
SPAN = re.compile(rf"(-?)P(?:{NUMBER}W)?(?:{NUMBER}D)?(?:T(?=[0-9])(?:{NUMBER}H)?(?:{NUMBER}M)?(?:{NUMBER}S)?)?")


def read_date(text: str) -> date | None:
    match = DATE.fullmatch(text)
    return _calendar(match) if match else None


def _calendar(match: re.Match[str]) -> date | None:
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        return None


def read_time(text: str) -> time | None:
    match = TIME.fullmatch(text)
    if match is None:
        return None
    hour, minute, second, fraction, place = match.groups()
    zone = read_zone(place) if place else None
    if place and zone is None:
        return None
    try:
        return time(int(hour), int(minute), int(second or 0), int((fraction or "0").ljust(6, "0")[:6]), zone)
    except ValueError:
        return None


def read_date_time(text: str) -> datetime | None:
    """A date and a time joined by "T"; a date alone is its midnight."""
    day, _, clock = text.partition("T")
    on = read_date(day)
    at = read_time(clock) if clock else time()
    return datetime.combine(on, at) if on and at is not None and ("T" not in text or clock) else None


@lru_cache(maxsize=256)
def read_zone(text: str) -> tzinfo | None:
    """ "Z", an offset such as +08:00, or "@" and the name of a zone."""
    if text in ("Z", "z"):
        return UTC
    if text.startswith("@"):
        try:
            return ZoneInfo(text[1:])
        except (ValueError, OSError, KeyError):
            return None
    digits = text[1:].replace(":", "")
    seconds = int(digits[:2]) * 3600 + int(digits[2:4]) * 60 + int(digits[4:] or 0)
    if seconds > 18 * 3600 or int(digits[2:4]) > 59:
        return None
    return timezone(timedelta(seconds=-seconds if text[0] == "-" else seconds)) if seconds else UTC


def read_duration(text: str) -> timedelta | YearsMonths | None:
    """P1Y2M as YearsMonths, P1DT2H3M4.5S (and P2W) as timedelta; both kinds in one are refused."""
    if match := MONTHS.fullmatch(text):
        sign, years, months = match.groups()
        if years is None and months is None:
            return None
        total = int(years or 0) * 12 + int(months or 0)
        return YearsMonths(-total if sign else total)
    match = SPAN.fullmatch(text)
    if match is None or not any(match.groups()[1:]):
        return None
    weeks, days, hours, minutes, seconds = (Decimal((part or "0").replace(",", ".")) for part in match.groups()[1:])
    total_seconds = (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds
    try:
        span = timedelta(microseconds=int(total_seconds * 1_000_000))
        return -span if match.group(1) else span
    except OverflowError:
        return None


def read_literal(text: str) -> Value:
    """The value of an @"…" literal: whichever of the four kinds the text is."""
    if text.startswith(("P", "-P")):
        return read_duration(text)
    for read in (read_date, read_time, read_date_time):
        found = read(text)
        if found is not None:
            return found
    return None


def write_span(span: timedelta) -> str:
    """P1DT2H3M4.5S; PT0S for nothing."""
    sign, span = ("-", -span) if span < timedelta(0) else ("", span)
    minutes, second = divmod(span.seconds, 60)
    hours, minute = divmod(minutes, 60)
    fraction = f".{span.microseconds:06d}".rstrip("0") if span.microseconds else ""
    clock = "".join(f"{part}{unit}" for part, unit in ((hours, "H"), (minute, "M")) if part)
    if second or fraction:
        clock += f"{second}{fraction}S"
    days = f"{span.days}D" if span.days else ""
    return f"{sign}P{days}T{clock}" if clock else f"{sign}P{days}" if days else "PT0S"


def write_months(duration: YearsMonths) -> str:
    """P1Y2M; P0M for nothing."""
    years, months = divmod(abs(duration.months), 12)
    parts = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
    return ("-" if duration.months < 0 else "") + "P" + (parts or "0M")


def write_time(value: time) -> str:
    text = value.replace(tzinfo=None).isoformat()
    if value.microsecond:
        text = text.rstrip("0")
    if value.tzinfo is None:
        return text
    return text + write_zone(value.tzinfo, zone_offset(value))


def write_date_time(value: datetime) -> str:
    text = value.replace(tzinfo=None).isoformat()
    if value.microsecond:
        text = text.rstrip("0")
    return text if value.tzinfo is None else text + write_zone(value.tzinfo, value.utcoffset() or timedelta(0))


def write_zone(zone: tzinfo, offset: timedelta) -> str:
    if isinstance(zone, ZoneInfo) and zone.key != "UTC":
        return f"@{zone.key}"
    if not offset:
        return "Z"
    sign, offset = ("-", -offset) if offset < timedelta(0) else ("+", offset)
    minutes, seconds = divmod(offset.seconds, 60)
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")


def _zone_name(value: Any) -> str | None:
    return value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else None


def _offset(value: Any) -> timedelta | None:
    if value.tzinfo is None:
        return None
    return value.utcoffset() if isinstance(value, datetime) else zone_offset(value)


def _truncated(total: int, unit: int, modulo: int | None) -> Decimal:
    """A component with the sign of the whole, as in -PT90M: hours -1, minutes -30."""
    part = abs(total) // unit
    if modulo:
        part %= modulo
    return Decimal(-part if total < 0 else part)


def _seconds(value: timedelta) -> int:
    whole = abs(value) // timedelta(seconds=1)
    return -whole if value < timedelta(0) else whole


CALENDAR: dict[str, Callable[[Any], Value]] = {
    "year": lambda v: Decimal(v.year),
    "month": lambda v: Decimal(v.month),
    "day": lambda v: Decimal(v.day),
    "weekday": lambda v: Decimal(v.isoweekday()),
}
CLOCK: dict[str, Callable[[Any], Value]] = {
    "hour": lambda v: Decimal(v.hour),
    "minute": lambda v: Decimal(v.minute),
    "second": lambda v: Decimal(v.second),
    "time offset": _offset,
    "timezone": _zone_name,
}
PARTS: dict[type, dict[str, Callable[[Any], Value]]] = {
    datetime: {**CALENDAR, **CLOCK},
    date: CALENDAR,
    time: CLOCK,
    timedelta: {
        "days": lambda v: _truncated(_seconds(v), 86_400, None),
        "hours": lambda v: _truncated(_seconds(v), 3_600, 24),
        "minutes": lambda v: _truncated(_seconds(v), 60, 60),
        "seconds": lambda v: _truncated(_seconds(v), 1, 60),
    },
    YearsMonths: {
        "years": lambda v: _truncated(v.months, 12, None),
        "months": lambda v: _truncated(v.months, 1, 12),
    },
}


def part(value: Value, name: str) -> Value:
    """A component such as `.year` of a date, or None."""
    for kind, parts in PARTS.items():
        if isinstance(value, kind):
            read = parts.get(name)
            return read(value) if read else None
    return None
