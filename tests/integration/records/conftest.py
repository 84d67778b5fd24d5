"""Two customers of two managers with a contact each, and what was said with the first of them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from crm.core.db import Database, unit_of_work
from crm.core.events import Listeners
from crm.customers.contact_operations import create_contact
from crm.customers.operations import create_customer
from crm.interactions.description import INTERACTION
from crm.records.operations import create_record
from tests.people import People


@pytest.fixture
def database(database: Database) -> Database:
    """A database whose events nobody hears, unless an application is made on it."""
    database.listeners = Listeners()
    return database


@pytest.fixture
def ids(database: Database, people: People, now: datetime) -> dict[str, int]:
    """`hengli` (manager1) with `wang` and the `talk`, `rhein` (manager2) with `vogel`."""
    with unit_of_work(database) as session:
        hengli = create_customer(session, by=people.manager1, now=now, values={"name": "苏州恒力精密机械有限公司"})
        rhein = create_customer(session, by=people.manager2, now=now, values={"name": "Rheinwerk Automation GmbH"})
        wang = create_contact(
            session,
            by=people.manager1,
            now=now,
            customer_id=hengli.id,
            values={"name": "王建国", "mobile": "138 0512 7788"},
        )
        vogel = create_contact(
            session, by=people.manager2, now=now, customer_id=rhein.id, values={"name": "Katrin Vogel"}
        )
        talk = create_record(
            INTERACTION,
            session,
            by=people.manager1,
            now=now,
            values={
                "customer_id": hengli.id,
                "contact_id": wang.id,
                "held_at": now - timedelta(hours=2),
                "channel": "visit",
                "direction": "out",
                "subject": "五轴扩产需求",
                "detail": "明年三月前增加两台设备",
                "person_id": people.manager1.id,
                "next_visit": now.date(),
            },
        )
        return {"hengli": hengli.id, "rhein": rhein.id, "wang": wang.id, "vogel": vogel.id, "talk": talk.id}
