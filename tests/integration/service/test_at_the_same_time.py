"""Two people act on one record at the same moment: one of them wins, the other is told, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Barrier, Thread

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.db import Database, reading, unit_of_work
from crm.core.errors import Conflict, HeliuError, RuleBroken
from crm.customers.models import Customer
from crm.customers.operations import change_customer, create_customer
from crm.service import operations as service
from crm.service.models import ServiceRequest
from tests.people import People


def together(database: Database, acts: list[Callable[[Session], object]]) -> list[type[HeliuError] | None]:
    """Start all acts at once, each in a unit of work of its own; what each was refused with."""
    refused: list[type[HeliuError] | None] = [None] * len(acts)
    start = Barrier(len(acts))

    def run(place: int) -> None:
        start.wait(timeout=120)
        try:
            with unit_of_work(database) as session:
                acts[place](session)
        except HeliuError as error:
            refused[place] = type(error)

    threads = [Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return refused


@pytest.fixture
def customer_id(database: Database, people: People, now: datetime) -> int:
    """A customer of manager1."""
    with unit_of_work(database) as session:
        return create_customer(session, by=people.manager1, now=now, values={"name": "苏州恒力"}).id


def test_only_one_of_several_changes_of_one_version_is_stored(
    database: Database, people: People, now: datetime, customer_id: int
) -> None:
    def change(address: str) -> Callable[[Session], object]:
        return lambda session: change_customer(
            session, by=people.manager1, now=now, customer_id=customer_id, version=1, values={"address": address}
        )

    refused = together(database, [change(f"Street {number}") for number in range(4)])
    assert refused.count(None) == 1
    assert refused.count(Conflict) == 3
    with reading(database) as session:
        customer = session.scalars(select(Customer)).one()
    assert (customer.version, customer.address) == (2, f"Street {refused.index(None)}")


def test_a_request_is_archived_or_sent_back_but_never_both(
    database: Database, people: People, now: datetime, customer_id: int
) -> None:
    with unit_of_work(database) as session:
        request_id = service.open_request(
            session, by=people.agent1, now=now, customer_id=customer_id, type="enquiry", summary="s", request="r"
        ).id
        service.assign(session, by=people.supervisor, now=now, request_id=request_id, assignee_id=people.agent1.id)
        service.record_handling(session, by=people.agent1, now=now, request_id=request_id, handling="h")
        service.record_feedback(session, by=people.agent1, now=now, request_id=request_id, result="r", satisfaction=3)
    refused = together(
        database,
        [
            lambda session: service.archive(session, by=people.agent1, now=now, request_id=request_id),
            lambda session: service.return_to_handling(session, by=people.agent1, now=now, request_id=request_id),
        ],
    )
    assert sorted(error is None for error in refused) == [False, True]
    assert RuleBroken in refused
    with reading(database) as session:
        status = session.scalar(select(ServiceRequest.status))
    assert status == ("archived" if refused[0] is None else "assigned")
