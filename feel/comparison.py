"""Equality, order and membership, three-valued: what cannot be compared gives null.

As in the library inside form-js: values of different types are neither equal (null) nor fail to differ (`!=` is true);
a list of one element equals that element; a range without order of its ends holds what lies between them; `in` gives
false, not null, when the value is null. A date is compared with a date and time as its midnight.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal

from .budget import Run
from .values import Function, Range, Value, YearsMonths, adopt

# Types whose values may be compared by Python once both are of the same one.
PLAIN = frozenset({str, Decimal, bool, date, timedelta, YearsMonths, type(None)})
ORDERED = frozenset({str, Decimal, date, timedelta, YearsMonths})


def equal(left: Value, right: Value, run: Run) -> bool | None:
    """`=`: True, False, or None when the two are of different types."""
    left, right = adopt(left), adopt(right)
    kind = type(left)
    if kind is type(right) and kind in PLAIN:
        return bool(left == right)
    if left is None or right is None:
        return left is right
    run.spend(1)
    left, right = _only_element(left), _only_element(right)
    kind, other = type(left), type(right)
    if isinstance(left, date) and isinstance(right, date):
        return moment(left, run) == moment(right, run)
    if kind is not other:
        return None
    if kind in PLAIN:
        return bool(left == right)
    if kind is time:
        return clock(left, run.zone) == clock(right, run.zone)
    if kind is list or kind is dict:
        run.spend(len(left))
    if kind is list:
        return len(left) == len(right) and all(equal(a, b, run) is True for a, b in zip(left, right, strict=True))
    if kind is dict:
        return left.keys() == right.keys() and all(equal(item, right[key], run) is True for key, item in left.items())
    if kind is Range:
        return (
            (left.start_included, left.end_included) == (right.start_included, right.end_included)
            and equal(left.start, right.start, run) is True
            and equal(left.end, right.end, run) is True
        )
    return left is right


def _only_element(value: Value) -> Value:
    if type(value) is list and len(value) < 2:
        return adopt(value[0]) if value else None
    return value


def moment(value: date, run: Run) -> timedelta:
    """A point in time, as its distance from the beginning of the calendar in UTC.

    A date is its midnight, and what has no zone is read in that of the evaluation. Python itself compares two moments
    of one zone by their clocks, which is wrong where daylight saving begins or ends.
    """
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if value.tzinfo is None:
        value = value.replace(tzinfo=run.zone)
    return value.replace(tzinfo=None) - datetime.min - (value.utcoffset() or timedelta(0))


def clock(value: time, zone: tzinfo) -> int:
    """Microseconds since midnight in UTC; the offset of a named zone is that of the first of January 1970."""
    offset = zone_offset(value if value.tzinfo else value.replace(tzinfo=zone))
    seconds = (value.hour * 60 + value.minute) * 60 + value.second
    return seconds * 1_000_000 + value.microsecond - offset // timedelta(microseconds=1)


def zone_offset(value: time) -> timedelta:
    """How far a time of day lies from UTC; zero when it has no zone."""
    if value.tzinfo is None:
        return timedelta(0)
    return datetime.combine(date(1970, 1, 1), value).utcoffset() or timedelta(0)


def order(left: Value, right: Value, run: Run) -> int | None:
    """-1, 0 or 1 for less, equal, greater; None when the two have no order."""
    left, right = adopt(left), adopt(right)
    kind = type(left)
    if kind is type(right) and kind in ORDERED:
        return int(left > right) - int(left < right)
    if isinstance(left, date) and isinstance(right, date):
        a, b = moment(left, run), moment(right, run)
        return int(a > b) - int(a < b)
    if isinstance(left, time) and isinstance(right, time):
        x, y = clock(left, run.zone), clock(right, run.zone)
        return int(x > y) - int(x < y)
    return None


def compare(operator: str, left: Value, right: Value, run: Run) -> bool | None:
    """The answer of a comparison operator."""
    if operator == "=":
        return equal(left, right, run)
    if operator == "!=":
        return equal(left, right, run) is not True
    found = order(left, right, run)
    if found is None:
        return None
    if found == 0:
        return operator in ("<=", ">=")
    return (found < 0) == (operator in ("<", "<="))


def contains(interval: Range, value: Value, run: Run) -> bool | None:
    """Whether the value lies in the range; None when it cannot be compared with the ends."""
    start, end = interval.start, interval.end
    start_included, end_included = interval.start_included, interval.end_included
    if start is not None and end is not None and order(start, end, run) == 1:
        start, end, start_included, end_included = end, start, end_included, start_included
    if start is None and end is None:
        return None
    if start is not None:
        found = order(value, start, run)
        if found is None:
            return None
        if found < 0 or (found == 0 and not start_included):
            return False
    if end is not None:
        found = order(value, end, run)
        if found is None:
            return None
        if found > 0 or (found == 0 and not end_included):
            return False
    return True


def meets_test(value: Value, test: Value, run: Run) -> bool | None:
    """Whether a value meets the value of one test: lies in a range, is in a list, or equals it."""
    if type(test) is Range:
        return contains(test, value, run)
    if type(test) is list:
        run.spend(1 + len(test))
        return any(
            (contains(item, value, run) if type(item) is Range else equal(value, item, run)) is True for item in test
        ) or (type(value) is list and equal(value, test, run) is True)
    if type(test) is Function and type(value) is not Function:
        return test.call(run, [value]) is True
    return equal(value, test, run)
