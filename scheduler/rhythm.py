"""When something recurring comes next, as pure functions of the present moment.

A rhythm needs no memory: two schedulers, or one after a restart, reckon the same next time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

Rhythm = Callable[[datetime], datetime]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def every(*, hours: float) -> Rhythm:
    """The next full multiple of so many hours, counted from midnight UTC where they divide a day."""
    period = timedelta(hours=hours)
    if period <= timedelta(0):
        raise ValueError("a rhythm needs a time span above zero")

    def following(now: datetime) -> datetime:
        return now + (period - (now - EPOCH) % period)

    return following


def weekly(*, weekday: int, hour: int, timezone: str) -> Rhythm:
    """The next time that clocks in `timezone` show `hour` o'clock on this day of the week; 0 is Monday."""
    night = nightly(hour=hour, timezone=timezone)
    zone = ZoneInfo(timezone)

    def following(now: datetime) -> datetime:
        coming = night(now)
        while coming.astimezone(zone).weekday() != weekday:
            coming = night(coming)
        return coming

    return following


def nightly(*, hour: int, timezone: str) -> Rhythm:
    """The next time that clocks in `timezone` show `hour` o'clock."""
    zone = ZoneInfo(timezone)

    def following(now: datetime) -> datetime:
        local = now.astimezone(zone)
        coming = local.replace(hour=hour, minute=0, second=0, microsecond=0, fold=0)
        # Compared in UTC: on the night when clocks go back, the same wall time comes twice.
        if coming.astimezone(UTC) <= now:
            coming = (local + timedelta(days=1)).replace(hour=hour, minute=0, second=0, microsecond=0, fold=0)
        return coming.astimezone(UTC)

    return following
