"""What keeps a description from being published, and that nothing else does."""

from __future__ import annotations

import json
from typing import Any

import pytest

import forms
from feel import FeelError, parse


def named(key: str = "a", **more: Any) -> dict[str, Any]:
    return {"type": "textfield", "id": f"id_{key}", "key": key, **more}


def group(*components: Any, **more: Any) -> dict[str, Any]:
    return {"type": "group", "components": list(components), **more}


def rows(*components: Any, **more: Any) -> dict[str, Any]:
    return {"type": "dynamiclist", "path": "rows", "components": list(components), **more}


def deep(levels: int) -> dict[str, Any]:
    found: dict[str, Any] = named()
    for _ in range(levels):
        found = group(found)
    return found


GOOD: list[list[Any]] = [
    [],
    [named()],
    [named("客户"), named("b.c"), named("b.d")],
    [group(named("a"), path="g"), group(named("b"), path="g")],
    [named("a"), rows(named("a", id="other"))],
    [{"type": "button", "action": "submit"}],
    [{"type": "select", "key": "s", "valuesKey": "people"}],
    [{"type": "select", "key": "s", "valuesExpression": "=list"}],
    [{"type": "table", "dataSource": "=orders", "columns": [{"key": "no"}]}],
    [{"type": "image", "source": "/static/logo.svg"}, {"type": "separator"}, {"type": "spacer", "height": 10}],
    [{"type": "text", "text": "# Hello {{name}}"}, {"type": "html", "content": "<b>{{name}}</b>"}],
    [named(validate={"pattern": "^(a+)+$", "maxLength": "=limit"})],
    [{"type": "number", "key": "n", "properties": {"widget": "rating"}}],
]
BAD: list[tuple[list[Any], str | None, str]] = [
    ([5], None, "Each component is an object with a type"),
    ([{"type": "hologram", "id": "h"}], "h", "The component type hologram is not known"),
    (
        [{"type": "iframe", "id": "i"}],
        "i",
        "A page of another site cannot be shown in a form; give a link in a text component",
    ),
    ([named(), named("b", id="id_a")], "id_a", "Two components have the id id_a"),
    ([{"type": "textfield", "id": "t"}], "t", "The component needs a key"),
    ([named("a"), named("a", id="x")], "x", "The key a is used twice"),
    ([named("a"), named("a.b", id="x")], "x", "The key a.b is used twice"),
    ([named("a.b"), named("a", id="x")], "x", "The key a is used twice"),
    ([group(named("b"), path="a"), named("a", id="x")], "x", "The key a is used twice"),
    ([rows(named("a"), named("a", id="x"))], "x", "The key a is used twice"),
    ([named("typename", id="x")], "x", "The key typename is kept for the system; choose another"),
    ([group(named("a"), id="x", path="typename")], "x", "The key typename is kept for the system; choose another"),
    ([named("csrf_token", id="x")], "x", "The key csrf_token is kept for the system; choose another"),
    (
        [named("a-b", id="x")],
        "x",
        "The key a-b must begin with a letter and hold only letters, digits and _, and be no word of FEEL",
    ),
    (
        [named("_add", id="x")],
        "x",
        "The key _add must begin with a letter and hold only letters, digits and _, and be no word of FEEL",
    ),
    (
        [named("null", id="x")],
        "x",
        "The key null must begin with a letter and hold only letters, digits and _, and be no word of FEEL",
    ),
    ([named(validate=[])], "id_a", "validate must be an object"),
    ([named(validate={"pattern": "("})], "id_a", "The pattern is not a regular expression"),
    ([named(validate={"pattern": "a" * 501})], "id_a", "The pattern must be text of at most 500 characters"),
    ([named(validate={"maxLength": 10**9})], "id_a", "maxLength must lie between 0 and 200000"),
    ([named(label=5)], "id_a", "label must be text of at most 50000 characters"),
    (
        [named(label="{{#if x}}y{{/if}}")],
        "id_a",
        "label uses “{{#if x}}”: loops and conditions in texts are not supported; use a table or hide the component by a condition",
    ),
    (
        [{"type": "select", "key": "s"}],
        "s",
        "Nothing to choose from: write the options, name a source or give an expression",
    ),
    ([{"type": "radio", "key": "s", "values": ["a", "a"]}], "s", "Two options have the same value"),
    ([{"type": "radio", "key": "s", "values": [{"label": "x"}]}], "s", "Each option needs a value: text or a number"),
    ([{"type": "number", "key": "n", "decimalDigits": 99}], "n", "decimalDigits must lie between 0 and 10"),
    ([{"type": "number", "key": "n", "increment": 0}], "n", "increment must be a number above 0"),
    (
        [{"type": "number", "key": "n", "validate": {"min": 2, "max": 1}}],
        "n",
        "The smallest allowed number is above the largest",
    ),
    ([{"type": "datetime", "key": "d", "subtype": ["date"]}], "d", "The subtype must be date, time or datetime"),
    (
        [{"type": "datetime", "key": "d", "timeInterval": 7}],
        "d",
        "The time step must be 1, 5, 10, 15, 30 or 60 minutes",
    ),
    (
        [{"type": "filepicker", "key": "f", "accept": "pdf"}],
        "f",
        "Allowed kinds of files are written like .pdf,.docx,image/*",
    ),
    ([{"type": "expression", "key": "e"}], "e", "The computed field needs an expression"),
    (
        [{"type": "image", "id": "i", "source": "https://example.com/x.png"}],
        "i",
        "An image must lie on this site (/…) or be a data address of a PNG, JPEG, GIF or WebP",
    ),
    ([{"type": "table", "id": "t", "columns": [{"key": "a"}]}], "t", "The table needs a data source"),
    ([deep(8)], None, "Groups lie more than 8 deep inside each other"),
    ([named(f"k{n}") for n in range(1001)], None, "The form has more than 1000 components"),
]


