"""Timers as values: when something falls due, and when it does so again. All instants are UTC; no clock is read here.

A timer is written as strict ISO 8601 (PT2H, R3/PT1H, 2026-01-31T08:00:00+08:00) or as FEEL that yields such text, a
duration or a date and time. A cycle that was slept through is caught up once and then resumes its own rhythm.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from feel import YearsMonths
from workflows.engine.steps import WorkingTime
from workflows.engine.texts import N_, Phrase

# The bounds keep every sum inside the years that datetime knows, and every count inside what a person can mean.
_DURATION = (
    r"P(?=.)(?:(?P<years>\d{1,2})Y)?(?:(?P<months>\d{1,3})M)?(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,4})D)?"
    r"(?:T(?=.)(?:(?P<hours>\d{1,5})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,7})S)?)?"
)
_MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)"
DURATION = re.compile(_DURATION, re.ASCII)
MOMENT = re.compile(_MOMENT, re.ASCII)
CYCLE = re.compile(rf"R(?P<count>\d{{1,4}})?/(?:(?P<start>{_MOMENT})/)?(?P<every>{_DURATION})", re.ASCII)
LOOKS_ISO = re.compile(r"(R\d*/|-?P(?:[\dT]|$)|\d{4}-\d\d)")
SHORTEST_CYCLE = timedelta(minutes=1)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)


class BadTimer(Exception):
    """The value is no timer; `cause` says why and what to write."""

    def __init__(self, template: str, value: object) -> None:
        super().__init__(template)
        self.cause = Phrase(template, {"value": str(value)[:80]})


@dataclass(frozen=True)
class Duration:
    """Months count by the calendar (31 January + 1 month = 28 February), the rest by the clock.

    `weeks` and `days` say how much of the rest was meant as such: in working time a week is one on the wall, and a day is a
    day of work."""

    months: int = 0
    rest: timedelta = timedelta()
    weeks: int = 0
    days: int = 0

    def after(self, moment: datetime, working_time: WorkingTime | None = None) -> datetime:
        year, month = divmod(moment.year * 12 + moment.month - 1 + self.months, 12)
        day = min(moment.day, monthrange(year, month + 1)[1])
        moment = moment.replace(year=year, month=month + 1, day=day)
        if working_time is None:
            return moment + self.rest
        hours = self.rest - timedelta(weeks=self.weeks, days=self.days)
        return working_time(moment + timedelta(weeks=self.weeks), self.days, hours)


@dataclass(frozen=True)
class Due:
    """The next instant, and for a cycle: its text, and how often it still fires (None = for ever)."""

    at: datetime
    left: int | None = 1
    cycle: str | None = None


def first_due(kind: str, value: Any, now: datetime, working_time: WorkingTime | None = None) -> Due:
    """When a timer of `kind` (timeDuration, timeDate, timeCycle) with this value is first due. Raises BadTimer.

    A duration counts hours of work where `working_time` says when it is over."""
    try:
        if kind == "timeCycle":
            return _first_of_cycle(value, now)
        at = _moment(value) if kind == "timeDate" else read_duration(value).after(now, working_time)
        return Due(_within(at, value))
    except (OverflowError, ValueError):
        raise BadTimer(N_("{value} is out of reach; write a nearer time."), value) from None


def next_due(due: Due, now: datetime) -> Due | None:
    """After a firing: the next instant of the cycle that lies ahead of `now`, or None when it was the last."""
    if due.cycle is None or due.left == 1:
        return None
    match = _cycle_match(due.cycle)
    every = read_duration(match["every"])
    at = due.at
    if every.months and match["start"]:
        at, _ = _by_the_calendar(due.cycle, every, max(at, now))
        return Due(at, None if due.left is None else due.left - 1, due.cycle)
    if at < now and not every.months:
        at += (now - at) // every.rest * every.rest
    while at <= now or at <= due.at:
        at = every.after(at)
    return Due(at, None if due.left is None else due.left - 1, due.cycle)


def ahead_of(due: Due, now: datetime) -> Due | None:
    """The first firing after `now`, for whoever begins to wait for a cycle that others wrote long ago; None when all of
    them lie behind. Those of a counted cycle that lie behind are used up."""
    if due.at > now:
        return due
    if due.cycle is None:
        return None
    every = read_duration(_cycle_match(due.cycle)["every"])
    if every.months:
        at, rounds = _by_the_calendar(due.cycle, every, now)
    else:
        rounds = (now - due.at) // every.rest + 1
        at = due.at + rounds * every.rest
    left = None if due.left is None else due.left - rounds
    return None if left is not None and left < 1 else Due(at, left, due.cycle)


def _by_the_calendar(cycle: str, every: Duration, moment: datetime) -> tuple[datetime, int]:
    """The first instant after `moment` of a cycle of months with a start, and its number. It is counted from the start as
    that was written: the 31st stays the last day of a month, and the first day of a month here is not the last in UTC."""
    start = datetime.fromisoformat(_cycle_match(cycle)["start"])
    rounds, at = 0, start
    while at <= moment:
        rounds += 1
        at = Duration(every.months * rounds, every.rest * rounds).after(start)
    return at.astimezone(UTC), rounds


def read_duration(value: Any) -> Duration:
    if isinstance(value, timedelta):
        duration = Duration(0, value, days=value.days)
    elif isinstance(value, YearsMonths):
        duration = Duration(value.months)
    elif isinstance(value, str) and (match := DURATION.fullmatch(value.strip())):
        part = {name: int(text or 0) for name, text in match.groupdict().items()}
        rest = timedelta(
            weeks=part["weeks"], days=part["days"], hours=part["hours"],
            minutes=part["minutes"], seconds=part["seconds"],
        )  # fmt: skip
        duration = Duration(part["years"] * 12 + part["months"], rest, part["weeks"], part["days"])
    else:
        raise BadTimer(N_("{value} is not a duration; write for example PT2H or P3D."), value)
    if duration.months < 0 or duration.rest < timedelta():
        raise BadTimer(N_("{value} is a negative duration; write for example PT2H or P3D."), value)
    return duration


def _moment(value: Any) -> datetime:
    if isinstance(value, str) and MOMENT.fullmatch(value.strip()):
        value = datetime.fromisoformat(value.strip())
    if not isinstance(value, datetime):
        message = N_("{value} is not a date with time and zone; write for example 2026-01-31T08:00:00+08:00.")
        raise BadTimer(message, value.isoformat() if isinstance(value, date) else value)
    if value.tzinfo is None:
        raise BadTimer(N_("{value} has no time zone; write for example 2026-01-31T08:00:00+08:00."), value.isoformat())
    return value.astimezone(UTC)


def _cycle_match(value: Any) -> re.Match[str]:
    match = CYCLE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise BadTimer(N_("{value} is not a cycle; write for example R3/PT1H."), value)
    return match


def _first_of_cycle(value: Any, now: datetime) -> Due:
    match = _cycle_match(value)
    every = read_duration(match["every"])
    if not every.months and every.rest < SHORTEST_CYCLE:
        raise BadTimer(N_("{value} repeats too often; a cycle lasts at least one minute."), value)
    count = int(match["count"]) if match["count"] else None
    if count == 0:
        raise BadTimer(N_("{value} never fires; write for example R3/PT1H."), value)
    at = _moment(match["start"]) if match["start"] else every.after(now)
    return Due(_within(at, value), count, value.strip())


def _within(at: datetime, value: Any) -> datetime:
    if at > LATEST:
        raise BadTimer(N_("{value} is out of reach; write a nearer time."), value)
    return at
