"""What changes seldom and is asked for at each step, kept in memory: calendars, pick-lists, ladders.

A change counts at once in the process that made it, and in others within `LOOK_AGAIN` seconds: only so often do they ask for
the stamp, and only when it is another one do they read the whole anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session

from crm.core.db import Database

LOOK_AGAIN = 2.0
T = TypeVar("T")


@dataclass
class _Entry(Generic[T]):
    stamp: object
    looked_at: float
    found: T


class Kept(Generic[T]):
    """One thing of each database. `stamp` answers, by one small statement, something that differs after each change."""

    def __init__(self, stamp: Callable[[Session], object], read: Callable[[Session], T]) -> None:
        self._stamp, self._read = stamp, read
        self._entries: WeakKeyDictionary[Database, _Entry[T]] = WeakKeyDictionary()

    def get(self, session: Session) -> T:
        """As it was a moment ago, without a statement; else as it is."""
        database: Database = session.info["database"]
        entry, now = self._entries.get(database), monotonic()
        if entry is not None and now - entry.looked_at < LOOK_AGAIN:
            return entry.found
        stamp = self._stamp(session)
        found = entry.found if entry is not None and entry.stamp == stamp else self._read(session)
        self._entries[database] = _Entry(stamp, now, found)
        return found

    def changed(self, session: Session) -> None:
        """It is different from now on; to be called by each operation that changes it."""
        self._entries.pop(session.info["database"], None)

    def look_again(self) -> None:
        """The next question goes to the stamp, as if `LOOK_AGAIN` seconds had gone by."""
        for entry in self._entries.values():
            entry.looked_at -= LOOK_AGAIN
