"""What each type of field accepts from a browser and from an API client, and what it says to the rest."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.forms.conftest import Build

OPTIONS = [{"value": "a", "label": "Alpha"}, {"value": 2, "label": "Two"}]
TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": "textfield"},
    "short": {"type": "textfield", "validate": {"minLength": 2, "maxLength": 4}},
    "needed": {"type": "textfield", "validate": {"required": True}},
    "email": {"type": "textfield", "validate": {"validationType": "email"}},
    "phone": {"type": "textfield", "validate": {"validationType": "phone"}},
    "code": {"type": "textfield", "validate": {"pattern": "^[0-9A-Z]{18}$", "patternErrorMessage": "18 signs"}},
    "long": {"type": "textarea"},
    "number": {"type": "number"},
    "whole": {"type": "number", "decimalDigits": 0, "validate": {"min": 1, "max": 10}},
    "money": {"type": "number", "decimalDigits": 2, "increment": "0.05"},
    "date": {"type": "datetime", "subtype": "date"},
    "future": {"type": "datetime", "subtype": "date", "disallowPassedDates": True},
    "time": {"type": "datetime", "subtype": "time", "timeInterval": 15},
    "moment": {"type": "datetime", "subtype": "datetime", "disallowPassedDates": True},
    "tick": {"type": "checkbox"},
    "must": {"type": "checkbox", "validate": {"required": True}},
    "radio": {"type": "radio", "values": OPTIONS},
    "select": {"type": "select", "values": OPTIONS},
    "stars": {"type": "number", "properties": {"widget": "rating"}},
    "list": {"type": "checklist", "values": OPTIONS},
    "tags": {"type": "taglist", "values": OPTIONS, "validate": {"required": True}},
}
POSTED = [
    ("text", ["  x  "], "x"),
    ("text", [], ""),
    ("text", ["张伟 😀👩‍👩‍👧"], "张伟 😀👩‍👩‍👧"),
    ("short", ["abc"], "abc"),
    ("short", [""], ""),
    ("email", ["张.wei@example.com"], "张.wei@example.com"),
    ("phone", ["+86 10 8888-6666"], "+86 10 8888-6666"),
    ("code", ["91310000MA1K35XX0A"], "91310000MA1K35XX0A"),
    ("long", ["a\r\nb\r\n"], "a\nb"),
    ("number", ["1,234,567.50"], Decimal("1234567.50")),
    ("number", ["１２．５"], Decimal("12.5")),
    ("number", ["-3"], -3),
    ("number", [""], None),
    ("whole", ["7"], 7),
    ("money", ["5650"], Decimal("5650")),
    ("money", ["0.15"], Decimal("0.15")),
    ("date", ["2026-02-28"], date(2026, 2, 28)),
    ("future", ["2026-11-22"], date(2026, 11, 22)),
    ("time", ["09:45"], time(9, 45)),
    ("moment", ["2026-12-01T09:30"], datetime(2026, 12, 1, 1, 30, tzinfo=UTC)),
    ("tick", ["true"], True),
    ("tick", [], False),
    ("must", ["true"], True),
    ("radio", ["2"], 2),
    ("select", [""], None),
    ("stars", ["4"], 4),
    ("list", ["a", "2", "a"], ["a", 2]),
    ("list", [], []),
    ("tags", ["", "a"], ["a"]),
]
REFUSED = [
    ("short", ["a"], "Label must have at least 2 characters."),
    ("short", ["abcde"], "Label must have at most 4 characters."),
    ("needed", ["   "], "Label is required."),
    ("text", ["a\nb"], "Label must be on one line."),
    ("text", ["a\0b"], "Label contains a character that cannot be stored (U+0000); delete it and type it again."),
    ("text", ["\ud800"], "Label contains a character that cannot be stored (U+D800); delete it and type it again."),
    ("text", ["x" * 1001], "Label must have at most 1000 characters."),
    ("text", ["x" * 100_000], "Label must have at most 1000 characters."),
    ("long", ["字" * 100_000], "Label must have at most 10000 characters."),
    ("email", ["a@b"], "Label must be an e-mail address such as name@example.com."),
    ("phone", ["call me"], "Label must be a phone number such as 13800000000 or +86 10 88886666."),
    ("code", ["91310000"], "18 signs"),
    ("number", ["1,5"], "Label must be a number such as 1234.5."),
    ("number", ["NaN"], "Label must be a number such as 1234.5."),
    ("number", ["1e5"], "Label must be a number such as 1234.5."),
    ("number", ["9" * 19], "Label must have at most 18 digits before the point."),
    ("number", ["9" * 5000], "Label must have at most 18 digits before the point."),
    ("number", ["0.00000000001"], "Label must have at most 10 decimals."),
    ("whole", ["1.5"], "Label must be a whole number."),
    ("whole", ["0"], "Label must be at least 1."),
    ("whole", ["11"], "Label must be at most 10."),
    ("money", ["0.07"], "Label must be a multiple of 0.05."),
    ("money", ["0.005"], "Label must have at most 2 decimals."),
    ("date", ["2026-02-30"], "Label must be a date such as 2026-01-31."),
    ("date", ["0001-01-01"], "Label must lie between the years 1900 and 2999."),
    ("future", ["2026-11-21"], "Label must not lie in the past."),
    ("time", ["09:50"], "Label must be a full step of 15 minutes, such as 09:00."),
    ("time", ["25:00"], "Label must be a time such as 09:30."),
    ("moment", ["2026-11-21T23:59"], "Label must not lie in the past."),
    ("moment", ["9999-12-31T23:59"], "Label must lie between the years 1900 and 2999."),
    ("must", [], "Label must be ticked."),
    ("radio", ["b"], "Label: choose one of the list."),
    ("select", ["'; --"], "Label: choose one of the list."),
    ("stars", ["6"], "Label: choose one of the list."),
    ("list", ["a", "z"], "Label: choose from the list, at most 500."),
    ("tags", [""], "Label: choose at least one."),
]
SENT = [
    ("text", "x", "x"),
    ("text", None, ""),
    ("number", 12, 12),
    ("number", 12.5, Decimal("12.5")),
    ("number", Decimal("5649.99"), Decimal("5649.99")),
    ("number", "12.50", Decimal("12.50")),
    ("date", "2026-02-28", date(2026, 2, 28)),
    ("moment", "2026-12-01T09:30:00+09:00", datetime(2026, 12, 1, 0, 30, tzinfo=UTC)),
    ("moment", "2026-12-01T01:30:00Z", datetime(2026, 12, 1, 1, 30, tzinfo=UTC)),
    ("tick", True, True),
    ("radio", 2, 2),
    ("radio", None, None),
    ("list", ["a", 2], ["a", 2]),
]
NOT_TAKEN = [
    ("text", 5, "Label must be text."),
    ("text", ["x"], "Label must be text."),
    ("text", {"a": 1}, "Label must be text."),
    ("number", True, "Label must be a number such as 1234.5."),
    ("number", float("nan"), "Label must be a number such as 1234.5."),
    ("number", float("inf"), "Label must be a number such as 1234.5."),
    ("number", 10**1000, "Label must have at most 18 digits before the point."),
    ("number", 1e300, "Label must have at most 18 digits before the point."),
    ("number", [], "Label must be a number such as 1234.5."),
    ("date", 20260101, "Label must be a date such as 2026-01-31."),
    ("moment", "tomorrow", "Label must be a date and time such as 2026-01-31 09:30."),
    ("tick", "true", "Label must be true or false."),
    ("tick", Decimal("sNaN"), "Label must be true or false."),
    ("number", Decimal("sNaN"), "Label must be a number such as 1234.5."),
    ("radio", {"value": 2}, "Label: choose one of the list."),
    ("list", "a", "Label: choose from the list, at most 500."),
    ("list", ["a"] * 501, "Label: choose from the list, at most 500."),
    ("list", [["a"]], "Label: choose from the list, at most 500."),
]
TODAY = date(2026, 11, 22)


def spec(kind: str) -> dict[str, Any]:
    return {"key": "f", "label": "Label", **TYPES[kind]}


@pytest.mark.parametrize(("kind", "texts", "value"), POSTED)
def test_a_browsers_text_becomes_a_typed_value(form: Build, kind: str, texts: list[str], value: object) -> None:
    bound = form(spec(kind), post=[("f", text) for text in texts], today=TODAY)
    assert bound.validate(), bound.faults
    assert bound.answers == {"f": value}
    assert type(bound.answers["f"]) is type(value)


@pytest.mark.parametrize(("kind", "texts", "message"), REFUSED)
def test_a_bad_text_is_refused_by_a_sentence_that_names_the_field(
    form: Build, kind: str, texts: list[str], message: str
) -> None:
    bound = form(spec(kind), post=[("f", text) for text in texts], today=TODAY)
    assert not bound.validate()
    assert [(fault.path, fault.label, fault.message) for fault in bound.faults] == [("f", "Label", message)]


@pytest.mark.parametrize(("kind", "value", "expected"), SENT)
def test_a_clients_json_becomes_the_same_typed_value(form: Build, kind: str, value: object, expected: object) -> None:
    bound = form(spec(kind), answers={"f": value}, today=TODAY)
    assert bound.validate(), bound.faults
    assert bound.answers == {"f": expected}
    assert type(bound.answers["f"]) is type(expected)


@pytest.mark.parametrize(("kind", "value", "message"), NOT_TAKEN)
def test_a_value_of_the_wrong_type_is_refused(form: Build, kind: str, value: object, message: str) -> None:
    bound = form(spec(kind), answers={"f": value}, today=TODAY)
    assert not bound.validate()
    assert [fault.message for fault in bound.faults] == [message]


@pytest.mark.parametrize(("kind", "texts"), [(kind, texts) for kind, texts, _ in [*POSTED, *REFUSED] if texts])
def test_a_draft_shows_exactly_what_was_typed(form: Build, kind: str, texts: list[str]) -> None:
    first = form(spec(kind), post=[("f", text) for text in texts], today=TODAY)
    draft = json.loads(json.dumps(first.entered))
    again = form(spec(kind), values=draft, today=TODAY)
    assert again.entered == first.entered


def test_a_moment_is_shown_in_the_readers_zone(form: Build) -> None:
    stored = {"f": datetime(2026, 12, 1, 1, 30, tzinfo=UTC)}
    assert form(spec("moment"), values=stored).entered == {"f": "2026-12-01T09:30"}
    assert form(spec("moment"), values=stored, timezone="Europe/Berlin").entered == {"f": "2026-12-01T02:30"}
    assert form(spec("moment"), values={"f": "2026-12-01T01:30:00Z"}).entered == {"f": "2026-12-01T09:30"}


def test_an_hour_that_the_clock_skipped_is_refused(form: Build) -> None:
    bound = form(spec("moment"), post=[("f", "2027-03-28T02:30")], timezone="Europe/Berlin", today=TODAY)
    assert not bound.validate()
    assert bound.faults[0].message == "Label names an hour that the clock skipped that day (summer time)."


def test_a_number_too_long_to_be_printed_is_refused_too(form: Build) -> None:
    bound = form(spec("number"), answers={"f": 10**5000})
    assert not bound.validate()
    assert bound.faults[0].message == "Label must have at most 18 digits before the point."
