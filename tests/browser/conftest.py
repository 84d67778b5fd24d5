"""Chromium for the tests of this folder, and offices to look at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser

from tests.browser.driver import launched
from tests.browser.office import Furniture, Office, furnish, open_office
from tests.databases import SqliteTemplate


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all files: its windows are fresh for each test."""
    with launched() as browser:
        yield browser


@pytest.fixture
def office(
    shared_app: Flask, sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """The running product in which nothing has happened yet, for one test."""
    with open_office(shared_app, sqlite_template, tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest.fixture(scope="module")
def busy_office(
    shared_app: Flask, sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Office, Furniture]]:
    """The running product in the middle of its work, for all tests of a file that only look. No other office may run beside it."""
    with open_office(shared_app, sqlite_template, tmp_path_factory.mktemp("office")) as office:
        yield office, furnish(office)
