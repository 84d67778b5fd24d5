"""Spans of time in which people are away, and chains of those who stand in for each other. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

# From the first moment until before the second; None: without end on that side.
Period = tuple[datetime | None, datetime | None]
ALWAYS: Period = (None, None)


@dataclass(frozen=True)
class Absence:
    """Who stands in for somebody, and when."""

    substitute_id: int
    period: Period


def overlap(one: Period, other: Period) -> Period | None:
    """When both hold; None if they never do at the same time."""
    begins = max((begin for begin in (one[0], other[0]) if begin is not None), default=None)
    ends = min((end for end in (one[1], other[1]) if end is not None), default=None)
    return None if begins is not None and ends is not None and ends <= begins else (begins, ends)


def ring_through(user_id: int, absences: Mapping[int, Absence]) -> list[int]:
    """The people of a chain that leads from this user back to them at some moment, in order; empty if there is none.

    In such a moment everybody in the chain would be away and nobody would do the work. Two people who stand in for each
    other at different times are no ring.
    """
    chain: list[int] = []
    period = ALWAYS
    current = user_id
    while current in absences and current not in chain:
        chain.append(current)
        absence = absences[current]
        together = overlap(period, absence.period)
        if together is None:
            return []
        period, current = together, absence.substitute_id
    return chain if current == user_id and chain else []
