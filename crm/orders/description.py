"""What orders and their lines are to the shared furniture of records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from crm.catalog.models import Product
from crm.core.db import company_time
from crm.core.errors import Fault, Invalid, RuleBroken
from crm.core.i18n import ctext, text
from crm.customers.models import Contact
from crm.orders.events import OrderChanged, OrderPlaced
from crm.orders.models import OrderLine, SalesOrder
from crm.orders.rules import FACTS, GROUPS, LINE_FACTS, LINE_GROUPS, amount_of, why_not_open
from crm.permissions import Actor
from crm.records.queries import register
from crm.records.types import Check, RecordType, Through, orders


def _check(check: Check[SalesOrder]) -> None:
    if check.record is not None and (reason := why_not_open(check.record.number, check.record.status)):
        raise RuleBroken(reason)
    faults = []
    contact_id = check.after("contact_id")
    contact = None if contact_id is None else check.session.get(Contact, contact_id)
    if contact is not None and contact.customer_id != check.after("customer_id"):
        faults.append(Fault("contact_id", text("This contact belongs to another customer.")))
    tomorrow = company_time(check.session, check.now).date() + timedelta(days=1)
    if check.after("ordered_on") > tomorrow:
        faults.append(Fault("ordered_on", text("An order is recorded when it has been placed, not before.")))
    if faults:
        raise Invalid(faults)


def _first(session: Session, by: Actor, now: datetime) -> Mapping[str, object]:
    return {"ordered_on": company_time(session, now).date(), "person_id": by.id}


def _leave(session: Session, order: SalesOrder, now: datetime) -> None:
    lines = update(OrderLine).where(OrderLine.order_id == order.id, OrderLine.deleted_at.is_(None))
    session.execute(lines.values(deleted_at=now, version=OrderLine.version + 1))


def _event(act: str, order: SalesOrder, _fields: tuple[str, ...], at: datetime, by: Actor) -> object:
    kind = OrderPlaced if act == "created" else OrderChanged
    return kind(order_id=order.id, customer_id=order.customer_id, at=at, by=by)


ORDER = register(
    RecordType(
        key="order",
        module="orders",
        model=SalesOrder,
        path="orders",
        name=ctext("sales", "Order"),
        plural=text("Orders"),
        icon="shopping-cart",
        reach=Through("customer_id", "customer"),
        groups=GROUPS,
        facts=FACTS,
        columns=("subject", "customer_id", "ordered_on", "amount", "status", "person_id"),
        filters=("status", "person_id"),
        sorts=orders(
            ordered_on=(SalesOrder.ordered_on, SalesOrder.id),
            amount=(SalesOrder.amount, SalesOrder.id),
            number=(SalesOrder.id,),
        ),
        default_sort="-ordered_on",
        title="subject",
        customer="customer_id",
        settled=frozenset({"customer_id"}),
        searched=("reference", "note"),
        search_hint=text("Subject, number or customer"),
        tones={"status": {"placed": "info", "delivered": "good", "cancelled": "neutral"}},
        check=_check,
        first=_first,
        leave=_leave,
        event=_event,
    )
)


def _check_line(check: Check[OrderLine]) -> None:
    order = check.session.get_one(SalesOrder, check.after("order_id"))
    if reason := why_not_open(order.number, order.status):
        raise RuleBroken(reason)
    if check.after("quantity") <= 0:
        raise Invalid([Fault("quantity", text("Quantity must be above zero."))])
    changed = check.record is None or "product_id" in check.values
    if changed and not check.session.get_one(Product, check.after("product_id")).on_sale:
        raise Invalid([Fault("product_id", text("This product is not on sale any more."))])


def _derived_line(session: Session, values: Mapping[str, Any], line: OrderLine | None) -> dict[str, object]:
    def after(name: str) -> Any:
        return values[name] if name in values else getattr(line, name, None)

    product = session.get_one(Product, after("product_id"))
    # Where nothing else is said, the line takes name and price of the product as they are now.
    price = product.price if after("price") is None else after("price")
    name = f"{product.name} {product.model}".strip()
    return {
        "price": price,
        "description": after("description") or name,
        "amount": amount_of(after("quantity"), price),
    }


LINE = register(
    RecordType(
        key="order_line",
        module="orders",
        model=OrderLine,
        path="order-lines",
        name=text("Order line"),
        plural=text("Order lines"),
        icon="list-details",
        reach=Through("order_id", "order"),
        groups=LINE_GROUPS,
        facts=LINE_FACTS,
        columns=("description", "product_id", "order_id", "quantity", "price", "amount"),
        filters=("product_id",),
        sorts=orders(number=(OrderLine.id,)),
        default_sort="-number",
        title="description",
        settled=frozenset({"order_id"}),
        takes_files=False,
        check=_check_line,
        derive=_derived_line,
    )
)
