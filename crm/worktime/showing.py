"""What pages show of working time: months day by day, warnings about unknown holidays, and the time that is left."""

from __future__ import annotations

import calendar as wall
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from crm.core.i18n import Text, text
from crm.worktime.calendar import Calendar, Day, OutOfReach, Why
from crm.worktime.holidays import known_years
from crm.worktime.hours import Hours, write_hours
from crm.worktime.rules import WEEKDAYS

# The State Council names next year's holidays in November; from then on a missing year is worth a warning.
WARN_AHEAD = timedelta(days=60)
# From so many working days on nobody wants to read hours and minutes.
LEAST_DAYS = 3
LEFT = text("{time} left")
OVERDUE = text("{time} over")
DAYS_AND_HOURS = text("{large} working days {small} h")
DAYS = text("{large} working days")
HOURS_AND_MINUTES = text("{large} h {small} min")
HOURS = text("{large} h")
MINUTES = text("{small} min")


@dataclass(frozen=True)
class Cell:
    """A day of a month as the page draws it. `kind` is open, closed, holiday, make_up or exception."""

    day: date
    inside: bool
    today: bool
    kind: str
    hours: Sequence[str]
    label: Text | str


@dataclass(frozen=True)
class TimeLeft:
    """How much working time is left until something is due, in whole minutes; or how long it is `overdue`."""

    minutes: int
    overdue: bool
    day_minutes: int

    @property
    def words(self) -> Text:
        """What a reader sees beside the task."""
        source = OVERDUE if self.overdue else LEFT
        return text(source.source, time=self.length)

    @property
    def length(self) -> Text:
        """How long that is, the largest parts first; days are working days."""
        days, rest = divmod(self.minutes, self.day_minutes)
        if days >= LEAST_DAYS:
            return _parts(days, rest // 60, DAYS, DAYS_AND_HOURS, DAYS)
        return in_hours(self.minutes)


def in_hours(minutes: int) -> Text:
    """A length of time in hours and minutes."""
    return _parts(*divmod(minutes, 60), MINUTES, HOURS_AND_MINUTES, HOURS)


def _parts(large: int, small: int, only_small: Text, both: Text, only_large: Text) -> Text:
    source = both if large and small else only_large if large else only_small
    return text(source.source, large=large, small=small)


def time_left(calendar: Calendar, due_at: datetime | None, now: datetime) -> TimeLeft | None:
    """The working time from now to the due time. None without one, for one that is far out of reach, and where every hour
    is a working hour: there the due time itself says it best."""
    if due_at is None or calendar.is_always_open:
        return None
    try:
        minutes = calendar.between(now, due_at)
    except OutOfReach:
        return None
    return TimeLeft(abs(minutes), due_at < now, calendar.day_minutes)


def week_in_words(week: Sequence[Hours]) -> list[tuple[Text, str]]:
    """The open days of a week with their hours; days in a row that are alike stand together."""
    rows: list[tuple[int, int, Hours]] = []
    for number, hours in enumerate(week):
        if rows and rows[-1][1] == number - 1 and rows[-1][2] == hours:
            rows[-1] = (rows[-1][0], number, hours)
        elif hours:
            rows.append((number, number, hours))
    return [(_days(first, last), write_hours(hours)) for first, last, hours in rows]


def _days(first: int, last: int) -> Text:
    begin, end = WEEKDAYS[first][1], WEEKDAYS[last][1]
    return begin if first == last else text("{first} to {last}", first=begin, last=end)


def first_of_month(words: str, today: date) -> date:
    """The month that an address names (2026-11); the present one if it names none that can be shown."""
    try:
        named = date.fromisoformat(f"{words}-01")
    except ValueError:
        return today.replace(day=1)
    return named if 2000 <= named.year <= 2099 else today.replace(day=1)


def neighbours(first: date) -> tuple[str, str]:
    """The months before and after, as addresses name them."""
    before = first - timedelta(days=1)
    after = (first + timedelta(days=31)).replace(day=1)
    return f"{before:%Y-%m}", f"{after:%Y-%m}"


def month_grid(calendar: Calendar, first: date, *, today: date, locale: str) -> list[list[Cell]]:
    """The weeks of a month, each from Monday to Sunday, with the days around it that fill them."""
    weeks = wall.Calendar().monthdatescalendar(first.year, first.month)
    return [[_cell(calendar.day(day), first, today, locale) for day in week] for week in weeks]


def unknown_holidays(calendar: Calendar, first: date) -> int | None:
    """The year of this month if the calendar follows holidays and nobody knows yet which they are."""
    return first.year if calendar.chinese_holidays and first.year not in known_years() else None


def ends_soon(today: date) -> int | None:
    """The first year without known holidays, once it is near."""
    following = known_years()[-1] + 1
    return following if today + WARN_AHEAD >= date(following, 1, 1) else None


def _cell(day: Day, first: date, today: date, locale: str) -> Cell:
    words = write_hours(day.hours).replace("-", "–")
    return Cell(
        day=day.day,
        inside=day.day.month == first.month,
        today=day.day == today,
        kind=_kind(day),
        hours=words.split(", ") if words else [],
        label=_label(day, locale),
    )


def _kind(day: Day) -> str:
    if day.why is Why.WEEK:
        return "open" if day.hours else "closed"
    return str(day.why)


def _label(day: Day, locale: str) -> Text | str:
    holiday = day.holiday.shown_name(locale) if day.holiday is not None else ""
    match day.why:
        case Why.HOLIDAY:
            return holiday
        case Why.MAKE_UP:
            return text("Works instead ({holiday})", holiday=holiday)
        case Why.EXCEPTION:
            return day.name or holiday or text("Exception")
    return "" if day.hours else text("Closed")
