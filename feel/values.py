"""The values of the language, and how values of the host become such values.

A value is None, bool, Decimal, str, date, time, datetime, timedelta, YearsMonths, list, dict with text keys, Range or
Function. Lists and contexts handed in are read where they lie; their elements are taken over one by one as they are
used, so that a large context costs nothing that is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any, TypeAlias

from .budget import Run
from .errors import FeelError

Value: TypeAlias = Any

# Numbers are those of IEEE 754-2008 decimal128: 34 digits, exponents to 6144. What does not fit gives null.
NUMBERS = Context(prec=34, Emin=-6143, Emax=6144, traps=[InvalidOperation, DivisionByZero, Overflow])
WHOLE_LIMIT = 10**34
MAX_RESULT_DEPTH = 100


@dataclass(frozen=True, slots=True, order=True)
class YearsMonths:
    """A duration of whole months, as in P1Y2M; it has no fixed number of days."""

    months: int


@dataclass(frozen=True, slots=True)
class Range:
    """All values between two ends; an end that is None is open to infinity."""

    start: Value
    end: Value
    start_included: bool = True
    end_included: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function written in an expression. `call` takes the running evaluation and one value for each parameter."""

    parameters: tuple[str, ...]
    call: Callable[[Run, list[Value]], Value]


SETTLED = frozenset({type(None), bool, str, list, dict, date, datetime, time, timedelta, YearsMonths, Range, Function})


def adopt(value: Value) -> Value:
    """The value of the language for a value of the host; elements of lists and contexts are left for later.

    Not-a-number and infinity become null. FeelError for a type that no expression can read.
    """
    kind = type(value)
    if kind in SETTLED:
        return value
    if kind is Decimal:
        return value if value.is_finite() else None
    if isinstance(value, int):
        return Decimal(value) if -WHOLE_LIMIT < value < WHOLE_LIMIT else _long_number(value)
    if isinstance(value, float):
        return adopt(Decimal(repr(value)))
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    if isinstance(value, datetime | date | time | timedelta):
        return value
    raise FeelError("A value of type {type} cannot be used in an expression", type=kind.__name__)


def _long_number(value: int) -> Decimal | None:
    return NUMBERS.create_decimal(value) if value.bit_length() < 20_000 else None


def take(value: Value, run: Run) -> Value:
    """The same, paid for where a whole list or context of the host has to be copied."""
    if isinstance(value, Mapping | tuple | set | frozenset):
        run.spend(1 + len(value) // 8)
    return adopt(value)


def settle(value: Value, run: Run, depth: int = 0) -> Value:
    """A copy of the value that shares no list or context with the host, with every number a Decimal."""
    kind = type(value)
    if kind is not list and kind is not dict:
        adopted = adopt(value)
        kind = type(adopted)
        if kind is not list and kind is not dict:
            return adopted
        value = adopted
    if depth > MAX_RESULT_DEPTH:
        raise FeelError("The result holds lists more than {limit} levels deep", limit=MAX_RESULT_DEPTH)
    run.spend(1 + len(value))
    if kind is list:
        return [settle(item, run, depth + 1) for item in value]
    return {str(key): settle(item, run, depth + 1) for key, item in value.items()}


def elements(value: Value, run: Run) -> list[Value]:
    """The elements of a list, taken over; any other value is a list of itself."""
    if type(value) is not list:
        return [value]
    run.spend(1 + len(value) // 8)
    return [adopt(item) for item in value]


def kind_of(value: Value) -> str:
    """The name of the value's type, as `instance of` writes it."""
    return KINDS.get(type(value)) or next(name for known, name in KINDS.items() if isinstance(value, known))


KINDS: dict[type, str] = {
    type(None): "Null",
    bool: "boolean",
    Decimal: "number",
    str: "string",
    datetime: "date and time",
    date: "date",
    time: "time",
    timedelta: "days and time duration",
    YearsMonths: "years and months duration",
    list: "list",
    dict: "context",
    Range: "range",
    Function: "function",
}
