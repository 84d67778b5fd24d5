"""How long the database's driver takes: statements executed and rows fetched, without what SQLAlchemy and we make of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import psycopg
from sqlalchemy import event

from crm.core.db import Database


@dataclass
class Stopwatch:
    """Runs only while a driver is at work. Measure from one reading to another."""

    seconds: float = 0.0
    statements: int = 0

    def during(self, act: Callable[[], Any]) -> float:
        """Seconds of the driver while something is done."""
        before = self.seconds
        act()
        return self.seconds - before


def watched(database: Database) -> Stopwatch:
    """A stopwatch for all connections of this database from now on."""
    watch = Stopwatch()

    def timed(name: str) -> Callable[..., Any]:
        def call(cursor: Any, *arguments: Any, **options: Any) -> Any:
            begun = perf_counter()
            try:
                return getattr(super(type(cursor), cursor), name)(*arguments, **options)
            finally:
                watch.seconds += perf_counter() - begun
                watch.statements += name == "execute"

        return call

    methods = {name: timed(name) for name in ("execute", "fetchone", "fetchmany", "fetchall")}
    if database.is_sqlite:
        cursor_type: Any = type("TimedCursor", (sqlite3.Cursor,), methods)
        replaced = {
            "factory": type("TimedConnection", (sqlite3.Connection,), {"cursor": lambda self: cursor_type(self)})
        }
    else:
        replaced = {"cursor_factory": type("TimedCursor", (psycopg.Cursor,), methods)}

    def connect(_dialect: Any, _record: Any, _arguments: Any, options: dict[str, Any]) -> None:
        options.update(replaced)

    event.listen(database.engine, "do_connect", connect)
    database.engine.dispose()
    return watch
