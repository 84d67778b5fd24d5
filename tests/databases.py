"""Databases for tests: each test finds the cast of `people.py` and the pick-lists, or the delivered processes as well.

To be fast, all tests of a process share one engine of each kind, so that a statement is compiled once and not for each test.
A `Database` on it is a test's own: nobody hears its events any more when the test is over, nor listens to its statements.
"""

from __future__ import annotations

import shutil
import sqlite3
from copy import copy
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from app import metadata
from crm.core.db import Database, unit_of_work
from crm.core.events import Listeners
from crm.dictionary.seed import seed_dictionary
from tests.people import People, seed_people
from tests.pg import Postgres
from workflows import library

# A Wednesday morning in Shanghai, no public holiday.
NOON = datetime(2026, 3, 11, 2, 0, tzinfo=UTC)


class Stock(StrEnum):
    """What a database holds when a test begins."""

    CAST = "cast"
    """The cast and the pick-lists of a new installation."""
    DELIVERED = "delivered"
    """The delivered processes too."""


def begin(session: Session) -> People:
    """What every test finds."""
    seed_dictionary(session)
    return seed_people(session, NOON)


def lent(lasting: Database) -> Database:
    """A database for one test on the engine of a lasting one."""
    database = copy(lasting)
    database.listeners = Listeners()
    # Who listens to the statements of one test does not listen to those of the next.
    database.engine = lasting.engine.execution_options()
    database._writing = database.engine.execution_options(heliu_write=True)
    return database


class SqliteTemplate:
    """Files with all tables, one for each stock, copied for each test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        database = Database(f"sqlite:///{self.file(Stock.CAST)}")
        metadata().create_all(database.engine)
        with unit_of_work(database) as session:
            self.people = begin(session)
        self._keep(database)
        shutil.copyfile(self.file(Stock.CAST), self.file(Stock.DELIVERED))
        database = Database(f"sqlite:///{self.file(Stock.DELIVERED)}")
        with unit_of_work(database) as session:
            library.seed_from_files(session, now=NOON)
        self._keep(database)
        self.used = folder / "heliu.db"
        self.lasting = Database(f"sqlite:///{self.used}", pool_size=5)
        event.listen(self.lasting.engine, "connect", _forget)

    def file(self, stock: Stock) -> Path:
        return self.folder / f"{stock}.db"

    @staticmethod
    def _keep(database: Database) -> None:
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()

    def copy(self, folder: Path, stock: Stock = Stock.CAST) -> Database:
        """A database in a folder, which may stand beside others."""
        shutil.copyfile(self.file(stock), folder / "heliu.db")
        database = Database(f"sqlite:///{folder / 'heliu.db'}", pool_size=5)
        event.listen(database.engine, "connect", _forget)
        return database

    def renew(self, stock: Stock) -> Database:
        """The database of the test that begins."""
        self.lasting.close()
        for file in self.folder.glob(f"{self.used.name}*"):
            file.unlink()
        shutil.copyfile(self.file(stock), self.used)
        return lent(self.lasting)


def _forget(connection: sqlite3.Connection, _record: object) -> None:
    # What tests write has not to survive a crash of the machine.
    connection.execute("PRAGMA synchronous = OFF")


# A stock is kept in a schema of its name. Rows point at each other in a ring (a department at its head), so the keys rest
# while they are put back. To empty one table that others point at is to empty all: that takes a fifth of a second, deleting
# takes one hundredth of that, and leaves space that is taken again only when the tables are emptied once they have grown.
KEEP = """
CREATE FUNCTION heliu_keep(stock text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE name text;
BEGIN
  EXECUTE format('CREATE SCHEMA %I', stock);
  FOR name IN SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0
  LOOP
    EXECUTE format('CREATE TABLE %I.%I AS TABLE public.%I', stock, name, name);
  END LOOP;
  EXECUTE format('CREATE TABLE %I."sequence of numbers" AS SELECT sequencename, last_value FROM pg_sequences
    WHERE schemaname = ''public'' AND last_value IS NOT NULL', stock);
END $$
"""
RENEW = """
CREATE FUNCTION heliu_renew(stock text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE name text; number bigint; grown boolean;
BEGIN
  SET LOCAL session_replication_role = replica;
  SELECT max(pg_table_size(oid)) > 4000000 INTO grown FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r';
  FOR name IN SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0
  LOOP
    EXECUTE format(CASE WHEN grown THEN 'TRUNCATE public.%I CASCADE' ELSE 'DELETE FROM public.%I' END, name);
  END LOOP;
  FOR name IN SELECT relname FROM pg_class
    WHERE relnamespace = stock::regnamespace AND relkind = 'r' AND relname <> 'sequence of numbers'
  LOOP
    EXECUTE format('INSERT INTO public.%I SELECT * FROM %I.%I', name, stock, name);
  END LOOP;
  PERFORM setval(format('public.%I', sequencename)::regclass, 1, false) FROM pg_sequences
    WHERE schemaname = 'public' AND last_value IS NOT NULL;
  FOR name, number IN EXECUTE format('SELECT sequencename, last_value FROM %I."sequence of numbers"', stock)
  LOOP
    PERFORM setval(format('public.%I', name)::regclass, number);
  END LOOP;
END $$
"""


class PostgresTemplate:
    """One server and one database for the whole run; between tests its rows are deleted and the stock put back."""

    def __init__(self) -> None:
        self.server = Postgres()
        self.url = self.server.start()
        self.database = Database(self.url, pool_size=5)
        with self.database.engine.begin() as connection:
            metadata().create_all(connection)
            for made in (KEEP, RENEW):
                connection.execute(text(made))
        with unit_of_work(self.database) as session:
            self.people = begin(session)
        self._keep(Stock.CAST)
        with unit_of_work(self.database) as session:
            library.seed_from_files(session, now=NOON)
        self._keep(Stock.DELIVERED)

    def _keep(self, stock: Stock) -> None:
        with self.database.engine.begin() as connection:
            connection.execute(text("SELECT heliu_keep(:stock)"), {"stock": stock})

    def renew(self, stock: Stock = Stock.CAST) -> Database:
        """The database of the test that begins."""
        if self.database.engine.pool.checkedout():  # type: ignore[attr-defined]  # it is a pool that counts
            self.database.close()
        with self.database.engine.begin() as connection:
            connection.execute(text("SELECT heliu_renew(:stock)"), {"stock": stock})
        return lent(self.database)

    def stop(self) -> None:
        """End the server."""
        self.database.close()
        self.server.stop()
