"""Statements of the hot path: compiled once for each kind of database, then handed to the driver as text.

SQLAlchemy looks at a statement anew each time it is executed, which takes longer than the database needs for the row. What
is done many thousand times an hour is therefore written once as a `Prepared`; everything else stays ordinary. Columns keep
their types, faults keep their kinds, and the transaction is the session's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Delete, Dialect, Insert, Select, Table, Update, bindparam, insert
from sqlalchemy.orm import Session

Convert = Callable[[Any], Any]


def insert_into(table: Any, *columns: str) -> Prepared:
    """A statement that adds one row with values for these columns."""
    into: Table = table
    return Prepared(insert(into).inline().values({name: bindparam(name) for name in columns}))


class Prepared:
    """A statement with `bindparam`s for its values. It does not see what the session has not yet flushed."""

    def __init__(self, statement: Select[Any] | Insert | Update | Delete) -> None:
        self._statement = statement
        self._texts: dict[str, _Text] = {}

    def change(self, session: Session, values: Mapping[str, Any]) -> int:
        """Execute an INSERT, UPDATE or DELETE. Answers how many rows it changed."""
        connection = session.connection()
        text = self._text(connection.dialect)
        return int(connection.exec_driver_sql(text.sql, text.bind(values)).rowcount)

    def rows(self, session: Session, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Execute a SELECT, or a change with RETURNING. Answers its rows in the order of its columns."""
        connection = session.connection()
        text = self._text(connection.dialect)
        return [text.row(row) for row in connection.exec_driver_sql(text.sql, text.bind(values)).fetchall()]

    def first(self, session: Session, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The first row, or None."""
        return next(iter(self.rows(session, values)), None)

    def _text(self, dialect: Dialect) -> _Text:
        found = self._texts.get(dialect.name)
        if found is None:
            # Two threads may compile it at the same time; both come to the same text.
            found = self._texts[dialect.name] = _Text(self._statement, dialect)
        return found


class _Text:
    """SQL of one dialect, with what turns values into the driver's and the driver's into values."""

    def __init__(self, statement: Select[Any] | Insert | Update | Delete, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self.sql: str = compiled.string
        self._names: list[str] | None = compiled.positiontup
        self._fixed = {name: bind.effective_value for name, bind in compiled.binds.items() if not bind.required}
        kinds = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
        self._convert: list[tuple[str, Convert]] = [(name, convert) for name, convert in kinds.items() if convert]
        columns = getattr(statement, "exported_columns", ())
        results = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        self._results: list[tuple[int, Convert]] = [
            (place, convert) for place, convert in enumerate(results) if convert
        ]

    def bind(self, values: Mapping[str, Any]) -> Any:
        given = {**self._fixed, **values}
        for name, convert in self._convert:
            given[name] = convert(given[name])
        return given if self._names is None else tuple([given[name] for name in self._names])

    def row(self, row: Any) -> tuple[Any, ...]:
        found = list(row)
        for place, convert in self._results:
            found[place] = convert(found[place])
        return tuple(found)
