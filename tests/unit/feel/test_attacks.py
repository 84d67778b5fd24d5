"""Texts made to hang, to fill memory or to get out: each ends within its budget, and nothing but FeelError escapes."""

from __future__ import annotations

from typing import Any

import pytest

import feel

GROW = "for i in 1..60 return if i = 1 then {first} else {next}"
NESTED = {
    "brackets": "(" * 10_000 + "1" + ")" * 10_000,
    "lists": "[" * 10_000 + "]" * 10_000,
    "contexts": "{a:" * 5_000 + "1" + "}" * 5_000,
    "signs": "-" * 7_000 + "1",
    "nots": "not " * 1_900 + "true",
    "paths": "a" + ".b" * 3_500,
    "filters": "a" + "[1]" * 3_500,
    "calls": "abs(" * 1_500 + "1" + ")" * 1_500,
    "calls of calls": "a" + "()" * 3_500,
    "comparisons": "1" + " < 1" * 3_500,
    "conditions": "if a then " * 1_500 + "1" + " else 1" * 1_500,
    "types": "1 instance of " + "list<" * 1_500,
    "functions": "function(x) " * 2_000 + "x",
    "too long": "1 + " * 20_000 + "1",
}
BEYOND = {
    "a long range": "for i in 1..10 ** 10 return i",
    "a counted range": "count(for i in 1..99999999999 return 1)",
    "nested loops": "for a in 1..9999, b in 1..9999 return 1",
    "a quantifier": "every a in 1..99999999 satisfies true",
    "doubled text": GROW.format(first='"aaaaaaaaaa"', next="partial[-1] + partial[-1]"),
    "doubled lists": GROW.format(first="[1]", next="concatenate(partial[-1], partial[-1])"),
    "a list of itself twice": GROW.format(first="[1]", next="[partial[-1], partial[-1]]"),
    "comparing it": "{l: " + GROW.format(first="[1]", next="[partial[-1], partial[-1]]") + ", r: l[-1] = l[-1]}.r",
    "writing it": "string(" + GROW.format(first="[1]", next="[partial[-1], partial[-1]]") + ")",
    "flattening it": "flatten(" + GROW.format(first="[1]", next="[partial[-1], partial[-1]]") + ")",
    "a deep list": "for i in 1..3000 return if i = 1 then [1] else [partial[-1]]",
    "endless recursion": "{f: function(x) f(x) + 1, r: f(1)}.r",
    "branching recursion": "{f: function(x) [f(x), f(x)], r: f(1)}.r",
    "a function of itself": "(function(f) f(f))(function(f) f(f))",
    "slow recursion": "{f: function(n) if n < 2 then n else f(n - 1) + f(n - 2), r: f(30)}.r",
    "a replacement bomb": 'replace("' + "a" * 10_000 + '", "a", "' + "b" * 10_000 + '")',
    "joined text": 'string join(for i in 1..9999 return "' + "a" * 500 + '", "x")',
    "distinct values": "distinct values(for i in 1..3000 return i)",
    "membership": "for i in 1..3000 return i in (for j in 1..3000 return j)",
    "kept partial lists": "for i in 1..100000 return partial",
    "a growing context": "for i in 1..9000 return if i = 1 then {} else context put(partial[-1], string(i), 1)",
    "nested repetition": 'matches("aaa", "(((a{0,99}){0,99}){0,99})b")',
    "empty repetition": 'matches("a", "(?:(?:(?:){1000}){1000}){1000}")',
    "many ways to nothing": 'matches("' + "b" * 40_000 + '", "(?:a?){900}c")',
    "many classes": 'matches("b", "[' + "\\\\p{Lu}" * 100 + ']")',
    "a long pattern": 'matches("a", "' + "a" * 2_000 + '")',
}
HARMLESS = {
    "9 ** 99 ** 99": None,
    "exp(999999999)": None,
    "((9 ** 6000) ** 6000)": None,
    'duration("P999999999Y") * 1e6000': None,
    'duration("P999999999D") * 99999999999': None,
    'number("' + "9" * 40_000 + '")': None,
    "modulo(1e6000, 3)": None,
    "date(1e6000, 1, 1)": None,
    "substring(\"abc\", 1e6000)": "",
    "[1, 2][1e6000]": None,
    "round up(1, 1e6000)": None,
    "for i in 1..1e6000 return i": None,
    'matches("' + "a" * 40 + '!", "^(a+)+$")': False,
    'matches("' + "a" * 2_000 + '", "(a|a)*b")': False,
    'matches("' + "a" * 60 + '", "' + "a?" * 60 + "a" * 60 + '")': True,
    'string length("\\ud800")': 1,
    "__import__": None,
    "a.__class__.__mro__": None,
    "string.__globals__": None,
}  # fmt: skip


def outcome(text: str, context: dict[str, Any] | None = None) -> Any:
    """The value, or the FeelError that ended it."""
    try:
        return feel.evaluate(text, context or {"a": {"b": 1}})
    except feel.FeelError as error:
        return error


@pytest.mark.parametrize("name", NESTED)
def test_deep_nesting_is_refused(name: str) -> None:
    error = outcome(NESTED[name])
    assert isinstance(error, feel.FeelError)
    assert "deep" in error.template or "longer than" in error.template


@pytest.mark.parametrize("name", BEYOND)
def test_what_would_never_end_or_fill_memory_is_stopped(name: str) -> None:
    error = outcome(BEYOND[name])
    assert isinstance(error, feel.FeelError)
    assert any(word in error.template for word in ("more than", "deep", "too large", "longer than"))


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_dangerous_has_its_plain_answer(text: str) -> None:
    assert outcome(text) == HARMLESS[text]


def test_long_chains_without_nesting_are_allowed() -> None:
    assert outcome(" + ".join(["1"] * 3_000)) == 3_000
    assert outcome(" and ".join(["true"] * 3_000)) is True
    assert outcome("if a = 1 then 1 else " * 1_000 + "2") == 2


def test_a_budget_of_ones_own_is_kept() -> None:
    feel.evaluate("for i in 1..10 return i", budget=feel.Budget(steps=200))
    with pytest.raises(feel.FeelError, match="more than 20 steps"):
        feel.evaluate("for i in 1..10 return i", budget=feel.Budget(steps=20))
    with pytest.raises(feel.FeelError, match="more than 10 characters"):
        feel.evaluate('"aaaaaa" + "bbbbbb"', budget=feel.Budget(size=10))
    with pytest.raises(feel.FeelError, match="3 levels deep"):
        feel.evaluate("{f: function(x) f(x), r: f(1)}.r", budget=feel.Budget(depth=3))


def test_a_cell_has_a_budget_too() -> None:
    with pytest.raises(feel.FeelError, match="steps"):
        feel.parse_unary_tests("count(for i in 1..99999999 return i) = ?").matches(1)


def test_a_nested_host_value_is_not_followed_for_ever() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert isinstance(outcome("x", {"x": loop}), feel.FeelError)
    assert isinstance(outcome("string(x)", {"x": loop}), feel.FeelError)
    assert isinstance(outcome("flatten(x)", {"x": loop}), feel.FeelError)
    assert isinstance(outcome("[x] = [[x, 1]]", {"x": [loop, loop]}), feel.FeelError | bool)
