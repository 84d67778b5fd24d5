"""How an opportunity ends: won, with its customer and contact, or lost, with the reason. And how it goes back a step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.core.db import company_time
from crm.core.errors import Fault, Invalid, RuleBroken
from crm.core.fields import read
from crm.core.i18n import text
from crm.customers.contact_operations import create_contact
from crm.customers.contact_queries import may_do
from crm.customers.models import Contact, Customer
from crm.customers.operations import PossibleDuplicate, change_customer, create_customer
from crm.customers.queries import find_customer
from crm.dictionary.queries import active_keys
from crm.permissions import Actor, reaches
from crm.records.operations import store
from crm.records.queries import find_one
from crm.records.types import record_type
from crm.sales import notices
from crm.sales.description import OPPORTUNITY
from crm.sales.models import Opportunity
from crm.sales.operations import at_step, read_only, take_assignment_back
from crm.sales.rules import LOST_FIELDS, LOST_TO_COMPETITOR, ONGOING, STATUS_NAMES, WON_FIELDS, Status

SURE = 100


def win(
    session: Session, *, by: Actor, now: datetime, opportunity_id: int, values: Mapping[str, object]
) -> Opportunity:
    """It is won. Its customer is the one named in `values`, else the one it is about, else a new one; the contact is
    added to the customer unless a contact of this name is there. Refuses a new customer that exists already."""
    record = at_step(session, "win", opportunity_id, by=by, action="edit")
    kept = read_only(WON_FIELDS, values)
    _check_competitor(session, kept["competitor_id"], by=by)
    customer = _customer(session, record, kept, by=by, now=now)
    contact = _contact(session, record, kept, customer, by=by, now=now)
    closing = {
        "status": Status.WON,
        "chance": SURE,
        "customer_id": customer.id,
        "customer_name": customer.name,
        "contact_id": None if contact is None else contact.id,
        "competitor_id": kept["competitor_id"],
        "closing_words": kept["closing_words"],
        "closed_at": now,
    }
    amount = f"{record.expected_amount:,}"
    message = text("Won: {customer}, {amount}", customer=customer.name, amount=amount)
    store(
        OPPORTUNITY,
        session,
        record,
        by=by,
        now=now,
        values=closing,
        kind="opportunity.won",
        message=message,
        detail=kept["closing_words"],
    )
    _tell_creator(session, record, by=by, now=now)
    return record


def lose(
    session: Session, *, by: Actor, now: datetime, opportunity_id: int, values: Mapping[str, object]
) -> Opportunity:
    """It is lost, for a reason; if that is a competitor, the competitor is named."""
    record = at_step(session, "lose", opportunity_id, by=by, action="edit")
    kept = read(LOST_FIELDS, values, options=active_keys(session, ["failure_reason"]))
    if kept["failure_reason"] == LOST_TO_COMPETITOR and kept["competitor_id"] is None:
        raise Invalid([Fault("competitor_id", text("Name the competitor to whom it was lost."))])
    _check_competitor(session, kept["competitor_id"], by=by)
    store(
        OPPORTUNITY,
        session,
        record,
        by=by,
        now=now,
        values={**kept, "status": Status.LOST, "chance": 0, "closed_at": now},
        kind="opportunity.lost",
        message=text("Lost: {customer}", customer=record.customer_name),
        detail=kept["closing_words"],
    )
    _tell_creator(session, record, by=by, now=now)
    return record


def go_back(
    session: Session, *, by: Actor, now: datetime, opportunity_id: int, status: Status, reason: str = ""
) -> Opportunity:
    """It stands in an earlier stage again. For its process, which has checked that this person may send it back;
    refused where it has ended."""
    record = session.get_one(Opportunity, opportunity_id, with_for_update=True)
    if record.status not in ONGOING:
        raise RuleBroken(text("Opportunity {number} has ended and cannot go back.", number=record.number))
    values: dict[str, Any] = {"status": status}
    if status != Status.DEVELOPING:
        take_assignment_back(session, record, now=now)
        values |= {"owner_id": None, "assigned_at": None, "assigned_by_id": None}
    if status in (Status.SUBMITTED, Status.REJECTED):
        values |= {"approval_level": None, "approved_at": None}
    return store(
        OPPORTUNITY,
        session,
        record,
        by=by,
        now=now,
        values=values,
        kind="opportunity.went_back",
        message=text("Went back: {status}", status=STATUS_NAMES[status]),
        detail=reason or None,
    )


def _customer(session: Session, record: Opportunity, kept: Mapping[str, Any], *, by: Actor, now: datetime) -> Customer:
    customer_id = kept["customer_id"] or record.customer_id
    if customer_id is not None:
        customer = find_customer(session, by=by, customer_id=customer_id)
        mine = reaches(by, "customers", "edit", owner_id=customer.owner_id, department_id=customer.department_id)
        if mine and customer.stage in (None, "potential"):
            stage = {"stage": "new"}
            change_customer(session, by=by, now=now, customer_id=customer.id, version=customer.version, values=stage)
        return customer
    values: dict[str, object] = {
        "name": kept["customer_name"] or record.customer_name,
        "phone": kept["contact_phone"] or record.contact_phone,
        "source": record.source,
        "grade": "ordinary",
        "stage": "new",
    }
    if by.may("customers", "assign"):
        values["owner_id"] = record.owner_id
    try:
        return create_customer(session, by=by, now=now, values=values)
    except PossibleDuplicate as likely:
        like = likely.found[0]
        words = text(
            "There is already a customer like this one: {name} {number}. Choose it instead of creating another.",
            name=like.name or text("with the same telephone number"),
            number=like.number,
        )
        raise Invalid([Fault("customer_id", words)]) from likely


def _contact(
    session: Session, record: Opportunity, kept: Mapping[str, Any], customer: Customer, *, by: Actor, now: datetime
) -> Contact | None:
    name = kept["contact_name"] or record.contact_name
    if name is None:
        return None
    theirs = select(Contact).where(Contact.customer_id == customer.id, Contact.deleted_at.is_(None))
    present = session.scalars(theirs.where(Contact.name == name).limit(1)).first()
    if present is not None or not may_do(session, by, customer.id, "create"):
        return present
    has_first = session.scalar(select(func.count()).select_from(theirs.where(Contact.is_primary).subquery()))
    values = {
        "name": name,
        "mobile": kept["contact_phone"] or record.contact_phone,
        "is_primary": not has_first,
    }
    return create_contact(session, by=by, now=now, customer_id=customer.id, values=values)


def _check_competitor(session: Session, competitor_id: int | None, *, by: Actor) -> None:
    if competitor_id is not None:
        find_one(record_type("competitor"), session, by=by, record_id=competitor_id)


def _tell_creator(session: Session, record: Opportunity, *, by: Actor, now: datetime) -> None:
    message = text(
        "{number} has ended, {status}: {summary}",
        number=record.number,
        status=STATUS_NAMES[record.status],
        summary=record.summary,
    )
    occasion = f"{record.status}-{company_time(session, now).date().isoformat()}"
    to = [record.created_by_id]
    notices.tell_people(session, record, notices.CLOSED, message, to=to, by=by, now=now, occasion=occasion)
