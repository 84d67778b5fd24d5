"""Whatever a description, a browser or a client sends: an answer or a refusal, never an exception."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

import forms
from tests.unit.forms.test_page import EVERYTHING
from tests.unit.forms.test_values import TYPES

CONDITIONAL = {"type": "textfield", "key": "maybe", "conditional": {"hide": "=t_number > 3 or t_list = null"}}
DEPENDENT = {"type": "select", "key": "cities", "valuesExpression": "=for t in t_list return t"}
COMPONENTS: list[dict[str, Any]] = [
    *({"key": f"t_{name}", "label": name, **spec} for name, spec in TYPES.items()),
    *EVERYTHING,
    CONDITIONAL,
    DEPENDENT,
]
FORM = forms.read({"components": COMPONENTS})
PATHS = [
    *(field.path.replace("[]", ".0") for field in FORM.fields),
    *("lines", "lines.9", "lines.-1.item", "lines.99999.item", "_add", "_remove", "_hidden", "address", "typename", ""),
]
texts = st.one_of(
    st.text(),
    st.text(st.characters(categories=["Cs", "Cc", "Cf", "So"])),
    st.sampled_from(
        ["NaN", "Infinity", "1e999", "-0", "1,234", "2026-02-30", "2026-11-22T10:00", "true", "a", "lines.0"]
    ),
    st.dates().map(str),
    st.datetimes().map(lambda moment: moment.isoformat()),
    st.decimals().map(str),
)
plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(1, 4).map(lambda power: 10 ** (power * 2000)),
    st.floats(),
    st.decimals(),
    texts,
)


def nested(leaves: st.SearchStrategy[Any], keys: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """These values, and lists and mappings of them, two levels deep."""
    found = leaves
    for _ in range(2):
        found = st.one_of(leaves, st.lists(found, max_size=3), st.dictionaries(keys, found, max_size=4))
    return found


values = nested(plain, texts)
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
calm = settings(max_examples=40, deadline=None, suppress_health_check=QUIET)
thorough = settings(max_examples=150, deadline=None, suppress_health_check=QUIET)
brief = settings(max_examples=10, deadline=None, suppress_health_check=QUIET)


def use(bound: forms.BoundForm, page: Callable[..., str]) -> None:
    """Everything that a page or the API does with a form, and what must hold for each."""
    sound = bound.validate()
    assert not (sound and bound.faults)
    assert all(fault.message and fault.path is not None for fault in bound.faults)
    answers = bound.answers
    assert set(answers) <= FORM.keys
    if sound:
        json.dumps(answers, default=str).encode()
        again = forms.build(FORM, answers=json.loads(json.dumps(bound.entered)))
        again.validate()
    json.dumps(bound.entered, allow_nan=False).encode()
    json.dumps(bound.state).encode()
    page("dynamic_form(form)", form=bound).encode()


@pytest.mark.parametrize("path", PATHS)
@brief
@given(data=st.data())
def test_one_field_takes_or_refuses_anything(page: Callable[..., str], path: str, data: st.DataObject) -> None:
    given_texts = data.draw(st.lists(texts, max_size=3))
    bound = forms.build(FORM, formdata=MultiDict([(path, text) for text in given_texts]))
    bound.validate()
    json.dumps(bound.entered).encode()


@calm
@given(post=st.lists(st.tuples(st.one_of(st.sampled_from(PATHS), texts), texts), max_size=30))
def test_a_browser_may_post_anything(page: Callable[..., str], post: list[tuple[str, str]]) -> None:
    use(forms.build(FORM, formdata=MultiDict(post)), page)


@calm
@given(answers=st.dictionaries(st.one_of(st.sampled_from(PATHS), texts), values, max_size=20))
def test_a_client_may_send_anything(page: Callable[..., str], answers: dict[str, Any]) -> None:
    use(forms.build(FORM, answers=answers), page)


@calm
@given(known=st.dictionaries(st.sampled_from([*FORM.keys, "orders"]), values, max_size=20), read_only=st.booleans())
def test_a_process_may_know_anything(page: Callable[..., str], known: dict[str, Any], read_only: bool) -> None:
    use(forms.build(FORM, values=known, context=known, read_only=read_only), page)


names = st.sampled_from(
    [
        *("type", "key", "path", "id", "label", "description", "validate", "values", "valuesKey", "valuesExpression"),
        *("conditional", "hide", "readonly", "disabled", "components", "properties", "widget", "pattern", "required"),
        *("min", "max", "minLength", "maxLength", "layout", "row", "columns", "subtype", "timeInterval", "increment"),
        *("decimalDigits", "accept", "multiple", "expression", "text", "content", "source", "dataSource", "appearance"),
        *("prefixAdorner", "defaultValue", "defaultRepetitions", "height", "columnsExpression", "value", "dateLabel"),
    ]
)
kinds = st.sampled_from(
    [*forms.fields.FIELD_TYPES, "group", "dynamiclist", "text", "html", "image", "table", "expression", "button"]
)
words = st.sampled_from(
    ["=1 +", "=a", "{{a}}", "{{", "a", "rating", "date", "([", "(a*)*b", "5", "", "\ud800", "typename", "a.b"]
)
schema_values = nested(st.one_of(plain, words), names)


def component(inside: st.SearchStrategy[Any] | None = None) -> st.SearchStrategy[Any]:
    """A component of any type with any settings; one that holds components where some are given."""
    settings_of_it = st.dictionaries(names, schema_values, max_size=8)
    if inside is None:
        return st.builds(lambda kind, rest: {**rest, "type": kind}, kinds, settings_of_it)
    containers = st.sampled_from(["group", "dynamiclist"])
    return st.builds(
        lambda kind, rest, inner: {**rest, "type": kind, "components": inner},
        containers,
        settings_of_it,
        st.lists(inside, max_size=3),
    )


components = st.one_of(component(), component(component()), component(component(component())))


@thorough
@given(schema=st.one_of(values, st.fixed_dictionaries({"components": st.lists(components, max_size=4)})))
def test_any_description_is_checked_and_what_passes_can_be_built(page: Callable[..., str], schema: Any) -> None:
    problems = forms.check(schema)
    assert all(str(problem) for problem in problems)
    if not problems:
        bound = forms.build(forms.read(schema), formdata=MultiDict([("a", "x")]))
        bound.validate()
        page("dynamic_form(form)", form=bound)
