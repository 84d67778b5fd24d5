"""Gaps and overlaps of decision tables: what is found, what is left alone, and that trying every value finds the same."""

from __future__ import annotations

import random
from itertools import product

import pytest

import feel
from workflows.engine.decision_model import Decision, Input, Output, Rule, Table
from workflows.studio.tables.analysis import DIFFER, EMPTY, GAP, NEVER, OVERLAP, SHADOWED, Found, analyse


def decision(
    policy: str, rows: list[list[str]], *, columns: list[str] | None = None, order: str = "", default: str = ""
) -> Decision:
    """A table whose rows are cells and, last, the answer."""
    names = columns or ["abcdef"[number] for number in range(len(rows[0]) - 1)]
    output = Output(
        "answer",
        tuple(feel.parse(part) for part in order.split(",") if part),
        feel.parse(default) if default else None,
    )
    rules = [Rule(tuple(map(feel.parse_unary_tests, row[:-1])), (feel.parse(row[-1]),)) for row in rows]
    inputs = tuple(Input(name.upper(), feel.parse(name)) for name in names)
    return Decision("d", "D", "d", "d.dmn", table=Table(policy, None, inputs, (output,), tuple(rules)))


def gaps(made: Decision) -> list[tuple[str, ...]]:
    return [found.cells for found in analyse(made).gaps if found.kind == GAP]


def told(made: Decision) -> list[tuple[str, tuple[int, ...]]]:
    return [(found.kind, found.rules) for found in analyse(made).overlaps]


@pytest.mark.parametrize(
    ("cells", "gap"),
    [
        (["< 10", "> 10"], "10"),
        (["[1..5]", "> 5"], "< 1"),
        (["< 1", "[2..3]", "> 3"], "[1..2)"),
        (["<= -3", ">= 4.5"], "(-3..4.5)"),
        (['date("2026-01-01")', '> date("2026-01-01")'], '< date("2026-01-01")'),
        (['< date("2026-01-01")', '> date("2026-01-03")'], '[date("2026-01-01")..date("2026-01-03")]'),
        (['< duration("PT2H")', '> duration("PT2H")'], 'duration("PT2H")'),
        (['< duration("P1Y")', '>= duration("P2Y")'], '[duration("P1Y")..duration("P2Y"))'),
        (['"a"', '"b"'], 'not("a", "b")'),
        (['not("a", "b")'], '"a", "b"'),
        (['not("a", "b")', '"a"'], '"b"'),
        (["true"], "false"),
        (['list contains(?, "a")'], "count(?) = 0"),
    ],
)
def test_a_gap_is_told_as_the_cell_that_would_close_it(cells: list[str], gap: str) -> None:
    assert gaps(decision("FIRST", [[cell, "1"] for cell in cells])) == [(gap,)]


@pytest.mark.parametrize(
    "cells", [["<= 10", "> 10"], ["-"], ["< 5", "not(< 5)"], ["true", "false"], ['"a"', 'not("a")']]
)
def test_a_whole_table_has_no_gap(cells: list[str]) -> None:
    assert gaps(decision("UNIQUE", [[cell, "1"] for cell in cells])) == []


def test_a_default_closes_all_gaps() -> None:
    assert analyse(decision("UNIQUE", [["< 5", "1"]], default="0")).gaps == ()


def test_a_column_without_which_nothing_holds_is_a_hint() -> None:
    found = analyse(decision("FIRST", [["< 5", "1"], [">= 5", "2"]])).gaps
    assert [(each.kind, each.severity, each.label, each.cells) for each in found] == [(EMPTY, "hint", "A", ("null",))]
    assert analyse(decision("FIRST", [["< 5", "1"], ["-", "2"]])).gaps == ()


def test_a_gap_of_a_table_that_collects_is_a_hint_only() -> None:
    assert {found.severity for found in analyse(decision("COLLECT", [["< 5", "1"]])).gaps} == {"hint"}


