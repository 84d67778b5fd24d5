"""Reckoning in working time: laws that hold for every calendar, and days that people can look up on the wall."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.worktime.calendar import ALWAYS, WHOLE_DAY, Calendar, Exceptional, OutOfReach, Why
from crm.worktime.hours import Hours, joined, read_hours

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE_HOURS = read_hours("09:00-12:00, 13:00-18:00")
OFFICE = Calendar(SHANGHAI, (OFFICE_HOURS,) * 5 + ((), ()), chinese_holidays=True)
# Zones with one hour and half an hour of summer time, with midnight that does not exist, and with none of it.
ZONES = ("Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kathmandu", "UTC")


def local(words: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=zone)


hours_of_a_day: st.SearchStrategy[Hours] = st.lists(
    st.integers(0, 48).map(lambda half: half * 30), max_size=6, unique=True
).map(lambda edges: joined(list(zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False))))
days = st.dates(date(2023, 1, 1), date(2028, 12, 31))
calendars = st.builds(
    Calendar,
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    week=st.tuples(*[hours_of_a_day] * 7).filter(lambda week: any(week)),
    make_up=hours_of_a_day,
    chinese_holidays=st.booleans(),
    exceptions=st.dictionaries(days, st.builds(Exceptional, hours_of_a_day), max_size=5),
)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
minutes = st.integers(0, 12_000)


@given(calendars, moments, minutes)
def test_what_was_added_lies_between(calendar: Calendar, start: datetime, amount: int) -> None:
    assert calendar.between(start, calendar.add(start, amount)) == amount
    assert calendar.between(start, calendar.add(start, -amount)) == -amount


@given(calendars, moments, moments, minutes, minutes)
def test_later_begun_or_longer_worked_ends_no_earlier(
    calendar: Calendar, one: datetime, other: datetime, less: int, more: int
) -> None:
    first, second = sorted((one, other))
    few, many = sorted((less, more))
    assert calendar.add(first, many) <= calendar.add(second, many)
    assert calendar.add(first, few) <= calendar.add(first, many)
    assert calendar.add(first, few) >= first
    assert calendar.span(first, second) <= second - first


@given(calendars, moments, minutes, minutes)
def test_two_stretches_one_after_the_other_are_one(calendar: Calendar, start: datetime, one: int, other: int) -> None:
    halfway = calendar.add(start, one)
    assert calendar.span(start, calendar.add(halfway, other)) == timedelta(minutes=one + other)


@given(calendars, moments, moments, moments)
def test_working_time_adds_up(calendar: Calendar, one: datetime, two: datetime, three: datetime) -> None:
    assert calendar.span(one, two) + calendar.span(two, three) == calendar.span(one, three)


@given(calendars, moments)
def test_work_begins_again_and_not_before(calendar: Calendar, at: datetime) -> None:
    opening = calendar.next_opening(at)
    assert opening >= at
    assert calendar.is_open(opening)
    assert calendar.span(at, opening) == timedelta()


@given(calendars, st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 30)))
@settings(max_examples=200)
def test_it_is_open_when_the_hours_of_the_day_say_so(calendar: Calendar, wall: datetime) -> None:
    at = wall.replace(tzinfo=calendar.zone)
    there = at.astimezone(UTC).astimezone(calendar.zone)
    offsets = {(at + timedelta(hours=step)).utcoffset() for step in (-26, 0, 26)}
    if len(offsets) > 1:
        return  # around a change of clock the wall shows no or two such times
    minute = there.hour * 60 + there.minute
    assert calendar.is_open(at) == any(begin <= minute < end for begin, end in calendar.day(there.date()).hours)


@pytest.mark.parametrize(
    ("start", "amount", "end"),
    [
        ("2026-03-11 10:00", 60, "2026-03-11 11:00"),
        ("2026-03-11 11:30", 60, "2026-03-11 13:30"),  # over lunch
        ("2026-03-11 09:00", 180, "2026-03-11 12:00"),  # to the last minute, not to the first of the next interval
        ("2026-03-13 17:00", 120, "2026-03-16 10:00"),  # over the weekend
        ("2026-03-14 10:00", 30, "2026-03-16 09:30"),  # begun on a Saturday
        ("2026-02-14 17:00", 120, "2026-02-24 10:00"),  # a make-up Saturday, then the Spring Festival
        ("2026-02-15 10:00", 60, "2026-02-24 10:00"),
        ("2026-09-30 17:30", 60, "2026-10-08 09:30"),  # the National Day
        ("2026-10-10 09:00", 480, "2026-10-10 18:00"),  # a Saturday that makes up for it
        ("2026-12-31 17:00", 120, "2027-01-01 10:00"),  # nobody has said yet what is free in 2027
    ],
)  # fmt: skip
def test_an_office_in_shanghai_ends_its_work_when_the_wall_says(start: str, amount: int, end: str) -> None:
    assert OFFICE.add(local(start), amount) == local(end)
    assert OFFICE.between(local(start), local(end)) == amount


@pytest.mark.parametrize(
    ("day", "why", "open_minutes"),
    [
        (date(2026, 3, 11), Why.WEEK, 480),
        (date(2026, 3, 14), Why.WEEK, 0),
        (date(2026, 2, 17), Why.HOLIDAY, 0),
        (date(2026, 2, 14), Why.MAKE_UP, 480),
        (date(2027, 2, 6), Why.WEEK, 0),
    ],
)  # fmt: skip
def test_each_day_says_by_which_rule_it_is_open(day: date, why: Why, open_minutes: int) -> None:
    found = OFFICE.day(day)
    assert found.why is why
    assert sum(end - begin for begin, end in found.hours) == open_minutes
    assert (found.holiday is not None) == (why in (Why.HOLIDAY, Why.MAKE_UP))


def test_an_exception_is_stronger_than_a_holiday() -> None:
    open_day, closed_day = date(2026, 2, 17), date(2026, 3, 11)
    calendar = Calendar(
        SHANGHAI,
        OFFICE.week,
        chinese_holidays=True,
        exceptions={open_day: Exceptional(read_hours("10:00-12:00"), "值班"), closed_day: Exceptional((), "搬迁")},
    )
    assert calendar.is_open(local("2026-02-17 11:00"))
    assert not calendar.is_open(local("2026-03-11 11:00"))
    assert calendar.day(open_day).holiday is not None
    assert calendar.day(closed_day).name == "搬迁"


def test_a_night_with_a_change_of_clock_is_as_long_as_it_was() -> None:
    new_york = ZoneInfo("America/New_York")
    nights = Calendar(new_york, (read_hours("00:00-06:00"),) * 7)
    assert nights.between(local("2026-03-07 12:00", new_york), local("2026-03-08 12:00", new_york)) == 5 * 60
    assert nights.between(local("2026-10-31 12:00", new_york), local("2026-11-01 12:00", new_york)) == 7 * 60
    # 02:00 to 02:30 does not exist on that night, and must not be counted with the half hour after three.
    torn = Calendar(new_york, (read_hours("02:00-02:30, 03:00-03:30"),) * 7)
    night = local("2026-03-08 00:00", new_york), local("2026-03-08 12:00", new_york)
    assert torn.between(*night) == 30


def test_two_days_are_two_working_days_of_the_usual_length() -> None:
    assert OFFICE.day_minutes == 480
    assert OFFICE.after_days(local("2026-03-12 14:00"), 2) == local("2026-03-16 14:00")
    assert OFFICE.after(local("2026-03-11 09:00"), timedelta(hours=4)) == local("2026-03-11 14:00")
    assert OFFICE.after(local("2026-03-11 09:00"), timedelta(days=1, hours=1)) == local("2026-03-12 10:00")


def test_where_it_is_always_open_working_time_is_the_time_on_the_clock() -> None:
    start = local("2026-02-14 03:00")
    assert ALWAYS.is_always_open
    assert ALWAYS.add(start, 90) == start + timedelta(minutes=90)
    assert ALWAYS.after_days(start, 400) == start + timedelta(days=400)
    assert ALWAYS.between(start, start + timedelta(days=5_000)) == 5_000 * 24 * 60
    # The same by its intervals, so that the short cut is no other rule.
    counted = Calendar(SHANGHAI, (WHOLE_DAY,) * 7, exceptions={date(2020, 1, 1): Exceptional(WHOLE_DAY)})
    assert not counted.is_always_open
    assert counted.add(start, 90_000) == ALWAYS.add(start, 90_000)


@pytest.mark.parametrize(
    "calendar", [Calendar(SHANGHAI, ((),) * 7), Calendar(SHANGHAI, (read_hours("00:00-00:01"), *[()] * 6))]
)
def test_a_calendar_that_hardly_ever_opens_is_out_of_reach_and_hangs_nobody(calendar: Calendar) -> None:
    for minutes in (527_040, -527_040):
        with pytest.raises(OutOfReach):
            calendar.add(local("2026-03-11 10:00"), minutes)
    with pytest.raises(OutOfReach):
        OFFICE.between(local("2026-03-11 10:00"), datetime(9999, 12, 31, 23, 59, tzinfo=UTC))
    with pytest.raises(OutOfReach):
        Calendar(SHANGHAI, ((),) * 7).next_opening(local("2026-03-11 10:00"))
