"""When recurring work comes next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.rhythm import every, nightly


def utc(year: int, month: int, day: int, hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "now", "following"),
    [
        (1, utc(2026, 3, 11, 2, 0), utc(2026, 3, 11, 3, 0)),
        (1, utc(2026, 3, 11, 2, 59, 59), utc(2026, 3, 11, 3, 0)),
        (6, utc(2026, 3, 11, 2, 0), utc(2026, 3, 11, 6, 0)),
        (24, utc(2026, 3, 11, 2, 0), utc(2026, 3, 12, 0, 0)),
        (0.5, utc(2026, 3, 11, 2, 10), utc(2026, 3, 11, 2, 30)),
    ],
)
def test_a_period_falls_on_its_full_multiples(hours: float, now: datetime, following: datetime) -> None:
    assert every(hours=hours)(now) == following


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(1, 48))
def test_the_next_time_is_after_now_and_at_most_a_period_away(moment: datetime, hours: int) -> None:
    now = moment.replace(tzinfo=UTC)
    assert timedelta(0) < every(hours=hours)(now) - now <= timedelta(hours=hours)


@pytest.mark.parametrize("hours", [0, -1])
def test_a_period_of_nothing_is_refused(hours: float) -> None:
    with pytest.raises(ValueError, match="above zero"):
        every(hours=hours)


@pytest.mark.parametrize(
    ("timezone", "now", "following"),
    [
        ("Asia/Shanghai", utc(2026, 3, 11, 2, 0), utc(2026, 3, 11, 19, 0)),
        ("Asia/Shanghai", utc(2026, 3, 11, 18, 59), utc(2026, 3, 11, 19, 0)),
        ("Asia/Shanghai", utc(2026, 3, 11, 19, 0), utc(2026, 3, 12, 19, 0)),
        # Clocks in Berlin go forward on 29 March 2026 and back on 25 October.
        ("Europe/Berlin", utc(2026, 3, 28, 12, 0), utc(2026, 3, 29, 1, 0)),
        ("Europe/Berlin", utc(2026, 10, 24, 12, 0), utc(2026, 10, 25, 2, 0)),
        ("Europe/Berlin", utc(2026, 10, 25, 2, 0), utc(2026, 10, 26, 2, 0)),
    ],
)
def test_a_night_has_the_hour_that_people_there_see(timezone: str, now: datetime, following: datetime) -> None:
    assert nightly(hour=3, timezone=timezone)(now) == following
