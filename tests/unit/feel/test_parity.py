"""Our answers beside those of the FEEL library inside form-js, which decides in the browser what a form shows.

`parity.mjs` records its answers for `parity_cases.json` into `parity.json`. Where we differ on purpose, the reason
stands here; a difference that has gone away must be taken off the list.
"""

from __future__ import annotations

import json
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import feel

HERE = Path(__file__).parent
CONTEXT = json.loads((HERE / "parity_cases.json").read_text(encoding="utf-8"))["context"]
RECORDED = json.loads((HERE / "parity.json").read_text(encoding="utf-8"))

REASONS: dict[str, tuple[str, ...]] = {
    "JavaScript compares numbers with text; the standard says null": ('amount >= "5"',),
    "only true is true; the library takes the first side for all that is neither false nor null": (
        'if 1 then "a" else "b"',
        'if "" then 1 else 2',
        "some x in [1, 2] satisfies x",
    ),
    "what is unknown stays unknown in `some` and `every`; the library says false": (
        "some x in [null, 1] satisfies x > 5",
        "every x in [1, null] satisfies x > 0",
    ),
    "values of different types are not the same: false in the standard, null in the library": ('is(1, "1")',),
    "numbers are decimal with 34 digits; the library has binary ones with 16": (
        "0.1 + 0.2 = 0.3",
        "round half up(1.005, 2)",
        "string(0.1 + 0.2)",
        'string(100 / 3) = "33.333333333333336"',
        "10 ** 20 + 1 = 10 ** 20",
        "string(10 ** 21)",
    ),
    "lists and contexts are found by value; the library looks for the same object": (
        "index of([{a: 1}], {a: 1})",
        "list contains([[1, 2]], [1, 2])",
    ),
    "the library sorts numbers as text before it takes the middle one": ("median([10, 9, 2])",),
    "the library drops nulls from every filtered list; the standard keeps what matches": ("count(mixed[item = null])",),
    "a filter tests each element; the library asks functions and names once, outside of the list": (
        "[1, 2, 3, 4][even(item)]",
        'tags[contains(item, "i")]',
    ),
    "durations of months and of days are two types in the standard, one in the library": (
        'duration("P14M").years',
        'years and months duration(date("2025-01-01"), date("2026-03-05"))',
        'duration("P1M") = duration("P30D")',
        'string(duration("-P1D"))',
    ),
    "the standard multiplies and negates durations": ('duration("P1D") * 2', '-duration("P1D")'),
    "a date stays a date when a duration is added": ('date("2026-01-31") + duration("PT12H")',),
    "the standard has the least and greatest of any ordered type": (
        'max("a", "b")',
        'max(date("2026-01-01"), date("2026-02-01"))',
    ),
    "loops run over dates, and down to zero": (
        'for d in [date("2026-01-01")..date("2026-01-03")] return d.day',
        "for i in 1..0 return i",
    ),
    "positions that do not exist give null": (
        'substring("abc", 0)',
        "insert before([], 1, 1)",
        "remove([1], 5)",
    ),
    "a number is a number already, and no text is no number": ("number(5)", 'number("")'),
    "the library does not have these yet": (
        "finishes(10, [1..10])",
        "starts(1, [1..10])",
        "during(5, [1..10])",
        "coincides(1, 1)",
        "overlaps before([1..5], [3..8])",
        "1 instance of number",
    ),
    "functions that other engines add to the standard": (
        'last day of month(date("2026-02-01"))',
        'extract("a1b2", "[0-9]")',
        'trim(" a ")',
        "is defined(missing)",
        "get or else(missing, 1)",
    ),
    "conditions of Python-style files are understood": ("1 == 1", "'a' = \"a\"", "not ok", "ok == True"),
    "a call with the wrong arguments is a mistake that whoever writes it should see": ("upper case()",),
}
DIFFERENCES = {text for texts in REASONS.values() for text in texts}


def plain(value: Any) -> Any:
    """The value in the form in which `parity.mjs` records it."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, feel.Range | feel.Function):
        return {"kind": type(value).__name__.replace("Function", "FunctionWrapper")}
    if isinstance(value, date | time | timedelta | feel.YearsMonths):
        return {"text": feel.format_value(value)}
    return value


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, float) and isinstance(theirs, int | float) and not isinstance(theirs, bool):
        return ours == pytest.approx(theirs, rel=1e-9)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(same(a, b) for a, b in zip(ours, theirs, strict=True))
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(item, theirs[key]) for key, item in ours.items())
    return type(ours) is type(theirs) and bool(ours == theirs)


@pytest.mark.parametrize(("text", "theirs"), RECORDED["expressions"], ids=[case[0] for case in RECORDED["expressions"]])
def test_an_expression_has_the_value_that_the_browser_gives_it(text: str, theirs: dict[str, Any]) -> None:
    try:
        ours = {"value": plain(feel.evaluate(text, CONTEXT))}
    except feel.FeelError:
        ours = {"error": theirs.get("error", "FeelError")}
    assert same(ours, theirs) is (text not in DIFFERENCES), (ours, theirs)


@pytest.mark.parametrize(("text", "value", "theirs"), RECORDED["cells"])
def test_a_decision_table_cell_matches_what_it_matches_in_the_browser(
    text: str, value: object, theirs: dict[str, Any]
) -> None:
    assert feel.parse_unary_tests(text).matches(value, CONTEXT) is theirs["value"]


def test_at_least_two_hundred_everyday_cases_are_compared() -> None:
    assert len(RECORDED["expressions"]) >= 200
    assert {text for text, _ in RECORDED["expressions"]} >= DIFFERENCES
