"""Finding contacts. A contact is open to whoever may see contacts and reaches its customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from crm.core.errors import Denied, Fault, Invalid, NotFound
from crm.core.fields import Field, Kind, read
from crm.core.i18n import text
from crm.core.keyset import Order, Page, fetch
from crm.core.numbers import is_key
from crm.core.search import matches
from crm.customers.models import Contact, Customer
from crm.customers.rules import CONTACT_FIELDS
from crm.permissions import ACTIONS, MODULES, Actor, Scope, in_scope

MOST_ROWS = 200
SORTS: Mapping[str, Order] = {
    "name": Order((Contact.sort_key, Contact.id)),
    "-name": Order((Contact.sort_key, Contact.id), descending=True),
    "number": Order((Contact.id,)),
    "-number": Order((Contact.id,), descending=True),
}
FILTER_FIELDS = (
    Field("customer_id", text("Customer"), Kind.REFERENCE),
    *(field for field in CONTACT_FIELDS if field.kind is not Kind.LONG),
)
FILTERS = tuple(field.name for field in FILTER_FIELDS)


def may_see(by: Actor, action: str = "view") -> ColumnElement[bool]:
    """The WHERE clause that leaves the contacts this person may reach, without the deleted ones."""
    living = Contact.deleted_at.is_(None)
    if by.scope("contacts", action) is Scope.ALL:
        return living
    reach = in_scope(by, "contacts", action, owner=Customer.owner_id, department=Customer.department_id)
    return and_(living, Contact.customer_id.in_(select(Customer.id).where(reach)))


def find_contact(session: Session, *, by: Actor, contact_id: int, action: str = "view", lock: bool = False) -> Contact:
    """The contact. NotFound if this person may not see it, Denied if they may see but not do `action`."""
    query = select(Contact).where(Contact.id == contact_id, may_see(by))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    contact = session.scalar(query) if is_key(contact_id) else None
    if contact is None:
        raise NotFound(text("This contact does not exist, or is not open to you."))
    if action != "view" and not may_do(session, by, contact.customer_id, action):
        raise Denied(
            text(
                "You may see {name}, but not do this here: {module}, {action}.",
                name=contact.name,
                module=MODULES["contacts"][0],
                action=ACTIONS[action],
            )
        )
    return contact


def may_do(session: Session, by: Actor, customer_id: int, action: str) -> bool:
    """May this person do `action` with the contacts of a customer?"""
    scope = by.scope("contacts", action)
    if scope is None or scope is Scope.ALL:
        return scope is not None
    reach = in_scope(by, "contacts", action, owner=Customer.owner_id, department=Customer.department_id)
    return session.scalar(select(Customer.id).where(Customer.id == customer_id, reach)) is not None


def find_contacts(
    session: Session,
    *,
    by: Actor,
    query: str = "",
    filters: Mapping[str, object] | None = None,
    sort: str = "name",
    place: Sequence[object] | None = None,
    backwards: bool = False,
    limit: int = 30,
) -> Page[Contact]:
    """A page of contacts that hold every word of `query`, or whose customer does, and fit every filter."""
    if sort not in SORTS:
        raise Invalid([Fault("sort", text("There is no order named {name}.", name=sort[:40]))])
    found = select(Contact).where(may_see(by), *conditions(session, query, filters or {}))
    return fetch(session, found, SORTS[sort], place=place, limit=min(limit, MOST_ROWS), backwards=backwards)


def conditions(session: Session, query: str, filters: Mapping[str, object]) -> list[ColumnElement[bool]]:
    """Search words and filters as WHERE clauses. Raises Invalid with the name of a filter that cannot be."""
    found: list[ColumnElement[bool]] = []
    if query.strip():
        found.append(
            or_(
                Contact.id.in_(matches(session, "contact", query)),
                Contact.customer_id.in_(matches(session, "customer_name", query)),
            )
        )
    given = {name: value for name, value in filters.items() if value not in (None, "")}
    options = {field.category: {str(given.get(field.name))} for field in FILTER_FIELDS if field.category}
    values = read(FILTER_FIELDS, given, options=options, partial=True)
    found += [getattr(Contact, name) == value for name, value in values.items()]
    return found


def contacts_of(session: Session, *, by: Actor, customer_id: int) -> list[Contact]:
    """All contacts of a customer, the first to turn to on top."""
    query = (
        select(Contact)
        .where(Contact.customer_id == customer_id, may_see(by))
        .order_by(Contact.is_primary.desc(), Contact.sort_key, Contact.id)
        .limit(MOST_ROWS)
    )
    return list(session.scalars(query))
