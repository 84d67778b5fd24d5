"""Values of variables as an administrator types them, and as a page shows them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from crm.core.errors import Fault, Invalid
from crm.core.i18n import Text, ctext, text

# How a value is typed, by the name in the form. The last two take no value.
KINDS: Mapping[str, Text] = {
    "text": ctext("variable", "Text"),
    "number": ctext("variable", "Number"),
    "flag": ctext("variable", "Yes or no"),
    "date": ctext("variable", "Date"),
    "moment": ctext("variable", "Date and time"),
    "json": ctext("variable", "List or structure (JSON)"),
    "empty": ctext("variable", "Empty"),
    "remove": ctext("variable", "Remove the variable"),
}
YES, NO = ("true", "yes", "1", "是"), ("false", "no", "0", "否")
LONGEST_VALUE = 100_000
MOST_SHOWN = 500


@dataclass(frozen=True)
class Shown:
    """A variable on a page: name, what sort of value, the value as it would be typed. `whole` is False where typing what is shown
    would make another value of it: it was cut, or it holds what words cannot keep apart. `at` is a day or moment as such."""

    name: str
    kind: str
    value: str
    whole: bool = True
    at: date | None = None


def read_value(kind: str, typed: str) -> Any:
    """The value that was typed. Raises Invalid naming what would be right."""
    if kind not in KINDS or len(typed) > LONGEST_VALUE:
        raise _wrong(
            text("Choose what sort of value it is; it may have at most {most} characters.", most=LONGEST_VALUE)
        )
    try:
        match kind:
            case "text":
                return typed
            case "number":
                number = Decimal(typed.strip())
                if not number.is_finite():
                    raise ValueError(typed)
                return int(number) if number == number.to_integral_value() and "." not in typed else number
            case "flag":
                return _flag(typed.strip().lower())
            case "date":
                return date.fromisoformat(typed.strip())
            case "moment":
                moment = datetime.fromisoformat(typed.strip())
                if moment.tzinfo is None:
                    raise ValueError(typed)
                return moment
            case "json":
                return json.loads(typed, parse_float=Decimal, parse_constant=_refused)
    except (ValueError, InvalidOperation, RecursionError):
        raise _wrong(EXPECTED[kind]) from None
    return None


EXPECTED: Mapping[str, Text] = {
    "number": text("This must be a number such as 12 or 12.50."),
    "flag": text("This must be yes or no."),
    "date": text("This must be a date such as 2026-03-01."),
    "moment": text("This must be a date and time with its zone, such as 2026-03-01T08:30:00+08:00."),
    "json": text('This must be JSON, such as ["a", "b"] or {"name": "value"}.'),
}


def show_values(data: Mapping[str, Any]) -> list[Shown]:
    """The variables by name. What is longer than a page can bear is cut."""
    return [_told(name, data[name]) for name in sorted(data)]


def _told(name: str, value: Any) -> Shown:
    kind, words = kind_of(value), _shown(value)
    try:
        whole = read_value(kind, words) == value
    except Invalid:
        whole = False
    return Shown(name, kind, words, whole, value if isinstance(value, date) else None)


def kind_of(value: Any) -> str:
    """The sort of a value, as `KINDS` names it."""
    match value:
        case None:
            return "empty"
        case bool():
            return "flag"
        case int() | Decimal():
            return "number"
        case datetime():
            return "moment"
        case date():
            return "date"
        case list() | dict():
            return "json"
    return "text"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        said = "true" if value else "false"
    elif isinstance(value, list | dict):
        said = json.dumps(value, ensure_ascii=False, indent=1, default=_plain)
    else:
        said = "" if value is None else str(_plain(value))
    return said if len(said) <= MOST_SHOWN else said[:MOST_SHOWN] + "…"


def _plain(value: Any) -> Any:
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | timedelta) or not isinstance(value, str) else value


def _flag(typed: str) -> bool:
    if typed in YES or typed in NO:
        return typed in YES
    raise ValueError(typed)


def _refused(constant: str) -> None:
    raise ValueError(constant)


def _wrong(message: Text) -> Invalid:
    return Invalid([Fault("value", message)])
