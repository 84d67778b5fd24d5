"""The weekly look at all customers: in stretches, each customer once, however it is interrupted and whoever goes on."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from crm.core.claims import BACK_OFF
from crm.core.db import Database, reading, unit_of_work
from crm.core.due import Due, DueRow
from crm.customers.models import Customer
from crm.losses import scanning
from crm.losses.models import CustomerLoss
from crm.losses.scanning import LOOK, WARN, look_at_stretch, look_for_losses
from crm.orders.models import SalesOrder
from scheduler.jobs import Jobs, Lane, add_losses
from scheduler.sweep import Swept, tick
from tests.conftest import MovableClock
from tests.people import People
from workflows import triggers
from workflows.models import ProcessInstance

CUSTOMERS = 25


@pytest.fixture(autouse=True)
def short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "STRETCH", 4)


@pytest.fixture
def in_danger(database: Database, clock: MovableClock, people: People) -> list[int]:
    """Customers with gaps between their numbers; every second one has not ordered for a year."""
    now = clock()
    ids = [number * 7 for number in range(1, CUSTOMERS + 1)]
    same = {
        "created_at": now - timedelta(days=900),
        "updated_at": now,
        "owner_id": people.manager1.id,
        "stage": "active",
    }
    customers = [{**same, "id": each, "name": f"客户{each}", "sort_key": str(each)} for each in ids]
    orders = [
        {
            "created_at": now,
            "updated_at": now,
            "customer_id": each,
            "subject": "刀具",
            "ordered_on": (now - timedelta(days=365 if place % 2 else 10)).date(),
            "status": "placed",
            "amount": 10,
        }
        for place, each in enumerate(ids)
    ]
    with unit_of_work(database) as session:
        session.execute(insert(Customer), customers)
        session.execute(insert(SalesOrder), orders)
    return [each for place, each in enumerate(ids) if place % 2]


def jobs() -> Jobs:
    table = Jobs()
    add_losses(table, "Asia/Shanghai")
    return table


def begin(database: Database, clock: MovableClock) -> None:
    with unit_of_work(database) as session:
        look_for_losses(session, clock())


def rows_of(database: Database, kind: str) -> Sequence[DueRow]:
    with reading(database) as session:
        return session.scalars(select(DueRow).where(DueRow.kind == kind).order_by(DueRow.id)).all()


def asked_for(database: Database) -> list[int | None]:
    return [row.subject_id for row in rows_of(database, WARN)]


def test_all_customers_are_looked_at_a_stretch_at_a_time(
    database: Database, clock: MovableClock, in_danger: list[int]
) -> None:
    begin(database, clock)
    # Six full stretches, and the last customer.
    assert tick(database, jobs(), clock, lanes=[Lane.INSIDE]) == Swept(done=7)
    assert asked_for(database) == in_danger
    assert rows_of(database, LOOK) == []


def test_a_look_that_was_interrupted_goes_on_where_it_stood(
    database: Database, clock: MovableClock, in_danger: list[int]
) -> None:
    begin(database, clock)
    turns = iter([False] * 12)
    swept = tick(database, jobs(), clock, lanes=[Lane.INSIDE], worker="stopped", stopping=lambda: next(turns, True))
    assert 0 < swept.done < 7
    (progress,) = rows_of(database, LOOK)
    assert progress.payload == {"after": swept.done * 4 * 7}
    clock.move(minutes=10)
    tick(database, jobs(), clock, lanes=[Lane.INSIDE], worker="another")
    assert asked_for(database) == in_danger


def test_a_stretch_that_fails_at_its_end_is_done_again_and_asks_nobody_twice(
    database: Database, clock: MovableClock, in_danger: list[int]
) -> None:
    tries: list[int] = []

    def fail_once(session: Session, row: Due, now: datetime) -> None:
        look_at_stretch(session, row, now)
        tries.append(int(row.payload["after"]))
        if tries == [0, 28]:
            raise OSError("the machine was switched off")

    table = Jobs()
    table.on(LOOK, fail_once)
    begin(database, clock)
    # In the shared transaction, and once more alone.
    tick(database, table, clock)
    clock.set(clock() + BACK_OFF[0])
    tick(database, table, clock)
    assert Counter(tries)[28] == 2
    assert asked_for(database) == in_danger


def test_a_second_look_neither_runs_beside_the_first_nor_asks_again(
    database: Database, clock: MovableClock, in_danger: list[int]
) -> None:
    for _ in range(2):
        begin(database, clock)
    assert len(rows_of(database, LOOK)) == 1
    tick(database, jobs(), clock, lanes=[Lane.INSIDE])
    clock.move(days=7)
    begin(database, clock)
    tick(database, jobs(), clock, lanes=[Lane.INSIDE])
    assert asked_for(database) == in_danger, "who still waits to be warned of is not asked for again"


def test_two_schedulers_at_once_start_one_case_for_each_customer(
    delivered: Database, clock: MovableClock, in_danger: list[int]
) -> None:
    triggers.listen(delivered.listeners)
    begin(delivered, clock)
    together = threading.Barrier(2)

    def work(name: str) -> None:
        together.wait(60)
        for _ in range(20):
            tick(delivered, jobs(), clock, worker=name)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("first", "second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    with reading(delivered) as session:
        left = session.scalar(select(func.count()).where(DueRow.kind.in_([LOOK, WARN])))
        warned = session.scalars(select(CustomerLoss.customer_id).order_by(CustomerLoss.customer_id)).all()
        cases = session.scalars(select(ProcessInstance.customer_id).order_by(ProcessInstance.customer_id)).all()
    assert (left, warned, cases) == (0, in_danger, in_danger)
