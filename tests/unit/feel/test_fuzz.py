"""Texts put together at random: nothing but FeelError escapes, and every evaluation ends within a small budget."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import feel
from feel.library import LIBRARY

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BUDGET = feel.Budget(steps=5_000, size=20_000, depth=60)
WORDS = [
    "a", "b", "l", "c", "d", "n", "x y", "客户", "item", "partial", "?", "1", "2.5", "-", "0", "1e300", '"text"', "'t'",
    '"(a+)+"', '"2026-01-01"', '@"P1D"', '@"P1M"', '@"2026-01-01"', '@"10:00:00"', '@"2026-01-01T10:00:00Z"', "true",
    "false", "null", "+", "-", "*", "/", "**", "=", "!=", "<", "<=", ">", "and", "or", "not", "in", "between", "(", ")",
    "(", ")", "[", "]", "[", "]", "{", "}", ",", ",", ":", ".", "..", "if", "then", "else", "for", "some", "every",
    "return", "satisfies", "function", "instance of", "number", "list<number>", "//", "/*", "*/", "`q`", "“", "\\", "\n",
]  # fmt: skip
CONTEXT: dict[str, Any] = {
    "a": 1, "b": Decimal("2.5"), "l": [1, "x", None, [2]], "c": {"a": 1, "d": {"e": [1]}}, "d": date(2026, 1, 1),
    "n": None, "x y": 2.5, "客户": "张三", "t": datetime(2026, 1, 1), "s": timedelta(hours=1), "big": 10**40,
}  # fmt: skip
LEAVES = st.sampled_from(
    ["a", "b", "l", "c", "d", "n", "t", "s", "big", "客户", "1", "-2", "0", "1e6000", '"x"', '""', "true", "null", "c.d",
     '@"P1M"', '@"P1DT1H"', '@"10:00:00+08:00"', "[1..3]", "(> 1)", "[]", "{}", "function(x, y) x < y", "item"]
)  # fmt: skip


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def call(name: str, arguments: list[str]) -> str:
        return f"{name}({', '.join(arguments)})" if name != "@" else "1"

    operators = st.sampled_from(["+", "-", "*", "/", "**", "=", "!=", "<", ">=", "and", "or", "in"])
    return st.one_of(
        st.builds(lambda a, o, b: f"({a}) {o} ({b})", inner, operators, inner),
        st.builds(call, st.sampled_from(sorted(LIBRARY)), st.lists(inner, max_size=4)),
        st.builds(call, st.sampled_from(sorted(LIBRARY)), st.lists(inner, min_size=1, max_size=2)),
        st.builds(lambda a, b: f"({a})[{b}]", inner, inner),
        st.builds(lambda a, b: f"for i in {a} return {b}", inner, inner),
        st.builds(lambda a, b: f"some i in {a} satisfies {b}", inner, inner),
        st.builds(lambda a, b, c: f"if {a} then {b} else {c}", inner, inner, inner),
        st.builds(lambda a, b, c: f"({a}) between {b} and {c}", inner, inner, inner),
        st.builds(lambda a, b: f"[{a}, {b}]", inner, inner),
        st.builds(lambda a, b: f"[{a}..{b})", inner, inner),
        st.builds(lambda a, b: f"{{a: {a}, b: {b}}}.b", inner, inner),
        st.builds(lambda a, b: f"(function(a) {a})({b})", inner, inner),
        st.builds(lambda a: f"({a}) instance of list<number>", inner),
        st.builds(lambda a: f"-({a})", inner),
    )


def outcome(text: str) -> None:
    try:
        feel.format_value(feel.evaluate(text, CONTEXT, now=NOW, budget=BUDGET))
    except feel.FeelError as error:
        assert str(error)
    try:
        feel.parse_unary_tests(text).matches(5, CONTEXT, now=NOW, budget=BUDGET)
    except feel.FeelError as error:
        assert str(error)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(WORDS), max_size=25))
def test_any_row_of_words_gives_a_value_or_an_error_of_ours(words: list[str]) -> None:
    outcome(" ".join(words))


@settings(deadline=None, max_examples=300)
@given(st.recursive(LEAVES, larger, max_leaves=12))
def test_any_well_formed_expression_gives_a_value_or_an_error_of_ours(text: str) -> None:
    outcome(text)


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=40))
def test_any_text_gives_a_value_or_an_error_of_ours(text: str) -> None:
    outcome(text)
