"""Finding contacts. A contact is open to whoever may see contacts and reaches its customer."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.keyset import Page
from crm.customers.description import CONTACT
from crm.customers.models import Contact
from crm.permissions import Actor
from crm.records.queries import MOST_ROWS, find_many, find_one, may_do_below, may_see


def find_contact(session: Session, *, by: Actor, contact_id: int, action: str = "view", lock: bool = False) -> Contact:
    """The contact. NotFound if this person may not see it, Denied if they may see but not do `action`."""
    return find_one(CONTACT, session, by=by, record_id=contact_id, action=action, lock=lock)


def may_do(session: Session, by: Actor, customer_id: int, action: str) -> bool:
    """May this person do `action` with the contacts of a customer?"""
    return may_do_below(CONTACT, session, by=by, parent_id=customer_id, action=action)


def find_contacts(
    session: Session, *, by: Actor, query: str = "", filters: Mapping[str, object] | None = None
) -> Page[Contact]:
    """Contacts by name that hold every word of `query`, or whose customer does, and fit every filter."""
    return find_many(CONTACT, session, by=by, query=query, filters=filters)


def contacts_of(session: Session, *, by: Actor, customer_id: int) -> list[Contact]:
    """All contacts of a customer, the first to turn to on top."""
    query = (
        select(Contact)
        .where(Contact.customer_id == customer_id, may_see(CONTACT, by))
        .order_by(Contact.is_primary.desc(), Contact.sort_key, Contact.id)
        .limit(MOST_ROWS)
    )
    return list(session.scalars(query))
