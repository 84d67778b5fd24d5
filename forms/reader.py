"""For whom a form is shown: language, time zone, today; and how values read in a sentence for that person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from forms.plain import UNSTORABLE
from forms.problems import N_, fill


@dataclass(frozen=True)
class Reader:
    """The person at the screen, as far as a form must know them."""

    locale: str
    zone: ZoneInfo
    today: date
    translate: Callable[[str], str]

    def words(self, source: str) -> str:
        """A text of the form's author in the reader's language; catalogues answer "" with their header, so it is kept away."""
        return self.translate(source) if source else ""

    def say(self, source: str, values: Mapping[str, object]) -> str:
        """One of our own sentences in the reader's language, with its values put in."""
        return fill(self.translate(source), {name: self.present(value) for name, value in values.items()})

    @property
    def comma(self) -> str:
        """What stands between the members of a list."""
        return "、" if self.locale.startswith("zh") else ", "

    def present(self, value: object, depth: int = 3) -> str:
        """A value as it reads in a sentence: dates in the reader's zone, exact numbers, lists joined, null as nothing."""
        match value:
            case None:
                return ""
            case str():
                return UNSTORABLE.sub("\ufffd", value)
            case bool():
                return self.translate(N_("Yes")) if value else self.translate(N_("No"))
            case Decimal():
                return format(value, "f") if value.is_finite() and abs(value.adjusted()) < 100 else str(value)
            case int():
                return str(value) if value.bit_length() < 400 else "…"
            case datetime():
                local = value if value.tzinfo is None else value.astimezone(self.zone)
                return local.strftime("%Y-%m-%d %H:%M")
            case date():
                return value.isoformat()
            case time():
                return value.strftime("%H:%M")
            case list() | tuple():
                return self.comma.join(self.present(item, depth - 1) for item in value) if depth else "…"
            case dict():
                shown = value.get("label") or value.get("name")
                return shown if isinstance(shown, str) else ""
            case _:
                return str(value)


def now_in(zone: ZoneInfo) -> date:
    """Today where the reader is."""
    return datetime.now(UTC).astimezone(zone).date()
