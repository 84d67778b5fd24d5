"""The database: engine, column types, and the one place that commits.

`unit_of_work` is opened at three doors only: a write view, a job, a command. SQLite (WAL, full sync) takes its write lock
at the beginning of a unit of work, so that no two of them read the same row and overwrite each other; on PostgreSQL the
verbs lock the rows that they change. Reads use `reading`, which never commits.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from psycopg.pq import TransactionStatus
from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Engine, Integer, MetaData, create_engine, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from crm.core.events import Listeners
from crm.core.queued import as_sqlalchemy_says, connection_of, finish, watch

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


# How long PostgreSQL works for one of ours, lets it wait for a row that another holds, and keeps a transaction that has
# fallen asleep: nobody waits longer for an answer, and what is stuck does not hold up the others.
PATIENCE = (
    "timezone=UTC",
    "statement_timeout=60s",
    "lock_timeout=10s",
    "idle_in_transaction_session_timeout=120s",
)


class Base(DeclarativeBase):
    """All tables of the product."""

    metadata = MetaData(naming_convention=NAMING)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, always with zone UTC in Python. Naive values are refused: they would be guessed wrong."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs a time zone")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Fixed(TypeDecorator[Decimal]):
    """A number with so many digits behind the point, exact on both databases: the column holds it as a whole number of its
    smallest parts, so that it is compared and summed as it stands. Two columns must not be multiplied in SQL."""

    impl = BigInteger
    cache_ok = True

    def __init__(self, places: int = 2) -> None:
        super().__init__()
        self.places = places

    @property
    def python_type(self) -> type[Decimal]:
        return Decimal

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        return None if value is None else int(Decimal(value).scaleb(self.places))

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(int(value)).scaleb(-self.places)


# SQLite numbers rows by itself only where the key is spelled INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")
Json = JSON().with_variant(JSONB, "postgresql")


def to_json(value: object) -> str:
    """JSON text as it is stored."""
    return orjson.dumps(value, option=orjson.OPT_PASSTHROUGH_SUBCLASS).decode()


class Database:
    """One company's data. Holds the connection pool, the table of listeners, and the time zone in which the company works."""

    def __init__(self, url: str, *, timezone: str = "Asia/Shanghai", pool_size: int = 10) -> None:
        self.url = url
        self.zone = ZoneInfo(timezone)
        self.listeners = Listeners()
        if url.startswith("sqlite"):
            self.engine: Engine = create_engine(
                url,
                # What was being stored must not stand in the words of an error, and so in a log.
                hide_parameters=True,
                json_serializer=to_json,
                json_deserializer=orjson.loads,
                # The driver forgets how to run what it has not met among its last so many statements.
                connect_args={"timeout": 30, "cached_statements": 1_000},
                pool_size=pool_size,
            )
            event.listen(self.engine, "connect", _set_up_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            self.engine = create_engine(
                url,
                hide_parameters=True,
                json_serializer=to_json,
                json_deserializer=orjson.loads,
                pool_size=pool_size,
                max_overflow=10,
                pool_timeout=10,
                pool_pre_ping=False,
                connect_args={
                    "connect_timeout": 5,
                    "options": " ".join(f"-c {setting}" for setting in PATIENCE),
                    # psycopg forgets what it prepared at every rollback, on the server too, and each reading ends with
                    # one. What is worth it is prepared by `crm/core/wire.py`, and stays.
                    "prepare_threshold": None,
                },
            )
        event.listen(self.engine, "checkin", _leave_nothing_open)
        watch(self.engine)
        self._writing = self.engine.execution_options(heliu_write=True)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def close(self) -> None:
        self.engine.dispose()


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver must not open transactions of its own: BEGIN is sent by `_begin_sqlite`.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA cache_size = -32000")


def _begin_sqlite(connection: Connection) -> None:
    begin = "BEGIN IMMEDIATE" if connection.get_execution_options().get("heliu_write") else "BEGIN"
    driver: Any = connection.connection.dbapi_connection
    try:
        # By the driver itself: so small a statement takes SQLAlchemy longer than many a row.
        driver.execute(begin)
    except sqlite3.Error as fault:
        raise as_sqlalchemy_says(connection, begin, fault) from fault


def _leave_nothing_open(connection: Any, _record: object) -> None:
    # A COMMIT that is refused, by a deferred key for instance, leaves the transaction open.
    if connection is None:
        return
    if isinstance(connection, sqlite3.Connection):
        unfinished = connection.in_transaction
    else:
        unfinished = not connection.closed and connection.info.transaction_status != TransactionStatus.IDLE
    if unfinished:
        connection.rollback()


@contextmanager
def unit_of_work(database: Database) -> Iterator[Session]:
    """One transaction: everything inside becomes true together, or nothing does.

    Events told inside are heard before the commit. Leaving normally commits, an exception rolls back and goes on.
    """
    with Session(database._writing, expire_on_commit=False) as session:
        session.info["database"] = database
        yield session
        database.listeners.hear(session)
        if session.in_transaction():
            session.flush()
            # Not left to the session: what is refused at its commit would leave the transaction open.
            finish(connection_of(session))
        session.commit()


@contextmanager
def reading(database: Database) -> Iterator[Session]:
    """A session to look things up; what is changed in it is never stored."""
    with Session(database.engine, expire_on_commit=False, autoflush=False) as session:
        session.info["database"] = database
        yield session


def dialect_of(session: Session) -> str:
    """`sqlite` or `postgresql`: for the few statements that must differ."""
    return session.get_bind().dialect.name


def affected(result: Any) -> int:
    """How many rows an UPDATE or DELETE changed."""
    return int(result.rowcount)


def company_time(session: Session, now: datetime) -> datetime:
    """The moment as the company's clock shows it: what “today” means in its processes."""
    database: Database = session.info["database"]
    return now.astimezone(database.zone)
