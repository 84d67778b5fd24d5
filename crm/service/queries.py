"""Finding service requests, always inside what the asking person may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import ColumnElement, bindparam, false, func, or_, select, true
from sqlalchemy.orm import Session

from crm.accounts.models import Role, User, UserRole
from crm.accounts.queries import is_absent
from crm.activity.queries import show_only
from crm.core.db import Id, UtcDateTime
from crm.core.errors import Fault, Invalid, NotFound
from crm.core.fields import Field, Kind, read
from crm.core.i18n import Text, text
from crm.core.keyset import Order, Page, fetch
from crm.core.numbers import is_key
from crm.core.prepared import Prepared, columns_of, loaded
from crm.core.search import matches
from crm.customers.contact_operations import hold_contacts
from crm.customers.models import Customer
from crm.customers.operations import hold_customers
from crm.files.queries import show_only as show_files_only
from crm.permissions import Actor, Scope, in_scope
from crm.service.models import ServiceRequest
from crm.service.rules import ONGOING, OPEN_FIELDS, WAITING_FOR_US, Status

MOST_ROWS = 200
SORTS: Mapping[str, Order] = {
    "number": Order((ServiceRequest.id,)),
    "-number": Order((ServiceRequest.id,), descending=True),
    "due": Order((ServiceRequest.due_at, ServiceRequest.id)),
    "-due": Order((ServiceRequest.due_at, ServiceRequest.id), descending=True),
}
FILTER_FIELDS = (
    *(field for field in OPEN_FIELDS if field.kind is not Kind.LONG),
    Field("status", text("Status"), Kind.CHOICE, category="status"),
    Field("assigned_to_id", text("Assignee"), Kind.REFERENCE),
    Field("opened_by_id", text("Opened by"), Kind.REFERENCE),
    Field("satisfaction", text("Satisfaction"), Kind.WHOLE, least=1, most=5),
    Field("rounds", text("Rounds"), Kind.WHOLE, least=0, most=1000),
    Field("overdue", text("Overdue"), Kind.FLAG),
)
FILTERS = tuple(field.name for field in FILTER_FIELDS)


def may_see(by: Actor, action: str = "view") -> ColumnElement[bool]:
    """The WHERE clause that leaves the requests this person may reach: those of customers in their scope, and those they
    opened or handle themselves."""
    scope = by.scope("service", action)
    if scope is Scope.ALL:
        return true()
    own = or_(ServiceRequest.opened_by_id == by.id, ServiceRequest.assigned_to_id == by.id)
    if scope is None:
        # Whoever handles a task of a request must be able to read it; nothing else is open without the permission.
        return ServiceRequest.assigned_to_id == by.id
    theirs = in_scope(by, "service", action, owner=Customer.owner_id, department=Customer.department_id)
    return or_(own, ServiceRequest.customer_id.in_(select(Customer.id).where(theirs)))


def may_see_id(by: Actor, request_id: ColumnElement[int]) -> ColumnElement[bool]:
    """The same for another table's column with the request's number."""
    clause = may_see(by)
    return clause if clause is true() else request_id.in_(select(ServiceRequest.id).where(clause))


def stands_in_for(by: Actor, now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """The WHERE clause for requests that this person handles, or stands in for whoever does, be it by way of somebody else
    who is away."""
    represented = select(User.id).where(User.substitute_id == by.id, User.active, is_absent(now))
    theirs = [by.id, *sorted(by.represents)]
    return or_(ServiceRequest.assigned_to_id.in_(theirs), ServiceRequest.assigned_to_id.in_(represented))


def find_request(session: Session, *, by: Actor, request_id: int) -> ServiceRequest:
    """The request. NotFound if there is none or this person may not see it."""
    found = _found(by).first(session, {"request_id": request_id}) if is_key(request_id) else None
    if found is None:
        raise NotFound(text("This service request does not exist, or is not open to you."))
    return loaded(session, ServiceRequest, found)


@lru_cache(maxsize=2_000)
def _found(by: Actor) -> Prepared:
    """One request, if this person may see it. Building the statement takes longer than executing it, so it is kept."""
    return Prepared(
        select(*columns_of(ServiceRequest)).where(ServiceRequest.id == bindparam("request_id"), may_see(by))
    )


def find_requests(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    query: str = "",
    filters: Mapping[str, object] | None = None,
    sort: str = "-number",
    place: Sequence[object] | None = None,
    backwards: bool = False,
    limit: int = 30,
) -> Page[ServiceRequest]:
    """A page of requests that hold every word of `query`, or whose customer does, and fit every filter."""
    if sort not in SORTS:
        raise Invalid([Fault("sort", text("There is no order named {name}.", name=sort[:40]))])
    found = select(ServiceRequest).where(may_see(by), *conditions(session, query, filters or {}, now))
    return fetch(session, found, SORTS[sort], place=place, limit=min(limit, MOST_ROWS), backwards=backwards)


def conditions(session: Session, query: str, filters: Mapping[str, object], now: datetime) -> list[ColumnElement[bool]]:
    """Search words and filters as WHERE clauses. Raises Invalid with the name of a filter that cannot be."""
    found: list[ColumnElement[bool]] = []
    if query.strip():
        found.append(
            or_(
                ServiceRequest.id.in_(matches(session, "service_request", query)),
                ServiceRequest.customer_id.in_(matches(session, "customer_name", query)),
            )
        )
    given = {name: value for name, value in filters.items() if value not in (None, "")}
    options = {field.category: {str(given.get(field.name))} for field in FILTER_FIELDS if field.category}
    options["status"] = {*Status}
    for name, value in read(FILTER_FIELDS, given, options=options, partial=True).items():
        if name == "overdue":
            if value:
                waits_for_us = ServiceRequest.status.in_(WAITING_FOR_US), ServiceRequest.waiting_since.is_(None)
                found += [ServiceRequest.due_at < now, *waits_for_us]
        else:
            found.append(getattr(ServiceRequest, name) == value)
    return found


@dataclass(frozen=True)
class Member:
    """An active, present member of a role, with the number of requests that they have in hand; and, where a customer was
    named, whether they handled this customer's last request."""

    id: int
    name: str
    name_en: str
    role: str
    role_name: str
    role_name_en: str
    load: int
    knows_customer: bool = False


