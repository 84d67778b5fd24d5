"""Rights of a step over its form: they only tighten, for browsers and programs alike, and lose no value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

import forms
from forms import BoundForm
from forms.rights import path_of, rights_from

SCHEMA = {
    "components": [
        {"type": "textfield", "id": "c1", "key": "note", "label": "Note", "validate": {"required": True}},
        {"type": "number", "id": "c2", "key": "price", "label": "Price"},
        {"type": "expression", "id": "c3", "key": "double", "label": "Double", "expression": "=price * 2"},
        {
            "type": "group",
            "id": "c4",
            "path": "address",
            "label": "Address",
            "components": [{"type": "textfield", "id": "c5", "key": "city", "label": "City"}],
        },
        {
            "type": "dynamiclist",
            "id": "c6",
            "path": "items",
            "label": "Items",
            "components": [
                {"type": "textfield", "id": "c7", "key": "name", "label": "Name"},
                {"type": "textfield", "id": "c8", "key": "cost", "label": "Cost"},
            ],
        },
    ]
}
KNOWN = {"note": "old", "price": 5, "address": {"city": "Suzhou"}, "items": [{"name": "Pump", "cost": "secret"}]}
POSTED = MultiDict(
    [("note", "new"), ("price", "9"), ("address.city", "Wuxi"), ("items.0.name", "Valve"), ("items.0.cost", "0"), ("items.1.name", "x")]
)  # fmt: skip
ANSWERS = {
    "note": "new",
    "price": 9,
    "address": {"city": "Wuxi"},
    "items": [{"name": "Valve", "cost": "0"}, {"name": "x", "cost": "1"}],
}


def bound(rights: Mapping[str, Any], **given: Any) -> BoundForm:
    return forms.build(forms.read(SCHEMA), values=KNOWN, rights=rights, **given)


@pytest.fixture(params=["browser", "program"])
def given(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {"formdata": POSTED} if request.param == "browser" else {"answers": ANSWERS}


def test_rights_are_two_lists_and_hiding_is_the_stricter() -> None:
    assert rights_from("a, items[].cost,", " b , a") == {"a": "hide", "items[].cost": "hide", "b": "read"}


def test_a_path_names_a_field_in_every_row() -> None:
    assert path_of("items.0.parts.12.name") == "items[].parts[].name"
    assert path_of("items.__row0__.name") == "items[].name"


@pytest.mark.parametrize("right", ["hide", "read"])
def test_a_field_that_is_not_open_keeps_its_value_whatever_is_sent(right: str, given: dict[str, Any]) -> None:
    form = bound({"note": right, "address.city": right}, **given)
    assert form.validate()
    assert "note" not in form.answers and "address" not in form.answers
    assert form.answers["price"] == 9


def test_a_required_field_that_is_hidden_is_not_missed() -> None:
    form = forms.build(forms.read(SCHEMA), rights={"note": "hide"}, formdata=MultiDict([("price", "1")]))
    assert form.validate()


def test_a_hidden_field_is_not_drawn_and_a_read_only_one_is_locked() -> None:
    form = bound({"price": "hide", "note": "read"})
    drawn = {node.path for row in form.rows for node in row}
    assert "price" not in drawn and "note" in drawn
    note = form.field("note")
    assert note is not None and note.locked
    assert "price" not in form.hidden_paths


def test_what_is_computed_still_knows_a_hidden_value(given: dict[str, Any]) -> None:
    form = bound({"price": "hide"}, **given)
    assert form.validate()
    assert form.answers["double"] == 10


def test_a_column_of_a_list_is_hidden_in_every_row_and_in_new_ones(given: dict[str, Any]) -> None:
    form = bound({"items[].cost": "hide"}, **given)
    assert form.validate()
    assert form.answers["items"] == [{"name": "Valve", "cost": "secret"}, {"name": "x"}]
    items = form.field("items")
    assert items is not None
    assert [node.path for row in items.blank_rows for node in row] == ["items.__row0__.name"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("right", ["hide", "read"])
def test_a_list_that_is_not_open_neither_grows_nor_changes(right: str, given: dict[str, Any]) -> None:
    form = bound({"items": right}, **given)
    assert form.validate()
    assert "items" not in form.answers
    cost = form.field("items.0.cost")
    assert cost is not None and cost.data == "secret"
    assert form.field("items.1.name") is None


def test_a_right_opens_nothing_that_the_form_keeps_shut() -> None:
    schema = {"components": [{"type": "textfield", "id": "a", "key": "a", "label": "A", "disabled": True}]}
    form = forms.build(forms.read(schema), values={"a": "kept"}, rights={"a": "read"}, formdata=MultiDict([("a", "x")]))
    assert form.validate()
    assert form.answers == {}


def test_the_schema_for_programs_says_nothing_of_hidden_fields() -> None:
    shown = str(bound({"items[].cost": "hide", "price": "hide", "address.city": "hide"}).without_hidden(SCHEMA))
    assert not re.search("'(cost|city|price)'", shown)
    assert "'name'" in shown and "'note'" in shown
