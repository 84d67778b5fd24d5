"""Finding customers, always inside what the asking person may see."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import ColumnElement, and_, bindparam, func, literal, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import true

from crm.accounts.models import User, shown_name
from crm.activity.queries import show_only
from crm.core.db import dialect_of
from crm.core.errors import Denied, Fault, Invalid, NotFound
from crm.core.fields import Kind, read
from crm.core.i18n import Text, text
from crm.core.keyset import Order, Page, fetch
from crm.core.numbers import is_key
from crm.core.prepared import Prepared, columns_of, loaded
from crm.core.search import matches
from crm.customers.models import Customer
from crm.customers.rules import CUSTOMER_FIELDS, phone_key, sort_key
from crm.permissions import ACTIONS, MODULES, Actor, in_scope, reaches

MOST_ROWS = 200
MOST_DUPLICATES = 5
SORTS: Mapping[str, Order] = {
    "name": Order((Customer.sort_key, Customer.id)),
    "-name": Order((Customer.sort_key, Customer.id), descending=True),
    "number": Order((Customer.id,)),
    "-number": Order((Customer.id,), descending=True),
    "updated": Order((Customer.updated_at, Customer.id)),
    "-updated": Order((Customer.updated_at, Customer.id), descending=True),
}
FILTERS = tuple(field.name for field in CUSTOMER_FIELDS if field.kind is not Kind.LONG)


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
    reach = in_scope(by, "customers", action, owner=Customer.owner_id, department=Customer.department_id)
    return and_(Customer.deleted_at.is_(None), reach)


def may_see_id(by: Actor, customer_id: ColumnElement[int]) -> ColumnElement[bool]:
    """The same for another table's column with the customer's number."""
    return customer_id.in_(select(Customer.id).where(may_see(by)))


def find_customer(
    session: Session, *, by: Actor, customer_id: int, action: str = "view", lock: bool = False
) -> Customer:
    """The customer. NotFound if this person may not see it, Denied if they may see but not do `action`."""
    row = _found(by, lock).first(session, {"customer_id": customer_id}) if is_key(customer_id) else None
    if row is None:
        raise NotFound(text("This customer does not exist, or is not open to you."))
    customer = loaded(session, Customer, row)
    reason = None if action == "view" else why_not(by, customer, action)
    if reason is not None:
        raise Denied(reason)
    return customer


@lru_cache(maxsize=2_000)
def _found(by: Actor, lock: bool) -> Prepared:
    """One customer, if this person may see it. Building the statement takes longer than executing it, so it is kept."""
    query = select(*columns_of(Customer)).where(Customer.id == bindparam("customer_id"), may_see(by))
    return Prepared(query.with_for_update() if lock else query)


def why_not(by: Actor, customer: Customer, action: str) -> Text | None:
    """Why this person, who sees the customer, may not do `action` with it; None if they may."""
    if reaches(by, "customers", action, owner_id=customer.owner_id, department_id=customer.department_id):
        return None
    return text(
        "You may see {name}, but not do this here: {module}, {action}.",
        name=customer.name,
        module=MODULES["customers"][0],
        action=ACTIONS[action],
    )


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
    if sort not in SORTS:
        raise Invalid([Fault("sort", text("There is no order named {name}.", name=sort[:40]))])
    found = select(Customer).where(may_see(by), *conditions(session, query, filters or {}))
    return fetch(session, found, SORTS[sort], place=place, limit=min(limit, MOST_ROWS), backwards=backwards)


def count_customers(
    session: Session, *, by: Actor, query: str = "", filters: Mapping[str, object] | None = None
) -> int:
    """How many customers the same search finds."""
    found = select(func.count()).select_from(Customer).where(may_see(by), *conditions(session, query, filters or {}))
    return session.scalar(found) or 0


def conditions(session: Session, query: str, filters: Mapping[str, object]) -> list[ColumnElement[bool]]:
    """Search words and filters as WHERE clauses. Raises Invalid with the name of a filter that cannot be."""
    found: list[ColumnElement[bool]] = []
    if query.strip():
        found.append(Customer.id.in_(matches(session, "customer", query)))
    given = {name: value for name, value in filters.items() if value not in (None, "", [])}
    fields = [field for field in CUSTOMER_FIELDS if field.name in FILTERS]
    # A filter may ask for a key that is switched off by now: whatever is asked for is a possible key.
    options = {field.category: {str(given.get(field.name))} for field in fields if field.category}
    for name, value in read(fields, given, options=options, partial=True).items():
        if name == "tags":
            found += [_has_tag(session, tag) for tag in value]
        else:
            found.append(getattr(Customer, name) == value)
    return found


def _has_tag(session: Session, tag: str) -> ColumnElement[bool]:
    if dialect_of(session) == "postgresql":
        return Customer.tags.bool_op("@>")(literal([tag], Customer.tags.type))
    each = func.json_each(Customer.tags).table_valued("value")
    return select(each.c.value).where(each.c.value == tag).exists()


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


show_only("customer", may_see_id)
