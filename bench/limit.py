"""The limit of a durable step: the very rows that the product changed, written by the bare driver, with no engine and no forms.

What a step changed is found by comparing all tables before and after it. It is written again on a copy of the database as
one transaction: one UPDATE for each changed row that names only the changed columns (and the version seen, where the row
has one), one INSERT for each table, one DELETE for each table. All values lie ready, statements are prepared by the driver.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg
from psycopg.types.json import Jsonb, set_json_dumps
from sqlalchemy import Column, Table

from app import metadata
from bench.ground import plain

Rows = dict[str, dict[Any, tuple[Any, ...]]]
# Rows of these never change in a step; reading them again and again would only take time.
STILL = frozenset(
    {"user", "role", "role_permission", "user_role", "department", "definition_version", "dictionary_entry"}
)

# The database writes these by itself when tasks change, here as there.
BY_TRIGGERS = frozenset({"task_pool_line", "task_done_tally", "search_entry_fts"})


@dataclass(frozen=True)
class Statement:
    """SQL of the driver with its values."""

    sql: str
    values: tuple[Any, ...]


class Driver:
    """A bare connection that commits to the disk, with the same SQL for both databases."""

    def __init__(self, url: str) -> None:
        self.is_sqlite = url.startswith("sqlite")
        if self.is_sqlite:
            self._connection: Any = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
            for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "cache_size = -32000"):
                self._connection.execute(f"PRAGMA {setting}")
            self.run = self._connection.execute
        else:
            set_json_dumps(orjson.dumps)
            self._connection = psycopg.connect(plain(url), autocommit=True, options="-c timezone=UTC")
            self.run = self._connection.cursor(binary=True).execute
        self._mark = "?" if self.is_sqlite else "%s"
        self.tables = [table for name, table in metadata().tables.items() if name not in STILL]

    def close(self) -> None:
        self._connection.close()

    def begin(self) -> None:
        self.run("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN")

    def commit(self) -> None:
        self.run("COMMIT")

    def rows(self) -> Rows:
        """Everything that stands in the tables."""
        found: Rows = {}
        for table in self.tables:
            names = ", ".join(f'"{column.name}"{self._cast(column, "text")}' for column in table.columns)
            keys = [index for index, column in enumerate(table.columns) if column.primary_key]
            rows = self.run(f'SELECT {names} FROM "{table.name}"').fetchall()
            found[table.name] = {tuple(row[index] for index in keys): tuple(row) for row in rows}
        return found

    def changes(self, before: Rows, after: Rows) -> tuple[Statement, ...]:
        """The statements that lead from one to the other."""
        statements: list[Statement] = []
        for table in self.tables:
            if table.name in BY_TRIGGERS:
                continue
            old, new = before[table.name], after[table.name]
            statements += [self._update(table, old[key], row) for key, row in new.items() if old.get(key, row) != row]
            if added := [row for key, row in sorted(new.items()) if key not in old]:
                statements.append(self._insert(table, added))
            if gone := [key[0] for key in old if key not in new]:
                marks = ", ".join([self._mark] * len(gone))
                statements.append(Statement(f'DELETE FROM "{table.name}" WHERE id IN ({marks})', tuple(gone)))
        return tuple(statements)

    def write(self, statements: Sequence[Statement]) -> None:
        """One step of the limit."""
        self.begin()
        for statement in statements:
            self.run(statement.sql, statement.values)
        self.commit()

    def _update(self, table: Table, old: tuple[Any, ...], new: tuple[Any, ...]) -> Statement:
        columns = list(table.columns)
        changed = [index for index, _ in enumerate(columns) if old[index] != new[index]]
        seen = [index for index, column in enumerate(columns) if column.primary_key or column.name == "version"]
        settings = ", ".join(f'"{columns[index].name}" = {self._mark}' for index in changed)
        where = " AND ".join(f'"{columns[index].name}" = {self._mark}' for index in seen)
        values = [*(self._value(new[index]) for index in changed), *(old[index] for index in seen)]
        return Statement(f'UPDATE "{table.name}" SET {settings} WHERE {where}', tuple(values))

    def _insert(self, table: Table, rows: list[tuple[Any, ...]]) -> Statement:
        # The database numbers the rows itself: in the same order it gives the same numbers.
        used = [index for index, column in enumerate(table.columns) if column.name != "id"]
        names = ", ".join(f'"{list(table.columns)[index].name}"' for index in used)
        marks = f"({', '.join(self._mark_of(list(table.columns)[index]) for index in used)})"
        values = tuple(self._value(row[index]) for row in rows for index in used)
        return Statement(f'INSERT INTO "{table.name}" ({names}) VALUES {", ".join([marks] * len(rows))}', values)

    def _mark_of(self, column: Column[Any]) -> str:
        return self._mark + self._cast(column, "tsvector")

    def _cast(self, column: Column[Any], kind: str) -> str:
        """The driver knows search words as text only."""
        return f"::{kind}" if not self.is_sqlite and column.name == "words" else ""

    def _value(self, value: Any) -> Any:
        return Jsonb(value) if isinstance(value, dict | list) and not self.is_sqlite else value
