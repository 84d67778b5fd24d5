"""Reckoning in working time: when so many minutes will have been worked, how many lie between two moments. Pure and fast.

A calendar knows its weekly hours, its exceptions and, if it follows them, the public holidays. All reckoning is done on
moments: local hours become intervals in UTC once for each year, so that days with a change of clock are as long as they are,
and each question is a search in a sorted list.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from crm.core.errors import RuleBroken
from crm.core.i18n import text
from crm.worktime.holidays import ChineseDay, chinese_day
from crm.worktime.hours import DAY, Hours, minutes_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
MINUTE = 60 * SECOND
WHOLE_DAY: Hours = ((0, DAY),)
# How far ahead or back anybody reckons; a calendar that is open an hour a week takes ten years for five hundred hours.
MOST_YEARS = 60


class OutOfReach(RuleBroken):
    """The working time would end, or lies, further away than anybody plans."""

    def __init__(self) -> None:
        super().__init__(text("This time is out of reach in working hours; choose a nearer one."))


class Why(StrEnum):
    """Which rule decides about a day."""

    WEEK = "week"
    HOLIDAY = "holiday"
    MAKE_UP = "make_up"
    EXCEPTION = "exception"


@dataclass(frozen=True)
class Exceptional:
    """A day of its own: other hours, or none, and what it is called."""

    hours: Hours
    name: str = ""


@dataclass(frozen=True)
class Day:
    """One day: its hours, and why they are so."""

    day: date
    hours: Hours
    why: Why
    name: str = ""
    holiday: ChineseDay | None = None


class _Year:
    """The open intervals of a year, as microseconds since 1970, with what was open before each of them within the year."""

    def __init__(self, intervals: Sequence[tuple[int, int]]) -> None:
        self.starts = [start for start, _ in intervals]
        self.ends = [end for _, end in intervals]
        self.before: list[int] = []
        self.after: list[int] = []
        total = 0
        for start, end in intervals:
            self.before.append(total)
            total += end - start
            self.after.append(total)
        self.total = total

    def worked(self, at: int) -> int:
        """How much of the year's open time lies before this moment."""
        index = bisect_right(self.starts, at) - 1
        if index < 0:
            return 0
        return self.before[index] + min(at, self.ends[index]) - self.starts[index]

    def when_done(self, amount: int) -> int:
        """The earliest moment at which so much of the year's open time is over; `amount` is 1 to `total`."""
        index = bisect_left(self.after, amount)
        return self.starts[index] + amount - self.before[index]

    def when_left(self, amount: int) -> int:
        """The latest moment before which no more than so much of the year's open time lies; 0 to below `total`."""
        index = bisect_right(self.before, amount) - 1
        return self.starts[index] + amount - self.before[index]


