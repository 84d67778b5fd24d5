"""Customers of two managers, made by the operations."""

from __future__ import annotations

from datetime import datetime

import pytest

from crm.core.db import Database, unit_of_work
from crm.core.events import Listeners
from crm.customers.contact_operations import create_contact
from crm.customers.operations import create_customer
from tests.people import People


@pytest.fixture
def database(database: Database) -> Database:
    """A database whose events nobody hears, unless an application is made on it."""
    database.listeners = Listeners()
    return database


@pytest.fixture
def ids(database: Database, people: People, now: datetime) -> dict[str, int]:
    """Numbers of the customers and the contact by short names: `hengli` (manager1), `rhein` (manager2), `wang` at hengli."""
    with unit_of_work(database) as session:
        hengli = create_customer(
            session,
            by=people.manager1,
            now=now,
            values={
                "name": "苏州恒力精密机械有限公司",
                "phone": "0512-6688 1234",
                "grade": "key_account",
                "region": "east",
                "tags": ["展会", "VIP"],
                "address": "苏州工业园区星湖街 328 号",
            },
        )
        rhein = create_customer(
            session,
            by=people.manager2,
            now=now,
            values={"name": "Rheinwerk Automation GmbH", "phone": "+49 711 4455", "region": "overseas", "credit": 4},
        )
        wang = create_contact(
            session,
            by=people.manager1,
            now=now,
            customer_id=hengli.id,
            values={"name": "王建国", "mobile": "138 0512 7788", "is_primary": True},
        )
        return {"hengli": hengli.id, "rhein": rhein.id, "wang": wang.id}
