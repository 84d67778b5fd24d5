"""Changes that wait on a connection for the next statement or the commit, and then travel together.

Each journey to PostgreSQL takes as long as several rows do; its pipeline takes many statements in one. SQLite lies in the
process: there they simply follow one another. Whatever else is executed on the connection, by whatever road, goes after
them (`watch`), a `Ready` statement in the same journey (`ask`); a rollback forgets them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from psycopg.errors import DivisionByZero
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from crm.core.wire import Bound, Wire

Refusal = Callable[[], Exception]


@dataclass(frozen=True, slots=True)
class Ready:
    """A statement with its values, as the driver takes it. For PostgreSQL `bound` says the same in its own way."""

    sql: str
    values: Any
    bound: Bound | None = None
    refusal: Refusal | None = None
    """What is raised if it does not change exactly one row."""


# Beyond this they are sent: the answers of a pipeline must fit into what the two sides keep for each other.
MOST_WAITING = 200
QUEUE, WIRE = "heliu_queue", "heliu_wire"


class Answer(NamedTuple):
    """What a statement found, or how many rows it changed."""

    rows: list[tuple[Any, ...]]
    changed: int


def connection_of(session: Session) -> Connection:
    """The session's connection; asking for it again takes the session longer than many a statement."""
    # A savepoint is set only where a nested transaction asks for the connection itself.
    transaction = session.get_nested_transaction() or session.get_transaction()
    known = session.info.get("connection")
    if known is not None and known[0] is transaction and transaction is not None:
        return known[1]  # type: ignore[no-any-return]  # as it was put there
    connection = session.connection()
    session.info["connection"] = (session.get_nested_transaction() or session.get_transaction(), connection)
    return connection


def queue(connection: Connection, ready: Ready) -> None:
    """Put a change behind those that wait."""
    waiting: list[Ready] = connection.info.setdefault(QUEUE, [])
    waiting.append(ready)
    if len(waiting) >= MOST_WAITING:
        send(connection)


def send(connection: Connection) -> None:
    """Execute what waits. Raises the database's fault, or the first refusal."""
    waiting: list[Ready] | None = connection.info.pop(QUEUE, None)
    if waiting:
        _execute(connection, waiting)


def finish(connection: Connection) -> None:
    """Execute what waits and commit. On PostgreSQL that is one journey; elsewhere the commit is left to the session."""
    waiting: list[Ready] | None = connection.info.pop(QUEUE, None)
    if waiting:
        _execute(connection, waiting, commits=True)


def ask(connection: Connection, ready: Ready, *, apart: bool = False) -> Answer:
    """Execute what waits, unless the statement has nothing to do with it, and then the statement."""
    waiting: list[Ready] = [] if apart else connection.info.pop(QUEUE, None) or []
    return _execute(connection, [*waiting, ready])


def _execute(connection: Connection, statements: Sequence[Ready], *, commits: bool = False) -> Answer:
    """Execute them one after the other. Answers what the last one found."""
    dialect = connection.dialect
    driver: Any = connection.connection.dbapi_connection
    try:
        if statements[-1].bound is None:
            return _by_cursor(driver, statements)
        return _by_wire(connection, driver, statements, commits)
    except dialect.loaded_dbapi.Error as fault:
        raise as_sqlalchemy_says(connection, statements[-1].sql, fault) from fault


def _by_cursor(driver: Any, statements: Sequence[Ready]) -> Answer:
    for each in statements:
        cursor = driver.execute(each.sql, each.values)
        if each.refusal is not None and cursor.rowcount != 1:
            raise each.refusal()
    rows = cursor.fetchall()
    return Answer(rows, cursor.rowcount)


def _by_wire(connection: Connection, driver: Any, statements: Sequence[Ready], commits: bool) -> Answer:
    wire = connection.info.get(WIRE)
    if wire is None:
        wire = connection.info[WIRE] = Wire(driver)
    # What is refused after the commit would be true already: there the server itself looks whether a row was found.
    bound = [each.bound.guarded() if commits and each.refusal else each.bound for each in statements if each.bound]
    results = wire.execute(bound, commits=commits)
    for each, result in zip(statements, results, strict=False):
        try:
            wire.check(result)
        except DivisionByZero:
            if each.refusal is None:
                raise
            raise each.refusal() from None
        if each.refusal is not None and not commits and result.command_tuples != 1:
            raise each.refusal()
    if commits:
        wire.check(results[-1])
    last = results[len(statements) - 1]
    return Answer(wire.rows(bound[-1], last) if last.nfields else [], last.command_tuples or 0)


def watch(engine: Engine) -> None:
    """From now on nothing on this engine's connections overtakes what waits there."""

    def before(connection: Connection, *_: object) -> None:
        send(connection)

    def forget(connection: Connection, *_: object) -> None:
        # A lost connection has nothing to say any more, and what waited there is gone with it.
        if not connection.invalidated:
            connection.info.pop(QUEUE, None)

    def returned(_: object, record: Any) -> None:
        record.info.pop(QUEUE, None)

    for name in ("before_cursor_execute", "savepoint", "release_savepoint", "commit"):
        event.listen(engine, name, before)
    for name in ("rollback", "rollback_savepoint"):
        event.listen(engine, name, forget)
    event.listen(engine, "checkin", returned)


def as_sqlalchemy_says(connection: Connection, sql: str, fault: Exception) -> BaseException:
    """The driver's fault in the words that everybody above expects; a lost connection is not used again."""
    dialect = connection.dialect
    lost = bool(dialect.is_disconnect(fault, connection.connection, None))  # type: ignore[arg-type]  # the driver's own
    if lost:
        connection.invalidate(fault)
    return DBAPIError.instance(
        sql,
        None,
        fault,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=lost,
        dialect=dialect,
    )
