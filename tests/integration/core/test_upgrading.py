"""A database of the first version, with cases under way, goes up to the newest one and loses nothing."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

import app
from crm.core.db import Database
from crm.migrations import migrate

GIVEN = {"moment": "2026-03-11 02:00:00+00:00", "nothing": "{}"}
ROWS = (
    "INSERT INTO role (id, key, name, name_en, scope, version) VALUES (1, 'administrator', 'A', 'A', 'all', 1)",
    "INSERT INTO role (id, key, name, name_en, scope, version) VALUES (2, 'agent', 'B', 'B', 'own', 1)",
    "INSERT INTO process_definition (key, version) VALUES ('small', 1)",
    "INSERT INTO definition_version (id, process_key, number, name, content_hash, files, source, note, deployed_at)"
    " VALUES (1, 'small', 1, 'small', 'x', :nothing, 'studio', '', :moment)",
    "INSERT INTO process_instance (id, version_id, process_key, title, status, started_at, version, state)"
    " VALUES (1, 1, 'small', 'a case', 'running', :moment, 1, '')",
)


def fresh(database: Database, folder: Path) -> Database:
    """An empty database of the same kind."""
    if database.is_sqlite:
        return Database(f"sqlite:///{folder / 'fresh.db'}")
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("DROP DATABASE IF EXISTS fresh")
        connection.exec_driver_sql("CREATE DATABASE fresh")
    return Database(database.url.replace("/postgres?", "/fresh?"))


def test_the_second_version_lets_the_clock_look_into_cases_and_administrators_send_messages(
    database: Database, tmp_path: Path
) -> None:
    place = fresh(database, tmp_path)
    migrate(place, app.metadata(), to="0001")
    with place.engine.begin() as connection:
        for row in ROWS:
            connection.execute(text(row), {name: value for name, value in GIVEN.items() if f":{name}" in row})
    assert migrate(place, app.metadata())
    with place.engine.connect() as connection:
        granted = connection.execute(
            text("SELECT role_id, action FROM role_permission WHERE module = 'messages'")
        ).all()
        kinds = connection.execute(text("SELECT kind, attempts FROM due_row")).all()
        cases = connection.execute(text("SELECT title, business_key FROM process_instance")).all()
    assert [tuple(row) for row in granted] == [(1, "create")]
    assert [tuple(row) for row in kinds] == [("look", 0)]
    assert [tuple(row) for row in cases] == [("a case", None)]
    place.close()
