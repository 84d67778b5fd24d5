"""Functions of lists. Positions count from 1, or from the end when negative; a list is never changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import cmp_to_key

from feel.arithmetic import calculate
from feel.budget import Run
from feel.comparison import equal, order
from feel.values import NUMBERS, Function, Value, YearsMonths, adopt

from .registry import builtin

ZERO = Decimal(0)


def _made(run: Run, items: list[Value]) -> list[Value]:
    run.make(len(items))
    return items


@builtin("list contains(list: list, element: any)")
def list_contains(run: Run, items: list[Value], element: Value) -> bool:
    run.spend(len(items))
    return any(equal(item, element, run) is True for item in items)


@builtin("count(list: list)")
def count(_run: Run, items: list[Value]) -> Decimal:
    return Decimal(len(items))


@builtin("min(...list: any)")
def minimum(run: Run, items: list[Value]) -> Value:
    """The least of values of one type; null when the list is empty or mixed."""
    return _extreme(run, items, -1)


@builtin("max(...list: any)")
def maximum(run: Run, items: list[Value]) -> Value:
    return _extreme(run, items, 1)


def _extreme(run: Run, items: list[Value], wanted: int) -> Value:
    if not items:
        return None
    best = items[0]
    for item in items:
        found = order(item, best, run)
        if found is None:
            return None
        if found == wanted:
            best = item
    return best


@builtin("sum(...list: any)")
def total(run: Run, items: list[Value]) -> Value:
    """The sum of numbers or of durations; null when the list is empty or mixed."""
    if not items or not isinstance(items[0], Decimal | timedelta | YearsMonths):
        return None
    answer: Value = items[0]
    for item in items[1:]:
        answer = calculate("+", answer, item, run) if type(item) is type(answer) else None
        if answer is None:
            return None
    return answer


@builtin("product(...list: number)")
def product(_run: Run, items: list[Decimal]) -> Decimal | None:
    answer = Decimal(1)
    for item in items:
        answer = NUMBERS.multiply(answer, item)
    return answer if items else None


@builtin("mean(...list: any)")
def mean(run: Run, items: list[Value]) -> Value:
    return calculate("/", total(run, items), Decimal(len(items)), run) if items else None


@builtin("median(...list: number)")
def median(run: Run, items: list[Decimal]) -> Decimal | None:
    """The middle one, or the mean of the two in the middle."""
    if not items:
        return None
    run.spend(len(items))
    ordered = sorted(items)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return NUMBERS.divide(NUMBERS.add(ordered[middle - 1], ordered[middle]), Decimal(2))


@builtin("stddev(...list: number)")
def stddev(_run: Run, items: list[Decimal]) -> Decimal | None:
    """The deviation of a sample; null for fewer than two numbers."""
    if len(items) < 2:
        return None
    average = NUMBERS.divide(_sum(items), Decimal(len(items)))
    squares = [NUMBERS.power(NUMBERS.subtract(item, average), Decimal(2)) for item in items]
    return NUMBERS.sqrt(NUMBERS.divide(_sum(squares), Decimal(len(items) - 1)))


def _sum(items: list[Decimal]) -> Decimal:
    answer = ZERO
    for item in items:
        answer = NUMBERS.add(answer, item)
    return answer


@builtin("mode(...list: number)")
def mode(run: Run, items: list[Decimal]) -> list[Value]:
    """The numbers that come most often, in order."""
    counts: dict[Decimal, int] = {}
    for item in items:
        counts[item] = counts.get(item, 0) + 1
    most = max(counts.values(), default=0)
    return _made(run, sorted(item for item, often in counts.items() if often == most))


@builtin("all(...list: any)")
def all_(_run: Run, items: list[Value]) -> bool | None:
    if any(item is False for item in items):
        return False
    return True if all(item is True for item in items) else None


@builtin("any(...list: any)")
def any_(_run: Run, items: list[Value]) -> bool | None:
    if any(item is True for item in items):
        return True
    return False if all(item is False for item in items) else None


@builtin(
    "sublist(list: list, start position: number, length: number?)",
    "sublist(list: list, start: number, length: number?)",
)
def sublist(run: Run, items: list[Value], start: Decimal, length: Decimal | None = None) -> list[Value] | None:
    if not start or abs(start) > len(items) or (length is not None and length < 0):
        return None
    first = int(start) - 1 if start > 0 else len(items) + int(start)
    end = len(items) if length is None or length > len(items) else first + int(length)
    return _made(run, items[first:end])


@builtin("append(list: list, ...item: part)", "append(list: list, ...items: part)")
def append(run: Run, items: list[Value], more: list[Value]) -> list[Value]:
    return _made(run, items + more)


@builtin("concatenate(...list: part)")
def concatenate(run: Run, lists: list[Value]) -> list[Value]:
    """The elements of all lists in one; what is no list counts as an element."""
    joined: list[Value] = []
    for one in lists:
        run.make(len(one) if isinstance(one, list) else 1)
        joined.extend(one if isinstance(one, list) else [one])
    return joined


@builtin("insert before(list: list, position: number, newItem: any)")
def insert_before(run: Run, items: list[Value], position: Decimal, item: Value) -> list[Value] | None:
    at = _position(items, position)
    return None if at is None else _made(run, [*items[:at], item, *items[at:]])


@builtin("remove(list: list, position: number)")
def remove(run: Run, items: list[Value], position: Decimal) -> list[Value] | None:
    at = _position(items, position)
    return None if at is None else _made(run, items[:at] + items[at + 1 :])


@builtin("list replace(list: list, position: number, newItem: any)")
def replace_at(run: Run, items: list[Value], position: Decimal, item: Value) -> list[Value] | None:
    at = _position(items, position)
    return None if at is None else _made(run, [*items[:at], item, *items[at + 1 :]])


@builtin("list replace(list: list, match: function, newItem: any)")
def replace_matching(run: Run, items: list[Value], match: Function, item: Value) -> list[Value] | None:
    """With the new item in place of each for which the function of both is true."""
    if len(match.parameters) != 2:
        return None
    return _made(run, [item if match.call(run, [old, item]) is True else old for old in items])


def _position(items: list[Value], position: Decimal) -> int | None:
    if not 1 <= abs(position) <= len(items):
        return None
    return int(position) - 1 if position > 0 else len(items) + int(position)


@builtin("reverse(list: list)")
def reverse(run: Run, items: list[Value]) -> list[Value]:
    return _made(run, items[::-1])


@builtin("index of(list: list, match: any)")
def index_of(run: Run, items: list[Value], match: Value) -> list[Value]:
    """The positions of all elements equal to the match."""
    run.spend(len(items))
    return _made(run, [Decimal(at) for at, item in enumerate(items, 1) if equal(item, match, run) is True])


@builtin("union(...list: part)")
def union(run: Run, lists: list[Value]) -> list[Value]:
    """The elements of all lists, each once."""
    return distinct_values(run, concatenate(run, lists))


@builtin("distinct values(list: list)")
def distinct_values(run: Run, items: list[Value]) -> list[Value]:
    found: list[Value] = []
    for item in items:
        run.spend(1 + len(found))
        if not any(equal(item, other, run) is True for other in found):
            found.append(adopt(item))
    return _made(run, found)


@builtin("duplicate values(list: list)")
def duplicate_values(run: Run, items: list[Value]) -> list[Value]:
    """The elements that come more than once, each once."""
    seen: list[Value] = []
    found: list[Value] = []
    for item in items:
        run.spend(1 + len(seen) + len(found))
        if any(equal(item, other, run) is True for other in seen):
            if not any(equal(item, other, run) is True for other in found):
                found.append(item)
        else:
            seen.append(item)
    return _made(run, found)


@builtin("flatten(list: list)")
def flatten(run: Run, items: list[Value]) -> list[Value]:
    """The elements of all lists inside the list, however deep."""
    flat: list[Value] = []
    waiting = items[::-1]
    while waiting:
        run.spend(1)
        item = adopt(waiting.pop())
        if isinstance(item, list):
            run.make(len(item))
            waiting.extend(item[::-1])
        else:
            flat.append(item)
    return _made(run, flat)


@builtin("sort(list: list, precedes: function?)")
def sort(run: Run, items: list[Value], precedes: Function | None = None) -> list[Value] | None:
    """In the order that the function tells for two elements, or in the natural one; equal ones keep their places."""
    if precedes is not None and len(precedes.parameters) != 2:
        return None
    run.make(len(items))
    return sorted(items, key=cmp_to_key(_by(precedes, run) if precedes else _natural(run)))


def _by(precedes: Function, run: Run) -> Callable[[Value, Value], int]:
    def compare(a: Value, b: Value) -> int:
        if precedes.call(run, [a, b]) is True:
            return -1
        return 1 if precedes.call(run, [b, a]) is True else 0

    return compare


def _natural(run: Run) -> Callable[[Value, Value], int]:
    def compare(a: Value, b: Value) -> int:
        run.spend(1)
        found = order(a, b, run)
        if found is None:
            raise ValueError
        return found

    return compare
