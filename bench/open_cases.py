"""Completing a step while ten thousand other cases are open, beside the same step in an empty database, in turns.

The open cases are a hundred real ones, some at each step, with every row that they made, multiplied by the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from time import perf_counter

from sqlalchemy import Column, Connection, String, Table, func, select, text

from app import metadata
from bench.cases import complete, moves, open_task, start_case
from bench.crowd import numbers
from bench.ground import KINDS, NOW, Grounds, House, build_house, opened
from bench.limit import BY_TRIGGERS
from bench.report import Result, median, say
from crm.core.db import Database, reading
from workflows.models import InstanceStatus, ProcessInstance

OPEN, REAL, MEASURED = 10_000, 100, 32
# Each copy of a row has its number further on by a multiple of this; more rows than that no table has before.
APART = 1_000_000
# Columns that name a row of whatever sort, and words that are unique.
NAMING, UNIQUE = frozenset({"record_id", "subject_id"}), frozenset({"key", "message_id"})


def measure(grounds: Grounds) -> list[Result]:
    """On both databases."""
    found = []
    for kind in KINDS:
        say(f"{OPEN:,} open cases, {kind}")
        empty = grounds.empty(kind, f"open_cases_{kind}")
        house = build_house(empty)
        full = grounds.copy(empty, f"open_cases_{kind}_full")
        with opened(full) as database:
            _fill(database, house)
        say(f"steps with {OPEN:,} open cases and with none, {kind}")
        found += _measured(empty, full, house, kind)
        for url in (empty, full):
            grounds.drop(url)
    return found


def _measured(empty: str, full: str, house: House, kind: str) -> list[Result]:
    seconds: dict[str, list[float]] = {empty: [], full: []}
    with ExitStack() as stack:
        databases = {url: stack.enter_context(opened(url)) for url in (empty, full)}
        for number in range(MEASURED):
            cases = {url: start_case(database, house, now=NOW) for url, database in databases.items()}
            for place, move in enumerate(moves(house)):
                for url in (empty, full) if (number + place) % 2 else (full, empty):
                    task_id = open_task(databases[url], cases[url])
                    begun = perf_counter()
                    complete(databases[url], move, task_id, now=NOW)
                    # The first cases warm caches of statements and plans.
                    if number >= MEASURED // 4:
                        seconds[url].append(perf_counter() - begun)
    ratio = median([more / less for more, less in zip(seconds[full], seconds[empty], strict=True)])
    return [
        Result(f"One durable step with {OPEN:,} open cases", kind, median(seconds[full]) * 1e3, "ms", "÷ in an empty database", ratio, "≤ 1.2", ratio <= 1.2),
        Result("— in an empty database", kind, median(seconds[empty]) * 1e3, "ms"),
    ]  # fmt: skip


def _fill(database: Database, house: House) -> None:
    with database.engine.connect() as connection:
        before = _highest(connection)
    for number in range(REAL):
        case = start_case(database, house, now=NOW)
        for move in moves(house)[: number % len(moves(house))]:
            complete(database, move, open_task(database, case), now=NOW)
    with database.engine.begin() as connection:
        after = _highest(connection)
        grown = [name for name in after if after[name] > before[name]]
        for table in metadata().sorted_tables:
            if table.name in grown:
                _multiply(connection, table, grown, before[table.name])
        if not database.is_sqlite:
            for name in grown:
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}"))
    with reading(database) as session:
        running = select(func.count()).where(ProcessInstance.status == InstanceStatus.RUNNING)
        assert session.scalar(running) == OPEN
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # PostgreSQL does it by itself after a while.
        connection.exec_driver_sql("ANALYZE" if database.is_sqlite else "VACUUM (ANALYZE)")
    database.engine.dispose()


def _highest(connection: Connection) -> Mapping[str, int]:
    """The highest number of a row in each table that numbers its rows."""
    tables = [table for table in metadata().sorted_tables if "id" in table.c and table.name not in BY_TRIGGERS]
    return {table.name: connection.execute(select(func.max(table.c.id))).scalar() or 0 for table in tables}


def _multiply(connection: Connection, table: Table, grown: list[str], above: int) -> None:
    """Each row that the real cases made, once more for each further hundred."""
    columns = list(table.columns)
    names = ", ".join(f'"{column.name}"' for column in columns)
    values = ", ".join(_copied(column, grown) for column in columns)
    connection.execute(
        text(
            f"INSERT INTO {table.name} ({names}) SELECT {values} "
            f"FROM {table.name}, {numbers(connection, OPEN // REAL - 1)} WHERE id > {above} AND id < {APART}"
        )
    )


def _copied(column: Column[object], grown: list[str]) -> str:
    name = f'{column.table.name}."{column.name}"'
    points = any(key.column.table.name in grown for key in column.foreign_keys)
    if column.name == "id" or column.name in NAMING or points:
        return f"{name} + {APART} * n"
    if column.name in UNIQUE and isinstance(column.type, String):
        return f"n || '-' || {name}"
    return name