def loads_of_teams(
    session: Session,
    *,
    role_keys: Sequence[str],
    now: datetime,
    department_id: int | None = None,
    customer_id: int | None = None,
) -> list[Member]:
    """The members of these roles, role by role in this order, the least loaded first."""
    given = {"now": now, "department_id": department_id, "customer_id": customer_id}
    rows = _teams(tuple(role_keys), department_id is not None).rows(session, given)
    return sorted((Member(*row) for row in rows), key=lambda member: role_keys.index(member.role))


@lru_cache(maxsize=200)
def _teams(role_keys: tuple[str, ...], of_department: bool) -> Prepared:
    load = (
        select(ServiceRequest.assigned_to_id, func.count().label("open"))
        .where(ServiceRequest.status == Status.ASSIGNED)
        .group_by(ServiceRequest.assigned_to_id)
        .subquery()
    )
    in_hand = func.coalesce(load.c.open, 0)
    last_handler = (
        select(ServiceRequest.handled_by_id)
        .where(
            ServiceRequest.customer_id == bindparam("customer_id", type_=Id), ServiceRequest.handled_by_id.is_not(None)
        )
        .order_by(ServiceRequest.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    knows = func.coalesce(User.id == last_handler, false())
    query = (
        select(User.id, User.name, User.name_en, Role.key, Role.name, Role.name_en, in_hand, knows)
        .join(UserRole, UserRole.user_id == User.id)
        .join(Role, Role.id == UserRole.role_id)
        .outerjoin(load, load.c.assigned_to_id == User.id)
        .where(Role.key.in_(role_keys), User.active, ~is_absent(bindparam("now", type_=UtcDateTime())))
        .order_by(in_hand, User.id)
    )
    return Prepared(query.where(User.department_id == bindparam("department_id")) if of_department else query)


def has_requests(session: Session, customer_id: int) -> Text | None:
    """Why a customer with service requests stays: they are the record of what was promised and done."""
    count = session.scalar(select(func.count()).where(ServiceRequest.customer_id == customer_id)) or 0
    return text("This customer has {count} service requests and cannot be deleted.", count=count) if count else None


def names_contact(session: Session, contact_id: int) -> Text | None:
    """Why a contact stays who is named in a request that is still going on."""
    named = select(ServiceRequest.id).where(ServiceRequest.contact_id == contact_id, ServiceRequest.status.in_(ONGOING))
    if session.scalar(named.limit(1)) is None:
        return None
    return text("A service request that is still going on names this contact.")


def _is_open_to(session: Session, by: Actor, request_id: int) -> bool:
    return session.scalar(select(ServiceRequest.id).where(ServiceRequest.id == request_id, may_see(by))) is not None


show_only("service_request", may_see_id)
show_files_only("service_request", _is_open_to)
hold_customers(has_requests)
hold_contacts(names_contact)
