"""What customers and contacts are to the shared furniture of records: their lists, pages, search words, and what follows from
their values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.accounts.queries import users_with_role
from crm.core.errors import Fault, Invalid
from crm.core.i18n import text
from crm.core.search import forget, index
from crm.customers.events import CustomerChanged, CustomerCreated, CustomerDeleted
from crm.customers.models import Contact, Customer
from crm.customers.rules import CONTACT_GROUPS, CUSTOMER_GROUPS, phone_key, sort_key
from crm.permissions import Actor
from crm.records.queries import CUSTOMER_WORDS, register
from crm.records.types import Check, Choices, Owned, RecordType, Through, orders

OWNER_ROLES = ("customer_manager", "sales_supervisor")
STAGE_TONES = {"at_risk": "warn", "lost": "bad", "active": "good", "loyal": "good"}


def owners(session: Session, locale: str) -> Choices:
    """Who may look after a customer."""
    found = {user.id: user for role in OWNER_ROLES for user in users_with_role(session, role)}
    return [(str(user.id), user.shown_name(locale)) for user in found.values()]


def put_customer_in_index(session: Session, customer: Customer) -> None:
    """The customer is found by its own words and by the names and numbers of its contacts."""
    contacts = session.execute(
        select(Contact.name, Contact.mobile, Contact.phone)
        .where(Contact.customer_id == customer.id, Contact.deleted_at.is_(None))
        .order_by(Contact.id)
    )
    own = (customer.number, customer.name, customer.phone, phone_key(customer.phone), *customer.tags, customer.website)
    theirs = (word for contact in contacts for word in (contact.name, contact.mobile, phone_key(contact.phone)))
    index(session, "customer", customer.id, " ".join(word for word in (*own, *theirs, customer.address) if word))
    # Lists of other records find what belongs to a customer by its name, and not by the names of its contacts.
    index(session, CUSTOMER_WORDS, customer.id, f"{customer.number} {customer.name}")


def _customer_derived(_session: Session, values: Mapping[str, Any], _customer: Customer | None) -> dict[str, object]:
    derived: dict[str, object] = {}
    if "name" in values:
        derived["sort_key"] = sort_key(values["name"])
    if "phone" in values:
        derived["phone_key"] = phone_key(values["phone"])
    return derived


def _take_contacts_along(session: Session, customer: Customer, now: datetime) -> None:
    theirs = select(Contact.id).where(Contact.customer_id == customer.id, Contact.deleted_at.is_(None))
    contact_ids = list(session.scalars(theirs))
    if contact_ids:
        session.execute(
            update(Contact)
            .where(Contact.id.in_(contact_ids))
            .values(deleted_at=now, is_primary=False, version=Contact.version + 1)
        )
    for contact_id in contact_ids:
        forget(session, "contact", contact_id)
    forget(session, CUSTOMER_WORDS, customer.id)


def _customer_event(act: str, customer: Customer, fields: tuple[str, ...], at: datetime, by: Actor) -> object:
    if act == "created":
        return CustomerCreated(customer_id=customer.id, at=at, by=by)
    if act == "changed":
        return CustomerChanged(customer_id=customer.id, fields=fields, at=at, by=by)
    return CustomerDeleted(customer_id=customer.id, at=at, by=by)


CUSTOMER = register(
    RecordType(
        key="customer",
        module="customers",
        model=Customer,
        path="customers",
        name=text("Customer"),
        plural=text("Customers"),
        icon="building",
        reach=Owned(),
        groups=CUSTOMER_GROUPS,
        columns=("name", "grade", "region", "industry", "stage", "owner_id", "updated_at"),
        filters=("grade", "region", "industry", "stage", "owner_id"),
        sorts=orders(
            name=(Customer.sort_key, Customer.id),
            number=(Customer.id,),
            updated=(Customer.updated_at, Customer.id),
            updated_at=(Customer.updated_at, Customer.id),
        ),
        default_sort="name",
        customer="id",
        searched=("phone", "fax", "address", "website", "tags"),
        search_hint=text("Name, number, phone or contact"),
        takes_files=True,
        tones={"stage": STAGE_TONES},
        derive=_customer_derived,
        leave=_take_contacts_along,
        first=lambda _session, _by, _now: {"grade": "ordinary", "stage": "potential"},
        choices={"owner_id": owners},
        index=put_customer_in_index,
        event=_customer_event,
    )
)


def put_contact_in_index(session: Session, contact: Contact) -> None:
    """The contact is found by name, numbers and place; and so is its customer."""
    phones = (contact.phone, phone_key(contact.phone), contact.mobile, phone_key(contact.mobile))
    words = (contact.name, *phones, contact.email, contact.department, contact.position)
    index(session, "contact", contact.id, " ".join(word for word in words if word))
    put_customer_in_index(session, session.get_one(Customer, contact.customer_id))


def _check_contact(check: Check[Contact]) -> None:
    birthday = check.values.get("birthday")
    if isinstance(birthday, date) and birthday > check.now.date():
        raise Invalid([Fault("birthday", text("The birthday lies in the future."))])


def _contact_derived(session: Session, values: Mapping[str, Any], contact: Contact | None) -> dict[str, object]:
    if values.get("is_primary"):
        # A customer has one first contact: the new one takes the place.
        customer_id = values["customer_id"] if contact is None else contact.customer_id
        session.execute(
            update(Contact)
            .where(Contact.customer_id == customer_id, Contact.is_primary)
            .values(is_primary=False, version=Contact.version + 1)
        )
    return {"sort_key": sort_key(values["name"])} if "name" in values else {}


def _leave_customer(session: Session, contact: Contact, now: datetime) -> None:
    contact.is_primary, contact.deleted_at = False, now
    session.flush()
    put_customer_in_index(session, session.get_one(Customer, contact.customer_id))


CONTACT = register(
    RecordType(
        key="contact",
        module="contacts",
        model=Contact,
        path="contacts",
        name=text("Contact"),
        plural=text("Contacts"),
        icon="address-book",
        reach=Through("customer_id", "customer"),
        groups=CONTACT_GROUPS,
        columns=("name", "customer_id", "position", "buying_role", "mobile", "email"),
        filters=("buying_role", "closeness"),
        sorts=orders(name=(Contact.sort_key, Contact.id), number=(Contact.id,)),
        default_sort="name",
        customer="customer_id",
        settled=frozenset({"customer_id"}),
        searched=("phone", "mobile", "email", "department", "position"),
        search_hint=text("Name, phone, e-mail or customer"),
        check=_check_contact,
        derive=_contact_derived,
        leave=_leave_customer,
        index=put_contact_in_index,
    )
)
