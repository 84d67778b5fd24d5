"""The kinds of fields that money, quantities, shares, moments and other records need."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy.dialects import sqlite

from crm.core.db import Fixed
from crm.core.errors import Invalid
from crm.core.fields import Field, Kind, read
from crm.core.i18n import text
from crm.core.keyset import Order
from crm.interactions.models import Interaction
from crm.records.telling import told_changes

MONEY = Field("amount", text("Amount"), Kind.MONEY)
QUANTITY = Field("quantity", text("Quantity"), Kind.DECIMAL, places=3, most=1000)
DISCOUNT = Field("discount", text("Discount"), Kind.MONEY, least=-100, most=100)
SHARE = Field("share", text("Share"), Kind.PERCENT)
AT = Field("at", text("At"), Kind.MOMENT)
STATE = Field("state", text("State"), Kind.CHOICE, options=(("open", text("Open")), ("won", text("Won"))))


def _read(field: Field, value: object) -> object:
    return read((field,), {field.name: value}, options={})[field.name]


@pytest.mark.parametrize(
    ("field", "given", "kept"),
    [
        (MONEY, "1250000.5", Decimal("1250000.50")),
        (MONEY, "1,250,000.50", Decimal("1250000.50")),
        (MONEY, "¥ 12", Decimal("12.00")),
        (MONEY, 12, Decimal("12.00")),
        (MONEY, Decimal("0.10"), Decimal("0.10")),
        (MONEY, "", None),
        (MONEY, "999999999999", Decimal("999999999999.00")),
        (QUANTITY, "2.125", Decimal("2.125")),
        (DISCOUNT, "-12.5", Decimal("-12.50")),
        (SHARE, "60 %", 60),
        (SHARE, 0, 0),
        (AT, "2026-03-11T10:00:00+08:00", datetime(2026, 3, 11, 2, 0, tzinfo=UTC)),
        (AT, datetime(2026, 3, 11, 2, 0, tzinfo=UTC), datetime(2026, 3, 11, 2, 0, tzinfo=UTC)),
        (STATE, "won", "won"),
    ],
)
def test_a_value_is_read(field: Field, given: object, kept: object) -> None:
    found = _read(field, given)
    assert found == kept
    assert str(found) == str(kept)


@pytest.mark.parametrize(
    ("field", "given"),
    [
        (MONEY, "12.345"),
        (MONEY, "-1"),
        (MONEY, "1e13"),
        (MONEY, "1e400000"),
        (MONEY, "NaN"),
        (MONEY, "Infinity"),
        (MONEY, "twelve"),
        (MONEY, True),
        (MONEY, 12.5),
        (QUANTITY, "1000.001"),
        (SHARE, "101"),
        (SHARE, "-1"),
        (SHARE, "12.5"),
        (AT, "2026-03-11T10:00"),
        (AT, "tomorrow"),
        (AT, "0001-01-01T00:00:00+14:00"),
        (AT, 12),
        (STATE, "lost"),
        (STATE, ["won"]),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_the_name_of_its_field(field: Field, given: object) -> None:
    with pytest.raises(Invalid) as wrong:
        _read(field, given)
    assert [fault.field for fault in wrong.value.faults] == [field.name]


def test_changes_are_told_with_figures_and_names() -> None:
    owner = Field("customer_id", text("Customer"), Kind.RECORD, target="customer")
    old = {"amount": None, "share": 20, "state": "open", "customer_id": 1, "at": None}
    moment = datetime(2026, 3, 11, 2, 0, tzinfo=UTC)
    new = {"amount": Decimal("1250000.50"), "share": 60, "state": "won", "customer_id": 2, "at": moment}
    titles = {("customer", 1): "恒力", ("customer", 2): "Rheinwerk"}
    told = str(told_changes((MONEY, SHARE, STATE, owner, AT), old, new, titles))
    for words in (
        "Amount: — → 1,250,000.50",
        "20 % → 60 %",
        "Open → Won",
        "恒力 → Rheinwerk",
        "At: — → 2026-03-11 02:00",
    ):
        assert words in told


@pytest.mark.parametrize("value", [Decimal("0.01"), Decimal("-5.10"), Decimal("999999999999.99"), None])
def test_money_is_stored_exactly_as_a_whole_number_of_cents(value: Decimal | None) -> None:
    kind = Fixed(2)
    stored = kind.process_bind_param(value, sqlite.dialect())
    assert stored is None or isinstance(stored, int)
    assert kind.process_result_value(stored, sqlite.dialect()) == value


def test_the_place_in_a_list_sorted_by_day_is_fit_for_json() -> None:
    interaction = Interaction(id=3, next_visit=datetime(2026, 3, 11, tzinfo=UTC).date())
    assert Order((Interaction.next_visit, Interaction.id)).mark(interaction) == ("2026-03-11", 3)
