"""Times of the demonstration: so many days before now, at an hour of the working day in Shanghai."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")


def moment(now: datetime, days_ago: int, clock: str, *, minutes: int = 0) -> datetime:
    """`clock` (HH:MM) of the day `days_ago` days back, some minutes later. Never in the future: today's hours that have not
    come yet count as a minute ago."""
    day = (now.astimezone(ZONE) - timedelta(days=days_ago)).date()
    at = datetime.combine(day, time.fromisoformat(clock), ZONE) + timedelta(minutes=minutes)
    return min(at, now - timedelta(minutes=1)).astimezone(now.tzinfo)
