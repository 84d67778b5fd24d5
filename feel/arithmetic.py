"""The operators + - * / ** on numbers, text, dates, times and durations; what they cannot do gives null.

Where a date meets a time span the answer stays a date, as the standard says. A date and time with a zone moves along
the time line, so that its clock may jump where daylight saving begins; months move the calendar and stop at the last
day of a shorter month.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from .budget import Run
from .comparison import clock, moment
from .values import NUMBERS, Value, YearsMonths

DAY = timedelta(days=1)
MAX_MONTHS = 12 * 10**9


def calculate(operator: str, left: Value, right: Value, run: Run) -> Value:
    """The answer of one operator, or None."""
    try:
        if type(left) is Decimal and type(right) is Decimal:
            return NUMERIC[operator](left, right)
        if type(left) is str and type(right) is str and operator == "+":
            run.make(len(left) + len(right))
            return left + right
        if operator == "+":
            return _add(left, right)
        if operator == "-":
            return _subtract(left, right, run)
        if operator == "*":
            return _scale(left, right) if type(right) is Decimal else _scale(right, left)
        if operator == "/":
            return _divide(left, right)
    except (ArithmeticError, ValueError):
        return None
    return None


def _power(left: Decimal, right: Decimal) -> Decimal | None:
    return NUMBERS.power(left, right) if left or right > 0 else (Decimal(1) if not right else None)


NUMERIC: dict[str, Callable[[Decimal, Decimal], Decimal | None]] = {
    "+": NUMBERS.add,
    "-": NUMBERS.subtract,
    "*": NUMBERS.multiply,
    "/": NUMBERS.divide,
    "**": _power,
}


def negate(value: Value) -> Value:
    """The value with the other sign, or None."""
    if type(value) is Decimal:
        return NUMBERS.minus(value)
    if isinstance(value, timedelta):
        return -value
    if type(value) is YearsMonths:
        return YearsMonths(-value.months)
    return None


def _add(left: Value, right: Value) -> Value:
    if isinstance(left, timedelta | YearsMonths) and not isinstance(right, timedelta | YearsMonths):
        left, right = right, left
    if type(right) is YearsMonths:
        if type(left) is YearsMonths:
            return _months(left.months + right.months)
        return add_months(left, right.months) if isinstance(left, date) else None
    if isinstance(right, timedelta):
        if isinstance(left, timedelta):
            return left + right
        return _move(left, right)
    return None


def _subtract(left: Value, right: Value, run: Run) -> Value:
    if isinstance(right, timedelta | YearsMonths):
        return _add(left, negate(right)) if not isinstance(left, Decimal | str) else None
    if isinstance(left, datetime) or isinstance(right, datetime):
        if isinstance(left, date) and isinstance(right, date):
            return moment(left, run) - moment(right, run)
        return None
    if isinstance(left, date) and isinstance(right, date):
        return left - right
    if isinstance(left, time) and isinstance(right, time):
        return timedelta(microseconds=clock(left, run.zone) - clock(right, run.zone))
    return None


def _months(count: int) -> YearsMonths | None:
    return YearsMonths(count) if abs(count) <= MAX_MONTHS else None


def _move(value: Value, span: timedelta) -> Value:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return value + span
        return (value.astimezone(UTC) + span).astimezone(value.tzinfo)
    if isinstance(value, date):
        return (datetime(value.year, value.month, value.day) + span).date()
    if isinstance(value, time):
        moved = datetime(2000, 1, 1, value.hour, value.minute, value.second, value.microsecond) + span % DAY
        return moved.time().replace(tzinfo=value.tzinfo)
    return None


def add_months(value: date, months: int) -> date | None:
    """The date so many months later, at most the last day of its month; None beyond the calendar."""
    year, month = divmod(value.year * 12 + value.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        return None
    last = calendar.monthrange(year, month + 1)[1]
    return value.replace(year=year, month=month + 1, day=min(value.day, last))


def _scale(value: Value, factor: Value) -> Value:
    if type(factor) is not Decimal:
        return None
    if isinstance(value, timedelta):
        return timedelta(microseconds=int(NUMBERS.multiply(_microseconds(value), factor)))
    if type(value) is YearsMonths:
        return _months(int(NUMBERS.multiply(Decimal(value.months), factor)))
    return None


def _divide(left: Value, right: Value) -> Value:
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return NUMBERS.divide(_microseconds(left), _microseconds(right))
    if type(left) is YearsMonths and type(right) is YearsMonths:
        return NUMBERS.divide(Decimal(left.months), Decimal(right.months))
    return _scale(left, NUMBERS.divide(Decimal(1), right)) if type(right) is Decimal else None


def _microseconds(span: timedelta) -> Decimal:
    return Decimal(span // timedelta(microseconds=1))
