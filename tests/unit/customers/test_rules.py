"""Rules of customers and of fields, as tables of cases; no database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from crm.core.errors import Invalid
from crm.core.fields import Field, Kind, read
from crm.core.i18n import text
from crm.core.numbers import key_of, quoted
from crm.core.search import query_parts, tokens
from crm.customers.rules import CUSTOMER_FIELDS, phone_key, sort_key


def field(kind: Kind, **more: object) -> Field:
    return Field("it", text("It"), kind, **more)  # type: ignore[arg-type]  # cases name fields of the class


@pytest.mark.parametrize(
    ("kind", "more", "given", "kept"),
    [
        (Kind.LINE, {}, "  恒力  ", "恒力"),
        (Kind.LINE, {}, "", None),
        (Kind.LINE, {}, None, None),
        (Kind.LINE, {}, "👨‍👩‍👧 family", "👨‍👩‍👧 family"),
        (Kind.LONG, {"longest": 100}, "a\r\nb", "a\nb"),
        (Kind.EMAIL, {}, "li.na@example.com", "li.na@example.com"),
        (Kind.PHONE, {}, "0512－6688 1234", "0512-6688 1234"),
        (Kind.PHONE, {}, "+86 (512) 6688-1234 #12", "+86 (512) 6688-1234 #12"),
        (Kind.WEBSITE, {}, "www.example.com", "https://www.example.com"),
        (Kind.WHOLE, {"least": 1, "most": 5}, "3", 3),
        (Kind.WHOLE, {"least": 1, "most": 5}, Decimal("3"), 3),
        (Kind.DATE, {}, "1988-02-29", date(1988, 2, 29)),
        (Kind.FLAG, {}, "y", True),
        (Kind.FLAG, {}, "", False),
        (Kind.CHOICE, {"category": "grade"}, "focus", "focus"),
        (Kind.TAGS, {}, "展会， VIP,VIP", ["展会", "VIP"]),
        (Kind.TAGS, {}, [], []),
        (Kind.REFERENCE, {}, "12", 12),
    ],
)
def test_a_fitting_value_is_kept(kind: Kind, more: dict[str, object], given: object, kept: object) -> None:
    assert read([field(kind, **more)], {"it": given}, options={"grade": {"focus"}}) == {"it": kept}


@pytest.mark.parametrize(
    ("kind", "more", "given", "said"),
    [
        (Kind.LINE, {"required": True}, "   ", "needed"),
        (Kind.LINE, {"longest": 5}, "123456", "too long: 6 characters, at most 5"),
        (Kind.LINE, {}, "x" * 100_000, "too long: 100000"),
        (Kind.LINE, {}, "a\x00b", "U+0000"),
        (Kind.LINE, {}, "a\nb", "U+000A"),
        (Kind.LINE, {}, "a\ud800", "U+D800"),
        (Kind.LINE, {}, "evil\u202etxt", "U+202E"),
        (Kind.LINE, {}, 12, "must be text"),
        (Kind.LINE, {}, {"a": 1}, "must be text"),
        (Kind.LONG, {"longest": 9}, "a\x1b[0m", "U+001B"),
        (Kind.EMAIL, {}, "not an address", "e-mail"),
        (Kind.EMAIL, {}, "a@b", "e-mail"),
        (Kind.PHONE, {}, "call me", "telephone"),
        (Kind.WEBSITE, {}, "javascript://alert(1)", "web address"),
        (Kind.WHOLE, {"least": 1, "most": 5}, 6, "from 1 to 5"),
        (Kind.WHOLE, {"least": 1, "most": 5}, "3.5", "from 1 to 5"),
        (Kind.WHOLE, {"least": 1, "most": 5}, True, "from 1 to 5"),
        (Kind.DATE, {}, "2026-02-30", "must be a date"),
        (Kind.DATE, {}, "20260203", "must be a date"),
        (Kind.FLAG, {}, "perhaps", "true or false"),
        (Kind.CHOICE, {"category": "grade"}, "gold", "not in the list"),
        (Kind.CHOICE, {"category": "grade"}, ["focus"], "key of the list"),
        (Kind.TAGS, {}, ["a" * 31], "too long"),
        (Kind.TAGS, {}, [str(n) for n in range(21)], "at most 20"),
        (Kind.TAGS, {}, [1], "list of short texts"),
        (Kind.REFERENCE, {}, "-1", "number of a record"),
        (Kind.REFERENCE, {}, 2**70, "number of a record"),
    ],
)
def test_a_wrong_value_is_refused_with_its_cure(kind: Kind, more: dict[str, object], given: object, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        read([field(kind, **more)], {"it": given}, options={"grade": {"focus"}})
    (fault,) = refused.value.faults
    assert fault.field == "it"
    assert said in str(fault.message)


def test_every_wrong_and_unknown_field_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        read(CUSTOMER_FIELDS, {"name": "", "credit": 9, "nmae": "x", "owner": 1}, options={})
    assert {fault.field for fault in refused.value.faults} == {"name", "credit", "nmae", "owner"}


def test_only_given_fields_are_read_of_a_part() -> None:
    assert read(CUSTOMER_FIELDS, {"phone": "110"}, options={}, partial=True) == {"phone": "110"}


def test_chinese_names_are_ordered_by_sound_after_latin_ones() -> None:
    names = ["中山电器", "Zeta GmbH", "安徽机械", "重庆山城", "北京软件", "alpha Ltd", "苏州恒力", "东莞制造"]
    assert sorted(names, key=sort_key) == [
        "alpha Ltd", "Zeta GmbH", "安徽机械", "北京软件", "重庆山城", "东莞制造", "苏州恒力", "中山电器",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [("苏州 恒力（集团）", "苏州恒力(集团)"), ("ＡＢＣ Co., Ltd.", "abc co ltd"), ("Straße 1", "STRASSE 1")],
)
def test_spellings_of_one_name_get_equal_keys(one: str, other: str) -> None:
    assert sort_key(one) == sort_key(other)


@pytest.mark.parametrize(
    ("phone", "key"),
    [
        ("0512-6688 1234", "051266881234"),
        ("+86 512 6688 1234", "051266881234"),
        ("0086-138 0000 1111", "13800001111"),
        ("+86 138 0000 1111", "13800001111"),
        ("+49 711 1234", "497111234"),
        (None, None),
        ("", None),
    ],
)
def test_one_telephone_number_has_one_key(phone: str | None, key: str | None) -> None:
    assert phone_key(phone) == key


@pytest.mark.parametrize(
    ("number", "key"), [("K-000012", 12), ("k12", 12), ("K-1234567", 1234567), ("SR-12", None), ("K-", None)]
)
def test_a_quoted_number_leads_back_to_its_row(number: str, key: int | None) -> None:
    assert key_of("K", number) == key
    if key is not None:
        assert key_of("K", quoted("K", key)) == key


def test_chinese_runs_become_pairs_and_words_their_endings() -> None:
    assert tokens("恒力精密 Werk") == ["恒力", "力精", "精密", "密", "werk", "erk"]
    assert query_parts("精密") == [["精密"]]
    assert query_parts("恒力精") == [["恒力", "力精"]]
    assert query_parts("恒 WERK!") == [["恒"], ["werk"]]
    assert query_parts("👍 --- ''") == []
