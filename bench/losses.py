"""The weekly look at a million customers: how long it takes, how much memory, and what the warnings that follow cost.

Rows of customers and orders are made by the database from numbers; only their number and spread count.
"""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from sqlalchemy import Connection, Table, func, select, text

from bench import clock
from bench.crowd import hurry, moment, numbers
from bench.ground import KINDS, NOW, Grounds, House, build_house, opened
from bench.report import Result, say
from crm.core.db import Database, reading, unit_of_work
from crm.core.due import DueRow
from crm.customers.models import Customer
from crm.losses.models import CustomerLoss
from crm.losses.scanning import WARN, look_for_losses
from crm.orders.models import SalesOrder
from scheduler.jobs import Lane

CUSTOMERS = 1_000_000
# One in seventy has not ordered for more than half a year.
ONE_IN = 70
WARNING_SECONDS = 4.0
MOST_MEGABYTES = 50


def measure(grounds: Grounds) -> list[Result]:
    """The look on both databases."""
    found = []
    for kind in KINDS:
        say(f"{CUSTOMERS:,} customers with two orders each, {kind}")
        url = grounds.empty(kind, f"losses_{kind}")
        house = build_house(url)
        with opened(url) as database:
            _fill(database, house)
        found += _looked(url, kind)
        grounds.drop(url)
    return found


def _looked(url: str, kind: str) -> list[Result]:
    say(f"the weekly look, {kind}")
    with opened(url) as database, unit_of_work(database) as session:
        look_for_losses(session, NOW)
    with clock.team(url, NOW, Lane.INSIDE) as scheduler:
        look = scheduler.run(seconds=120)
    with opened(url) as database, reading(database) as session:
        asked, different = session.execute(
            select(func.count(), func.count(DueRow.subject_id.distinct())).where(DueRow.kind == WARN)
        ).one()
    assert asked == different == CUSTOMERS // ONE_IN, f"{asked} warnings for {different} customers"
    say(f"warnings for {WARNING_SECONDS:.0f} seconds, {kind}")
    with clock.team(url, NOW + timedelta(minutes=1), Lane.BULK) as scheduler:
        warnings = scheduler.run(seconds=WARNING_SECONDS)
    with opened(url) as database, reading(database) as session:
        warned = session.scalar(select(func.count(CustomerLoss.customer_id.distinct())))
    assert warned == warnings.rows, f"{warned} customers were warned of by {warnings.rows} rows"
    grown = (look.memory_highest - look.memory_before) / 1e3
    each = warnings.seconds / warnings.rows * 1e3
    return [
        Result(f"Loss scan over {CUSTOMERS:,} customers, {asked:,} of them in danger", kind, look.seconds, "s", target="≤ 30 s", met=look.seconds <= 30),
        Result("— memory that the scheduler needs more for it", kind, grown, "MB", target=f"≤ {MOST_MEGABYTES} MB", met=grown <= MOST_MEGABYTES),
        Result("— afterwards, for each of them: warning, case, task, notice", kind, each, "ms"),
    ]  # fmt: skip


def _fill(database: Database, house: House) -> None:
    with database.engine.connect() as connection:
        hurry(connection)
        tables = [cast(Table, model.__table__) for model in (Customer, SalesOrder)]
        indexes = [index for table in tables for index in table.indexes]
        for index in indexes:
            index.drop(connection)
        _customers(connection, house)
        _orders(connection, house)
        for index in indexes:
            index.create(connection)
        if not database.is_sqlite:
            connection.execute(text("SELECT setval(pg_get_serial_sequence('customer', 'id'), 2000000)"))
        connection.commit()
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # PostgreSQL does it by itself after a while.
        connection.exec_driver_sql("ANALYZE" if database.is_sqlite else "VACUUM (ANALYZE) customer, sales_order")
    database.engine.dispose()


def _customers(connection: Connection, house: House) -> None:
    since = moment(connection, "-86400 * 900")
    empty = "'[]'" if connection.dialect.name == "sqlite" else "'[]'::jsonb"
    connection.execute(
        text(
            "INSERT INTO customer (id, version, created_at, updated_at, owner_id, name, sort_key, stage, tags) "
            f"SELECT 1000 + n, 1, {since}, {since}, :owner, '客户' || n, 'customer ' || n, "
            f"CASE WHEN n % 3 = 0 THEN 'loyal' ELSE 'active' END, {empty} FROM {numbers(connection, CUSTOMERS)}"
        ),
        {"owner": house.people.manager1.id},
    )


def _orders(connection: Connection, house: House) -> None:
    """Each has ordered two years ago; most of them again within the last five months."""
    day = "CASE WHEN k = 1 THEN 700 + n % 100 WHEN n % :one_in = 0 THEN 200 + n % 300 ELSE n % 150 END"
    at = moment(connection, "0")
    if connection.dialect.name == "sqlite":
        on = f"date('{NOW:%Y-%m-%d}', '-' || ({day}) || ' days')"
    else:
        on = f"date '{NOW:%Y-%m-%d}' - CAST({day} AS integer)"
    connection.execute(
        text(
            "INSERT INTO sales_order (version, created_at, updated_at, customer_id, subject, ordered_on, status, amount, "
            f"delivered_on) SELECT 1, {at}, {at}, 1000 + n, '刀具', {on}, 'delivered', 1000, {on} "
            f"FROM {numbers(connection, CUSTOMERS)}, (SELECT 1 AS k UNION ALL SELECT 2) AS twice"
        ),
        {"one_in": ONE_IN},
    )
