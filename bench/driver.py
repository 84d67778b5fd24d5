"""How long the database's driver takes: statements executed and rows fetched, without what SQLAlchemy and we make of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import psycopg
from sqlalchemy import event

from crm.core import queued
from crm.core.db import Database
from crm.core.wire import Bound, Wire


@dataclass
class Stopwatch:
    """Runs only while a driver is at work. Measure from one reading to another."""

    seconds: float = 0.0
    statements: int = 0

    def during(self, act: Callable[[], Any]) -> float:
        """Seconds of the driver while something is done. RuntimeError if no statement came by here."""
        before, asked = self.seconds, self.statements
        act()
        if self.statements == asked:
            raise RuntimeError("nothing was asked by the driver that is watched")
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
        of_connection = {
            "cursor": lambda self: cursor_type(self),
            "execute": lambda self, *arguments: self.cursor().execute(*arguments),
        }
        replaced = {"factory": type("TimedConnection", (sqlite3.Connection,), of_connection)}
    else:
        replaced = {"cursor_factory": type("TimedCursor", (psycopg.Cursor,), methods)}
        # The statements of the hot path do not go by cursors.
        vars(queued)["Wire"] = _timed_wire(watch)

    def connect(_dialect: Any, _record: Any, _arguments: Any, options: dict[str, Any]) -> None:
        options.update(replaced)

    event.listen(database.engine, "do_connect", connect)
    database.engine.dispose()
    return watch


def _timed_wire(watch: Stopwatch) -> type[Wire]:
    class TimedWire(Wire):
        """Travels and reads rows by the clock."""

        def execute(self, statements: Sequence[Bound], *, commits: bool = False) -> list[Any]:
            begun = perf_counter()
            try:
                return super().execute(statements, commits=commits)
            finally:
                watch.seconds += perf_counter() - begun
                watch.statements += len(statements)

        def rows(self, bound: Bound, result: Any) -> list[tuple[Any, ...]]:
            begun = perf_counter()
            try:
                return super().rows(bound, result)
            finally:
                watch.seconds += perf_counter() - begun

    return TimedWire
