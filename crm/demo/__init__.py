"""The business of the demonstration: a machine builder's customers in China and abroad, and what they ask for.

Everything is written by the operations, at times of the past, so that timeline and audit look as they would. Running it
twice changes nothing. Who works there stands in `crm/accounts/demo.py`; that the requests become cases is done above.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.db import Database, unit_of_work
from crm.customers.contact_operations import create_contact
from crm.customers.models import Customer
from crm.customers.operations import change_customer, create_customer
from crm.demo.actors import actor_named
from crm.demo.customers import CUSTOMERS, DemoCustomer
from crm.demo.moments import ZONE, moment
from crm.demo.people import contacts_for
from crm.demo.requests import DemoRequest, DemoStep, demo_requests
from crm.dictionary.seed import seed_dictionary
from crm.permissions import Actor

__all__ = ["DemoRequest", "DemoStep", "demo_requests", "moment", "seed_customers", "seed_demo"]


def seed_demo(database: Database, now: datetime) -> None:
    """Fill a database that has the demonstration's people with its customers."""
    with unit_of_work(database) as session:
        seed_customers(session, now)


def seed_customers(session: Session, now: datetime) -> None:
    """Pick-lists, customers, contacts and what became of them. Nothing happens where customers exist already."""
    seed_dictionary(session)
    if session.scalar(select(Customer.id).limit(1)) is not None:
        return
    actors = {name: actor_named(session, name) for name in sorted({each.owner for each in CUSTOMERS})}
    for number, each in enumerate(CUSTOMERS):
        _create(session, each, number, by=actors[each.owner], now=now)


def _create(session: Session, seed: DemoCustomer, number: int, *, by: Actor, now: datetime) -> None:
    created_at = moment(now, seed.days_ago, "10:00", minutes=7 * number % 400)
    customer = create_customer(session, by=by, now=created_at, values=seed.first_values(), on_purpose=True)
    for place, contact in enumerate(contacts_for(number, seed, now.astimezone(ZONE).date())):
        at = moment(now, seed.days_ago, "10:00", minutes=7 * number % 400 + 5 * (place + 1))
        create_contact(session, by=by, now=at, customer_id=customer.id, values=contact)
    for days_ago, values in seed.later:
        change_customer(
            session,
            by=by,
            now=moment(now, days_ago, "15:20", minutes=number),
            customer_id=customer.id,
            version=customer.version,
            values=values,
        )
