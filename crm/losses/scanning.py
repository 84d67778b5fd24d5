"""The weekly look at all customers. It writes a due row for each who may be lost, so that each is warned of in a transaction of
its own, a crash loses nobody, and a long list holds up nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from crm.core import due
from crm.core.db import company_time
from crm.core.due import Appointment, Due, Hopeless
from crm.losses.operations import warn
from crm.losses.queries import in_danger, months_without_order
from crm.losses.rules import months_before
from crm.permissions import SYSTEM

WARN = "loss"


def look_for_losses(session: Session, now: datetime) -> int:
    """Ask for a warning of everybody in danger; who has been asked for already stays one. Answers how many were found."""
    since = months_before(company_time(session, now).date(), months_without_order(session))
    found = [customer_id for customer_id, _ in session.execute(in_danger(since))]
    asked = [Appointment(WARN, now, subject_id=customer_id, key=f"{WARN}-{customer_id}") for customer_id in found]
    due.schedule_many(session, asked, now=now)
    return len(found)


def warn_of(session: Session, row: Due, now: datetime) -> None:
    """Warn of one customer, if that is still so."""
    if row.subject_id is None:
        raise Hopeless("the due row names no customer")
    warn(session, by=SYSTEM, now=now, customer_id=row.subject_id)
