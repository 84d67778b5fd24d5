"""What may become process data, and that it survives being stored."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feel import YearsMonths
from workflows.engine import BadValue, check_value
from workflows.engine.values import clean, from_json, to_json

from .case import Case
from .drawing import Drawing, many

KEPT: dict[str, Any] = {
    "text": "合同 №1 \U0001f600",
    "number": 7,
    "money": Decimal("1234.50"),
    "huge": Decimal("123456789012345678901234567890.12"),
    "yes": True,
    "nothing": None,
    "day": date(2026, 2, 28),
    "clock": time(8, 30),
    "moment": datetime(2026, 1, 31, 8, 0, 0, 123456, tzinfo=UTC),
    "elsewhere": datetime(2026, 1, 31, 8, 0, tzinfo=timezone(timedelta(hours=8))),
    "span": timedelta(days=-1, seconds=5, microseconds=7),
    "months": YearsMonths(14),
    "deep": {"list": [1, [Decimal("0.10")], {"when": date(2026, 1, 1)}]},
}


@pytest.mark.parametrize("name", KEPT)
def test_a_value_survives_being_stored_with_its_type(name: str) -> None:
    """H10: the library changes decimals, dates and durations, or fails at them, only when it saves."""
    back = from_json(to_json(clean(KEPT[name])))
    assert back == KEPT[name]
    assert type(back) is type(KEPT[name])


def test_typed_values_survive_in_a_case_at_every_step() -> None:
    """Pitfall 5: the library leaves dates unconverted, and turns tuples and sets into lists without a word."""
    drawing = Drawing().start().user("a").user("b").end().chain("start", "a", "b", "end")
    case = Case(drawing.bundle(), **KEPT).do("a", when=date(2026, 3, 1))
    assert case.data("b") == {**KEPT, "when": date(2026, 3, 1)}
    case.do("b", when=None)
    assert case.step.data == {**KEPT, "when": None}


def test_typed_values_survive_inside_of_what_the_engine_keeps_for_itself() -> None:
    drawing = Drawing().start().user("a", many("items")).user("b").end().chain("start", "a", "b", "end")
    case = Case(drawing.bundle(), items=[date(2026, 1, 1), Decimal("0.10")])
    first, second = sorted(case.open)
    assert case.open[second].data["item"] == Decimal("0.10")
    case.do_token(first, answer=Decimal("9.90")).do_token(second, answer=timedelta(hours=1))
    assert case.data("b")["results"] == [Decimal("9.90"), timedelta(hours=1)]


REFUSED: dict[str, tuple[Any, str]] = {
    "the reserved name": ({"a": {"typename": "x"}}, "typename"),
    "NUL": ({"a": "b\0c"}, "NUL"),
    "NUL in a name": ({"a\0": 1}, "NUL"),
    "half a character": (["\ud800"], "half a character"),
    "not a number": ([Decimal("NaN")], "not a number"),
    "not a float": (float("nan"), "not a number"),
    "infinite": (float("inf"), "not a number"),
    "infinite decimal": (Decimal("Infinity"), "not a number"),
    "too large": (2**70, "too large"),
    "too many digits": (Decimal("1" * 80), "too large"),
    "too large an exponent": (Decimal("1E+9999"), "too large"),
    "a number as name": ({1: "a"}, "names must be text"),
    "a tuple": ((1, 2), "tuple"),
    "a set": ({1, 2}, "set"),
    "bytes": (b"x", "bytes"),
    "an object": (object(), "object"),
    "too long": ("x" * 1_000_001, "too long"),
    "too many": ([[0] * 30_000, [0] * 30_000], "too many"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_kept_is_refused_with_its_place(name: str) -> None:
    """H9, H10: refused at the door, and not by a database or at the next load."""
    value, words = REFUSED[name]
    with pytest.raises(BadValue) as refused:
        check_value({"answer": value}, "form")
    assert words in refused.value.reason
    assert refused.value.path.startswith("form")


def test_nesting_has_an_end() -> None:
    value: Any = 1
    for _ in range(60):
        value = [value]
    with pytest.raises(BadValue, match="nested"):
        check_value(value)


def test_a_float_becomes_the_decimal_it_shows() -> None:
    assert clean(0.1) == Decimal("0.1")


@pytest.mark.parametrize("where", ["start", "answers", "operation"])
def test_bad_values_are_refused_at_each_door_and_change_nothing(where: str) -> None:
    drawing = Drawing().start().user("a").service("s", "service/x", "r").user("b").end()
    bundle = drawing.chain("start", "a", "s", "b", "end").bundle()
    if where == "start":
        with pytest.raises(BadValue):
            Case(bundle, typename="x")
        return
    case = Case(bundle, answers={"service/x": {"typename": 1}} if where == "operation" else {})
    before = case.state
    with pytest.raises(BadValue):
        case.do("a", **({"typename": 1} if where == "answers" else {}))
    assert case.state == before


def test_an_operation_cannot_change_the_data_of_the_case_through_what_it_was_given() -> None:
    """Pitfall 8: the library copies one level deep, so that a change inside reaches finished tasks too."""
    drawing = Drawing().start().service("s", "service/x", items="items").user("a").end()
    case = Case(drawing.chain("start", "s", "a", "end").bundle(), items=[[1]])
    case.calls[0][1]["items"][0].append(2)
    assert case.data("a")["items"] == [[1]]


def test_whole_numbers_out_of_formulas_are_integers_and_others_decimals() -> None:
    drawing = Drawing().start().script("s", "{ n: 1 + 2, m: 1 / 4 }").user("a").end()
    data = Case(drawing.chain("start", "s", "a", "end").bundle()).data("a")
    assert (type(data["n"]), data["n"], data["m"]) == (int, 3, Decimal("0.25"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=3) | st.dates() | st.datetimes(timezones=st.just(UTC)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5).filter(lambda k: k != "typename"), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(JSON)
def test_any_clean_value_comes_back_as_it_was(value: Any) -> None:
    assert from_json(to_json(clean(value))) == value
