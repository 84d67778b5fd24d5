"""Opening hours of a day as people write them: “09:00-12:00, 13:00-18:00”. Pure.

Inside, hours are intervals of minutes since midnight, in order and apart from each other; midnight at the end of the day is
24:00. Work through the night is written as the end of one day and the beginning of the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from crm.core.i18n import Text, text

Interval = tuple[int, int]
Hours = tuple[Interval, ...]
DAY = 24 * 60
MOST_INTERVALS = 8
_TIME = r"(\d{1,2})\s*[:：.]\s*(\d{2})"
_INTERVAL = re.compile(rf"{_TIME}\s*(?:-|–|—|~|～|至|to)\s*{_TIME}", re.ASCII | re.IGNORECASE)
_BETWEEN = re.compile(r"[\s,，、;；]*")


class BadHours(Exception):
    """This is no opening time of a day; `cause` says why and what to write."""

    def __init__(self, cause: Text) -> None:
        super().__init__(str(cause))
        self.cause = cause


def read_hours(words: str) -> Hours:
    """The intervals that somebody wrote; none for an empty text. Raises BadHours."""
    found: list[Interval] = []
    place = _skip(words, 0)
    while place < len(words):
        match = _INTERVAL.match(words, place)
        if match is None:
            raise BadHours(
                text("“{words}” are no hours; write for example 09:00-12:00, 13:00-18:00.", words=words[:80])
            )
        begin, end = _minute(match[1], match[2]), _minute(match[3], match[4])
        if begin is None or end is None:
            raise BadHours(text("“{words}” is no time of a day.", words=match[0]))
        found.append((begin, end))
        place = _skip(words, match.end())
    return joined(found)


def joined(intervals: Iterable[Interval]) -> Hours:
    """The intervals in order, those that touch made one. Raises BadHours where they overlap or end before they begin."""
    ordered = sorted(intervals)
    if len(ordered) > MOST_INTERVALS:
        raise BadHours(text("A day has at most {most} intervals.", most=MOST_INTERVALS))
    whole: list[Interval] = []
    for begin, end in ordered:
        if not 0 <= begin < end <= DAY:
            raise BadHours(
                text(
                    "{begin} to {end}: an interval must end after it begins, at 24:00 at the latest. Write work through the night in two parts.",
                    begin=clock(begin),
                    end=clock(end),
                )
            )
        if whole and begin < whole[-1][1]:
            raise BadHours(text("Two intervals overlap at {time}.", time=clock(begin)))
        if whole and begin == whole[-1][1]:
            whole[-1] = (whole[-1][0], end)
        else:
            whole.append((begin, end))
    return tuple(whole)


def write_hours(hours: Hours) -> str:
    """The intervals as they are written; empty where nothing is open."""
    return ", ".join(f"{clock(begin)}-{clock(end)}" for begin, end in hours)


def minutes_of(hours: Hours) -> int:
    """How long it is open."""
    return sum(end - begin for begin, end in hours)


def clock(minute: int) -> str:
    """A minute of the day as a clock shows it."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _skip(words: str, place: int) -> int:
    match = _BETWEEN.match(words, place)
    return match.end() if match else place


def _minute(hour: str, minute: str) -> int | None:
    found = int(hour) * 60 + int(minute)
    return found if int(minute) < 60 and found <= DAY else None
