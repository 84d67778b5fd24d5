"""Process data as FEEL text that people can read and change, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import feel
from crm.core.errors import Fault, Invalid
from crm.core.i18n import Text, text
from feel import FeelError, YearsMonths
from workflows.engine import BadValue, values

PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LONGEST = 200_000
_QUOTES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def as_feel(value: Any) -> str:
    """A value as a FEEL expression that gives it again."""
    if isinstance(value, str):
        return f'"{value.translate(_QUOTES)}"'
    if isinstance(value, timedelta | YearsMonths):
        return f'duration("{feel.to_iso_duration(value)}")'
    if isinstance(value, datetime):
        return f'date and time("{feel.format_value(value)}")'
    if isinstance(value, date):
        return f'date("{value.isoformat()}")'
    if isinstance(value, time):
        return f'time("{feel.format_value(value)}")'
    if isinstance(value, list):
        return f"[{', '.join(as_feel(item) for item in value)}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_key(key)}: {as_feel(item)}' for key, item in value.items())}}}"
    return feel.format_value(value)


def as_lines(data: Mapping[str, Any]) -> str:
    """A set of variables as a FEEL context, one on each line."""
    if not data:
        return "{\n}"
    lines = ",\n".join(f"  {_key(name)}: {as_feel(value)}" for name, value in data.items())
    return f"{{\n{lines}\n}}"


def read_context(words: str, field: str) -> dict[str, Any]:
    """The variables that a FEEL context names. Raises Invalid naming the field."""
    if len(words) > LONGEST:
        raise Invalid([Fault(field, text("The text is too long."))])
    if not words.strip():
        return {}
    try:
        value = values.plain_numbers(feel.evaluate(words, {}))
    except FeelError as fault:
        raise Invalid([Fault(field, Text(fault.template, dict(fault.params)))]) from fault
    if not isinstance(value, dict):
        message = text("Write a FEEL context such as {example}.", example='{ amount: 5, kind: "repair" }')
        raise Invalid([Fault(field, message)])
    return checked(value, field)


def checked(value: Mapping[str, Any], field: str) -> dict[str, Any]:
    """These variables, fit for process data. Raises Invalid naming the field."""
    try:
        return values.clean_data(value, field)
    except BadValue as bad:
        raise Invalid([Fault(field, Text(bad.template, dict(bad.params)))]) from bad


def _key(name: str) -> str:
    return name if PLAIN_KEY.fullmatch(name) else as_feel(name)