def test_overlaps_depend_on_the_hit_policy() -> None:
    rows = [["< 10", "1"], ["< 5", "2"], [">= 10", "3"]]
    assert told(decision("UNIQUE", rows)) == [(OVERLAP, (1, 2))]
    assert told(decision("ANY", rows)) == [(DIFFER, (1, 2))]
    assert told(decision("ANY", [["< 10", "1"], ["< 5", "1.0"], [">= 10", "3"]])) == []
    assert told(decision("FIRST", rows)) == [(SHADOWED, (2,))]
    assert told(decision("PRIORITY", rows, order="2,1,3")) == []
    assert told(decision("PRIORITY", rows, order="1,2,3")) == [(SHADOWED, (2,))]
    for policy in ("COLLECT", "RULE ORDER", "OUTPUT ORDER"):
        assert told(decision(policy, rows, order="1,2,3")) == []


def test_a_rule_that_can_never_hold_is_named() -> None:
    rows = [["-", "-", "1"], ["< 3", "> 5", "2"]]
    assert told(decision("UNIQUE", rows, columns=["a", "a"])) == [(NEVER, (2,))]


def test_cells_that_read_other_variables_are_not_guessed_at() -> None:
    found = analyse(decision("UNIQUE", [["< limit", "1"], ["> 3", "1"]]))
    assert found.unknown == ("A",)
    assert found.found == ()


def test_cells_that_compute_are_said_to_be_tried_with_examples() -> None:
    assert analyse(decision("FIRST", [['starts with(?, "a")', "1"], ["-", "2"]])).rough == ("A",)


def test_two_columns_about_the_same_are_not_set_against_each_other() -> None:
    made = decision("UNIQUE", [["< 5", "-", "1"], ["-", ">= 5", "2"]], columns=["a", "a"])
    assert gaps(made) == []
    assert told(made) == []


def test_too_many_combinations_are_refused_and_said() -> None:
    rows = [[f"> {number + column}" for column in range(5)] + ["1"] for number in range(12)]
    assert analyse(decision("FIRST", rows)).too_many


def _brute(made: Decision, points: list[tuple[object, ...]]) -> tuple[set[tuple[object, ...]], set[tuple[int, int]]]:
    assert made.table is not None
    bare, pairs = set(), set()
    for point in points:
        hits = [
            number
            for number, rule in enumerate(made.table.rules, 1)
            if all(test.matches(value) for test, value in zip(rule.tests, point, strict=True))
        ]
        if not hits:
            bare.add(point)
        pairs |= {(one, other) for one in hits for other in hits if one < other}
    return bare, pairs


def _covers(found: Found, point: tuple[object, ...]) -> bool:
    return all(feel.parse_unary_tests(cell).matches(value) for cell, value in zip(found.cells, point, strict=True))


@pytest.mark.parametrize("seed", range(60))
def test_trying_every_value_finds_the_same_gaps_and_overlaps(seed: int) -> None:
    # Decides what is tested, not what is safe.
    chance = random.Random(seed)  # noqa: S311
    numbers = ["-", "< 2", "<= 3", "> 1", "[1..3)", "(2..4]", "2", "1, 4", "not(3)", ">= 4"]
    words = ["-", '"x"', '"y"', '"x", "y"', 'not("x")']
    truths = ["-", "true", "false"]
    rows = [
        [chance.choice(numbers), chance.choice(words), chance.choice(truths), str(at)]
        for at in range(chance.randint(1, 6))
    ]
    made = decision("UNIQUE", rows)
    halves = [number / 2 for number in range(11)]
    bare, pairs = _brute(made, list(product(halves, ["x", "y", "z"], [True, False])))
    analysis = analyse(made)
    found = [each for each in analysis.gaps if each.kind == GAP]
    for point in product(halves, ["x", "y", "z"], [True, False]):
        assert any(_covers(each, point) for each in found) == (point in bare)
    every = _brute(made, list(product([*halves, None], ["x", "y", "z", None], [True, False, None])))[1]
    assert pairs <= {each.rules for each in analysis.overlaps if each.kind == OVERLAP} == every
