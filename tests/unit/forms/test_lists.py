"""Rows that come and go, files, choices from elsewhere, and what an API client may not send."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import Any

import pytest
from werkzeug.datastructures import CombinedMultiDict, FileStorage, MultiDict

import forms
from tests.unit.forms.conftest import Build

LINES = {
    "type": "dynamiclist",
    "path": "lines",
    "label": "Lines",
    "components": [
        {"type": "textfield", "key": "name", "label": "Name"},
        {"type": "number", "key": "count", "label": "Count", "decimalDigits": 0},
        {"type": "textfield", "key": "id", "readonly": True},
    ],
}


def rows(bound: forms.BoundForm) -> list[dict[str, Any]]:
    found = bound.answers["lines"]
    assert isinstance(found, list)
    return found


def test_rows_keep_their_order_and_known_rows_their_hidden_knowledge(form: Build) -> None:
    known = {"lines": [{"name": "a", "id": "1", "extra": 7}, {"name": "b", "id": "2"}]}
    post = [("lines.1.name", "B"), ("lines.1.id", "forged"), ("lines.4.name", "new"), ("lines.4.count", "3")]
    bound = form(LINES, values=known, post=post)
    assert bound.validate()
    assert rows(bound) == [{"name": "B", "count": None, "id": "2"}, {"name": "new", "count": 3}]


def test_a_draft_keeps_what_was_known_of_its_rows(form: Build) -> None:
    known = {"lines": [{"name": "a", "id": "1", "price": Decimal("9.50")}]}
    draft = form(LINES, values=known, post=[("lines.0.name", "b"), ("lines.0.count", "x")]).entered
    assert json.loads(json.dumps(draft)) == {"lines": [{"name": "b", "count": "x", "id": "1", "price": "9.50"}]}
    bound = form(LINES, values=draft, post=[("lines.0.name", "c"), ("lines.0.count", "4")])
    assert rows(bound) == [{"name": "c", "count": 4, "id": "1", "price": "9.50"}]


def test_a_new_row_left_blank_is_no_row(form: Build) -> None:
    assert rows(form(LINES, post=[("lines.0.name", "  "), ("lines.0.count", "")])) == []


def test_a_blank_row_with_a_required_field_is_a_fault(form: Build) -> None:
    strict = {
        **LINES,
        "components": [{"type": "textfield", "key": "name", "label": "Name", "validate": {"required": True}}],
    }
    bound = form(strict, post=[("lines.0.name", "")])
    assert not bound.validate()
    assert bound.faults == [forms.Fault("lines.0.name", "Name", "Name (1) is required.")]


def test_buttons_add_and_remove_rows_without_a_script(form: Build) -> None:
    typed = [("lines.0.name", "a"), ("lines.1.name", "b"), ("lines.1.count", "not a number")]
    more = form(LINES, post=[*typed, ("_add", "lines")])
    assert not more.validate()
    assert more.faults == []
    assert more.entered == {
        "lines": [{"name": "a", "count": ""}, {"name": "b", "count": "not a number"}, {"name": "", "count": ""}]
    }
    less = form(LINES, post=[*typed, ("_remove", "lines.1")])
    assert not less.validate()
    assert less.entered == {"lines": [{"name": "a", "count": ""}]}


def test_a_new_row_inherits_nothing_from_a_removed_one(form: Build) -> None:
    known = {"lines": [{"name": "a", "id": "1"}, {"name": "b", "id": "2"}]}
    bound = form(LINES, values=known, post=[("lines.0.name", "a"), ("_add", "lines")])
    assert [number for number, _ in bound.field("lines").items] == [0, 2]  # type: ignore[union-attr]
    assert rows(bound) == [{"name": "a", "count": None, "id": "1"}]


def test_a_list_that_does_not_grow_takes_no_rows_from_a_request(form: Build) -> None:
    fixed = {**LINES, "allowAddRemove": False}
    bound = form(fixed, values={"lines": [{"id": "1"}]}, post=[("lines.0.name", "a"), ("lines.1.name", "b")])
    assert rows(bound) == [{"id": "1", "name": "a", "count": None}]


def test_more_than_two_hundred_rows_are_refused(form: Build) -> None:
    bound = form(LINES, post=[(f"lines.{n}.name", "x") for n in range(201)])
    assert not bound.validate()
    assert [fault.message for fault in bound.faults] == ["Lines must have at most 200 rows."]
    assert len(rows(bound)) == 200
    sent = form(LINES, answers={"lines": [{"name": "x"}] * 201})
    assert [fault.message for fault in sent.faults] == ["Lines must have at most 200 rows."]


def test_lists_lie_in_lists(form: Build) -> None:
    inner = {"type": "dynamiclist", "path": "parts", "components": [{"type": "textfield", "key": "name"}]}
    outer = {"type": "dynamiclist", "path": "lines", "components": [{"type": "textfield", "key": "name"}, inner]}
    bound = form(outer, post=[("lines.0.name", "a"), ("lines.0.parts.0.name", "x"), ("lines.0.parts.3.name", "y")])
    assert rows(bound) == [{"name": "a", "parts": [{"name": "x"}, {"name": "y"}]}]
    assert rows(form(outer, answers={"lines": [{"parts": [{"name": "x"}]}]})) == [
        {"name": "", "parts": [{"name": "x"}]}
    ]


@pytest.mark.parametrize(
    ("answers", "path", "message"),
    [
        ({"nothing": 1}, "nothing", "nothing is no field of this form."),
        ({"typename": "x"}, "typename", "typename is no field of this form."),
        ({"lines": [{"name": "a", "price": 1}]}, "lines.0.price", "lines.0.price is no field of this form."),
        ({"lines": {"0": {}}}, "lines", "Lines must be a list of objects."),
        ({"lines": ["a"]}, "lines", "Lines must be a list of objects."),
        ({1: 2}, "int", "int is no field of this form."),
        ({"\ud800" * 99: 2}, "\\ud800" * 60, "\\ud800" * 60 + " is no field of this form."),
        ([1], "", "The answers must be a JSON object."),
    ],
)
def test_an_api_client_is_told_what_is_no_field(form: Build, answers: Any, path: str, message: str) -> None:
    bound = form(LINES, answers=answers)
    assert not bound.validate()
    assert [(fault.path, fault.message) for fault in bound.faults] == [(path, message)]


def test_what_an_api_client_leaves_out_stays_as_it_was(form: Build) -> None:
    name, note = (
        {"type": "textfield", "key": "name", "validate": {"required": True}},
        {"type": "textfield", "key": "note"},
    )
    bound = form(name, note, values={"name": "known", "note": "old"}, answers={"note": None})
    assert bound.validate()
    assert bound.answers == {"name": "known", "note": ""}


def test_a_browser_may_post_what_no_field_has(form: Build) -> None:
    bound = form(
        {"type": "textfield", "key": "name"},
        post=[("name", "a"), ("csrf_token", "t"), ("typename", "x"), ("other", "y")],
    )
    assert bound.validate()
    assert bound.answers == {"name": "a"}


def test_a_group_keeps_what_was_known_beside_its_fields(form: Build) -> None:
    group = {"type": "group", "path": "address", "components": [{"type": "textfield", "key": "city"}]}
    bound = form(group, values={"address": {"city": "old", "zip": "1"}}, post=[("address.city", "new")])
    assert bound.answers == {"address": {"city": "new", "zip": "1"}}


PEOPLE = [forms.Choice("7", "Wang Wei", "Sales"), forms.Choice("8", "Li Na")]
PERSON = {"type": "select", "key": "who", "label": "Who", "valuesKey": "people", "properties": {"widget": "person"}}


def test_choices_come_from_a_named_source_or_a_variable(form: Build) -> None:
    assert form(PERSON, choices={"people": PEOPLE}, post=[("who", "7")]).validate()
    assert not form(PERSON, choices={"people": PEOPLE}, post=[("who", "9")]).validate()
    assert form(PERSON, context={"people": [{"value": 9, "label": "Nine"}]}, post=[("who", "9")]).answers == {"who": 9}


def test_a_source_too_big_for_a_page_is_asked_for_one_choice(form: Build) -> None:
    found = {choice.value: choice for choice in PEOPLE}
    remote = forms.RemoteChoices(find=found.get, search_url="/people", first=lambda: PEOPLE[:1])
    assert form(PERSON, choices={"people": remote}, post=[("who", "8")]).validate()
    assert not form(PERSON, choices={"people": remote}, post=[("who", "9")]).validate()


FILES = {"type": "filepicker", "key": "files", "label": "Files", "multiple": True, "accept": ".pdf,image/*"}


def upload(form: Build, *files: tuple[str, bytes], kept: tuple[str, ...] = (), **options: Any) -> forms.BoundForm:
    stored: list[str] = []

    def store(file: FileStorage) -> dict[str, object]:
        stored.append(file.filename or "")
        return {"id": str(len(stored)), "name": file.filename or ""}

    sent = MultiDict([("files", FileStorage(io.BytesIO(data), filename=name)) for name, data in files])
    post: CombinedMultiDict[str, Any] = CombinedMultiDict([sent, MultiDict([("files", key) for key in kept])])
    description = forms.read({"components": [options.pop("spec", FILES)]})
    bound = forms.build(description, formdata=post, store_file=store, **options)
    bound.stored = stored  # type: ignore[attr-defined]
    return bound


def test_files_are_stored_first_and_only_their_names_are_kept(form: Build) -> None:
    bound = upload(form, ("a.PDF", b"1"), ("图.png", b"2"))
    assert bound.validate(), bound.faults
    assert bound.answers == {"files": [{"id": "1", "name": "a.PDF"}, {"id": "2", "name": "图.png"}]}


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.exe", b"1", "Files: a.exe is not of an allowed kind (.pdf,image/*)."),
        ("a.pdf", b"", "Files: a.pdf is empty."),
        ("a.pdf", b"1" * 2_000_001, "Files: a.pdf is larger than 2 MB."),
        ("a" * 300 + ".pdf", b"1", "Files: the name of a file is too long or has signs that cannot be stored."),
    ],
)
def test_a_bad_file_is_refused_and_not_stored(form: Build, name: str, data: bytes, message: str) -> None:
    bound = upload(form, (name, data), spec={**FILES, "properties": {"maxMegabytes": 2}})
    assert not bound.validate()
    assert [fault.message for fault in bound.faults] == [message]
    assert bound.stored == []  # type: ignore[attr-defined]


def test_a_file_that_nobody_can_store_is_not_lost_in_silence(form: Build) -> None:
    post = MultiDict([("files", FileStorage(io.BytesIO(b"1"), filename="a.pdf"))])
    bound = form(FILES, post=post)
    assert not bound.validate()
    assert bound.faults[0].message == "Files: files cannot be taken here."


def test_a_hidden_file_field_stores_nothing(form: Build) -> None:
    bound = upload(form, ("a.pdf", b"1"), spec={**FILES, "conditional": {"hide": "=true"}})
    assert bound.validate()
    assert bound.stored == []  # type: ignore[attr-defined]


def test_files_may_stay_but_not_be_made_up(form: Build) -> None:
    known = {"files": [{"id": "5", "name": "old.pdf"}, {"id": "6", "name": "older.pdf"}]}
    less = upload(form, kept=("5",), values=known)
    assert less.answers == less.entered == {"files": [{"id": "5", "name": "old.pdf"}]}
    forged = upload(form, kept=("7",), values=known)
    assert not forged.validate()
    assert forged.faults[0].message == "Files: a file is not known here; choose it again."
    mine = {"7": {"id": "7", "name": "mine.pdf"}}
    assert upload(form, kept=("7",), find_file=mine.get).answers == {"files": [{"id": "7", "name": "mine.pdf"}]}
