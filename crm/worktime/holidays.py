"""Public holidays and make-up working days of China, from the package chinesecalendar.

The State Council names the days of a year in the autumn before; the package follows with a new release. A year that it does
not know yet has no holidays here, only weekends, and pages say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

import chinese_calendar


@dataclass(frozen=True)
class ChineseDay:
    """A day that is not as its weekday says: a holiday, or a working day (`works`) that makes up for one."""

    works: bool
    name: str
    name_en: str

    def shown_name(self, locale: str) -> str:
        """What the holiday is called in the reader's language."""
        return self.name if locale.startswith("zh") else self.name_en


@cache
def known_years() -> range:
    """The years whose holidays are known."""
    days = chinese_calendar.holidays.keys()
    return range(min(days).year, max(days).year + 1)


def chinese_day(day: date) -> ChineseDay | None:
    """What is special about a day; None for an ordinary one, and in years that are not known."""
    if day.year not in known_years():
        return None
    works = day in chinese_calendar.workdays
    source = chinese_calendar.workdays.get(day) or chinese_calendar.holidays.get(day)
    if source is None:
        return None
    return ChineseDay(works, _chinese_names().get(source, source), source)


@cache
def _chinese_names() -> dict[str, str]:
    return {holiday.value: holiday.chinese for holiday in chinese_calendar.Holiday}
