"""The verbs of orders that are more than changing fields: their lines, delivery, cancelling.

An order's amount follows its lines in the same transaction. What is delivered or cancelled is not changed any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.core.errors import Fault, Invalid, RuleBroken
from crm.core.fields import read
from crm.core.i18n import Text, text
from crm.orders.description import LINE, ORDER
from crm.orders.models import OrderLine, SalesOrder
from crm.orders.rules import CANCEL_FIELDS, DELIVERY_FIELDS, Status, why_not_open
from crm.permissions import Actor
from crm.records.operations import change_record, check_version, delete_record, insert_record, read_new, store
from crm.records.operations import create_record as create_of
from crm.records.queries import find_one

NOTHING = Decimal("0.00")


def create_order(session: Session, *, by: Actor, now: datetime, values: Mapping[str, object]) -> SalesOrder:
    """A customer has ordered. Lines are added afterwards. Tells OrderPlaced."""
    kept = read_new(ORDER, session, by=by, now=now, values=values)
    return insert_record(ORDER, session, by=by, now=now, kept={**kept, "status": Status.PLACED, "amount": NOTHING})


def add_line(session: Session, *, by: Actor, now: datetime, values: Mapping[str, object]) -> OrderLine:
    """One line more; without a price it takes the product's."""
    line = create_of(LINE, session, by=by, now=now, values=values)
    told = text("Added {quantity} × {name}", quantity=_number(line.quantity), name=line.description)
    _sum_up(session, line.order_id, by=by, now=now, message=told)
    return line


def change_line(
    session: Session, *, by: Actor, now: datetime, record_id: int, version: int, values: Mapping[str, object]
) -> OrderLine:
    """The line holds the new values."""
    line = change_record(LINE, session, by=by, now=now, record_id=record_id, version=version, values=values)
    told = text("Changed to {quantity} × {name}", quantity=_number(line.quantity), name=line.description)
    _sum_up(session, line.order_id, by=by, now=now, message=told)
    return line


def remove_line(session: Session, *, by: Actor, now: datetime, record_id: int, version: int) -> OrderLine:
    """The line is gone."""
    seen = find_one(LINE, session, by=by, record_id=record_id)
    order = session.get_one(SalesOrder, seen.order_id)
    if reason := why_not_open(order.number, order.status):
        raise RuleBroken(reason)
    line = delete_record(LINE, session, by=by, now=now, record_id=record_id, version=version)
    told = text("Removed {quantity} × {name}", quantity=_number(line.quantity), name=line.description)
    _sum_up(session, line.order_id, by=by, now=now, message=told)
    return line


def deliver(
    session: Session, *, by: Actor, now: datetime, record_id: int, version: int, delivered_on: object
) -> SalesOrder:
    """The customer has it. Refuses an order without lines, and a day before it was ordered."""
    kept = read(DELIVERY_FIELDS, {"delivered_on": delivered_on}, options={})
    order = _open(session, by, record_id, version)
    if kept["delivered_on"] < order.ordered_on:
        raise Invalid([Fault("delivered_on", text("It cannot be delivered before it was ordered."))])
    if not lines_of(session, order.id):
        raise RuleBroken(text("{number} has no lines; there is nothing to deliver.", number=order.number))
    values = {"status": Status.DELIVERED.value, "delivered_on": kept["delivered_on"], "closed_at": now}
    message = text("Order {number} was delivered", number=order.number)
    return store(ORDER, session, order, by=by, now=now, values=values, kind="order.delivered", message=message)


def cancel(session: Session, *, by: Actor, now: datetime, record_id: int, version: int, reason: object) -> SalesOrder:
    """Nothing comes of it, for this reason. It does not count as an order of the customer any more."""
    kept = read(CANCEL_FIELDS, {"reason": reason}, options={})
    order = _open(session, by, record_id, version)
    values = {"status": Status.CANCELLED.value, "cancel_reason": kept["reason"], "closed_at": now}
    message = text("Order {number} was cancelled", number=order.number)
    return store(
        ORDER,
        session,
        order,
        by=by,
        now=now,
        values=values,
        kind="order.cancelled",
        message=message,
        detail=kept["reason"],
    )


def lines_of(session: Session, order_id: int) -> list[OrderLine]:
    """The living lines, as they were added. For callers who have found the order."""
    query = select(OrderLine).where(OrderLine.order_id == order_id, OrderLine.deleted_at.is_(None))
    return list(session.scalars(query.order_by(OrderLine.id)))


def _open(session: Session, by: Actor, record_id: int, version: int) -> SalesOrder:
    order = find_one(ORDER, session, by=by, record_id=record_id, action="edit", lock=True)
    if reason := why_not_open(order.number, order.status):
        raise RuleBroken(reason)
    check_version(ORDER, order, version)
    return order


def _sum_up(session: Session, order_id: int, *, by: Actor, now: datetime, message: Text) -> None:
    session.flush()
    order = find_one(ORDER, session, by=by, record_id=order_id, lock=True)
    total: Any = session.scalar(
        select(func.sum(OrderLine.amount)).where(OrderLine.order_id == order_id, OrderLine.deleted_at.is_(None))
    )
    values = {"amount": total or NOTHING}
    store(ORDER, session, order, by=by, now=now, values=values, kind="order.lines", message=message)


def _number(value: Decimal) -> str:
    return format(value.normalize(), "f")
