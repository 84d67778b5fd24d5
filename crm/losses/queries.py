"""Who is in danger of being lost, and the measures against it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select
from sqlalchemy.orm import Session

from crm.customers.models import Customer
from crm.dictionary.queries import choices
from crm.losses.models import CustomerLoss, LossMeasure
from crm.losses.rules import ONGOING, PERIODS, STAGES_TO_WATCH, months_of
from crm.orders.models import SalesOrder


def months_without_order(session: Session) -> int:
    """After how many months without an order a customer counts as in danger: the first entry of the pick-list that is
    switched on says it."""
    return months_of(key for key, _ in choices(session, PERIODS, "en"))


def in_danger(since: date) -> ColumnElement[bool]:
    """The WHERE clause for customers whose last order lies before `since`, or who have been customers since before it and
    never ordered; without those of whom a warning goes on."""
    begin = datetime.combine(since, time(), tzinfo=UTC)
    return and_(
        Customer.deleted_at.is_(None),
        Customer.stage.in_(STAGES_TO_WATCH),
        # Asked of one customer after the other, by the index of their orders: a look at a part of them reads that part only.
        ~_orders().where(SalesOrder.ordered_on >= since).exists(),
        or_(Customer.created_at < begin, _orders().exists()),
        ~_warned(),
    )


def last_order_on(session: Session, customer_id: int) -> date | None:
    """The day of a customer's last order; None if they never ordered."""
    return session.scalar(
        select(func.max(SalesOrder.ordered_on)).where(SalesOrder.customer_id == customer_id, *_counts())
    )


def _orders() -> Select[int]:
    return select(SalesOrder.id).where(SalesOrder.customer_id == Customer.id, *_counts())


def _counts() -> tuple[ColumnElement[bool], ...]:
    # Written out, not as a parameter: only then do the databases see that the index of orders that count fits.
    return SalesOrder.deleted_at.is_(None), SalesOrder.status != literal_column("'cancelled'")


def _warned() -> ColumnElement[bool]:
    going_on = select(CustomerLoss.id).where(
        CustomerLoss.customer_id == Customer.id, CustomerLoss.status.in_(ONGOING), CustomerLoss.deleted_at.is_(None)
    )
    return going_on.exists()


def ongoing_of(session: Session, customer_id: int) -> CustomerLoss | None:
    """The warning of this customer that goes on, if there is one."""
    return session.scalar(
        select(CustomerLoss).where(CustomerLoss.customer_id == customer_id, CustomerLoss.status.in_(ONGOING))
    )


def measures_of(session: Session, loss_id: int) -> list[LossMeasure]:
    """What was done, the latest first. For callers who have found the warning."""
    return list(
        session.scalars(select(LossMeasure).where(LossMeasure.loss_id == loss_id).order_by(LossMeasure.id.desc()))
    )
