"""The verbs of contacts: create, change, delete. Each is audited and told on the customer's timeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from crm.activity.operations import record
from crm.core.audit import differences, write_audit
from crm.core.errors import Denied, Fault, Invalid, RuleBroken
from crm.core.fields import read
from crm.core.i18n import Text, text
from crm.core.search import forget, index
from crm.customers.contact_queries import find_contact, may_do
from crm.customers.models import Contact, Customer
from crm.customers.operations import check_version, current_values, keep_present, put_in_index, told_changes
from crm.customers.queries import find_customer
from crm.customers.rules import CONTACT_FIELDS, CUSTOMER_FIELD, categories_of, phone_key, sort_key
from crm.dictionary.queries import active_keys
from crm.permissions import Actor, check_may

Hold = Callable[[Session, int], Text | None]
_holds: list[Hold] = []


def hold_contacts(hold: Hold) -> None:
    """From now on this question is asked before a contact is deleted."""
    if hold not in _holds:
        _holds.append(hold)


def create_contact(
    session: Session, *, by: Actor, now: datetime, customer_id: object, values: Mapping[str, object]
) -> Contact:
    """The customer has one contact more. The first one of a customer becomes the one to turn to only if asked for."""
    check_may(by, "contacts", "create")
    at = read((CUSTOMER_FIELD,), {CUSTOMER_FIELD.name: customer_id}, options={})
    customer = find_customer(session, by=by, customer_id=at[CUSTOMER_FIELD.name], lock=True)
    if not may_do(session, by, customer.id, "create"):
        raise Denied(text("You may see {name}, but not add contacts to it.", name=customer.name))
    kept = _read(session, values, now)
    if kept["is_primary"]:
        _nobody_else_is_primary(session, customer.id)
    contact = Contact(
        **kept,
        customer_id=customer.id,
        sort_key=sort_key(kept["name"]),
        version=1,
        created_at=now,
        created_by_id=by.id,
        updated_at=now,
        updated_by_id=by.id,
    )
    session.add(contact)
    session.flush()
    _put_in_index(session, contact, customer)
    given = {name: value for name, value in kept.items() if value not in (None, False)}
    told = text("Contact {name} was added", name=contact.name)
    _note(session, contact, by=by, now=now, action="contact.created", message=told, new=given)
    return contact


def change_contact(
    session: Session, *, by: Actor, now: datetime, contact_id: int, version: int, values: Mapping[str, object]
) -> Contact:
    """The named fields hold the new values. Refuses a stale version with the newer values."""
    contact = find_contact(session, by=by, contact_id=contact_id, action="edit", lock=True)
    check_version(contact.version, version, current_values(contact, CONTACT_FIELDS), contact.name)
    kept = _read(session, values, now, partial=True, before=contact)
    old, new = differences(current_values(contact, CONTACT_FIELDS), kept)
    if not new:
        return contact
    if new.get("is_primary"):
        _nobody_else_is_primary(session, contact.customer_id)
    for name, value in new.items():
        setattr(contact, name, value)
    contact.sort_key = sort_key(contact.name)
    contact.version += 1
    contact.updated_at, contact.updated_by_id = max(now, contact.created_at), by.id
    session.flush()
    if {"name", "phone", "mobile", "email", "department", "position"} & new.keys():
        _put_in_index(session, contact, session.get_one(Customer, contact.customer_id))
    told = text("Contact {name}: {changes}", name=contact.name, changes=told_changes(CONTACT_FIELDS, old, new))
    _note(session, contact, by=by, now=now, action="contact.changed", message=told, old=old, new=new)
    return contact


def delete_contact(session: Session, *, by: Actor, now: datetime, contact_id: int, version: int) -> None:
    """The contact is hidden everywhere. Refuses while something that is going on names them."""
    contact = find_contact(session, by=by, contact_id=contact_id, action="delete", lock=True)
    check_version(contact.version, version, current_values(contact, CONTACT_FIELDS), contact.name)
    for hold in _holds:
        reason = hold(session, contact.id)
        if reason is not None:
            raise RuleBroken(reason)
    contact.deleted_at, contact.is_primary, contact.version = now, False, contact.version + 1
    session.flush()
    forget(session, "contact", contact.id)
    put_in_index(session, session.get_one(Customer, contact.customer_id))
    told = text("Contact {name} was deleted", name=contact.name)
    _note(session, contact, by=by, now=now, action="contact.deleted", message=told, old={"name": contact.name})


def _read(
    session: Session,
    values: Mapping[str, object],
    now: datetime,
    *,
    partial: bool = False,
    before: Contact | None = None,
) -> dict[str, Any]:
    options = active_keys(session, categories_of(CONTACT_FIELDS))
    if before is not None:
        keep_present(CONTACT_FIELDS, options, before)
    kept = read(CONTACT_FIELDS, values, options=options, partial=partial)
    birthday = kept.get("birthday")
    if isinstance(birthday, date) and birthday > now.date():
        raise Invalid([Fault("birthday", text("The birthday lies in the future."))])
    return kept


def _nobody_else_is_primary(session: Session, customer_id: int) -> None:
    session.execute(
        update(Contact)
        .where(Contact.customer_id == customer_id, Contact.is_primary)
        .values(is_primary=False, version=Contact.version + 1)
    )


def _put_in_index(session: Session, contact: Contact, customer: Customer) -> None:
    words = (
        contact.name,
        contact.phone,
        phone_key(contact.phone),
        contact.mobile,
        phone_key(contact.mobile),
        contact.email,
        contact.department,
        contact.position,
    )
    index(session, "contact", contact.id, " ".join(word for word in words if word))
    put_in_index(session, customer)


def _note(
    session: Session,
    contact: Contact,
    *,
    by: Actor,
    now: datetime,
    action: str,
    message: Text,
    old: Mapping[str, object] | None = None,
    new: Mapping[str, object] | None = None,
) -> None:
    write_audit(
        session,
        at=now,
        actor_id=by.id,
        actor_name=by.name,
        action=action,
        subject_type="contact",
        subject_id=contact.id,
        subject_name=contact.name,
        old=old,
        new=new,
    )
    record(
        session,
        at=now,
        actor=by,
        record_type="customer",
        record_id=contact.customer_id,
        customer_id=contact.customer_id,
        kind=action,
        message=message,
    )
