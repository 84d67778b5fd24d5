"""What every test may ask for: a database of each kind, the application, a signed-in client, a clock that stands still.

Each test gets the cast of `people.py` and nothing else in a fresh database: SQLite by copying a file, PostgreSQL by emptying
the tables and putting the same rows back.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import Table, insert, inspect, select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import create_app, metadata, stand_on
from crm.accounts import passwords, signing_in
from crm.accounts.credentials import WebSession
from crm.accounts.queries import user_named
from crm.core.config import Config
from crm.core.db import Database, reading, unit_of_work
from crm.web.doors import Ground
from tests.people import People, seed_people
from tests.pg import Postgres
from workflows import room as workflows

# A Wednesday morning in Shanghai, no public holiday.
NOON = datetime(2026, 3, 11, 2, 0, tzinfo=UTC)
SECRET_KEY = "only for tests, and long enough to be accepted"
CSRF_SEED = "the same for every test client"

# The real cost (a tenth of a second and 32 MiB a password) would only slow the tests down.
passwords.hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

# Random examples are the same in every run, so that a test fails for what was changed; `explore` looks further. How fast a
# machine is must never decide a test.
SLOW_IS_FINE = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
hypothesis_settings.register_profile("heliu", derandomize=True, **SLOW_IS_FINE)  # type: ignore[arg-type]  # as it asks
hypothesis_settings.register_profile("explore", **SLOW_IS_FINE)  # type: ignore[arg-type]  # as it asks
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "heliu"))


class MovableClock:
    """Time stands still until a test moves it."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, **distance: float) -> datetime:
        """Let time pass: `clock.move(hours=3)`."""
        self.at += timedelta(**distance)
        return self.at

    def set(self, at: datetime) -> datetime:
        """Go to a moment."""
        self.at = at
        return self.at


class SqliteTemplate:
    """A file with all tables and the cast, copied for each test."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "template.db"
        database = Database(f"sqlite:///{self.path}")
        metadata().create_all(database.engine)
        with unit_of_work(database) as session:
            self.people = seed_people(session, NOON)
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()

    def copy(self, folder: Path) -> Database:
        """A database of this test's own."""
        shutil.copyfile(self.path, folder / "heliu.db")
        return Database(f"sqlite:///{folder / 'heliu.db'}", pool_size=5)


class PostgresTemplate:
    """One server and one database for the whole run; between tests its tables are emptied and the cast put back."""

    def __init__(self) -> None:
        self.server = Postgres()
        self.url = self.server.start()
        self.database = Database(self.url, pool_size=5)
        with self.database.engine.begin() as connection:
            metadata().create_all(connection)
        with unit_of_work(self.database) as session:
            self.people = seed_people(session, NOON)
        with reading(self.database) as session:
            self.rows = {table: rows for table in metadata().tables.values() if (rows := _rows(session, table))}
        self.clean = True
        self.database.close()

    def renew(self) -> Database:
        """The same database, as it was at the beginning."""
        database = Database(self.url, pool_size=5)
        if not self.clean:
            self._restore(database)
        self.clean = False
        return database

    def _restore(self, database: Database) -> None:
        quoted = [f'"{name}"' for name in inspect(database.engine).get_table_names()]
        asking = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in quoted)  # noqa: S608 - names of our tables
        with database.engine.begin() as connection:
            # Rows point at each other in a ring (a department at its head): the keys rest while they are put back.
            connection.execute(text("SET session_replication_role = replica"))
            filled = list(connection.scalars(text(asking)))
            if filled:
                connection.execute(text(f"TRUNCATE {', '.join(filled)} RESTART IDENTITY CASCADE"))
            for table, rows in self.rows.items():
                connection.execute(insert(table), rows)
                if "id" in table.c and table.c.id.autoincrement:
                    highest = max(row["id"] for row in rows)
                    connection.execute(
                        text(f"SELECT setval(pg_get_serial_sequence('\"{table.name}\"', 'id'), {highest})")
                    )
            connection.execute(text("SET session_replication_role = DEFAULT"))

    def stop(self) -> None:
        """End the server."""
        self.server.stop()


