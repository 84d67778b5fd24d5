"""What the diagram of the customer loss may call and ask for; the work itself is done in `crm/losses`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.db import company_time
from crm.core.i18n import text
from crm.customers.models import Customer
from crm.losses import operations as losses
from crm.losses.description import LOSS
from crm.losses.events import LossWarned
from crm.losses.models import CustomerLoss
from crm.losses.queries import ongoing_of
from crm.losses.rules import ONGOING
from crm.losses.showing import loss_facts
from crm.orders.events import OrderPlaced
from crm.permissions import Actor
from crm.records.queries import find_one
from workflows.about_records import case_about, drawn, visible_if
from workflows.choosing import listed
from workflows.registry import Bindings, CaseStart, Message, RecordRef, StepContext, operations

KEY = "customer_loss"
RECORD = "customer_loss"
# At what time of the day a warning that was delayed is looked at again.
MORNING = time(9)


def start_for(session: Session, event: LossWarned) -> CaseStart:
    """A case for a warning that has just been written."""
    loss, name = session.execute(
        select(CustomerLoss, Customer.name)
        .join(Customer, Customer.id == CustomerLoss.customer_id)
        .where(CustomerLoss.id == event.loss_id)
    ).one()
    return case_about(KEY, loss, name, loss_id=loss.id)


def order_placed(session: Session, event: OrderPlaced) -> Sequence[Message]:
    """A new order is told to the customer's warning, if one goes on."""
    loss = ongoing_of(session, event.customer_id)
    return [Message(RecordRef(RECORD, loss.id), "order_placed", {"order_id": event.order_id})] if loss else []


def delay(step: StepContext, *, loss_id: int, measure: str, review_on: date) -> Mapping[str, object]:
    """The measures are kept. Answers `review_at`, the morning of the day on which it is looked at again."""
    losses.delay(step.session, by=step.by, now=step.now, loss_id=loss_id, measure=measure, review_on=review_on)
    zone = company_time(step.session, step.now).tzinfo
    return {"review_at": datetime.combine(review_on, MORNING, tzinfo=zone)}


def confirm(step: StepContext, *, loss_id: int, reason: str, words: str | None = None) -> None:
    """The customer is lost, for this reason."""
    losses.confirm(step.session, by=step.by, now=step.now, loss_id=loss_id, reason=reason, words=words)


def avert(step: StepContext, *, loss_id: int, order_id: int) -> None:
    """The customer has ordered again."""
    losses.avert(step.session, by=step.by, now=step.now, loss_id=loss_id, order_id=order_id)


def give_up(session: Session, by: Actor, now: datetime, record_id: int, reason: str) -> None:
    """Cancelling the case dismisses the warning, unless it has ended."""
    if session.get_one(CustomerLoss, record_id).status in ONGOING:
        losses.dismiss(session, by=by, now=now, loss_id=record_id, reason=reason)


def ongoing(session: Session, ids: Sequence[int]) -> Collection[int]:
    """Which of these warnings have not ended."""
    return set(
        session.scalars(select(CustomerLoss.id).where(CustomerLoss.id.in_(ids), CustomerLoss.status.in_(ONGOING)))
    )


def owner_of(session: Session, record_id: int) -> int | None:
    """Whose warning it is: the customer's manager."""
    return session.scalar(
        select(Customer.owner_id)
        .join(CustomerLoss, CustomerLoss.customer_id == Customer.id)
        .where(CustomerLoss.id == record_id)
    )


BINDINGS = Bindings(
    operations=operations(("losses/delay", delay), ("losses/confirm", confirm), ("losses/avert", avert)),
    choices={"loss_reasons": listed("loss_reason")},
    triggers={LossWarned: start_for},
    by_itself={KEY: text("A warning is written by the weekly look at all customers, not by hand.")},
    messages={OrderPlaced: order_placed},
    giving_up={RECORD: give_up},
    ongoing={RECORD: ongoing},
    visible={RECORD: visible_if(lambda session, by, record_id: find_one(LOSS, session, by=by, record_id=record_id))},
    facts={
        RECORD: drawn(
            "losses/_facts.html", lambda session, by, record_id: loss_facts(session, by=by, loss_id=record_id)
        )
    },
    owners={RECORD: owner_of},
)
