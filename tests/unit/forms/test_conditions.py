"""What is shown, read-only or computed, and that a request cannot change what is not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.forms.conftest import Build

KIND = {"type": "select", "key": "kind", "label": "Kind", "values": ["person", "company"]}
CODE = {
    "type": "textfield",
    "key": "code",
    "label": "Code",
    "validate": {"required": True},
    "conditional": {"hide": '=kind != "company"'},
}


def text(key: str, **more: Any) -> dict[str, Any]:
    return {"type": "textfield", "key": key, "label": key, **more}


def test_a_hidden_field_is_neither_required_nor_read(form: Build) -> None:
    bound = form(KIND, CODE, post=[("kind", "person"), ("code", "smuggled")])
    assert bound.validate()
    assert bound.answers == {"kind": "person"}
    assert bound.entered == {"kind": "person"}


def test_a_shown_field_is_required_and_read(form: Build) -> None:
    assert not form(KIND, CODE, post=[("kind", "company"), ("code", "")]).validate()
    bound = form(KIND, CODE, post=[("kind", "company"), ("code", "X")])
    assert bound.validate()
    assert bound.answers == {"kind": "company", "code": "X"}


@pytest.mark.parametrize("read_only", [{"readonly": True}, {"disabled": True}, {"readonly": '=kind = "person"'}])
def test_a_read_only_field_keeps_what_was_known(form: Build, read_only: dict[str, Any]) -> None:
    price = {"type": "number", "key": "price", "label": "Price", **read_only}
    bound = form(KIND, price, values={"price": Decimal("9.50")}, post=[("kind", "person"), ("price", "0")])
    assert bound.validate()
    assert bound.answers == {"kind": "person"}
    node = bound.field("price")
    assert node is not None
    assert node.entry.shown == "9.50"  # type: ignore[attr-defined]


def test_a_draft_does_not_hide_what_was_known_of_other_fields(form: Build) -> None:
    city, code = text("city"), text("code", readonly=True)
    group = {"type": "group", "path": "address", "components": [city, code]}
    facts = {"price": 9, "address": {"city": "old", "code": "1", "zip": "2"}}
    price = {"type": "number", "key": "price", "readonly": True}
    draft = form(price, group, values=facts, post=[("address.city", "new")]).entered
    assert draft == {"address": {"city": "new"}}
    again = form(price, group, values=draft, context=facts)
    assert [again.field(path).entry.shown for path in ("price", "address.city", "address.code")] == ["9", "new", "1"]  # type: ignore[union-attr]
    sent = form(price, group, values=draft, context=facts, post=[("address.city", "newer")])
    assert sent.answers == {"address": {"city": "newer", "code": "1", "zip": "2"}}


def test_a_form_shown_for_reading_takes_nothing(form: Build) -> None:
    bound = form(
        KIND, text("note", defaultValue="draft"), values={"kind": "person"}, answers={"note": "x"}, read_only=True
    )
    assert bound.validate()
    assert bound.answers == {}
    assert bound.field("note").entry.shown == ""  # type: ignore[union-attr]


def test_conditions_that_build_on_each_other_are_followed_to_the_end(form: Build) -> None:
    chain = [text("a")]
    chain += [
        text(key, conditional={"hide": f'={before} = null or {before} = ""'})
        for before, key in zip("abcde", "bcdef", strict=True)
    ]
    everything = [(key, "x") for key in "abcdef"]
    assert set(form(*chain, post=everything).answers) == set("abcdef")
    assert form(*chain, post=[("a", ""), *everything[1:]]).answers == {"a": ""}
    assert set(form(*reversed(chain), post=everything).answers) == set("abcdef")


def test_a_value_cannot_open_its_own_field(form: Build) -> None:
    bound = form(text("secret", conditional={"hide": '=secret != "open"'}), post=[("secret", "open")])
    assert bound.validate()
    assert bound.answers == {}


def test_fields_that_hide_each_other_stay_hidden(form: Build) -> None:
    one = text("one", conditional={"hide": "=two = null"})
    two = text("two", conditional={"hide": "=one != null"})
    bound = form(one, two, post=[("one", "x"), ("two", "y")])
    assert bound.validate()
    assert bound.answers == {}


def test_a_field_that_its_own_value_makes_read_only_stays_as_it_was(form: Build) -> None:
    once = {"type": "number", "key": "amount", "readonly": "=amount != null"}
    bound = form(once, values={"amount": 5}, post=[("amount", "9")])
    assert bound.validate()
    assert bound.answers == {}
    assert form(once, post=[("amount", "9")]).answers == {}


def test_a_sum_that_counts_itself_is_null(form: Build) -> None:
    bound = form({"type": "expression", "key": "n", "expression": "=if n = null then 1 else n + 1"})
    assert bound.answers == {"n": None}


def test_a_group_opens_and_locks_what_it_holds(form: Build) -> None:
    group = {"type": "group", "id": "g", "components": [text("x")], "readonly": '=kind = "person"'}
    assert form(KIND, group, post=[("kind", "person"), ("x", "y")]).answers == {"kind": "person"}
    assert form(KIND, group, post=[("kind", "company"), ("x", "y")]).answers == {"kind": "company", "x": "y"}


def test_a_group_hides_what_it_holds_in_any_depth(form: Build) -> None:
    inner = {"type": "group", "id": "g2", "path": "inner", "components": [text("x", validate={"required": True})]}
    outer = {
        "type": "group",
        "id": "g1",
        "path": "outer",
        "conditional": {"hide": '=kind = "person"'},
        "components": [inner],
    }
    hidden = form(KIND, outer, post=[("kind", "person"), ("outer.inner.x", "smuggled")])
    assert hidden.validate()
    assert hidden.answers == {"kind": "person"}
    shown = form(KIND, outer, post=[("kind", "company"), ("outer.inner.x", "y")])
    assert shown.validate()
    assert shown.answers == {"kind": "company", "outer": {"inner": {"x": "y"}}}


def test_conditions_see_groups_rows_and_other_variables(form: Build) -> None:
    rows = {
        "type": "dynamiclist",
        "path": "lines",
        "components": [
            {"type": "number", "key": "price"},
            text("reason", validate={"required": True}, conditional={"hide": "=this.price < limit"}),
        ],
    }
    post = [("lines.0.price", "5"), ("lines.1.price", "50"), ("lines.1.reason", "good")]
    bound = form(rows, post=post, context={"limit": 10})
    assert bound.validate(), bound.faults
    assert bound.answers == {"lines": [{"price": 5}, {"price": 50, "reason": "good"}]}


def test_computed_fields_are_exact_and_never_taken_from_a_request(form: Build) -> None:
    amount = {"type": "number", "key": "amount"}
    total = {"type": "expression", "key": "total", "expression": "=amount * 1.13"}
    assert form(amount, total, post=[("amount", "5000"), ("total", "1")]).answers["total"] == Decimal("5650.00")
    lines = {"type": "dynamiclist", "path": "lines", "components": [amount]}
    sums = {"type": "expression", "key": "sum", "expression": "=sum(for line in lines return line.amount)"}
    bound = form(lines, sums, post=[("lines.0.amount", "0.1"), ("lines.1.amount", "0.2")])
    assert bound.answers["sum"] == Decimal("0.3")


def test_a_computed_value_can_decide_what_is_shown(form: Build) -> None:
    amount = {"type": "number", "key": "amount"}
    total = {"type": "expression", "key": "total", "expression": "=amount * 2"}
    reason = text("reason", conditional={"hide": "=total <= 100"})
    assert "reason" in form(amount, total, reason, post=[("amount", "51"), ("reason", "x")]).answers
    assert "reason" not in form(amount, total, reason, post=[("amount", "50"), ("reason", "x")]).answers


def test_limits_may_be_feel(form: Build) -> None:
    amount = {"type": "number", "key": "amount", "label": "Amount", "validate": {"max": "=credit / 2"}}
    bound = form(amount, context={"credit": 100}, post=[("amount", "51")])
    assert not bound.validate()
    assert bound.faults[0].message == "Amount must be at most 50."


def test_today_in_a_condition_is_the_readers_today(form: Build) -> None:
    late = text("why", conditional={"hide": "=today() <= due"})
    due = {"due": date(2026, 11, 22)}
    assert "why" not in form(late, context=due, today=date(2026, 11, 22)).answers
    assert "why" in form(late, context=due, today=date(2026, 11, 23)).answers


def test_a_condition_that_cannot_be_worked_out_shows_the_field(form: Build) -> None:
    assert "a" in form(text("a", conditional={"hide": "=nobody.knows > 3"})).answers


def test_fields_that_appear_unseen_are_shown_before_the_form_is_taken(form: Build) -> None:
    optional = {**CODE, "validate": {}}
    bound = form(KIND, optional, post=[("kind", "company"), ("code", ""), ("_hidden", "code")])
    assert not bound.validate()
    assert bound.faults == []
    assert bound.notice
    assert form(KIND, optional, post=[("kind", "company"), ("code", ""), ("_hidden", "")]).validate()


def test_the_state_tells_a_script_what_changed(form: Build) -> None:
    city = {"type": "select", "key": "city", "valuesExpression": '=if kind = "company" then ["A", "B"] else ["C"]'}
    total = {"type": "expression", "key": "twice", "label": "Twice", "expression": "=2 * 21"}
    state = form(KIND, CODE, city, total, post=[("kind", "person")]).state
    assert state["hidden"] == ["field-code"]
    assert state["hidden_fields"] == ["code"]
    assert state["computed"] == {"field-twice": "42"}
    assert state["choices"] == {"field-city": [["C", "C"]]}
