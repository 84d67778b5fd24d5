"""What every test may ask for: a database of each kind, the application, a signed-in client, a clock that stands still.

Each test gets the cast of `people.py` and nothing else in a fresh database, and the delivered processes if it asks for them.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import create_app, stand_on
from crm.accounts import passwords, signing_in
from crm.accounts.credentials import WebSession
from crm.accounts.queries import user_named
from crm.core.config import Config
from crm.core.db import Database, unit_of_work
from crm.core.memory import settle
from crm.web.doors import Ground
from tests.databases import NOON, PostgresTemplate, SqliteTemplate, Stock
from tests.people import People
from workflows import room as workflows

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


# What is made while tests are collected stays: the collector of garbage need not walk over it then, nor ever again.
gc.disable()
TEMPLATES = {"sqlite": "sqlite_template", "postgresql": "postgres_template"}


def pytest_collection_finish() -> None:
    """Tests begin."""
    gc.enable()
    settle()


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


@pytest.fixture(params=list(TEMPLATES))
def database(request: pytest.FixtureRequest) -> Database:
    """A database with the cast and the pick-lists; each test that asks for it runs on both kinds.

    Where the kind cannot matter: `@pytest.mark.parametrize("database", ["sqlite"], indirect=True)`.
    """
    template: SqliteTemplate | PostgresTemplate = request.getfixturevalue(TEMPLATES[request.param])
    return template.renew(Stock.DELIVERED if "delivered" in request.fixturenames else Stock.CAST)


@pytest.fixture
def delivered(database: Database) -> Database:
    """The test's database; whoever asks for it by this name finds the delivered processes published in it."""
    return database


@pytest.fixture
def people(request: pytest.FixtureRequest, database: Database) -> People:
    """The cast, as actors."""
    people: People = request.getfixturevalue(TEMPLATES[database.engine.dialect.name]).people
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
