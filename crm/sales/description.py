"""What opportunities and plan items are to the shared furniture of records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import Session

from crm.core.errors import Fault, Invalid, RuleBroken
from crm.core.i18n import Text, text
from crm.customers.description import owners
from crm.customers.models import Customer
from crm.permissions import Actor
from crm.records.operations import hold, named_by
from crm.records.queries import register
from crm.records.types import Check, Owned, RecordType, Through, orders
from crm.sales.events import OpportunityChanged, OpportunityCreated, OpportunityWithdrawn
from crm.sales.models import Opportunity, PlanItem
from crm.sales.rules import (
    CUSTOMER,
    ENDED,
    FACTS,
    PLAN,
    PLAN_FACTS,
    STATUS_TONES,
    UNASSIGNED,
    Status,
    why_not,
)
from crm.sales.rules import OPPORTUNITY as FIELDS

FIRST_CHANCE = 50
# What reports count; all else may be corrected when it has ended.
STAYING = ("customer_id", "customer_name", "expected_amount", "chance", "expected_close_on")


def _also(by: Actor, action: str) -> ColumnElement[bool]:
    """What is open to somebody who does not look after it: creators see theirs, and change and delete them as long as
    nobody is assigned; whoever assigns or approves reaches all that nobody is assigned to."""
    mine, free = Opportunity.created_by_id == by.id, Opportunity.owner_id.is_(None)
    directs = by.may("opportunities", "assign") or by.may("opportunities", "approve")
    match action:
        case "view":
            return or_(mine, free) if directs else mine
        case "edit":
            return free if by.may("opportunities", "assign") else and_(mine, free)
        case "delete":
            return and_(mine, free)
        case "assign" | "approve":
            return free
        case _:
            return false()


def _check(check: Check[Opportunity]) -> None:
    record, values = check.record, check.values
    if check.after("customer_id") is None and not check.after("customer_name"):
        raise Invalid([Fault("customer_name", text("Choose a customer, or name the prospective one."))])
    if record is None:
        return
    if record.status in ENDED:
        stays = text("Opportunity {number} has ended; this stays as it was.", number=record.number)
        changed = [name for name in STAYING if name in values and values[name] != getattr(record, name)]
        if changed:
            raise Invalid([Fault(name, stays) for name in changed])
    amount = values.get("expected_amount", record.expected_amount)
    if record.status in (Status.SUBMITTED, Status.APPROVED) and amount != record.expected_amount:
        words = text("The amount is what is being approved. It can be changed when the opportunity is sent back.")
        raise Invalid([Fault("expected_amount", words)])


def _derived(session: Session, values: Mapping[str, Any], record: Opportunity | None) -> dict[str, object]:
    customer_id = values.get("customer_id", None if record is None else record.customer_id)
    if customer_id is None or not {"customer_id", "customer_name"} & values.keys():
        return {}
    return {"customer_name": session.scalar(select(Customer.name).where(Customer.id == customer_id))}


def _event(act: str, record: Opportunity, fields: tuple[str, ...], at: datetime, by: Actor) -> object:
    if act == "created":
        return OpportunityCreated(opportunity_id=record.id, at=at, by=by)
    if act == "changed":
        return OpportunityChanged(opportunity_id=record.id, fields=fields, at=at, by=by)
    reason = text("The opportunity was deleted.").in_language(by.locale)
    return OpportunityWithdrawn(opportunity_id=record.id, reason=reason, at=at, by=by)


def _keeps_what_was_assigned(session: Session, opportunity_id: int) -> Text | None:
    record = session.get_one(Opportunity, opportunity_id)
    if record.status in UNASSIGNED:
        return None
    return text("Opportunity {number} was assigned already, so it stays.", number=record.number)


OPPORTUNITY = register(
    RecordType(
        key="opportunity",
        module="opportunities",
        model=Opportunity,
        path="opportunities",
        name=text("Opportunity"),
        plural=text("Opportunities"),
        icon="target-arrow",
        reach=Owned(_also),
        groups=(FIELDS, CUSTOMER),
        columns=(
            "summary",
            "customer_name",
            "status",
            "expected_amount",
            "chance",
            "expected_close_on",
            "owner_id",
        ),
        filters=("status", "source", "owner_id"),
        sorts=orders(
            number=(Opportunity.id,),
            created_at=(Opportunity.created_at, Opportunity.id),
            expected_amount=(Opportunity.expected_amount, Opportunity.id),
            chance=(Opportunity.chance, Opportunity.id),
            expected_close_on=(Opportunity.expected_close_on, Opportunity.id),
        ),
        default_sort="-created_at",
        title="summary",
        customer="customer_id",
        facts=FACTS,
        searched=("customer_name", "contact_name", "contact_phone", "description"),
        search_hint=text("Number, words, customer or contact"),
        tones={"status": STATUS_TONES},
        check=_check,
        derive=_derived,
        first=lambda _session, _by, _now: {"chance": FIRST_CHANCE},
        choices={"owner_id": owners},
        event=_event,
    )
)


def _check_item(check: Check[PlanItem]) -> None:
    opportunity = check.session.get_one(Opportunity, check.after("opportunity_id"))
    reason = why_not("plan", number=opportunity.number, status=opportunity.status)
    if reason is not None:
        raise RuleBroken(reason)
    if check.record is not None and check.record.done_at is not None:
        raise RuleBroken(text("This step has been done; what was planned stays."))


def _keeps_what_was_done(session: Session, item_id: int) -> Text | None:
    done = session.get_one(PlanItem, item_id).done_at is not None
    return text("This step has been done; what was planned stays.") if done else None


PLAN_ITEM = register(
    RecordType(
        key="plan_item",
        module="opportunities",
        model=PlanItem,
        path="plan-items",
        name=text("Plan item"),
        plural=text("Development plan"),
        icon="checklist",
        reach=Through("opportunity_id", "opportunity"),
        groups=(PLAN,),
        columns=("subject", "opportunity_id", "planned_on", "done_at", "result"),
        filters=("opportunity_id",),
        sorts=orders(planned_on=(PlanItem.planned_on, PlanItem.id), number=(PlanItem.id,)),
        default_sort="planned_on",
        title="subject",
        facts=PLAN_FACTS,
        settled=frozenset({"opportunity_id"}),
        searched=("result",),
        takes_files=False,
        check=_check_item,
    )
)

hold("opportunity", _keeps_what_was_assigned)
hold("plan_item", _keeps_what_was_done)
hold("customer", named_by(OPPORTUNITY, "customer_id"))
hold("contact", named_by(OPPORTUNITY, "contact_id"))
hold("competitor", named_by(OPPORTUNITY, "competitor_id"))
