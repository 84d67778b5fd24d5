"""Where the time comes from. Operations never ask: they are told `now` by the door that opened the unit of work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present moment, with zone UTC."""
    return datetime.now(UTC)
