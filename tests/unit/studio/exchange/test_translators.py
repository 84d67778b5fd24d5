"""JUEL and Python as FEEL: for any expression and any values the translation gives what the other language gives."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

import feel
from workflows.studio.exchange import juel, python_like
from workflows.studio.exchange.writing import Untranslatable

NUMBERS = ("a", "b")
TRUTHS = ("p", "q")
WORDS = ("s", "date")

# An expression of JUEL, the same in Python, and both as one pair so that they are drawn together.
Pair = tuple[str, str]


def numbers() -> some.SearchStrategy[Pair]:
    plain = some.integers(0, 9).map(lambda n: (str(n), str(n))) | some.sampled_from(NUMBERS).map(lambda n: (n, n))

    def longer(inner: some.SearchStrategy[Pair]) -> some.SearchStrategy[Pair]:
        both = some.tuples(some.sampled_from("+-*"), inner, inner)
        return both.map(lambda t: (f"({t[1][0]} {t[0]} {t[2][0]})", f"({t[1][1]} {t[0]} {t[2][1]})")) | inner.map(
            lambda n: (f"-{n[0]}", f"-{n[1]}")
        )

    return some.recursive(plain, longer, max_leaves=4)


def truths() -> some.SearchStrategy[Pair]:
    compared = some.tuples(some.sampled_from(["==", "!=", "<", "<=", ">", ">="]), numbers(), numbers()).map(
        lambda t: (f"{t[1][0]} {t[0]} {t[2][0]}", f"{t[1][1]} {t[0]} {t[2][1]}")
    )
    words = some.tuples(some.sampled_from(WORDS), some.sampled_from(["", "x", 'say "hi"', "it's", "流程"])).map(
        lambda t: (f"{t[0]} == '{_escaped(t[1])}'", f"{t[0]} == {t[1]!r}")
    )
    nothing = some.sampled_from(TRUTHS + WORDS).map(lambda n: (f"{n} == null", f"{n} is None"))
    plain = (
        some.sampled_from(TRUTHS).map(lambda n: (n, n))
        | compared.map(lambda t: (f"({t[0]})", f"({t[1]})"))
        | words.map(lambda t: (f"({t[0]})", f"({t[1]})"))
        | nothing.map(lambda t: (f"({t[0]})", f"({t[1]})"))
        | some.sampled_from([("true", "True"), ("false", "False")])
    )

    def longer(inner: some.SearchStrategy[Pair]) -> some.SearchStrategy[Pair]:
        joined = some.tuples(some.sampled_from([("&&", "and"), ("or", "or")]), inner, inner)
        return (
            joined.map(lambda t: (f"({t[1][0]} {t[0][0]} {t[2][0]})", f"({t[1][1]} {t[0][1]} {t[2][1]})"))
            | inner.map(lambda n: (f"!{n[0]}", f"(not {n[1]})"))
            | some.tuples(inner, inner, inner).map(
                lambda t: (f"({t[0][0]} ? {t[1][0]} : {t[2][0]})", f"({t[1][1]} if {t[0][1]} else {t[2][1]})")
            )
        )

    return some.recursive(plain, longer, max_leaves=8)


VALUES = some.fixed_dictionaries(
    {
        **dict.fromkeys(NUMBERS, some.integers(-9, 9)),
        **dict.fromkeys(TRUTHS, some.sampled_from([True, False, None])),
        **dict.fromkeys(WORDS, some.sampled_from(["", "x", 'say "hi"', "it's", "流程", None])),
    }
)


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("'", "\\'")


def holds(written: str, values: dict[str, Any]) -> bool:
    """As a condition of a flow is read: only true counts."""
    return feel.evaluate(written, values) is True


@settings(max_examples=400)
@given(truths(), VALUES)
def test_a_condition_means_the_same_in_feel(pair: Pair, values: dict[str, Any]) -> None:
    in_juel, in_python = pair
    expected = bool(eval(in_python, {}, dict(values)))  # noqa: S307 - what Python itself says of an expression made here
    assert holds(juel.expression(f"${{{in_juel}}}"), values) is expected
    assert holds(python_like.expression(in_python), values) is expected


@settings(max_examples=200)
@given(numbers(), VALUES)
def test_a_number_is_the_same_in_feel(pair: Pair, values: dict[str, Any]) -> None:
    expected = Decimal(eval(pair[1], {}, dict(values)))  # noqa: S307 - what Python itself says of an expression made here
    assert feel.evaluate(juel.expression(f"${{{pair[0]}}}"), values) == expected
    assert feel.evaluate(python_like.expression(pair[1]), values) == expected


@settings(max_examples=300)
@given(some.text(max_size=60))
def test_no_text_breaks_the_translators(text: str) -> None:
    for translate, source in (
        (juel.expression, f"${{{text}}}"),
        (juel.value, text),
        (python_like.expression, text),
        (python_like.script, text),
    ):
        try:
            feel.parse(translate(source))
        except Untranslatable as fault:
            assert str(fault.why)


@given(some.text(max_size=40))
def test_a_plain_text_stays_itself(text: str) -> None:
    if juel.has_expression(text):
        return
    assert feel.evaluate(juel.value(text), {}) == text


@pytest.mark.parametrize(
    ("source", "values", "expected"),
    [
        ("${x.name == 'a' and x['my key'] eq 1}", {"x": {"name": "a", "my key": 1}}, True),
        ("${list[0]}", {"list": ["first"]}, "first"),
        ("${list.size() > 1}", {"list": [1, 2]}, True),
        ("${list.contains(2)}", {"list": [1, 2]}, True),
        ("${s.contains('b')}", {"s": "abc"}, True),
        ("${s.startsWith('a') && s.endsWith('c')}", {"s": "abc"}, True),
        ("${'A'.equalsIgnoreCase(s)}", {"s": "a"}, True),
        ("${7 mod 4 + 6 div 3}", {}, Decimal(5)),
        ("#{a gt 1 or a lt -1}", {"a": 2}, True),
        ("Dear ${name}, no. ${n}", {"name": "Li", "n": 7}, "Dear Li, no. 7"),
        ("${n}${n}", {"n": 1}, "11"),
        ("${a > 1 ? 'x' : a > 0 ? 'y' : 'z'}", {"a": 1}, "y"),
    ],
)
def test_what_juel_says(source: str, values: dict[str, Any], expected: object) -> None:
    assert feel.evaluate(juel.value(source), values) == expected


@pytest.mark.parametrize("value", [None, "", [], "a", 5, [1], False])
def test_empty_is_nothing_no_letter_and_no_item(value: object) -> None:
    is_empty = value is None or value in ("", [])
    for source, expected in (("${empty x}", is_empty), ("${!empty x}", not is_empty), ("${not empty x}", not is_empty)):
        assert holds(juel.expression(source), {"x": value}) is expected


@pytest.mark.parametrize(
    "source",
    [
        "${", "${}", "${a", "${a b}", "${a.}", "${a[b]}", "${a ? b}", "${bean.pay(order)}", "${execution.id}", "${task.name}",
        "${nrOfInstances > 1}", "${a = 1}", "${a; b}", "${#x}", "${'a}", f"${{{'(' * 60}a{')' * 60}}}", f"${{{'!' * 500}a}}",
        "${'" + "x" * 6_000 + "'}",
    ],
)  # fmt: skip
def test_what_feel_cannot_say_is_refused_with_a_reason(source: str) -> None:
    with pytest.raises(Untranslatable) as refused:
        juel.value(source)
    assert str(refused.value.why)


@pytest.mark.parametrize(
    ("source", "values", "expected"),
    [
        ("1 < a < 3", {"a": 2}, True),
        ("a in ['x', 'y']", {"a": "y"}, True),
        ("'b' in s", {"s": "abc"}, True),
        ("2 not in items", {"items": [1, 2]}, False),
        ("len(items) == 2 and len(s) == 3", {"items": [1, 2], "s": "abc"}, True),
        ("items[0] + items[-1]", {"items": [1, 5]}, Decimal(6)),
        ("d['a key'].get('b', 9)", {"d": {"a key": {}}}, Decimal(9)),
        ("f'no. {n}!'", {"n": 3}, "no. 3!"),
        ("s.upper().startswith('AB')", {"s": "abc"}, True),
        ("7 // 2 + 7 % 4 + 2 ** 3", {}, Decimal(14)),
        ("-2 ** 2", {}, Decimal(-4)),
        ("{'a': 1, 'b c': [True, None]}", {}, {"a": Decimal(1), "b c": [True, None]}),
        ("sum(items) if items is not None else 0", {"items": [1, 2]}, Decimal(3)),
        ("str(n) + 'x'", {"n": 1}, "1x"),
    ],
)
def test_what_python_says(source: str, values: dict[str, Any], expected: object) -> None:
    assert feel.evaluate(python_like.expression(source), values) == expected
    assert python_like.is_python(source) or feel.evaluate(source, values) == expected


@pytest.mark.parametrize(
    "source",
    [
        "lambda: 1", "[x for x in y]", "open('/etc/passwd')", "__import__('os').system('x')", "a[b]", "x := 1", "a.b()", "'%s' % a",
        "f'{a:>10}'", "a @ b", "~a", "1j", "b'x'", "print(1)", "(" * 60 + "1" + ")" * 60, "await x", "*a", "",
    ],
)  # fmt: skip
def test_python_without_a_counterpart_is_refused_with_a_reason(source: str) -> None:
    with pytest.raises(Untranslatable) as refused:
        python_like.expression(source)
    assert str(refused.value.why)


@pytest.mark.parametrize(
    ("source", "values", "expected"),
    [
        ("x = 1\ny = x + 1", {}, {"x": 1, "y": 2}),
        ("n += 1", {"n": 4}, {"n": 5}),
        (
            "if n > 1:\n    level = 'high'\nelif n > 0:\n    level = 'some'\nelse:\n    level = 'none'",
            {"n": 1},
            {"level": "some"},
        ),
        ("if n > 1:\n    n = 0", {"n": 1}, {"n": 1}),
        ("d['k'] = 2", {"d": {"a": 1}}, {"d": {"a": 1, "k": 2}}),
        ("'words'\nx: int = 3\npass", {}, {"x": 3}),
    ],
)
def test_scripts_become_contexts_with_the_same_values(source: str, values: dict[str, Any], expected: object) -> None:
    assert feel.evaluate(python_like.script(source), values) == expected


@pytest.mark.parametrize(
    "source",
    [
        "import os",
        "for x in y:\n    z = x",
        "x = 1\nx = 2",
        "def f():\n    pass",
        "del x",
        "a, b = 1, 2",
        "d.k = 1",
        "print(1)",
        "pass",
        "x = ",
    ],
)
def test_scripts_that_do_more_than_set_variables_are_refused(source: str) -> None:
    with pytest.raises(Untranslatable) as refused:
        python_like.script(source)
    assert str(refused.value.why)