@pytest.mark.parametrize("components", GOOD)
def test_a_sound_form_is_published_and_built(components: list[Any]) -> None:
    assert forms.check({"components": components}) == []
    forms.build(forms.read({"components": components})).validate()


@pytest.mark.parametrize(("components", "element", "message"), BAD)
def test_a_bad_form_is_refused_with_place_and_cure(components: list[Any], element: str | None, message: str) -> None:
    found = forms.check({"components": components})
    assert (element, message) in [(problem.element, str(problem)) for problem in found]
    with pytest.raises(forms.FormRefused):
        forms.read({"components": components})


@pytest.mark.parametrize("schema", [None, [], "x", 5, {"components": {}}, {"components": 5}])
def test_what_is_no_form_is_refused(schema: Any) -> None:
    assert [str(problem) for problem in forms.check(schema)] == ["A form is a JSON object with components"]


@pytest.mark.parametrize("text", [b"{", "nonsense", b"\xff", "[" * 100_000, "5", '"' + "x" * 1_000_001 + '"'])
def test_bytes_that_are_no_form_are_refused(text: bytes | str) -> None:
    with pytest.raises(forms.FormRefused):
        forms.read(text)


@pytest.mark.parametrize(
    ("name", "component"),
    [
        ("conditional.hide", named(conditional={"hide": "=1 +"})),
        ("readonly", named(readonly="=1 +")),
        ("validate.maxLength", named(validate={"maxLength": "=1 +"})),
        ("label", named(label="Hello {{1 +}}")),
        ("appearance.prefixAdorner", named(appearance={"prefixAdorner": "=1 +"})),
        ("expression", {"type": "expression", "id": "id_a", "key": "a", "expression": "=1 +"}),
        ("valuesExpression", {"type": "select", "id": "id_a", "key": "a", "valuesExpression": "=1 +"}),
        ("dataSource", {"type": "table", "id": "id_a", "dataSource": "=1 +", "columns": [{"key": "a"}]}),
    ],
)
def test_feel_that_cannot_be_read_is_refused_with_the_reason(name: str, component: dict[str, Any]) -> None:
    with pytest.raises(FeelError) as reason:
        parse("1 +")
    (problem,) = forms.check({"components": [component]})
    assert problem.element == "id_a"
    assert problem.params["property"] == name
    assert str(problem).endswith(str(reason.value))
    assert isinstance(problem.params["reason"], forms.Cause)


def test_a_named_choice_source_must_be_known() -> None:
    schema = {"components": [{"type": "select", "id": "s", "key": "s", "valuesKey": "people"}]}
    assert forms.check(schema, choice_sources=["people"]) == []
    (problem,) = forms.check(schema, choice_sources=["customers"])
    assert str(problem).startswith("The choice source people is not known")


def test_the_description_lists_fields_keys_and_sources() -> None:
    schema = {
        "id": "f",
        "components": [
            named("a", validate={"required": True}),
            group({"type": "select", "key": "b", "valuesKey": "people"}, path="g"),
            rows(named("c"), group(named("d"), path="h")),
            {"type": "expression", "key": "e", "expression": "=1"},
        ],
    }
    description = forms.read(json.dumps(schema))
    assert [field.path for field in description.fields] == ["a", "g.b", "rows[].c", "rows[].h.d", "e"]
    assert description.keys == {"a", "g", "rows", "e"}
    assert description.choice_sources == {"people"}
    assert [field.required for field in description.fields] == [True, False, False, False, False]
    assert description.title == "f"
