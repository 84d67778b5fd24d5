"""Changes that wait on a connection for the next statement or the commit, and then travel together.

Each journey to PostgreSQL takes as long as several rows do; its pipeline takes many statements in one. SQLite lies in the
process: there they simply follow one another. Whatever else is executed on the connection, by whatever road, goes after
them (`watch`); a rollback forgets them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

Refusal = Callable[[], Exception]
Waiting = tuple[str, Any, Refusal | None]
# Beyond this they are sent: the answers of a pipeline must fit into what the two sides keep for each other.
MOST_WAITING = 200
QUEUE = "heliu_queue"


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


def queue(connection: Connection, sql: str, values: Any, refusal: Refusal | None) -> None:
    """Put a change behind those that wait. `refusal` makes what is raised if it does not change exactly one row."""
    waiting: list[Waiting] = connection.info.setdefault(QUEUE, [])
    waiting.append((sql, values, refusal))
    if len(waiting) >= MOST_WAITING:
        send(connection)


def send(connection: Connection) -> None:
    """Execute what waits. Raises the database's fault, or the first refusal."""
    waiting: Sequence[Waiting] | None = connection.info.pop(QUEUE, None)
    if not waiting:
        return
    dialect = connection.dialect
    driver: Any = connection.connection.dbapi_connection
    sql = waiting[0][0]
    cursors: list[Any] = []
    try:
        if dialect.name == "postgresql" and len(waiting) > 1:
            with driver.pipeline():
                for sql, values, _ in waiting:
                    cursors.append(driver.cursor())
                    cursors[-1].execute(sql, values)
        else:
            for sql, values, _ in waiting:
                cursors.append(driver.cursor())
                cursors[-1].execute(sql, values)
        for cursor, (_, _, refusal) in zip(cursors, waiting, strict=True):
            if refusal is not None and cursor.rowcount != 1:
                raise refusal()
    except dialect.loaded_dbapi.Error as fault:
        raise as_sqlalchemy_says(connection, sql, fault, cursors[-1]) from fault
    finally:
        for cursor in cursors:
            cursor.close()


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


def as_sqlalchemy_says(connection: Connection, sql: str, fault: Exception, cursor: Any) -> BaseException:
    """The driver's fault in the words that everybody above expects; a lost connection is not used again."""
    dialect = connection.dialect
    lost = bool(dialect.is_disconnect(fault, connection.connection, cursor))  # type: ignore[arg-type]  # the driver's own
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
