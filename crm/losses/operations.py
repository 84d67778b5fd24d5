"""The verbs of a warning: warn, delay, confirm the loss, end it by an order, dismiss it. Process steps call these.

The customer's life-cycle stage follows: at risk while a warning goes on, lost when it is confirmed, active again when an order
comes in.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.activity.operations import Entry
from crm.core.db import company_time
from crm.core.errors import Denied, Fault, Invalid, RuleBroken
from crm.core.fields import read
from crm.core.i18n import Text, text
from crm.customers.description import CUSTOMER
from crm.customers.models import Customer
from crm.dictionary.queries import active_keys
from crm.losses.description import LOSS
from crm.losses.models import CustomerLoss, LossMeasure
from crm.losses.queries import in_danger, last_order_on, months_without_order
from crm.losses.rules import (
    CONFIRM_FIELDS,
    DELAY_FIELDS,
    DISMISS_FIELDS,
    LONGEST_DELAY_DAYS,
    REASONS,
    Status,
    months_before,
    refusal,
)
from crm.orders.models import SalesOrder
from crm.permissions import Actor
from crm.records.operations import insert_record, store
from crm.records.queries import find_one


def warn(session: Session, *, by: Actor, now: datetime, customer_id: int) -> CustomerLoss | None:
    """The customer is in danger, if that is still so: nobody is warned of twice. Tells LossWarned. For the clock alone."""
    if not by.is_system:
        raise Denied(text("Only the weekly look at all customers warns of a loss."))
    # Two schedulers may look at the same customer; the second one waits here and finds the warning.
    customer = session.scalar(
        select(Customer).where(Customer.id == customer_id).with_for_update().execution_options(populate_existing=True)
    )
    months = months_without_order(session)
    since = months_before(company_time(session, now).date(), months)
    found = session.scalar(select(Customer.id).where(Customer.id == customer_id, in_danger(since)))
    if found is None or customer is None:
        return None
    values = {
        "customer_id": customer_id,
        "months": months,
        "last_order_on": last_order_on(session, customer_id),
        "status": Status.WARNED.value,
    }
    loss = insert_record(LOSS, session, by=by, now=now, kept=values)
    _stage(session, customer, "at_risk", by=by, now=now, why=text("No order for {months} months", months=months))
    return loss


def delay(
    session: Session, *, by: Actor, now: datetime, loss_id: int, measure: object, review_on: object
) -> CustomerLoss:
    """Something is done to keep the customer, and on a day it is looked at again. Each measure is kept."""
    kept = read(DELAY_FIELDS, {"measure": measure, "review_on": review_on}, options={})
    today = company_time(session, now).date()
    if not today < kept["review_on"] <= today + timedelta(days=LONGEST_DELAY_DAYS):
        raise Invalid([Fault("review_on", text("Choose a day from tomorrow on, within a year."))])
    loss = _going_on(session, by, loss_id)
    session.add(LossMeasure(loss_id=loss.id, at=now, by_id=by.id, **kept))
    return _store(
        session,
        loss,
        by=by,
        now=now,
        values={"status": Status.DELAYED.value, "review_on": kept["review_on"]},
        kind="customer_loss.delayed",
        message=text("Delayed the loss; looked at again on {day}", day=kept["review_on"].isoformat()),
        detail=kept["measure"],
    )


def confirm(
    session: Session, *, by: Actor, now: datetime, loss_id: int, reason: object, words: object = None
) -> CustomerLoss:
    """The customer is lost, for this reason."""
    kept = read(CONFIRM_FIELDS, {"reason": reason, "words": words}, options=active_keys(session, (REASONS,)))
    loss = _going_on(session, by, loss_id)
    told = text("Confirmed the loss: {reason}", reason=Entry(REASONS, kept["reason"]))
    values = {"status": Status.LOST.value, **kept, "review_on": None, "ended_at": now}
    _store(
        session,
        loss,
        by=by,
        now=now,
        values=values,
        kind="customer_loss.confirmed",
        message=told,
        detail=kept["words"],
    )
    _stage(session, session.get_one(Customer, loss.customer_id), "lost", by=by, now=now, why=told)
    return loss


def avert(session: Session, *, by: Actor, now: datetime, loss_id: int, order_id: int) -> CustomerLoss:
    """The customer has ordered again; the order itself permits it, whoever took it."""
    loss = session.get_one(CustomerLoss, loss_id, with_for_update=True, populate_existing=True)
    order = session.get(SalesOrder, order_id)
    if order is None or order.customer_id != loss.customer_id or order.status == "cancelled":
        raise RuleBroken(text("Only an order of the same customer ends the warning."))
    if reason := refusal(loss.number, loss.status):
        raise RuleBroken(reason)
    told = text("Ordered again: {number}", number=order.number)
    values = {"status": Status.AVERTED.value, "order_id": order.id, "review_on": None, "ended_at": now}
    _store(session, loss, by=by, now=now, values=values, kind="customer_loss.averted", message=told)
    _stage(session, session.get_one(Customer, loss.customer_id), "active", by=by, now=now, why=told)
    return loss


def dismiss(session: Session, *, by: Actor, now: datetime, loss_id: int, reason: object) -> CustomerLoss:
    """The warning was none, for this reason; its case has been cancelled. The stage goes back to active."""
    kept = read(DISMISS_FIELDS, {"reason": reason}, options={})
    loss = _going_on(session, by, loss_id)
    told = text("Dismissed the warning")
    values = {"status": Status.DISMISSED.value, "review_on": None, "ended_at": now}
    _store(
        session,
        loss,
        by=by,
        now=now,
        values=values,
        kind="customer_loss.dismissed",
        message=told,
        detail=kept["reason"],
    )
    _stage(session, session.get_one(Customer, loss.customer_id), "active", by=by, now=now, why=told)
    return loss


def _going_on(session: Session, by: Actor, loss_id: int) -> CustomerLoss:
    loss = find_one(LOSS, session, by=by, record_id=loss_id, action="edit", lock=True)
    if reason := refusal(loss.number, loss.status):
        raise RuleBroken(reason)
    return loss


def _store(
    session: Session,
    loss: CustomerLoss,
    *,
    by: Actor,
    now: datetime,
    values: Mapping[str, object],
    kind: str,
    message: Text,
    detail: str | None = None,
) -> CustomerLoss:
    return store(LOSS, session, loss, by=by, now=now, values=values, kind=kind, message=message, detail=detail)


def _stage(session: Session, customer: Customer, stage: str, *, by: Actor, now: datetime, why: Text) -> None:
    if customer.stage == stage:
        return
    told = text("Life-cycle stage: {stage} ({why})", stage=Entry("stage", stage), why=why)
    store(CUSTOMER, session, customer, by=by, now=now, values={"stage": stage}, kind="customer.stage", message=told)
