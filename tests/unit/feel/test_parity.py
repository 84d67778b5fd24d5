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

DIFFERENCES = {
    'amount >= "5"': "JavaScript compares a number with text; the standard says null",
    "count(mixed[item = null])": "the library drops nulls from every filtered list; the standard keeps what matches",
    'duration("P14M").years': "the standard counts 14 months as a year and two months",
    'years and months duration(date("2025-01-01"), date("2026-03-05"))': "the library adds days and hours of its own",
    'is(1, "1")': "values of different types are not the same: false in the standard, null in the library",
}


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
    if "error" in theirs:
        with pytest.raises(feel.FeelError):
            feel.evaluate(text, CONTEXT)
        return
    ours = plain(feel.evaluate(text, CONTEXT))
    assert same(ours, theirs["value"]) is (text not in DIFFERENCES), (ours, theirs["value"])


@pytest.mark.parametrize(("text", "value", "theirs"), RECORDED["cells"])
def test_a_decision_table_cell_matches_what_it_matches_in_the_browser(
    text: str, value: object, theirs: dict[str, Any]
) -> None:
    assert feel.parse_unary_tests(text).matches(value, CONTEXT) is theirs["value"]


def test_at_least_two_hundred_everyday_cases_are_compared() -> None:
    assert len(RECORDED["expressions"]) >= 200
    assert set(DIFFERENCES) <= {text for text, _ in RECORDED["expressions"]}
