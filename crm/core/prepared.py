"""Statements of the hot path: compiled once for each kind of database, then handed to the driver as text.

SQLAlchemy looks at a statement anew each time it is executed, which takes longer than the database needs for the row. What
is done many thousand times an hour is therefore written once as a `Prepared`; everything else stays ordinary. Columns keep
their types, faults keep their kinds, and the transaction is the session's.

A change whose outcome nobody waits for is done `later`: with the next statement of the transaction or at its commit, several
in one journey to the database. No statement overtakes them, unless it says that it looks at something else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Delete,
    Dialect,
    Insert,
    Select,
    Update,
    bindparam,
    insert,
)
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict
from sqlalchemy.sql import visitors
from sqlalchemy.sql.schema import ScalarElementColumnDefault
from sqlalchemy.types import TypeEngine

from crm.core.db import Base, UtcDateTime
from crm.core.queued import Answer, Ready, Refusal, ask, connection_of, queue
from crm.core.wire import Wired

Convert = Callable[[Any], Any]
AnyStatement = Select[*tuple[Any, ...]] | CompoundSelect[Any] | Insert | Update | Delete
M = TypeVar("M", bound=Base)


def insert_into(table: Any, *columns: str) -> Prepared:
    """A statement that adds one row with values for these columns; the others get what their model gives them by default."""
    return Prepared(_insert(table, columns).inline())


def _insert(into: Any, columns: Sequence[str]) -> Insert:
    default = {
        column.name: column.default.arg
        for column in into.columns
        if column.name not in columns and isinstance(column.default, ScalarElementColumnDefault)
    }
    return insert(into).values({**default, **{name: bindparam(name) for name in columns}})


def inserted(model: type[Base], *columns: str) -> Prepared:
    """Like `insert_into`, and the row comes back with all columns of the model."""
    return Prepared(_insert(model.__table__, columns).returning(*columns_of(model)))


def columns_of(model: type[Base]) -> tuple[ColumnElement[Any], ...]:
    """All columns of a model, in the order that `loaded` wants."""
    return tuple(model.__table__.columns)


def loaded(session: Session, model: type[M], row: Sequence[Any]) -> M:
    """A row with all columns of a model as the session's object; one that the session has already is brought up to date."""
    values = dict(zip(_names_of(model), row, strict=True))
    found = _known(session, model, values)
    if found is not None:
        return found
    fresh = model()
    # Nothing of a new object is known yet that could differ: its values go in at once.
    instance_dict(fresh).update(values)
    make_transient_to_detached(fresh)
    session.add(fresh)
    return fresh


def as_read(session: Session, model: type[M], row: Sequence[Any]) -> M:
    """Like `loaded`, for reading only: a new object is none of the session's, which takes most of the time of making one.

    To set an attribute of it is a fault.
    """
    values = dict(zip(_names_of(model), row, strict=True))
    found = _known(session, model, values)
    if found is not None:
        return found
    fresh: M = model.__new__(model)
    instance_dict(fresh).update(values)
    return fresh


def _known(session: Session, model: type[M], values: Mapping[str, Any]) -> M | None:
    """The session's object with this id, as the database has it now."""
    found: M | None = session.identity_map.get((model, (values["id"],), None))
    if found is not None:
        instance_dict(found).update(values)
    return found


@cache
def _names_of(model: type[Base]) -> tuple[str, ...]:
    return tuple(column.key for column in model.__table__.columns)


