"""What people should know of a warning while they decide."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.queries import names_of
from crm.customers.models import Customer
from crm.losses.description import LOSS
from crm.losses.queries import measures_of
from crm.orders.models import SalesOrder
from crm.permissions import Actor
from crm.records.queries import find_one
from crm.records.showing import words_for

LAST_ORDERS = 3


def loss_facts(session: Session, *, by: Actor, loss_id: int) -> dict[str, Any]:
    """For `losses/_facts.html`: the warning, its customer with manager, the last orders, the measures. NotFound if this person
    may not see it."""
    loss = find_one(LOSS, session, by=by, record_id=loss_id)
    customer = session.get_one(Customer, loss.customer_id)
    measures = measures_of(session, loss.id)
    people = names_of(session, {customer.owner_id, *(each.by_id for each in measures)}, by.locale)
    orders = session.scalars(
        select(SalesOrder)
        .where(SalesOrder.customer_id == customer.id, SalesOrder.deleted_at.is_(None), SalesOrder.status != "cancelled")
        .order_by(SalesOrder.ordered_on.desc(), SalesOrder.id.desc())
        .limit(LAST_ORDERS)
    ).all()
    return {
        "loss": loss,
        "sort": LOSS,
        "words": words_for(session, LOSS.shown.values(), [loss]),
        "customer": customer,
        "manager": people.get(customer.owner_id or 0, ""),
        "last_orders": orders,
        "measures": [(each, people.get(each.by_id or 0, "")) for each in measures],
    }
