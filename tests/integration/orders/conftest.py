"""A customer of manager1, two products and an order."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from crm.catalog.description import PRODUCT
from crm.core.db import Database, unit_of_work
from crm.customers.operations import create_customer
from crm.orders.operations import create_order
from crm.records.operations import create_record
from tests.people import People


@pytest.fixture
def ids(database: Database, people: People, now: datetime) -> dict[str, int]:
    """The ids of `customer`, `spindle`, `oil` (not on sale) and `order` (without lines)."""
    with unit_of_work(database) as session:
        customer = create_customer(session, by=people.manager1, now=now, values={"name": "苏州恒力精密机械有限公司"})
        spindle = create_record(
            PRODUCT,
            session,
            by=people.supervisor,
            now=now,
            values={"name": "电主轴", "model": "HSK-A63", "price": Decimal("48600.00"), "on_sale": True},
        )
        oil = create_record(
            PRODUCT, session, by=people.supervisor, now=now, values={"name": "导轨油", "price": "320", "on_sale": False}
        )
        order = create_order(
            session,
            by=people.manager1,
            now=now,
            values={"customer_id": customer.id, "subject": "主轴备件", "ordered_on": now.date()},
        )
        return {"customer": customer.id, "spindle": spindle.id, "oil": oil.id, "order": order.id}
