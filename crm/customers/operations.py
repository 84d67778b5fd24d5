"""The verbs of customers: create, change, delete. Each is audited and told on the timeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.activity.operations import Entry, Person, record
from crm.core.audit import differences, write_audit
from crm.core.errors import Conflict, Fault, Invalid, RuleBroken
from crm.core.events import tell
from crm.core.fields import Field, Kind, read
from crm.core.i18n import Text, text
from crm.core.search import forget, index
from crm.customers.events import CustomerChanged, CustomerCreated, CustomerDeleted
from crm.customers.models import Contact, Customer
from crm.customers.queries import Duplicate, find_customer, find_duplicates
from crm.customers.rules import CUSTOMER_FIELDS, categories_of, phone_key, sort_key
from crm.dictionary.queries import active_keys
from crm.permissions import Actor, check_may

# Rooms above say what keeps a customer from being deleted: a sentence, or None.
Hold = Callable[[Session, int], Text | None]
_holds: list[Hold] = []
LONGEST_SHOWN_VALUE = 60


class PossibleDuplicate(Conflict):
    """A customer like this one is there already. Creating it on purpose remains possible."""

    code = "possible-duplicate"

    def __init__(self, found: list[Duplicate]) -> None:
        super().__init__(
            text(
                "There is already a customer with this name or telephone number. Look at it first, or create this one on purpose."
            ),
            current={"duplicates": [vars(each) for each in found]},
        )
        self.found = found


def hold_customers(hold: Hold) -> None:
    """From now on this question is asked before a customer is deleted."""
    if hold not in _holds:
        _holds.append(hold)


def create_customer(
    session: Session, *, by: Actor, now: datetime, values: Mapping[str, object], on_purpose: bool = False
) -> Customer:
    """There is a new customer, looked after by the creator unless somebody else is named.

    Refuses wrong fields, an owner that the creator may not assign, and (unless `on_purpose`) a likely duplicate.
    Tells CustomerCreated.
    """
    check_may(by, "customers", "create")
    kept = read_customer(session, values)
    if kept["owner_id"] is None:
        kept["owner_id"] = by.id
    elif kept["owner_id"] != by.id:
        check_may(by, "customers", "assign")
    if not on_purpose:
        found = find_duplicates(session, by=by, name=kept["name"], phone=kept["phone"])
        if found:
            raise PossibleDuplicate(found)
    customer = Customer(
        **kept,
        **_derived(session, kept),
        version=1,
        created_at=now,
        created_by_id=by.id,
        updated_at=now,
        updated_by_id=by.id,
    )
    session.add(customer)
    session.flush()
    put_in_index(session, customer)
    given = {name: value for name, value in kept.items() if value not in (None, [])}
    _note(session, by=by, now=now, customer=customer, action="customer.created", old={}, new=given)
    record(
        session,
        at=now,
        actor=by,
        record_type="customer",
        record_id=customer.id,
        customer_id=customer.id,
        kind="customer.created",
        message=text("Customer {number} was created", number=customer.number),
    )
    tell(session, CustomerCreated(customer_id=customer.id, at=now, by=by))
    return customer


def change_customer(
    session: Session, *, by: Actor, now: datetime, customer_id: int, version: int, values: Mapping[str, object]
) -> Customer:
    """The named fields hold the new values. Refuses a stale version with the newer values; tells CustomerChanged."""
    customer = find_customer(session, by=by, customer_id=customer_id, action="edit", lock=True)
    check_version(customer.version, version, current_values(customer, CUSTOMER_FIELDS), customer.name)
    kept = read_customer(session, values, partial=True, before=customer)
    old, new = differences(current_values(customer, CUSTOMER_FIELDS), kept)
    if not new:
        return customer
    if "owner_id" in new:
        check_may(by, "customers", "assign")
    for name, value in {**new, **_derived(session, new)}.items():
        setattr(customer, name, value)
    customer.version += 1
    customer.updated_at, customer.updated_by_id = max(now, customer.created_at), by.id
    session.flush()
    if {"name", "phone", "fax", "address", "website", "tags"} & new.keys():
        put_in_index(session, customer)
    _note(session, by=by, now=now, customer=customer, action="customer.changed", old=old, new=new)
    record(
        session,
        at=now,
        actor=by,
        record_type="customer",
        record_id=customer.id,
        customer_id=customer.id,
        kind="customer.changed",
        message=told_changes(CUSTOMER_FIELDS, old, new),
    )
    tell(session, CustomerChanged(customer_id=customer.id, fields=tuple(new), at=now, by=by))
    return customer


def delete_customer(session: Session, *, by: Actor, now: datetime, customer_id: int, version: int) -> None:
    """The customer and its contacts are hidden everywhere. Refuses while other records need it; tells CustomerDeleted."""
    customer = find_customer(session, by=by, customer_id=customer_id, action="delete", lock=True)
    check_version(customer.version, version, current_values(customer, CUSTOMER_FIELDS), customer.name)
    for hold in _holds:
        reason = hold(session, customer.id)
        if reason is not None:
            raise RuleBroken(reason)
    contact_ids = list(
        session.scalars(select(Contact.id).where(Contact.customer_id == customer.id, Contact.deleted_at.is_(None)))
    )
    if contact_ids:
        session.execute(
            update(Contact)
            .where(Contact.id.in_(contact_ids))
            .values(deleted_at=now, is_primary=False, version=Contact.version + 1)
        )
        for contact_id in contact_ids:
            forget(session, "contact", contact_id)
    customer.deleted_at, customer.version = now, customer.version + 1
    session.flush()
    for kind in ("customer", "customer_name"):
        forget(session, kind, customer.id)
    _note(session, by=by, now=now, customer=customer, action="customer.deleted", old={"name": customer.name}, new={})
    tell(session, CustomerDeleted(customer_id=customer.id, at=now, by=by))


def read_customer(
    session: Session, values: Mapping[str, object], *, partial: bool = False, before: Customer | None = None
) -> dict[str, Any]:
    """The values checked against the fields and the pick-lists. An entry that was switched off stays where it is."""
    options = active_keys(session, categories_of(CUSTOMER_FIELDS))
    if before is not None:
        keep_present(CUSTOMER_FIELDS, options, before)
    return read(CUSTOMER_FIELDS, values, options=options, partial=partial)


def keep_present(fields: tuple[Field, ...], options: dict[str, set[str]], before: object) -> None:
    """Let the entries that the record holds count as choices, even if they were switched off since."""
    for field in fields:
        present = getattr(before, field.name) if field.category else None
        if present:
            options[field.category].add(present)


def current_values(row: object, fields: tuple[Field, ...]) -> dict[str, object]:
    """The record's present values by field name."""
    return {field.name: getattr(row, field.name) for field in fields}


