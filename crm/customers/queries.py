"""Finding customers, always inside what the asking person may see."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, literal, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import true

from crm.accounts.models import User, shown_name
from crm.core.keyset import Page
from crm.customers.description import CUSTOMER
from crm.customers.models import Customer
from crm.customers.rules import phone_key, sort_key
from crm.permissions import Actor, in_scope
from crm.records import queries as records

MOST_DUPLICATES = 5


@dataclass(frozen=True)
class Duplicate:
    """A customer that may be the same as a new one. Of those outside the reader's scope only the likeness is told."""

    id: int | None
    number: str
    name: str
    owner: str
    like: str


def may_see(by: Actor, action: str = "view") -> ColumnElement[bool]:
    """The WHERE clause that leaves the customers this person may reach, without the deleted ones."""
    return records.may_see(CUSTOMER, by, action)


def find_customer(
    session: Session, *, by: Actor, customer_id: int, action: str = "view", lock: bool = False
) -> Customer:
    """The customer. NotFound if this person may not see it, Denied if they may see but not do `action`."""
    return records.find_one(CUSTOMER, session, by=by, record_id=customer_id, action=action, lock=lock)


def find_customers(
    session: Session,
    *,
    by: Actor,
    query: str = "",
    filters: Mapping[str, object] | None = None,
    sort: str = "name",
    place: Sequence[object] | None = None,
    backwards: bool = False,
    limit: int = 30,
) -> Page[Customer]:
    """A page of customers that hold every word of `query` and fit every filter (field name → value)."""
    return records.find_many(
        CUSTOMER,
        session,
        by=by,
        query=query,
        filters=filters,
        order=sort,
        place=place,
        backwards=backwards,
        limit=limit,
    )


def find_duplicates(
    session: Session, *, by: Actor, name: str, phone: str | None = None, other_than: int | None = None
) -> list[Duplicate]:
    """Customers with the same name (blanks, width and punctuation apart) or telephone number, wherever they are."""
    key, digits = sort_key(name), phone_key(phone)
    same: ColumnElement[bool] = Customer.sort_key == key
    if digits is not None:
        same = or_(same, Customer.phone_key == digits)
    open_to_reader = in_scope(by, "customers", "view", owner=Customer.owner_id, department=Customer.department_id)
    rows = session.execute(
        select(Customer, User.name, User.name_en, open_to_reader if open_to_reader is not true() else literal(True))
        .outerjoin(User, User.id == Customer.owner_id)
        .where(Customer.deleted_at.is_(None), same, Customer.id != (other_than or 0))
        .order_by(Customer.id)
        .limit(MOST_DUPLICATES)
    )
    return [
        Duplicate(
            id=customer.id if is_open else None,
            number=customer.number if is_open else "",
            # A like name is what the reader has typed; behind a like telephone number a stranger's name stays hidden.
            name=customer.name if is_open or customer.sort_key == key else "",
            owner=shown_name(owner, owner_en, by.locale) if owner else "",
            like="name" if customer.sort_key == key else "phone",
        )
        for customer, owner, owner_en, is_open in rows
    ]


def customer_names(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Names by number, for rows of other rooms that the reader may see already."""
    if not ids:
        return {}
    rows = session.execute(select(Customer.id, Customer.name).where(Customer.id.in_(set(ids))))
    return {customer_id: name for customer_id, name in rows}  # noqa: C416 - rows are tuples of two only by position
