"""Values as text: what the function `string` gives, and what a person is shown."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from .budget import DEFAULT_BUDGET, Run
from .errors import FeelError
from .temporal import write_date_time, write_months, write_span, write_time
from .values import MAX_RESULT_DEPTH, Range, Value, YearsMonths, adopt

NOT_PLAIN_KEY = re.compile(r"[^A-Za-z0-9_]")


def format_value(value: Value) -> str:
    """The text of any value, as the function `string` writes it; null is "null". FeelError when it is huge."""
    return write(value, Run(DEFAULT_BUDGET, None))


def to_iso_duration(value: timedelta | YearsMonths) -> str:
    """P1DT2H or P1Y2M."""
    return write_months(value) if isinstance(value, YearsMonths) else write_span(value)


def write(value: Value, run: Run, *, inside: bool = False, depth: int = 0) -> str:
    """The text of a value; text inside a list or context is quoted."""
    value = adopt(value)
    text = _write(value, run, inside, depth)
    run.make(len(text))
    return text


def _write(value: Value, run: Run, inside: bool, depth: int) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' if inside else value
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Decimal):
        return write_number(value)
    if isinstance(value, datetime):
        return write_date_time(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return write_time(value)
    if isinstance(value, timedelta | YearsMonths):
        return to_iso_duration(value)
    if depth > MAX_RESULT_DEPTH:
        raise FeelError("The result holds lists more than {limit} levels deep", limit=MAX_RESULT_DEPTH)
    if isinstance(value, list):
        run.spend(1 + len(value))
        return "[" + ", ".join(write(item, run, inside=True, depth=depth + 1) for item in value) + "]"
    if isinstance(value, dict):
        run.spend(1 + len(value))
        pairs = (f"{_key(key)}: {write(item, run, inside=True, depth=depth + 1)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, Range):
        start, end = (write(side, run, inside=True, depth=depth + 1) for side in (value.start, value.end))
        return f"{'[' if value.start_included else '('}{start}..{end}{']' if value.end_included else ')'}"
    return "function(" + ", ".join(value.parameters) + ")"


def _key(key: str) -> str:
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"' if NOT_PLAIN_KEY.search(key) else key


def write_number(value: Decimal) -> str:
    """Without trailing zeros, and without an exponent up to 34 places."""
    if not value:
        return "0"
    value = value.normalize()
    if -34 <= value.adjusted() <= 34:
        return format(value, "f")
    return format(value, "e")