class Prepared:
    """A statement with `bindparam`s for its values."""

    def __init__(self, statement: AnyStatement) -> None:
        self._statement = statement
        self._texts: dict[str, _Text] = {}

    def change(self, session: Session, values: Mapping[str, Any]) -> int:
        """Execute an INSERT, UPDATE or DELETE. Answers how many rows it changed."""
        return self._ask(session, values)[1].changed

    def later(self, session: Session, values: Mapping[str, Any], *, refusal: Refusal | None = None) -> None:
        """Execute an INSERT, UPDATE or DELETE before the next statement or the commit.

        With `refusal` it is to change exactly one row; otherwise what that answers is raised then.
        """
        if session.autoflush:
            session.flush()
        connection = connection_of(session)
        queue(connection, self._text(connection.dialect).ready(values, refusal))

    def rows(self, session: Session, values: Mapping[str, Any], *, apart: bool = False) -> list[tuple[Any, ...]]:
        """Execute a SELECT, or a change with RETURNING. Answers its rows in the order of its columns.

        With `apart` it looks at nothing that waiting changes touch, so they go on waiting.
        """
        text, answer = self._ask(session, values, apart)
        return text.read(answer.rows)

    def first(self, session: Session, values: Mapping[str, Any], *, apart: bool = False) -> tuple[Any, ...] | None:
        """The first row, or None."""
        return next(iter(self.rows(session, values, apart=apart)), None)

    def _ask(self, session: Session, values: Mapping[str, Any], apart: bool = False) -> tuple[_Text, Answer]:
        """Execute in the session's transaction, past SQLAlchemy."""
        if session.autoflush:
            session.flush()
        connection = connection_of(session)
        text = self._text(connection.dialect)
        return text, ask(connection, text.ready(values), apart=apart)

    def _text(self, dialect: Dialect) -> _Text:
        found = self._texts.get(dialect.name)
        if found is None:
            # Two threads may compile it at the same time; both come to the same text.
            found = self._texts[dialect.name] = _Text(self._statement, dialect)
        return found


class _Text:
    """SQL of one dialect, with what turns values into the driver's and the driver's into values."""

    def __init__(self, statement: AnyStatement, dialect: Dialect) -> None:
        asked: set[str] = set()

        def leave_open(bind: BindParameter[Any]) -> None:
            if bind.required:
                asked.add(bind.key)
                bind.required = False

        copy = visitors.cloned_traverse(statement, {}, {"bindparam": leave_open})
        # Lists of `IN` are written out: what is left open is given one by one.
        compiled: Any = copy.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        self._sql: str = compiled.string
        self._wired = Wired(self._sql, compiled.params) if dialect.name == "postgresql" else None
        self._names: list[str] | None = compiled.positiontup
        self._fixed: dict[str, Any] = {}
        self._convert: list[tuple[str, Convert]] = []
        for name, value in compiled.params.items():
            bind = compiled.binds[name if name in compiled.binds else name.rpartition("_")[0]]
            convert = _writer(bind.type, dialect)
            if name not in asked:
                self._fixed[name] = convert(value) if convert else value
            elif convert:
                self._convert.append((name, convert))
        columns = getattr(statement, "exported_columns", ())
        results = [_reader(column.type, dialect) for column in columns]
        self._results: list[tuple[int, Convert]] = [
            (place, convert) for place, convert in enumerate(results) if convert
        ]

    def ready(self, values: Mapping[str, Any], refusal: Refusal | None = None) -> Ready:
        """With its values, as the driver takes them."""
        given = {**self._fixed, **values}
        for name, convert in self._convert:
            given[name] = convert(given[name])
        if self._wired is not None:
            return Ready(self._sql, None, self._wired.bound(given), refusal)
        return Ready(self._sql, [given[name] for name in self._names or ()], None, refusal)

    def read(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """What was found, as the columns' types say it."""
        return [self._row(row) for row in rows] if self._results else rows

    def _row(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        found = list(row)
        for place, convert in self._results:
            found[place] = convert(found[place])
        return tuple(found)


def _writer(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    if isinstance(kind, UtcDateTime) and dialect.name == "sqlite":
        return _moment_as_text
    processor: Convert | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return processor


def _reader(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    if isinstance(kind, UtcDateTime) and dialect.name == "sqlite":
        return _moment_from_text
    processor: Convert | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    return processor


def _moment_as_text(value: datetime | None) -> str | None:
    """As SQLAlchemy stores it, which takes ten times as long with its own format."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a stored time needs a time zone")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _moment_from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)
