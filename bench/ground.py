"""The ground of the measurements: a database of each kind that waits for the disk, with the delivered processes and a cast.

A prepared database is copied, so that the product and the limit begin from the same rows.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from app import metadata
from crm.core.db import Database, unit_of_work
from crm.core.memory import settle
from crm.customers.operations import create_customer
from crm.dictionary.seed import seed_dictionary
from crm.migrations import migrate
from tests.people import People, seed_people
from tests.pg import Postgres
from workflows import library, triggers

ROOT = Path(__file__).resolve().parent.parent
# A Wednesday morning in Shanghai.
NOW = datetime(2026, 3, 11, 2, 0, tzinfo=UTC)
KINDS = ("sqlite", "postgresql")


@dataclass(frozen=True)
class House:
    """A database with the cast and a customer of manager1."""

    url: str
    people: People
    customer_id: int


class Grounds:
    """Where databases are made: files in `folder`, and one PostgreSQL server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server = Postgres(durable=True)
        self._started = False

    def close(self) -> None:
        """Remove everything."""
        if self._started:
            self._server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def empty(self, kind: str, name: str) -> str:
        """The address of a new database without tables."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if kind == "sqlite":
            url = f"sqlite:///{self.folder / name}.db"
            # A measurement that was broken off may have left one.
            self.drop(url)
            return url
        self._administer(f"CREATE DATABASE {name}")
        return self._server.url(name)

    def copy(self, url: str, name: str) -> str:
        """A copy of a database that nobody is connected to."""
        if url.startswith("sqlite"):
            target = self.folder / f"{name}.db"
            shutil.copyfile(url.removeprefix("sqlite:///"), target)
            return f"sqlite:///{target}"
        self._administer(f"CREATE DATABASE {name} TEMPLATE {_name_of(url)}")
        return self._server.url(name)

    def drop(self, url: str) -> None:
        """Remove a database."""
        if url.startswith("sqlite"):
            for ending in ("", "-wal", "-shm"):
                Path(url.removeprefix("sqlite:///") + ending).unlink(missing_ok=True)
        else:
            self._administer(f"DROP DATABASE {_name_of(url)} WITH (FORCE)")

    def server(self) -> str:
        """The address of the server's own database."""
        if not self._started:
            self._server.start()
            self._started = True
        return self._server.url()

    def _administer(self, statement: str) -> None:
        with psycopg.connect(plain(self.server()), autocommit=True) as connection:
            connection.execute(statement.encode())


def plain(url: str) -> str:
    """The address as libpq knows it."""
    return url.replace("postgresql+psycopg://", "postgresql://")


def _name_of(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """The database, with listening triggers, in a process like a worker."""
    database = Database(url)
    triggers.listen(database.listeners)
    settle()
    try:
        yield database
    finally:
        if database.is_sqlite:
            with database.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()


def build_house(url: str) -> House:
    """All tables, the cast, the delivered processes and a customer."""
    with opened(url) as database:
        migrate(database, metadata())
        with unit_of_work(database) as session:
            people = seed_people(session, NOW)
        with unit_of_work(database) as session:
            library.seed_from_files(session, now=NOW)
            seed_dictionary(session)
            session.flush()
            values = {"name": "苏州恒力精密机械有限公司", "grade": "key_account", "region": "east"}
            customer = create_customer(session, by=people.manager1, now=NOW, values=values)
    return House(url, people, customer.id)
