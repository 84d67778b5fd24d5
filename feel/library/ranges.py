"""How points and ranges lie to each other (DMN 1.5, 10.3.2.3.2); what has no order gives null."""

from __future__ import annotations

from feel.budget import Run
from feel.comparison import contains, equal, order
from feel.values import Range, Value

from .registry import builtin


def _as_range(value: Value) -> Range:
    return value if isinstance(value, Range) else Range(value, value)


def _order(run: Run, left: Value, right: Value) -> int:
    """The order of two ends; an end to infinity, or two that cannot be compared, have none."""
    found = None if left is None or right is None else order(left, right, run)
    if found is None:
        raise ValueError
    return found


def _before(run: Run, a: Range, b: Range) -> bool:
    if a.end is None or b.start is None:
        return False
    found = _order(run, a.end, b.start)
    return found < 0 or (found == 0 and not (a.end_included and b.start_included))


def _starts_no_later(run: Run, a: Range, b: Range) -> bool:
    """Whether everything at the beginning of b also lies after the beginning of a."""
    if a.start is None:
        return True
    if b.start is None:
        return False
    found = _order(run, a.start, b.start)
    return found < 0 or (found == 0 and (a.start_included or not b.start_included))


def _ends_no_earlier(run: Run, a: Range, b: Range) -> bool:
    if a.end is None:
        return True
    if b.end is None:
        return False
    found = _order(run, a.end, b.end)
    return found > 0 or (found == 0 and (a.end_included or not b.end_included))


def _same_start(run: Run, a: Range, b: Range) -> bool:
    return a.start_included == b.start_included and equal(a.start, b.start, run) is True


def _same_end(run: Run, a: Range, b: Range) -> bool:
    return a.end_included == b.end_included and equal(a.end, b.end, run) is True


@builtin("before(a: any, b: any)", "before(point1: any, point2: any)", "before(range1: any, range2: any)")
def before(run: Run, a: Value, b: Value) -> bool | None:
    return None if a is None or b is None else _before(run, _as_range(a), _as_range(b))


@builtin("after(a: any, b: any)", "after(point1: any, point2: any)", "after(range1: any, range2: any)")
def after(run: Run, a: Value, b: Value) -> bool | None:
    return None if a is None or b is None else _before(run, _as_range(b), _as_range(a))


@builtin("meets(range1: range, range2: range)")
def meets(run: Run, a: Range, b: Range) -> bool:
    return a.end_included and b.start_included and equal(a.end, b.start, run) is True


@builtin("met by(range1: range, range2: range)")
def met_by(run: Run, a: Range, b: Range) -> bool:
    return meets(run, b, a)


@builtin("overlaps(range1: range, range2: range)")
def overlaps(run: Run, a: Range, b: Range) -> bool:
    return not _before(run, a, b) and not _before(run, b, a)


@builtin("overlaps before(range1: range, range2: range)")
def overlaps_before(run: Run, a: Range, b: Range) -> bool:
    """Whether a begins before b and ends inside it."""
    return (
        _starts_no_later(run, a, b)
        and not _same_start(run, a, b)
        and overlaps(run, a, b)
        and _ends_no_earlier(run, b, a)
    )


@builtin("overlaps after(range1: range, range2: range)")
def overlaps_after(run: Run, a: Range, b: Range) -> bool:
    """Whether a begins inside b and ends after it."""
    return (
        _ends_no_earlier(run, a, b) and not _same_end(run, a, b) and overlaps(run, a, b) and _starts_no_later(run, b, a)
    )


@builtin("finishes(a: any, b: range)", "finishes(point: any, range: range)", "finishes(range1: any, range2: range)")
def finishes(run: Run, a: Value, b: Range) -> bool | None:
    if a is None:
        return None
    inner = _as_range(a)
    return _same_end(run, inner, b) and _starts_no_later(run, b, inner)


@builtin(
    "finished by(a: range, b: any)", "finished by(range: range, point: any)", "finished by(range1: range, range2: any)"
)
def finished_by(run: Run, a: Range, b: Value) -> bool | None:
    return finishes(run, b, a)


@builtin(
    "includes(range: range, value: any)", "includes(range: range, point: any)", "includes(range1: range, range2: any)"
)
def includes(run: Run, a: Range, b: Value) -> bool | None:
    if b is None:
        return None
    if not isinstance(b, Range):
        return contains(a, b, run)
    return _starts_no_later(run, a, b) and _ends_no_earlier(run, a, b)


@builtin("during(a: any, b: range)", "during(point: any, range: range)", "during(range1: any, range2: range)")
def during(run: Run, a: Value, b: Range) -> bool | None:
    return includes(run, b, a)


@builtin("starts(a: any, b: range)", "starts(point: any, range: range)", "starts(range1: any, range2: range)")
def starts(run: Run, a: Value, b: Range) -> bool | None:
    if a is None:
        return None
    inner = _as_range(a)
    return _same_start(run, inner, b) and _ends_no_earlier(run, b, inner)


@builtin(
    "started by(a: range, b: any)", "started by(range: range, point: any)", "started by(range1: range, range2: any)"
)
def started_by(run: Run, a: Range, b: Value) -> bool | None:
    return starts(run, b, a)


@builtin("coincides(a: any, b: any)", "coincides(point1: any, point2: any)", "coincides(range1: any, range2: any)")
def coincides(run: Run, a: Value, b: Value) -> bool | None:
    return equal(a, b, run)


@builtin("is(value1: any, value2: any)")
def is_(run: Run, a: Value, b: Value) -> bool:
    """Whether two values are of one type and the same, times with the same zone."""
    if type(a) is not type(b):
        return False
    if getattr(a, "tzinfo", None) != getattr(b, "tzinfo", None):
        return False
    return equal(a, b, run) is True
