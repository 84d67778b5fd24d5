"""Variables on an administrator's page: their sort, how they are typed, and whether typing what is shown makes the same of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from workflows.operate.values import MOST_SHOWN, Shown, show_values


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        ("hello", "text", "hello"),
        (7, "number", "7"),
        (Decimal("12.50"), "number", "12.50"),
        (True, "flag", "true"),
        (date(2026, 3, 1), "date", "2026-03-01"),
        (datetime(2026, 3, 1, 8, 30, tzinfo=UTC), "moment", "2026-03-01T08:30:00+00:00"),
        (None, "empty", ""),
        ([1, "a"], "json", '[\n 1,\n "a"\n]'),
    ],
)
def test_a_value_is_shown_as_it_would_be_typed(value: Any, kind: str, words: str) -> None:
    at = value if isinstance(value, date) else None
    assert show_values({"name": value}) == [Shown("name", kind, words, whole=True, at=at)]


@pytest.mark.parametrize("value", ["x" * (MOST_SHOWN + 1), timedelta(hours=1), {"amount": Decimal("12.50")}])
def test_what_typing_would_change_is_told(value: Any) -> None:
    assert not show_values({"name": value})[0].whole
