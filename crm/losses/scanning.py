"""The weekly look at all customers: a stretch of them after the other, each in a transaction of its own.

A stretch writes a due row for each of its customers who may be lost, and one for the next stretch, which says how far the look
has come. Whoever dies in the middle of one has done nothing of it, and whoever comes next goes on from there. No customer is
fetched for it. Each warning then has a transaction of its own, in a lane where a long list holds up nothing.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.db import company_time
from crm.core.due import Appointment, Due, Hopeless, is_asked_for, schedule, schedule_each
from crm.customers.models import Customer
from crm.losses.operations import warn
from crm.losses.queries import in_danger, months_without_order
from crm.losses.rules import months_before
from crm.permissions import SYSTEM

LOOK, WARN = "loss.look", "loss"
# So many customers are looked at in one transaction: on SQLite everybody else waits for its end.
STRETCH = 20_000


def look_for_losses(session: Session, now: datetime) -> None:
    """Begin to look at all customers, unless the look of last time still goes on."""
    if not is_asked_for(session, LOOK):
        schedule(session, Appointment(LOOK, now, payload={"after": 0}), now=now)


def look_at_stretch(session: Session, row: Due, now: datetime) -> None:
    """Ask for a warning of everybody in danger among the next customers; who has been asked for already stays one."""
    after = int(row.payload["after"])
    beyond = select(Customer.id).where(Customer.id > after).order_by(Customer.id)
    last = session.scalar(beyond.offset(STRETCH - 1).limit(1))
    since = months_before(company_time(session, now).date(), months_without_order(session))
    stretch = select(Customer.id).where(Customer.id > after, in_danger(since)).order_by(Customer.id)
    schedule_each(session, WARN, stretch if last is None else stretch.where(Customer.id <= last), now=now)
    if last is not None:
        schedule(session, Appointment(LOOK, row.due_at, payload={"after": last}), now=now)


def warn_of(session: Session, row: Due, now: datetime) -> None:
    """Warn of one customer, if that is still so."""
    if row.subject_id is None:
        raise Hopeless("the due row names no customer")
    warn(session, by=SYSTEM, now=now, customer_id=row.subject_id)
