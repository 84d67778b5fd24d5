"""The verbs of customers. The shared ones of records do the work; a new customer is first looked for among the present ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from crm.core.errors import Conflict
from crm.core.i18n import text
from crm.customers.description import CUSTOMER
from crm.customers.models import Customer
from crm.customers.queries import Duplicate, find_duplicates
from crm.permissions import Actor
from crm.records.operations import Hold, change_record, delete_record, hold, insert_record, read_new


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


def hold_customers(question: Hold) -> None:
    """From now on this question is asked before a customer is deleted."""
    hold(CUSTOMER.key, question)


def create_customer(
    session: Session, *, by: Actor, now: datetime, values: Mapping[str, object], on_purpose: bool = False
) -> Customer:
    """There is a new customer, looked after by the creator unless somebody else is named.

    Refuses wrong fields, an owner that the creator may not assign, and (unless `on_purpose`) a likely duplicate.
    Tells CustomerCreated.
    """
    kept = read_new(CUSTOMER, session, by=by, now=now, values=values)
    if on_purpose is not True:
        found = find_duplicates(session, by=by, name=kept["name"], phone=kept["phone"])
        if found:
            raise PossibleDuplicate(found)
    return insert_record(CUSTOMER, session, by=by, now=now, kept=kept)


def change_customer(
    session: Session, *, by: Actor, now: datetime, customer_id: int, version: int, values: Mapping[str, object]
) -> Customer:
    """The named fields hold the new values. Refuses a stale version with the newer values; tells CustomerChanged."""
    return change_record(CUSTOMER, session, by=by, now=now, record_id=customer_id, version=version, values=values)


def delete_customer(session: Session, *, by: Actor, now: datetime, customer_id: int, version: int) -> None:
    """The customer and its contacts are hidden everywhere. Refuses while other records need it; tells CustomerDeleted."""
    delete_record(CUSTOMER, session, by=by, now=now, record_id=customer_id, version=version)
