"""Business events: what a room tells others, without knowing who listens.

An event is a frozen dataclass in the past tense (`ServiceRequestOpened`). It is told during a verb and heard after that
verb has ended, in order, in the same transaction. The table of listeners is filled in `app.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

Listener = Callable[[Session, Any], None]
# A listener that answers an event with an event that it hears itself would never end.
MOST_EVENTS = 1_000


class Listeners:
    """Who hears what. One table an application."""

    def __init__(self) -> None:
        self._table: dict[type, list[Listener]] = {}

    def on(self, event_type: type, listener: Listener) -> None:
        """From now on `listener(session, event)` is called for every event of this type; asked twice, still once."""
        listed = self._table.setdefault(event_type, [])
        if listener not in listed:
            listed.append(listener)

    def hear(self, session: Session) -> None:
        """Deliver everything told so far, and what is told meanwhile, in order."""
        told: list[object] = session.info.setdefault("told", [])
        heard = 0
        while told:
            event = told.pop(0)
            heard += 1
            if heard > MOST_EVENTS:
                raise RuntimeError(f"more than {MOST_EVENTS} events in one unit of work, last {type(event).__name__}")
            for listener in self._table.get(type(event), ()):
                listener(session, event)


def tell(session: Session, event: object) -> None:
    """Say that something has happened; it is heard before this unit of work commits."""
    session.info.setdefault("told", []).append(event)