def _rows(session: Session, table: Table) -> list[dict[str, Any]]:
    return [dict(row) for row in session.execute(select(table)).mappings()]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> SqliteTemplate:
    """The SQLite file that tests copy."""
    return SqliteTemplate(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[PostgresTemplate]:
    """The PostgreSQL server of this run."""
    template = PostgresTemplate()
    yield template
    template.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with the cast and nothing else; each test that asks for it runs on both kinds.

    Where the kind cannot matter: `@pytest.mark.parametrize("database", ["sqlite"], indirect=True)`.
    """
    if request.param == "sqlite":
        database = cast(SqliteTemplate, request.getfixturevalue("sqlite_template")).copy(tmp_path)
    else:
        database = cast(PostgresTemplate, request.getfixturevalue("postgres_template")).renew()
    yield database
    database.close()


@pytest.fixture
def people(request: pytest.FixtureRequest, database: Database) -> People:
    """The cast, as actors."""
    kind = "sqlite_template" if database.is_sqlite else "postgres_template"
    people: People = request.getfixturevalue(kind).people
    return people


@pytest.fixture
def clock() -> MovableClock:
    """The time, standing still at `NOON` until it is moved."""
    return MovableClock()


@pytest.fixture
def now(clock: MovableClock) -> datetime:
    """The moment at which the test begins."""
    return clock()


def settings(database_url: str, folder: Path) -> Config:
    """Settings of an installation that is no demonstration."""
    return Config(
        database_url=database_url,
        secret_key=SECRET_KEY,
        host="127.0.0.1",
        port=8000,
        var_dir=folder / "var",
        demo=False,
        timezone="Asia/Shanghai",
        smtp_url=None,
        mail_from="Heliu CRM <heliu@localhost>",
        base_url="http://localhost",
        https=False,
        trusted_proxies=0,
    )


@pytest.fixture
def config(database: Database, tmp_path: Path) -> Config:
    """The settings of this test's installation."""
    return settings(database.url, tmp_path)


@pytest.fixture(scope="session")
def shared_app() -> Flask:
    """One application for the whole run: putting it together and compiling its templates takes longer than most tests."""
    app = create_app(settings("sqlite://", Path("unused")))
    app.testing = True
    app.test_client_class = Browser
    return app


@pytest.fixture
def app(shared_app: Flask, config: Config, database: Database, clock: MovableClock) -> Flask:
    """The whole application, on this test's database and clock. It is shared: a test that changes it makes its own."""
    stand_on(shared_app, Ground(config=config, database=database, clock=clock))
    workflows.set_up(database.listeners)
    return shared_app


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A unit of work that is rolled back at the end; for tests that look at what an operation did before any commit."""

    class Undo(Exception):
        pass

    try:
        with unit_of_work(database) as session:
            yield session
            raise Undo
    except Undo:
        pass


class Browser(FlaskClient):
    """A browser: keeps cookies, and sends our token with every post as the pages do."""

    def signed_in_as(self, username: str) -> Browser:
        """From now on this browser belongs to `username`. Answers itself."""
        app = self.application
        ground = app.extensions["heliu"]
        with unit_of_work(ground.database) as session:
            user = user_named(session, username)
            assert user is not None, f"{username} is not in the cast"
            opened = signing_in.open_session(session, user=user, now=ground.clock(), address="127.0.0.1")
            row = session.get(WebSession, opened.id)
            assert row is not None
            row.data = {"csrf_token": CSRF_SEED}
        self.set_cookie("heliu", opened.secret)
        token = URLSafeTimedSerializer(app.secret_key or "", salt="wtf-csrf-token").dumps(CSRF_SEED)
        self.environ_base["HTTP_X_CSRFTOKEN"] = str(token)
        return self


@pytest.fixture
def client(app: Flask) -> Browser:
    """A browser in which nobody has signed in; `as_user(client, "agent1")` changes that."""
    return cast(Browser, app.test_client())


def as_user(client: FlaskClient, username: str) -> Browser:
    """Let `username` sit down at this browser."""
    return cast(Browser, client).signed_in_as(username)


@dataclass
class Program:
    """A client of the API with a token: `api.get("/me")`, `api.post("/tasks/3/complete", json={…})`."""

    client: FlaskClient
    token: str

    def open(self, method: str, path: str, **rest: Any) -> TestResponse:
        """Send a request below /api/v1."""
        headers = {"Authorization": f"Bearer {self.token}", **rest.pop("headers", {})}
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **rest)

    def get(self, path: str, **rest: Any) -> TestResponse:
        return self.open("GET", path, **rest)

    def post(self, path: str, **rest: Any) -> TestResponse:
        return self.open("POST", path, **rest)

    def patch(self, path: str, **rest: Any) -> TestResponse:
        return self.open("PATCH", path, **rest)

    def delete(self, path: str, **rest: Any) -> TestResponse:
        return self.open("DELETE", path, **rest)


def program_of(app: Flask, username: str) -> Program:
    """A program that acts for `username`."""
    ground = app.extensions["heliu"]
    with unit_of_work(ground.database) as session:
        user = user_named(session, username)
        assert user is not None, f"{username} is not in the cast"
        issued = signing_in.issue_token(session, user=user, name="test", now=ground.clock())
    return Program(app.test_client(), issued.secret)
