"""Numbers that people quote, such as K-000012: they follow from a row's key, so they are unique and cost nothing."""

from __future__ import annotations

import re

from sqlalchemy import ColumnElement, String, case, cast, func, literal
from sqlalchemy.orm import InstrumentedAttribute

from crm.core.fields import LARGEST_ID

DIGITS = 6
LIMIT = 10**DIGITS


def is_key(value: int) -> bool:
    """Can there be a row with this key? Addresses may name any number."""
    return 0 < value <= LARGEST_ID


def typed_key(value: str) -> int | None:
    """The key that somebody wrote into an address or a form; None if no row can have it."""
    # `isdigit` alone also takes signs such as ², which are no numbers.
    if not (value.isascii() and value.isdigit() and len(value) < 17):
        return None
    return int(value) if is_key(int(value)) else None


def quoted(prefix: str, key: int) -> str:
    """The number of the row with this key."""
    return f"{prefix}-{key:0{DIGITS}d}"


def quoted_in_sql(prefix: str, key: InstrumentedAttribute[int]) -> ColumnElement[str]:
    """The same, reckoned by either database."""
    padded = func.substr(cast(key + LIMIT, String), 2)
    return literal(f"{prefix}-", String) + case((key < LIMIT, padded), else_=cast(key, String))


def key_of(prefix: str, number: str) -> int | None:
    """The key behind a quoted number; None if it is not one. Leading noughts and the case of the prefix do not matter."""
    found = re.fullmatch(rf"{prefix}-?0*([1-9][0-9]{{0,15}})", number.strip().upper())
    return int(found.group(1)) if found else None
