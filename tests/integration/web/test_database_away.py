"""The database goes away and comes back while the application runs: 503 with a word when to try again, and no restart."""

from __future__ import annotations

import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from app import create_app
from crm.core.db import Database
from tests.conftest import Browser, MovableClock, settings
from tests.databases import PostgresTemplate

SOCKET = ".s.PGSQL.5432"


class Road:
    """The only way to the database; it can be closed, which cuts all who are on it, and opened again."""

    def __init__(self, url: str) -> None:
        self.goal = str(Path(parse_qs(urlsplit(url).query)["host"][0]) / SOCKET)
        self.folder = Path(tempfile.mkdtemp(prefix="road-"))
        self.url = url.partition("?")[0] + f"?host={self.folder}"
        self._ends: list[socket.socket] = []

    def open(self) -> None:
        """Let everybody through."""
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(self.folder / SOCKET))
        self._door.listen()
        threading.Thread(target=self._guard, args=(self._door,), daemon=True).start()

    def close(self) -> None:
        """Cut all who are on it, and let nobody on."""
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        (self.folder / SOCKET).unlink(missing_ok=True)
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._ends.clear()

    def _guard(self, door: socket.socket) -> None:
        while True:
            try:
                near, _ = door.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.goal)
            self._ends += [near, far]
            for source, goal in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, goal), daemon=True).start()

    @staticmethod
    def _carry(source: socket.socket, goal: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                goal.sendall(piece)
            goal.shutdown(socket.SHUT_WR)


@pytest.fixture
def road(postgres_template: PostgresTemplate) -> Iterator[Road]:
    postgres_template.renew().close()
    road = Road(postgres_template.url)
    road.open()
    yield road
    road.close()
    shutil.rmtree(road.folder)


@pytest.fixture
def far_app(road: Road, clock: MovableClock, tmp_path: Path) -> Iterator[Flask]:
    database = Database(road.url, pool_size=3)
    app = create_app(settings(road.url, tmp_path), database=database, clock=clock)
    app.testing = True
    app.test_client_class = Browser
    yield app
    database.close()


def test_pages_say_503_while_the_database_is_away_and_work_when_it_is_back(far_app: Flask, road: Road) -> None:
    browser = far_app.test_client()
    assert isinstance(browser, Browser)
    browser.signed_in_as("agent1")
    assert browser.get("/profile").status_code == 200
    road.close()
    for path in ("/profile", "/readyz", "/api/v1/me"):
        away = browser.get(path)
        assert away.status_code == 503, path
        assert int(away.headers["Retry-After"]) > 0
        # The browser must keep its session for the time after.
        assert "Set-Cookie" not in away.headers
    assert browser.get("/healthz").status_code == 200
    assert browser.get("/sign-in").status_code == 503
    road.open()
    assert browser.get("/profile").status_code == 200
    assert browser.get("/readyz").status_code == 200


def test_a_connection_that_died_in_the_pool_does_not_fail_more_than_one_request(far_app: Flask, road: Road) -> None:
    browser = far_app.test_client()
    assert browser.get("/readyz").status_code == 200
    road.close()
    road.open()
    statuses = [browser.get("/readyz").status_code for _ in range(4)]
    assert statuses.count(503) <= 1
    assert statuses[-1] == 200
