"""The verbs of contacts. The shared ones of records do the work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from crm.customers.description import CONTACT
from crm.customers.models import Contact
from crm.permissions import Actor
from crm.records.operations import Hold, change_record, create_record, delete_record, hold


def hold_contacts(question: Hold) -> None:
    """From now on this question is asked before a contact is deleted."""
    hold(CONTACT.key, question)


def create_contact(
    session: Session, *, by: Actor, now: datetime, customer_id: object, values: Mapping[str, object]
) -> Contact:
    """The customer has one contact more. The first one of a customer becomes the one to turn to only if asked for."""
    return create_record(CONTACT, session, by=by, now=now, values={**values, "customer_id": customer_id})


def change_contact(
    session: Session, *, by: Actor, now: datetime, contact_id: int, version: int, values: Mapping[str, object]
) -> Contact:
    """The named fields hold the new values. Refuses a stale version with the newer values."""
    return change_record(CONTACT, session, by=by, now=now, record_id=contact_id, version=version, values=values)


def delete_contact(session: Session, *, by: Actor, now: datetime, contact_id: int, version: int) -> None:
    """The contact is hidden everywhere. Refuses while something that is going on names them."""
    delete_record(CONTACT, session, by=by, now=now, record_id=contact_id, version=version)
