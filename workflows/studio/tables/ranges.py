"""Parts the values of a column into classes that its cells cannot tell apart.

The constants of the cells cut the line of numbers, dates and durations into points and the gaps between them; texts fall into those
that are named and any other. Within such a part every cell answers alike, so that one value stands for all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import feel
from feel import YearsMonths, tree
from feel.parser import parse_tests

MAKERS = frozenset({"@", "date", "time", "date and time", "duration"})
# Nodes that only compare with constants; whatever else stands in a cell is looked at by examples alone.
PLAIN = (
    tree.Tests, tree.Test, tree.Literal, tree.RangeLiteral, tree.ListLiteral, tree.Comparison, tree.Between, tree.In,
    tree.Logic, tree.Not, tree.Name,
)  # fmt: skip
OTHER_TEXT = "…"


@dataclass(frozen=True)
class Part:
    """Values that all cells treat alike: one of them, and the ends that a cell for just these would have (None: no end)."""

    value: Any
    low: Any = None
    high: Any = None
    point: bool = True
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cells:
    """The constants that the cells of a column name; `exact` is False where a cell computes something from the value."""

    constants: tuple[Any, ...]
    lists: tuple[Any, ...]
    exact: bool


def read_cells(texts: Iterable[str]) -> Cells:
    constants: dict[tuple[type, Any], Any] = {}
    lists: dict[Any, None] = {}
    exact = True
    for text in dict.fromkeys(texts):
        for node in _nodes(parse_tests(text, frozenset({"?"}))):
            if isinstance(node, tree.Call) and (made := _made(node)) is not None:
                constants[type(made), made] = made
            elif isinstance(node, tree.Negation) and isinstance(node.operand, tree.Literal):
                value = -node.operand.value
                constants[type(value), value] = value
            elif isinstance(node, tree.Literal) and node.value is not None:
                constants[type(node.value), node.value] = node.value
            elif not isinstance(node, PLAIN):
                exact = False
                if isinstance(node, tree.Call) and getattr(node.target, "name", "") == "list contains":
                    lists |= {part.value: None for part in node.arguments if isinstance(part, tree.Literal)}
            if isinstance(node, tree.Test | tree.RangeLiteral) and _about_texts(node):
                exact = False
    return Cells(tuple(constants.values()), tuple(lists), exact)


def _nodes(root: tree.Node) -> Iterator[tree.Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, tree.Call) and _made(node) is not None:
            continue
        if not (isinstance(node, tree.Negation) and isinstance(node.operand, tree.Literal)):
            waiting.extend(reversed(list(tree.children(node))))


def _made(node: tree.Call) -> Any:
    """The date, time or duration that a call with constants makes."""
    name = getattr(node.target, "name", "")
    if name not in MAKERS or len(node.arguments) != 1 or not isinstance(node.arguments[0], tree.Literal):
        return None
    quoted = written(node.arguments[0].value)
    return feel.evaluate(f"@{quoted}" if name == "@" else f"{name}({quoted})")


def _about_texts(node: tree.Node) -> bool:
    ordered = isinstance(node, tree.RangeLiteral) or getattr(node, "operator", "=") not in ("=", "!=")
    return ordered and any(
        isinstance(below, tree.Literal) and isinstance(below.value, str) for below in tree.children(node)
    )


def parts_of(cells: Cells) -> list[Part]:
    """All parts but "nothing given"; a column in which nothing is compared has one, that stands for anything."""
    kinds: dict[type, list[Any]] = {}
    for constant in cells.constants:
        kinds.setdefault(type(constant), []).append(constant)
    parts: list[Part] = []
    if cells.lists:
        kinds.pop(str, None)
        parts += [Part([]), *(Part([value]) for value in cells.lists)]
    for kind, values in kinds.items():
        if kind is bool:
            parts += [Part(True), Part(False)]
        elif kind in (Decimal, date, datetime, time, timedelta, YearsMonths):
            parts += _ordered(values)
        elif kind is str:
            other = OTHER_TEXT
            while other in values:
                other += OTHER_TEXT
            parts += [*(Part(value) for value in values), Part(other, point=False, others=tuple(values))]
    return parts or [Part(None, point=False)]


def _ordered(values: Sequence[Any]) -> list[Part]:
    try:
        line = sorted(values, key=lambda value: value.months if isinstance(value, YearsMonths) else value)
    except TypeError:  # Moments with and without a zone have no common order.
        return [Part(value) for value in values]
    found = []
    if (below := _step(line[0], -1)) is not None:
        found.append(Part(below, high=line[0], point=False))
    for one, following in pairwise([*line, None]):
        found.append(Part(one))
        between = _step(one, 1) if following is None else _middle(one, following)
        if between is not None:
            found.append(Part(between, low=one, high=following, point=False))
    return found


def _step(value: Any, by: int) -> Any:
    """A value one step beyond the last constant, None where there is none."""
    try:
        if isinstance(value, Decimal):
            return value + by
        if isinstance(value, YearsMonths):
            return YearsMonths(value.months + by)
        if isinstance(value, time):
            edge = time.min if by < 0 else time(23, 59, 59)
            return None if value.replace(tzinfo=None) == edge else edge.replace(tzinfo=value.tzinfo)
        return value + timedelta(days=by)
    except OverflowError:
        return None


def _middle(low: Any, high: Any) -> Any:
    if isinstance(low, Decimal):
        return (low + high) / 2
    if isinstance(low, YearsMonths):
        return YearsMonths(low.months + 1) if high.months - low.months > 1 else None
    if isinstance(low, time):
        day = date(2000, 1, 1)
        start, end = datetime.combine(day, low), datetime.combine(day, high)
        between = (start + (end - start) / 2).timetz()
    elif isinstance(low, datetime):
        between = low + (high - low) / 2
    elif isinstance(low, date):
        return low + timedelta(days=1) if high - low > timedelta(days=1) else None
    else:
        between = low + (high - low) / 2
    return between if low < between < high else None


def written(value: Any) -> str:
    """A constant as it stands in a cell."""
    if isinstance(value, datetime):
        return f'date and time("{feel.format_value(value)}")'
    if isinstance(value, date | time | timedelta | YearsMonths):
        maker = "date" if isinstance(value, date) else "time" if isinstance(value, time) else "duration"
        return f'{maker}("{feel.format_value(value)}")'
    return feel.format_value([value])[1:-1]


def cell_for(parts: Sequence[Part], chosen: Iterable[int]) -> str:
    """A cell that holds for just these parts, by their places; "-" for all of them."""
    places = sorted(set(chosen))
    if len(places) == len(parts):
        return "-"
    runs: list[list[Part]] = []
    last = -2
    for place in places:
        part = parts[place]
        joined = runs and place == last + 1 and _ordered_part(part) and type(part.value) is type(runs[-1][-1].value)
        if joined:
            runs[-1].append(part)
        else:
            runs.append([part])
        last = place
    others = next((part.others for part in (parts[place] for place in places) if part.others), None)
    if others is not None:
        named = {part.value for part in (parts[place] for place in places) if part.point}
        left = [value for value in others if value not in named]
        return f"not({', '.join(written(value) for value in left)})"
    return ", ".join(_run(run) for run in runs)


def _ordered_part(part: Part) -> bool:
    return isinstance(part.value, Decimal | date | time | timedelta | YearsMonths)


def _run(run: Sequence[Part]) -> str:
    first, last = run[0], run[-1]
    if first.point and len(run) == 1:
        return f"list contains(?, {written(first.value[0])})" if first.value and isinstance(first.value, list) else (
            "count(?) = 0" if isinstance(first.value, list) else written(first.value)
        )  # fmt: skip
    low, high = (first.value if first.point else first.low), (last.value if last.point else last.high)
    if low is None:
        return f"{'<=' if last.point else '<'} {written(high)}"
    if high is None:
        return f"{'>=' if first.point else '>'} {written(low)}"
    return f"{'[' if first.point else '('}{written(low)}..{written(high)}{']' if last.point else ')'}"
