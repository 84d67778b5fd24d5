"""Functions of numbers. Rounding to a scale beyond what a number can hold gives null."""

from __future__ import annotations

from datetime import timedelta
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)

from feel.budget import Run
from feel.values import NUMBERS, Value, YearsMonths

from .registry import builtin

MAX_SCALE = 6_000


def rounded(value: Decimal, scale: Decimal | None, mode: str) -> Decimal | None:
    """The number with so many decimal places, or tens, hundreds … with a negative scale."""
    if scale is not None and abs(scale) > MAX_SCALE:
        return None
    places = int(scale or 0)
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= places:
        return value
    return NUMBERS.plus(value.quantize(Decimal(1).scaleb(-places, NUMBERS), mode, NUMBERS))


@builtin("decimal(n: number, scale: number)")
def decimal(_run: Run, value: Decimal, scale: Decimal) -> Decimal | None:
    return rounded(value, scale, ROUND_HALF_EVEN)


@builtin("floor(n: number, scale: number?)")
def floor(_run: Run, value: Decimal, scale: Decimal | None = None) -> Decimal | None:
    return rounded(value, scale, ROUND_FLOOR)


@builtin("ceiling(n: number, scale: number?)")
def ceiling(_run: Run, value: Decimal, scale: Decimal | None = None) -> Decimal | None:
    return rounded(value, scale, ROUND_CEILING)


@builtin("round up(n: number, scale: number)")
def round_up(_run: Run, value: Decimal, scale: Decimal) -> Decimal | None:
    return rounded(value, scale, ROUND_UP)


@builtin("round down(n: number, scale: number)")
def round_down(_run: Run, value: Decimal, scale: Decimal) -> Decimal | None:
    return rounded(value, scale, ROUND_DOWN)


@builtin("round half up(n: number, scale: number)")
def round_half_up(_run: Run, value: Decimal, scale: Decimal) -> Decimal | None:
    return rounded(value, scale, ROUND_HALF_UP)


@builtin("round half down(n: number, scale: number)")
def round_half_down(_run: Run, value: Decimal, scale: Decimal) -> Decimal | None:
    return rounded(value, scale, ROUND_HALF_DOWN)


@builtin("abs(n: any)", "abs(number: any)")
def absolute(_run: Run, value: Value) -> Value:
    """The size of a number or duration without its sign."""
    if isinstance(value, Decimal):
        return NUMBERS.abs(value)
    if isinstance(value, timedelta):
        return abs(value)
    return YearsMonths(abs(value.months)) if isinstance(value, YearsMonths) else None


@builtin("modulo(dividend: number, divisor: number)")
def modulo(_run: Run, dividend: Decimal, divisor: Decimal) -> Decimal:
    """What is left over, with the sign of the divisor."""
    left = NUMBERS.remainder(dividend, divisor)
    return NUMBERS.add(left, divisor) if left and (left < 0) != (divisor < 0) else left


@builtin("sqrt(number: number)")
def sqrt(_run: Run, value: Decimal) -> Decimal:
    return NUMBERS.sqrt(value)


@builtin("log(number: number)")
def log(_run: Run, value: Decimal) -> Decimal | None:
    return NUMBERS.ln(value) if value > 0 else None


@builtin("exp(number: number)")
def exp(_run: Run, value: Decimal) -> Decimal:
    return NUMBERS.exp(value)


@builtin("odd(number: number)")
def odd(_run: Run, value: Decimal) -> bool:
    return abs(NUMBERS.remainder(value, Decimal(2))) == 1


@builtin("even(number: number)")
def even(_run: Run, value: Decimal) -> bool:
    return NUMBERS.remainder(value, Decimal(2)) == 0
