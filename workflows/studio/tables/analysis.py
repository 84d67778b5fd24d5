"""Looks for what a decision table forgot and where its rules get in each other's way.

Every combination of values that the cells can tell apart is tried once, by the same tests that decide cases. What cells compare
with other variables is not known here; such columns are named instead of being guessed at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import feel
from workflows.engine.decision_model import ANY, FIRST, PRIORITY, SINGLE_HIT, UNIQUE, Decision, Rule, Table
from workflows.studio.tables.ranges import Part, cell_for, parts_of, read_cells, written

MOST_POINTS = 20_000
MOST_TESTS = 100_000
MOST_FINDINGS = 20
GAP, EMPTY, OVERLAP, DIFFER, SHADOWED, NEVER = "gap", "empty", "overlap", "differ", "shadowed", "never"

Point = tuple[int, ...]


@dataclass(frozen=True)
class Found:
    """One finding. `example` are input values by column, `cells` the cells of a rule that would close a gap, `label` the column
    that is empty."""

    kind: str
    severity: str
    rules: tuple[int, ...] = ()
    example: tuple[tuple[str, str], ...] = ()
    cells: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True)
class Analysis:
    """`unknown` are columns whose cells read other variables: then nothing is said. `rough` are columns whose cells compute
    something, which were tried with examples only. `too_many`: more combinations than can be tried."""

    gaps: tuple[Found, ...] = ()
    overlaps: tuple[Found, ...] = ()
    unknown: tuple[str, ...] = ()
    rough: tuple[str, ...] = ()
    too_many: bool = False

    @property
    def found(self) -> tuple[Found, ...]:
        return self.gaps + self.overlaps


@dataclass(frozen=True)
class Class:
    """Parts of a column that the same rules accept: `mask` has a bit for each rule."""

    mask: int
    places: tuple[int, ...]
    value: Any


@dataclass(frozen=True)
class Axis:
    """The columns that look at the same expression; the last class may stand for "nothing given"."""

    columns: tuple[int, ...]
    parts: tuple[Part, ...]
    classes: tuple[Class, ...]
    exact: bool

    @property
    def given(self) -> range:
        """The classes of values, without "nothing given"."""
        return range(len(self.classes) - 1)

    @property
    def nothing(self) -> int:
        return len(self.classes) - 1


def analyse(decision: Decision) -> Analysis:
    """What was found, in the order of the columns and rules. A formula has no gaps and no overlaps."""
    table = decision.table
    if table is None or not table.inputs:
        return Analysis()
    numbers = range(len(table.inputs))
    unknown = tuple(table.inputs[n].label for n in numbers if any(rule.tests[n].names for rule in table.rules))
    if unknown:
        return Analysis(unknown=unknown)
    groups: dict[str, list[int]] = {}
    for number in numbers:
        groups.setdefault(table.inputs[number].expression.text, []).append(number)
    axes = []
    for columns in groups.values():
        axis = _axis(table, columns)
        if axis is None:
            return Analysis(too_many=True)
        axes.append(axis)
    if prod(len(axis.classes) for axis in axes) > MOST_POINTS:
        return Analysis(too_many=True)
    rough = tuple(table.inputs[axis.columns[0]].label for axis in axes if not axis.exact)
    search = _Search(table, axes)
    return Analysis(gaps=tuple(search.gaps()), overlaps=tuple(search.overlaps(not rough)), rough=rough)


def _axis(table: Table, columns: Sequence[int]) -> Axis | None:
    """The classes of a column, None when there are too many to try."""
    cells = read_cells(rule.tests[column].text for rule in table.rules for column in columns)
    parts = parts_of(cells)
    if len(parts) * len(table.rules) * len(columns) > MOST_TESTS:
        return None
    places: dict[int, list[int]] = {}
    for place, part in enumerate(parts):
        places.setdefault(_mask(table.rules, columns, part.value), []).append(place)
    classes = [Class(mask, tuple(found), parts[found[0]].value) for mask, found in places.items()]
    classes.append(Class(_mask(table.rules, columns, None), (), None))
    return Axis(tuple(columns), tuple(parts), tuple(classes), cells.exact)


def _mask(rules: Sequence[Rule], columns: Sequence[int], value: Any) -> int:
    return sum(1 << at for at, rule in enumerate(rules) if all(_meets(rule, column, value) for column in columns))


def _meets(rule: Rule, column: int, value: Any) -> bool:
    try:
        return rule.tests[column].matches(value)
    except feel.FeelError:
        return False


class _Search:
    """The search through all combinations of classes; `masks` are the rules that hold at each of them."""

    def __init__(self, table: Table, axes: Sequence[Axis]) -> None:
        self.table, self.axes = table, axes
        self.masks: dict[Point, int] = {}
        everybody = (1 << len(table.rules)) - 1
        for point in product(*(range(len(axis.classes)) for axis in axes)):
            mask = everybody
            for axis, place in zip(axes, point, strict=True):
                mask &= axis.classes[place].mask
            self.masks[point] = mask

    def gaps(self) -> list[Found]:
        table = self.table
        if table.hit_policy in SINGLE_HIT and any(output.default for output in table.outputs):
            return []
        severity = "warning" if table.hit_policy in SINGLE_HIT else "hint"
        bare = {point for point, mask in self.masks.items() if not mask}
        left = {point: None for point in sorted(bare) if self._is_given(point)}
        found: list[Found] = []
        while left and len(found) < MOST_FINDINGS:
            point = next(iter(left))
            box = self._widened(point, bare)
            for covered in product(*box):
                left.pop(covered, None)
            found.append(Found(GAP, severity, example=self._example(point), cells=self._cells(box)))
        return found + self._empty(bare)

    def _widened(self, point: Point, bare: set[Point]) -> list[list[int]]:
        """The box around a point in which no rule holds, widened column by column."""
        box = [[place] for place in point]
        for at, axis in enumerate(self.axes):
            box[at] = [
                place
                for place in axis.given
                if all(each in bare for each in product(*([*box[:at], [place], *box[at + 1 :]])))
            ]
        return box

    def _empty(self, bare: set[Point]) -> list[Found]:
        """Columns without whose value no rule holds, as far as some rule holds with one."""
        found = []
        for at, axis in enumerate(self.axes):
            for point in sorted(bare):
                others = point[:at] + point[at + 1 :]
                alone = point[at] == axis.nothing and all(
                    place in other.given
                    for place, other in zip(others, [*self.axes[:at], *self.axes[at + 1 :]], strict=True)
                )
                if alone and any(self.masks[(*point[:at], place, *point[at + 1 :])] for place in axis.given):
                    label = self.table.inputs[axis.columns[0]].label
                    cells = self._cells([[place] for place in point])
                    found.append(Found(EMPTY, "hint", example=self._example(point), cells=cells, label=label))
                    break
        return found

    def overlaps(self, sure: bool) -> list[Found]:
        """`sure`: every column was tried with all that matters, so that a rule that never holds can be called so."""
        policy = self.table.hit_policy
        found: list[Found] = []
        if policy in (UNIQUE, ANY):
            found = list(self._pairs(policy))
        elif policy in (FIRST, PRIORITY):
            found = [Found(SHADOWED, "hint", rules=(number,)) for number in self._shadowed()]
        if sure:
            ever = 0
            for mask in self.masks.values():
                ever |= mask
            found += [
                Found(NEVER, "hint", rules=(at + 1,)) for at in range(len(self.table.rules)) if not ever >> at & 1
            ]
        return found[:MOST_FINDINGS]

    def _pairs(self, policy: str) -> Iterable[Found]:
        told: set[tuple[int, int]] = set()
        for point, mask in sorted(self.masks.items(), key=lambda each: (not self._is_given(each[0]), each[0])):
            hits = _bits(mask)
            for pair in ((one, other) for at, one in enumerate(hits) for other in hits[at + 1 :]):
                if pair in told or len(told) >= MOST_FINDINGS:
                    continue
                if policy == ANY and self._answer(pair[0]) == self._answer(pair[1]):
                    continue
                told.add(pair)
                kind = OVERLAP if policy == UNIQUE else DIFFER
                yield Found(kind, "error", (pair[0] + 1, pair[1] + 1), self._example(point))

    def _shadowed(self) -> list[int]:
        """Numbers of rules that hold somewhere but never decide."""
        ever = decides = 0
        rank = self._rank if self.table.hit_policy == PRIORITY else lambda at: [at]
        order = sorted(range(len(self.table.rules)), key=lambda at: (rank(at), at))
        for mask in self.masks.values():
            ever |= mask
            first = next((at for at in order if mask >> at & 1), None)
            if first is not None:
                decides |= 1 << first
        return [at + 1 for at in _bits(ever & ~decides)]

    def _rank(self, at: int) -> list[int]:
        answers = self._answer(at)
        ranks = []
        for output, answer in zip(self.table.outputs, answers, strict=True):
            order = [written(value.evaluate()) for value in output.order]
            if order:
                ranks.append(order.index(answer) if answer in order else len(order))
        return ranks

    def _answer(self, at: int) -> list[str]:
        """The answers of a rule as texts that differ where the answers do."""
        cells = self.table.rules[at].answers
        return ["null" if cell is None else cell.text if cell.names else written(cell.evaluate()) for cell in cells]

    def _is_given(self, point: Point) -> bool:
        return all(place in axis.given for place, axis in zip(point, self.axes, strict=True))

    def _example(self, point: Point) -> tuple[tuple[str, str], ...]:
        told = []
        for place, axis in zip(point, self.axes, strict=True):
            if len(axis.classes) == 2 and axis.classes[0].mask == axis.classes[1].mask:
                continue  # Nothing depends on this column.
            told.append((self.table.inputs[axis.columns[0]].label, written(axis.classes[place].value)))
        return tuple(told)

    def _cells(self, box: Sequence[Sequence[int]]) -> tuple[str, ...]:
        cells = ["-"] * len(self.table.inputs)
        for chosen, axis in zip(box, self.axes, strict=True):
            if list(chosen) == [axis.nothing]:
                cells[axis.columns[0]] = "null"
            else:
                places = [place for each in chosen for place in axis.classes[each].places]
                cells[axis.columns[0]] = cell_for(axis.parts, places)
        return tuple(cells)


def _bits(mask: int) -> list[int]:
    return [at for at in range(mask.bit_length()) if mask >> at & 1]