def check_version(present: int, seen: int, current: Mapping[str, object], name: str) -> None:
    """Refuse to overwrite what somebody else has changed since it was looked at."""
    if present != seen:
        raise Conflict(
            text("{name} has been changed by somebody else meanwhile.", name=name),
            current={**current, "version": present},
        )


def put_in_index(session: Session, customer: Customer) -> None:
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
    index(session, "customer_name", customer.id, f"{customer.number} {customer.name}")


def told_changes(fields: tuple[Field, ...], old: Mapping[str, object], new: Mapping[str, object]) -> Text:
    """One sentence about all changed fields, with old and new value where they are short."""
    told: Text | None = None
    for field in fields:
        if field.name not in new:
            continue
        one = (
            text("{field} changed", field=field.label)
            if field.kind in {Kind.LONG, Kind.TAGS}
            else text(
                "{field}: {old} → {new}",
                field=field.label,
                old=_shown(field, old[field.name]),
                new=_shown(field, new[field.name]),
            )
        )
        told = one if told is None else text("{first}; {rest}", first=told, rest=one)
    return told or text("Nothing changed")


def _shown(field: Field, value: object) -> object:
    if value is None or value == "":
        return "—"
    if field.kind is Kind.CHOICE:
        return Entry(field.category, str(value))
    if field.kind is Kind.REFERENCE and isinstance(value, int):
        return Person(value)
    if field.kind is Kind.FLAG:
        return text("yes") if value else text("no")
    shown = str(value)
    return shown if len(shown) <= LONGEST_SHOWN_VALUE else shown[: LONGEST_SHOWN_VALUE - 1] + "…"


def _derived(session: Session, kept: Mapping[str, Any]) -> dict[str, object]:
    """The columns that follow from the given fields."""
    derived: dict[str, object] = {}
    if "name" in kept:
        derived["sort_key"] = sort_key(kept["name"])
    if "phone" in kept:
        derived["phone_key"] = phone_key(kept["phone"])
    if "owner_id" in kept:
        derived["department_id"] = None
        if kept["owner_id"] is not None:
            owner = session.get(User, kept["owner_id"])
            if owner is None or not owner.active:
                raise Invalid([Fault("owner_id", text("There is no active user with this number."))])
            derived["department_id"] = owner.department_id
    return derived


def _note(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    customer: Customer,
    action: str,
    old: Mapping[str, object],
    new: Mapping[str, object],
) -> None:
    write_audit(
        session,
        at=now,
        actor_id=by.id,
        actor_name=by.name,
        action=action,
        subject_type="customer",
        subject_id=customer.id,
        subject_name=customer.name,
        old=old,
        new=new,
    )
