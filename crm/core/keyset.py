"""Pages of a long list by the place of the last row seen: as quick on page 1,000 as on page 1, and no row is shown twice
or left out when others are added meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from crm.core.db import UtcDateTime
from crm.core.errors import Fault, Invalid
from crm.core.i18n import text

T = TypeVar("T")
Mark = tuple[str | int | float | None, ...]


@dataclass(frozen=True)
class Order:
    """A sort order: columns without empty values, the last of which is unique; all in one direction."""

    columns: tuple[InstrumentedAttribute[Any], ...]
    descending: bool = False

    def mark(self, row: object) -> Mark:
        """Where the row stands, in values fit for JSON."""
        values = (getattr(row, column.key) for column in self.columns)
        return tuple(_marked(value) for value in values)


def _marked(value: Any) -> str | int | float | None:
    if isinstance(value, date):
        return value.isoformat()
    plain: str | int | float | None = str(value) if isinstance(value, Decimal) else value
    return plain


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows of a list, with the marks for asking on in both directions where there is more."""

    rows: list[T]
    next: Mark | None
    previous: Mark | None


def fetch(
    session: Session,
    query: Select[T],
    order: Order,
    *,
    place: Sequence[object] | None,
    limit: int,
    backwards: bool = False,
) -> Page[T]:
    """The rows after `place` (before it with `backwards`), at most `limit`. A place of another list is refused."""
    descending = order.descending != backwards
    if place is not None:
        here, there = tuple_(*order.columns), tuple_(*_values(order, place))
        query = query.where(here < there if descending else here > there)
    columns = [column.desc() if descending else column.asc() for column in order.columns]
    rows = list(session.scalars(query.order_by(*columns).limit(limit + 1)))
    more = len(rows) > limit
    rows = rows[:limit]
    if backwards:
        rows.reverse()
    further, earlier = (bool(place), more) if backwards else (more, place is not None)
    return Page(
        rows,
        next=order.mark(rows[-1]) if rows and further else None,
        previous=order.mark(rows[0]) if rows and earlier else None,
    )


def _values(order: Order, place: Sequence[object]) -> list[ColumnElement[Any]]:
    try:
        return [literal(_fit(value, column), column.type) for column, value in zip(order.columns, place, strict=True)]
    except (ValueError, InvalidOperation):
        raise Invalid([Fault("cursor", text("This page mark is not valid; begin again without it."))]) from None


def _fit(value: object, column: InstrumentedAttribute[Any]) -> object:
    """The value as the column takes it. ValueError if it comes from a list that is sorted by something else."""
    if isinstance(column.type, UtcDateTime):
        moment = datetime.fromisoformat(str(value))
        if moment.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return moment
    if isinstance(value, str) and column.type.python_type is date:
        return date.fromisoformat(value)
    if isinstance(value, str) and column.type.python_type is Decimal:
        return Decimal(value)
    if not isinstance(value, column.type.python_type):
        raise ValueError(f"{column.key} does not hold {type(value).__name__}")
    return value
