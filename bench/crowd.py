"""A large house for the inbox: 2,000 people, 120 groups, a million open and five million finished tasks at scale 1.

Rows are made by the database itself from numbers, without the product's operations: only their number and spread count. Forty
of a hundred open tasks are claimed; large groups have far more tasks than small ones; each person is in five groups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, Index, insert, select, text

from bench.ground import NOW, House
from bench.report import say
from crm.accounts.models import Role, User, UserRole
from crm.core.db import Database, unit_of_work
from crm.permissions import Scope
from workflows.inbox.models import TRIGGERS
from workflows.models import DefinitionVersion, ProcessInstance, Task
from workflows.operations.counting import check_counts

PEOPLE, GROUPS, GROUPS_EACH = 2_000, 120, 5
OPEN, DONE = 1_000_000, 5_000_000
# A multiplier without a common factor with the moduli below spreads neighbouring numbers over all of them.
SPREAD = 7_919


@dataclass(frozen=True)
class Crowd:
    """Who may ask: users `first` to `first + PEOPLE - 1`."""

    first: int


def fill(database: Database, house: House, scale: float) -> Crowd:
    """Fill a database that holds a house."""
    with database.engine.connect() as connection:
        hurry(connection)
        crowd = _people(connection, house)
        indexes = [index for model in (Task, ProcessInstance) for index in model.__table__.indexes]  # type: ignore[attr-defined]  # a Table
        # Indexes of open tasks are built before the finished ones come: so they need not be looked through for each.
        of_open = [index for index in indexes if "'open'" in str(index.dialect_options["sqlite"]["where"])]
        for index in indexes:
            index.drop(connection)
        running, done = int(OPEN * scale), int(DONE * scale)
        _cases(connection, crowd, house, running, done)
        _tasks(connection, crowd, house, running, done, then=lambda: _index(connection, of_open))
        _index(connection, [index for index in indexes if index not in of_open])
        if database.is_sqlite:
            for trigger in TRIGGERS["sqlite"]:
                connection.exec_driver_sql(trigger)
        connection.commit()
    database.engine.dispose()
    say("counting")
    with unit_of_work(database) as session:
        # What no trigger saw is found by the nightly look, as it would be after a restored backup.
        check_counts(session, now=NOW)
    say("looking what the tables hold")
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("ANALYZE")
        else:
            # PostgreSQL does it by itself after a while.
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql("VACUUM (ANALYZE)")
    database.engine.dispose()
    return crowd


def hurry(connection: Connection) -> None:
    """Leave out, for millions of rows that are right by construction, what is done for each of a few."""
    if connection.dialect.name == "sqlite":
        # Settings of SQLite are refused inside of a transaction, so the driver is told before one begins.
        settings = (
            "foreign_keys = OFF",
            "synchronous = OFF",
            "cache_size = -1000000",
            "temp_store = MEMORY",
            "threads = 2",
        )
        for setting in settings:
            connection.connection.driver_connection.execute(f"PRAGMA {setting}")  # type: ignore[union-attr]  # it is open
        for trigger in TRIGGERS["sqlite"]:
            connection.exec_driver_sql(f"DROP TRIGGER {trigger.split()[5]}")
    else:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))


def _index(connection: Connection, indexes: Iterable[Index]) -> None:
    for index in indexes:
        say(f"building {index.name}")
        index.create(connection)


def numbers(connection: Connection, most: int, name: str = "n") -> str:
    """A table expression with the numbers from 1."""
    if connection.dialect.name == "sqlite":
        return f"(WITH RECURSIVE c({name}) AS (SELECT 1 UNION ALL SELECT {name} + 1 FROM c WHERE {name} < {most}) SELECT {name} FROM c) AS numbers"
    return f"generate_series(1::bigint, {most}::bigint) AS numbers({name})"


def _people(connection: Connection, house: House) -> Crowd:
    first = 10_001
    people = [
        {"id": first + n, "username": f"person{n}", "name": f"员工{n}", "created_at": NOW, "active": True}
        for n in range(PEOPLE)
    ]
    groups = [
        {
            "id": first + n,
            "key": f"group_{n + 1}",
            "name": f"小组{n + 1}",
            "name_en": f"Group {n + 1}",
            "scope": Scope.OWN,
        }
        for n in range(GROUPS)
    ]
    members = [
        {"user_id": first + n, "role_id": first + (n * 37 + k * 23) % GROUPS}
        for n in range(PEOPLE)
        for k in range(GROUPS_EACH)
    ]
    for model, rows in ((User, people), (Role, groups), (UserRole, members)):
        connection.execute(insert(model), rows)
    return Crowd(first)


def _version(connection: Connection) -> int:
    return connection.execute(select(DefinitionVersion.id).limit(1)).scalar_one()


def moment(connection: Connection, seconds: str) -> str:
    """SQL for a moment so many seconds after `NOW`, as the product stores it."""
    if connection.dialect.name == "sqlite":
        return f"strftime('%Y-%m-%d %H:%M:%S.000000', {int(NOW.timestamp())} + ({seconds}), 'unixepoch')"
    return f"to_timestamp({int(NOW.timestamp())} + ({seconds}))"


def _cases(connection: Connection, crowd: Crowd, house: House, running: int, done_tasks: int) -> None:
    """Each open task has a running case; four finished tasks belong to a finished one."""
    say("loading cases")
    total = running + done_tasks // 4
    began = moment(connection, f"-((n * {SPREAD}) % 2592000)")
    connection.execute(
        text(
            "INSERT INTO process_instance (id, version_id, process_key, title, status, record_type, record_id, customer_id, "
            "started_by_id, started_at, ended_at, state, version) "
            f"SELECT n, :version, 'service_request', 'SR-' || n || ' 主轴异响', "
            f"CASE WHEN n <= {running} THEN 'running' ELSE 'completed' END, NULL, NULL, :customer, "
            f":first + (n * {SPREAD}) % {PEOPLE}, {began}, CASE WHEN n <= {running} THEN NULL ELSE {moment(connection, '0')} END, "
            f":state, 1 FROM {numbers(connection, total)}"
        ),
        {"version": _version(connection), "customer": house.customer_id, "first": crowd.first, "state": b"[]" * 100},
    )


def _tasks(
    connection: Connection, crowd: Crowd, house: House, running: int, done: int, *, then: Callable[[], None]
) -> None:
    """Open tasks, something else, then the finished ones; due within the ten days before and the twenty days after `NOW`."""
    # The square skews the groups: the largest has a hundred times the tasks of the smallest.
    share = f"((n * {SPREAD}) % 10007) / 10007.0"
    group = f"1 + CAST(({share}) * ({share}) * {GROUPS - 1} AS integer)"
    person = f":first + (n * 104729) % {PEOPLE}"
    spread = timedelta(days=30) // timedelta(seconds=1)
    due = f"(n * 15485863) % {spread} - {spread // 3}"
    data = "CAST(:data AS jsonb)" if connection.dialect.name == "postgresql" else ":data"
    columns = (
        "id, instance_id, token, node_id, name, process_key, version_id, title, customer_id, role, assignee_id, priority, "
        "due_at, status, opened_at, closed_at, closed_by_id, data, version"
    )
    values = {
        "version": _version(connection),
        "customer": house.customer_id,
        "first": crowd.first,
        "data": '{"type":"repair","grade":"key_account","region":"east","request_id":1,"customer_id":1,"priority":1}',
    }
    shared = f"'SR-' || n || ' 主轴异响', :customer, 'group_' || ({group})"
    open_ = (
        f"SELECT n, n, 7, 'handle', 'Handle', 'service_request', :version, {shared}, "
        f"CASE WHEN (n * 31) % 101 < 40 THEN {person} END, (n * 13) % 4, {moment(connection, due)}, 'open', "
        f"{moment(connection, '-864000')}, NULL, NULL, {data}, 1 FROM {numbers(connection, running)}"
    )
    finished = (
        f"SELECT {running} + n, {running} + (n + 3) / 4, n % 4, 'handle', 'Handle', 'service_request', :version, {shared}, "
        f"{person}, (n * 13) % 4, {moment(connection, '-864000 - n % 864000')}, 'done', {moment(connection, '-2592000')}, "
        f"{moment(connection, '-(n * 7919) % 2592000')}, {person}, {data}, 1 FROM {numbers(connection, done)}"
    )
    say("loading open tasks")
    connection.execute(text(f"INSERT INTO task ({columns}) {open_}"), values)
    then()
    say("loading finished tasks")
    connection.execute(text(f"INSERT INTO task ({columns}) {finished}"), values)
