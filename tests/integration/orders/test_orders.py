"""Orders: lines and their sum, delivery, cancelling, and who may see them; on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from crm.activity.queries import timeline_of
from crm.catalog.description import PRODUCT
from crm.core.db import Database, reading, unit_of_work
from crm.core.errors import Conflict, Denied, Invalid, NotFound, RuleBroken
from crm.customers.operations import delete_customer
from crm.orders.description import LINE, ORDER
from crm.orders.events import OrderPlaced
from crm.orders.models import OrderLine, SalesOrder
from crm.orders.operations import add_line, cancel, change_line, create_order, deliver, lines_of, remove_line
from crm.records.operations import change_record, create_record, delete_record
from crm.records.queries import count_many, find_many, find_one
from tests.conftest import Browser, program_of
from tests.people import People


def order_of(database: Database, order_id: int) -> SalesOrder:
    with reading(database) as session:
        return session.get_one(SalesOrder, order_id)


def test_the_amount_follows_the_lines(database: Database, people: People, ids: dict[str, int], now: datetime) -> None:
    with unit_of_work(database) as session:
        line = add_line(
            session,
            by=people.manager1,
            now=now,
            values={"order_id": ids["order"], "product_id": ids["spindle"], "quantity": "2.5"},
        )
        assert (line.description, line.price, line.amount) == ("电主轴 HSK-A63", Decimal("48600"), Decimal("121500"))
    assert order_of(database, ids["order"]).amount == Decimal("121500.00")
    with unit_of_work(database) as session:
        values: dict[str, object] = {"quantity": "3", "price": "0.335"}
        with pytest.raises(Invalid):
            change_line(session, by=people.manager1, now=now, record_id=line.id, version=1, values=values)
    with unit_of_work(database) as session:
        values = {"quantity": "3", "price": "40000.33"}
        change_line(session, by=people.manager1, now=now, record_id=line.id, version=1, values=values)
    assert order_of(database, ids["order"]).amount == Decimal("120000.99")
    with unit_of_work(database) as session:
        remove_line(session, by=people.manager1, now=now, record_id=line.id, version=2)
        assert lines_of(session, ids["order"]) == []
    assert order_of(database, ids["order"]).amount == 0
    with reading(database) as session:
        told = [row.words for row in timeline_of(session, by=people.manager1, customer_id=ids["customer"])]
    assert "移除了 3 × 电主轴 HSK-A63" in told or "Removed 3 × 电主轴 HSK-A63" in told


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "-1"}, "quantity"),
        ({"quantity": "1", "price": "-1"}, "price"),
        ({"quantity": "1", "product_id": None}, "product_id"),
        ({"quantity": "NaN"}, "quantity"),
    ],
)
def test_a_line_that_cannot_be_is_refused_by_name(
    database: Database, people: People, ids: dict[str, int], now: datetime, values: dict[str, object], field: str
) -> None:
    given = {"order_id": ids["order"], "product_id": ids["spindle"], **values}
    with pytest.raises(Invalid) as refused, unit_of_work(database) as session:
        add_line(session, by=people.manager1, now=now, values=given)
    assert [fault.field for fault in refused.value.faults] == [field]


def test_what_is_not_on_sale_is_not_sold(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    with pytest.raises(Invalid) as refused, unit_of_work(database) as session:
        add_line(
            session,
            by=people.manager1,
            now=now,
            values={"order_id": ids["order"], "product_id": ids["oil"], "quantity": 1},
        )
    assert [fault.field for fault in refused.value.faults] == ["product_id"]


def test_what_was_delivered_is_not_changed_any_more(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    day = now.date() + timedelta(days=3)
    by = people.manager1
    with pytest.raises(RuleBroken, match="no lines"), unit_of_work(database) as session:
        deliver(session, by=by, now=now, record_id=ids["order"], version=1, delivered_on=day)
    with unit_of_work(database) as session:
        line = add_line(
            session, by=by, now=now, values={"order_id": ids["order"], "product_id": ids["spindle"], "quantity": 1}
        )
    with pytest.raises(Conflict), unit_of_work(database) as session:
        deliver(session, by=by, now=now, record_id=ids["order"], version=1, delivered_on=day)
    with pytest.raises(Invalid), unit_of_work(database) as session:
        early = now.date() - timedelta(days=1)
        deliver(session, by=by, now=now, record_id=ids["order"], version=2, delivered_on=early)
    with unit_of_work(database) as session:
        deliver(session, by=by, now=now, record_id=ids["order"], version=2, delivered_on=day)
    found = order_of(database, ids["order"])
    assert (found.status, found.delivered_on) == ("delivered", day)
    for attempt in (
        lambda s: change_record(ORDER, s, by=by, now=now, record_id=ids["order"], version=3, values={"subject": "x"}),
        lambda s: remove_line(s, by=by, now=now, record_id=line.id, version=1),
        lambda s: cancel(s, by=by, now=now, record_id=ids["order"], version=3, reason="x"),
    ):
        with pytest.raises(RuleBroken, match="delivered"), unit_of_work(database) as session:
            attempt(session)


def test_orders_and_lines_follow_the_scope_of_the_customer(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    values = {"order_id": ids["order"], "product_id": ids["spindle"], "quantity": 1}
    with unit_of_work(database) as session:
        add_line(session, by=people.manager1, now=now, values=values)
    with unit_of_work(database) as session:
        for name, seen in (("manager1", 1), ("supervisor", 1), ("executive", 1), ("manager2", 0), ("stranger", 0)):
            assert count_many(ORDER, session, by=people.named(name)) == seen, name
            assert count_many(LINE, session, by=people.named(name)) == seen, name
        with pytest.raises(NotFound):
            find_one(ORDER, session, by=people.manager2, record_id=ids["order"])
    with pytest.raises(NotFound), unit_of_work(database) as session:
        add_line(session, by=people.manager2, now=now, values=values)
    with pytest.raises(Denied), unit_of_work(database) as session:
        add_line(session, by=people.agent1, now=now, values=values)


def test_a_new_order_is_told_and_keeps_its_customer_and_products(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    heard: list[OrderPlaced] = []
    database.listeners.on(OrderPlaced, lambda _session, event: heard.append(event))
    with unit_of_work(database) as session:
        values = {"customer_id": ids["customer"], "subject": "刀具", "ordered_on": now.date()}
        order = create_order(session, by=people.manager1, now=now, values=values)
        add_line(
            session,
            by=people.manager1,
            now=now,
            values={"order_id": order.id, "product_id": ids["spindle"], "quantity": 1},
        )
    assert [(event.order_id, event.customer_id) for event in heard] == [(order.id, ids["customer"])]
    with pytest.raises(RuleBroken), unit_of_work(database) as session:
        delete_customer(session, by=people.supervisor, now=now, customer_id=ids["customer"], version=1)
    with pytest.raises(RuleBroken), unit_of_work(database) as session:
        delete_record(PRODUCT, session, by=people.supervisor, now=now, record_id=ids["spindle"], version=1)
    with unit_of_work(database) as session:
        delete_record(ORDER, session, by=people.supervisor, now=now, record_id=order.id, version=2)
        assert session.scalars(select(OrderLine.deleted_at).where(OrderLine.order_id == order.id)).one() is not None


def test_two_products_may_share_a_name_but_not_the_model_too(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    with unit_of_work(database) as session:
        create_record(PRODUCT, session, by=people.supervisor, now=now, values={"name": "电主轴", "price": 1})
        found = find_many(PRODUCT, session, by=people.agent1, query="电主轴").rows
        assert len(found) == 2
    for model in ("HSK-A63", None):
        with pytest.raises(Invalid), unit_of_work(database) as session:
            values = {"name": "电主轴", "model": model, "price": 1}
            create_record(PRODUCT, session, by=people.supervisor, now=now, values=values)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_pages_take_an_order_from_its_first_line_to_delivery(
    client: Browser, people: People, ids: dict[str, int], now: datetime
) -> None:
    client.signed_in_as("manager1")
    form = {"order_id": ids["order"], "product_id": "PR-000001", "quantity": "2"}
    added = client.post("/order-lines/new", data=form)
    assert (added.status_code, added.location) == (302, f"/orders/{ids['order']}#lines")
    page = client.get(f"/orders/{ids['order']}").text
    assert "电主轴 HSK-A63" in page
    assert "97,200.00" in page
    sent = {"version": 2, "delivered_on": now.date().isoformat()}
    assert client.post(f"/orders/{ids['order']}/deliver", data=sent).status_code == 302
    assert "/order-lines/1/edit" not in client.get(f"/orders/{ids['order']}").text
    assert client.post(f"/orders/{ids['order']}/deliver", data=sent).status_code in {409, 422}
    assert "主轴备件" in client.get(f"/customers/{ids['customer']}").text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_program_orders_and_cancels(client: Browser, people: People, ids: dict[str, int], now: datetime) -> None:
    api = program_of(client.application, "manager1")
    body = {"customer_id": ids["customer"], "subject": "刀具", "ordered_on": now.date().isoformat()}
    made = api.post("/orders", json=body)
    assert (made.status_code, made.get_json()["status"], made.get_json()["amount"]) == (201, "placed", "0.00")
    line = {"order_id": made.get_json()["id"], "product_id": ids["spindle"], "quantity": "1.5"}
    assert api.post("/order-lines", json=line).get_json()["amount"] == "72900.00"
    one = f"/orders/{made.get_json()['id']}"
    seen = api.get(one)
    assert seen.get_json()["amount"] == "72900.00"
    stale = api.post(f"{one}/cancel", json={"reason": "重复"}, headers={"If-Match": made.headers["ETag"]})
    assert stale.status_code == 409
    done = api.post(f"{one}/cancel", json={"reason": "重复"}, headers={"If-Match": seen.headers["ETag"]})
    assert done.status_code == 204
    assert api.get(one).get_json()["cancel_reason"] == "重复"