@dataclass(frozen=True, eq=False)
class Calendar:
    """When work is done. `week` begins with Monday; `make_up` are the hours of a weekend day that makes up for a holiday,
    none meaning those of Monday."""

    zone: ZoneInfo
    week: tuple[Hours, ...]
    make_up: Hours = ()
    chinese_holidays: bool = False
    exceptions: Mapping[date, Exceptional] = field(default_factory=dict)
    id: int | None = None
    _years: dict[int, _Year] = field(default_factory=dict, repr=False)

    @cached_property
    def is_always_open(self) -> bool:
        """Does working time run like the clock on the wall?"""
        return not self.chinese_holidays and not self.exceptions and all(hours == WHOLE_DAY for hours in self.week)

    @cached_property
    def day_minutes(self) -> int:
        """How long a usual working day is: what “two days” mean in working time."""
        lengths = Counter(minutes for hours in self.week if (minutes := minutes_of(hours)))
        return max(lengths, key=lambda minutes: (lengths[minutes], minutes), default=DAY)

    def add(self, start: datetime, minutes: int) -> datetime:
        """The moment at which so many working minutes have passed since `start`; before it, with a negative number."""
        return self.advance(start, timedelta(minutes=minutes))

    def between(self, start: datetime, end: datetime) -> int:
        """Whole working minutes from `start` to `end`; negative when `end` comes first."""
        span = self.span(start, end)
        minutes = abs(span) // timedelta(minutes=1)
        return minutes if span >= timedelta() else -minutes

    def after_days(self, start: datetime, days: int, hours: timedelta = timedelta()) -> datetime:
        """When so many working days of the usual length, and time of work after them, are over."""
        return self.advance(start, timedelta(minutes=days * self.day_minutes) + hours)

    def after(self, start: datetime, duration: timedelta) -> datetime:
        """The same for a duration, whose whole days are working days."""
        return self.after_days(start, *divmod(duration, timedelta(days=1)))

    def is_open(self, at: datetime) -> bool:
        """Is work done at this moment?"""
        if self.is_always_open:
            return True
        moment = _micros(at)
        year = self._year(self._year_of(at))
        index = bisect_right(year.starts, moment) - 1
        return index >= 0 and moment < year.ends[index]

    def next_opening(self, at: datetime) -> datetime:
        """The moment itself while it is open, else when work begins again. Raises OutOfReach if it never does."""
        if self.is_open(at):
            return at.astimezone(UTC)
        moment, number = _micros(at), self._year_of(at)
        for further in range(MOST_YEARS):
            year = self._year(number + further)
            index = bisect_left(year.starts, moment)
            if index < len(year.starts):
                return _moment(year.starts[index])
        raise OutOfReach

    def advance(self, start: datetime, time: timedelta) -> datetime:
        """As `add`, exact to the microsecond."""
        if self.is_always_open or not time:
            try:
                return start.astimezone(UTC) + time
            except OverflowError:
                raise OutOfReach from None
        number = self._year_of(start)
        if time > timedelta():
            amount = self._year(number).worked(_micros(start)) + time // timedelta(microseconds=1)
            for further in range(MOST_YEARS):
                year = self._year(number + further)
                if amount <= year.total:
                    return _moment(year.when_done(amount))
                amount -= year.total
            raise OutOfReach
        amount = self._year(number).worked(_micros(start)) - -time // timedelta(microseconds=1)
        for further in range(1, MOST_YEARS):
            if amount >= 0:
                return _moment(self._year(number - further + 1).when_left(amount))
            amount += self._year(number - further).total
        raise OutOfReach

    def span(self, start: datetime, end: datetime) -> timedelta:
        """The working time from `start` to `end`, negative when `end` comes first."""
        if self.is_always_open:
            return end - start
        if end < start:
            return -self.span(end, start)
        first, last = self._year_of(start), self._year_of(end)
        if last - first > MOST_YEARS:
            raise OutOfReach
        whole = sum(self._year(number).total for number in range(first, last))
        worked = whole + self._year(last).worked(_micros(end)) - self._year(first).worked(_micros(start))
        return timedelta(microseconds=worked)

    def day(self, day: date) -> Day:
        """The hours of a day and the rule that decides about them: an exception, then a holiday, then the week."""
        exceptional = self.exceptions.get(day)
        special = chinese_day(day) if self.chinese_holidays else None
        if exceptional is not None:
            return Day(day, exceptional.hours, Why.EXCEPTION, exceptional.name, special)
        usual = self.week[day.weekday()]
        if special is None:
            return Day(day, usual, Why.WEEK)
        if special.works:
            return Day(day, self.make_up or self.week[0] or usual, Why.MAKE_UP, holiday=special)
        return Day(day, (), Why.HOLIDAY, holiday=special)

    def _year_of(self, at: datetime) -> int:
        try:
            return at.astimezone(self.zone).year
        except OverflowError:
            raise OutOfReach from None

    def _year(self, number: int) -> _Year:
        found = self._years.get(number)
        if found is None:
            # Two threads may reckon it at the same time; both come to the same.
            found = self._years[number] = _Year(self._intervals(number))
        return found

    def _intervals(self, number: int) -> list[tuple[int, int]]:
        if not date.min.year < number < date.max.year:
            raise OutOfReach
        day, following = date(number, 1, 1), date(number + 1, 1, 1)
        found: list[tuple[int, int]] = []
        while day < following:
            for begin, end in self.day(day).hours:
                start, stop = self._micros_of(day, begin), self._micros_of(day, end)
                # Where clocks are put forward, the hour that does not exist would fall upon the one that follows.
                start = max(start, found[-1][1]) if found else start
                if stop <= start:
                    continue
                if found and found[-1][1] == start:
                    found[-1] = (found[-1][0], stop)
                else:
                    found.append((start, stop))
            day += timedelta(days=1)
        return found

    def _micros_of(self, day: date, minute: int) -> int:
        if minute == DAY:
            day, minute = day + timedelta(days=1), 0
        return _micros(datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=self.zone))


# Where nobody has said when work is done, every hour counts.
ALWAYS = Calendar(ZoneInfo("UTC"), (WHOLE_DAY,) * 7)


def _micros(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


def _moment(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)
