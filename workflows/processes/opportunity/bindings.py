"""What the diagram of the sales opportunity may call and ask for; the work itself is done in `crm/sales`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.db import company_time
from crm.customers.models import Customer
from crm.permissions import Actor
from crm.records.queries import find_one
from crm.sales import closing, planning
from crm.sales import operations as sales
from crm.sales.description import OPPORTUNITY
from crm.sales.events import OpportunityCreated, OpportunityHandedOver, OpportunityWithdrawn, PlanChanged
from crm.sales.models import Opportunity
from crm.sales.people import loads_of_managers, two_signers
from crm.sales.rules import ONGOING, Status
from crm.sales.showing import opportunity_facts
from crm.web.doors import now
from forms import Choice
from workflows.about_records import case_about, drawn, sent_back, taken_back, visible_if
from workflows.choosing import listed, records
from workflows.operations.pausing import lock_cases_of
from workflows.registry import Bindings, CaseStart, Message, RecordRef, StepContext, operations

KEY = "opportunity"
RECORD = "opportunity"
SUPERVISORS = frozenset({"sales_supervisor", "executive"})
MANAGER = "customer_manager"
SUBMIT = "submit"
# In which stage an opportunity is when a step begins.
BEFORE_STEP = {
    "approve_supervisor": Status.SUBMITTED,
    "approve_executive": Status.SUBMITTED,
    "countersign": Status.SUBMITTED,
    "rework": Status.REJECTED,
    "assign": Status.APPROVED,
    "develop": Status.DEVELOPING,
}


def open_from_form(session: Session, by: Actor, now: datetime, answers: Mapping[str, Any]) -> RecordRef:
    """The answers of the start form create the opportunity; its event starts the case."""
    created = sales.create_opportunity(session, by=by, now=now, values=answers)
    return RecordRef(RECORD, created.id)


def start_for(session: Session, event: OpportunityCreated) -> CaseStart:
    """A case for a new opportunity: references, and what the decision table asks for."""
    opportunity = session.get_one(Opportunity, event.opportunity_id)
    return case_about(
        KEY,
        opportunity,
        opportunity.summary,
        opportunity_id=opportunity.id,
        amount=opportunity.expected_amount,
        chance=opportunity.chance,
        by_supervisor=bool(SUPERVISORS & event.by.role_keys),
        manager_id=_proposed_manager(session, opportunity, event.by),
    )


def _proposed_manager(session: Session, opportunity: Opportunity, creator: Actor) -> int | None:
    """Who looks after the customer; of somebody who is none yet, the creator if they are a customer manager."""
    if opportunity.customer_id is not None:
        return session.scalar(select(Customer.owner_id).where(Customer.id == opportunity.customer_id))
    return creator.id if MANAGER in creator.role_keys else None


def ended_by(event: OpportunityWithdrawn) -> tuple[RecordRef, str]:
    """An opportunity that was given up or deleted needs no process any more."""
    return RecordRef(RECORD, event.opportunity_id), event.reason


def handed_over(_session: Session, event: OpportunityHandedOver) -> Sequence[Message]:
    """The case gives the development to the new manager."""
    payload = {"manager_id": event.manager_id}
    return [Message(RecordRef(RECORD, event.opportunity_id), "opportunity_handed_over", payload)]


def plan_changed(_session: Session, event: PlanChanged) -> Sequence[Message]:
    """The case looks anew when the next plan date is."""
    return [Message(RecordRef(RECORD, event.opportunity_id), "opportunity_plan_changed")]


def lock_cases(session: Session, opportunity_id: int) -> None:
    """The cases of an opportunity are locked before the opportunity is, as by every step."""
    lock_cases_of(session, RecordRef(RECORD, opportunity_id))


def give_up(session: Session, by: Actor, now: datetime, record_id: int, reason: str) -> None:
    """Cancelling the case gives up the opportunity, unless it has ended."""
    if find_one(OPPORTUNITY, session, by=by, record_id=record_id).status in ONGOING:
        sales.give_up(session, by=by, now=now, opportunity_id=record_id, reason=reason)


def ongoing(session: Session, ids: Sequence[int]) -> Collection[int]:
    """Which of these opportunities have not ended."""
    living = Opportunity.id.in_(ids), Opportunity.status.in_(ONGOING), Opportunity.deleted_at.is_(None)
    return set(session.scalars(select(Opportunity.id).where(*living)))


def name_signers(step: StepContext, *, opportunity_id: int, roles: str, initiator_id: int) -> Mapping[str, object]:
    """The two people who countersign, one of each role and not the creator. Answers `signers`."""
    keys = [role.strip() for role in roles.split(",")]
    return {"signers": two_signers(step.session, now=step.now, role_keys=keys, but=initiator_id)}


def keep_approval(
    step: StepContext, *, opportunity_id: int, level: str, note: str = "", opinions: list[Any] | None = None
) -> None:
    """It may be developed."""
    words = _words(opinions) or note
    sales.approve(step.session, by=step.by, now=step.now, opportunity_id=opportunity_id, level=level, note=words)


def keep_rejection(
    step: StepContext, *, opportunity_id: int, reason: str = "", opinions: list[Any] | None = None
) -> None:
    """It goes back to its creator."""
    words = _words(opinions) or reason
    sales.reject(step.session, by=step.by, now=step.now, opportunity_id=opportunity_id, reason=words)


def _words(opinions: list[Any] | None) -> str:
    """What those who countersigned wrote."""
    said = [opinion.get("words") for opinion in opinions or () if isinstance(opinion, dict)]
    return "\n".join(str(words) for words in said if words)


def keep_rework(
    step: StepContext, *, opportunity_id: int, outcome: str, amount: Any, note: str = "", reason: str = ""
) -> Mapping[str, object]:
    """The creator submits it again with the amount, or gives it up. Answers the `amount`."""
    if outcome == SUBMIT:
        kept = sales.submit_again(
            step.session, by=step.by, now=step.now, opportunity_id=opportunity_id, expected_amount=amount, note=note
        )
    else:
        kept = sales.give_up(step.session, by=step.by, now=step.now, opportunity_id=opportunity_id, reason=reason)
    return {"amount": kept.expected_amount}


def assign(step: StepContext, *, opportunity_id: int, manager_id: int, note: str = "") -> Mapping[str, object]:
    """The opportunity is given to a customer manager, who is told. Answers `manager_id`."""
    sales.assign(
        step.session, by=step.by, now=step.now, opportunity_id=opportunity_id, manager_id=manager_id, note=note
    )
    return {"manager_id": manager_id}


def look_ahead(step: StepContext, *, opportunity_id: int) -> Mapping[str, object]:
    """When the plan must be looked at again. Answers `look_at` and `plan_due_at`."""
    return planning.look_ahead(step.session, now=step.now, opportunity_id=opportunity_id)


def remind(step: StepContext, *, opportunity_id: int) -> None:
    """The manager is told of the planned steps whose day has come, or that a next step is missing."""
    planning.remind(step.session, by=step.by, now=step.now, opportunity_id=opportunity_id)


def keep_progress(
    step: StepContext,
    *,
    opportunity_id: int,
    results: list[Any] | None = None,
    plan: list[Any] | None = None,
    chance: Any = None,
) -> Mapping[str, object]:
    """Results of planned steps and further ones are kept. Answers `chance`, and `manager_id`: it may have been handed over."""
    kept = planning.keep_progress(
        step.session,
        by=step.by,
        now=step.now,
        opportunity_id=opportunity_id,
        results=results or (),
        plan=plan or (),
        chance=chance,
    )
    return {"chance": kept.chance, "manager_id": kept.owner_id}


def win(
    step: StepContext,
    *,
    opportunity_id: int,
    customer_id: int | None = None,
    customer_name: str = "",
    contact_name: str = "",
    contact_phone: str = "",
    competitor_id: int | None = None,
    words: str = "",
) -> None:
    """It is won; its customer is linked or created, with the contact."""
    values = {
        "customer_id": customer_id,
        "customer_name": customer_name,
        "contact_name": contact_name,
        "contact_phone": contact_phone,
        "competitor_id": competitor_id,
        "closing_words": words,
    }
    closing.win(step.session, by=step.by, now=step.now, opportunity_id=opportunity_id, values=values)


def lose(
    step: StepContext, *, opportunity_id: int, failure_reason: str, competitor_id: int | None = None, words: str = ""
) -> None:
    """It is lost, with the reason and the competitor."""
    values = {"failure_reason": failure_reason, "competitor_id": competitor_id, "closing_words": words}
    closing.lose(step.session, by=step.by, now=step.now, opportunity_id=opportunity_id, values=values)


def hand_over(
    session: Session, by: Actor, now: datetime, record_id: int, node_id: str, user_id: int, note: str
) -> None:
    """Whoever gets the task of carrying out the plan develops the opportunity from now on."""
    if node_id == "develop":
        sales.reassign(
            session, by=by, now=now, opportunity_id=record_id, manager_id=user_id, note=note, in_process=True
        )


def go_back(session: Session, by: Actor, now: datetime, record_id: int, status: Status, reason: str) -> None:
    """The opportunity is in an earlier stage again."""
    closing.go_back(session, by=by, now=now, opportunity_id=record_id, status=status, reason=reason)


def nothing_to_undo(step: StepContext) -> None:
    """Undoes an operation that only looked."""


def manager_choices(session: Session, by: Actor, now: datetime, data: Mapping[str, Any]) -> Sequence[Choice]:
    """Who can develop it, with the number of opportunities that each has in development."""
    found = loads_of_managers(session, now=now, locale=by.locale)
    return [Choice(str(each.id), f"{each.name} ({each.load})") for each in found]


def item_choices(session: Session, by: Actor, now: datetime, data: Mapping[str, Any]) -> Sequence[Choice]:
    """What is planned and not done yet, by day."""
    items = planning.open_items(session, int(data["opportunity_id"]))
    return [Choice(str(item.id), f"{item.planned_on.isoformat()} {item.subject}") for item in items]


def owner_of(session: Session, record_id: int) -> int | None:
    """Its customer manager."""
    return session.scalar(select(Opportunity.owner_id).where(Opportunity.id == record_id))


def tell_facts(session: Session, by: Actor, record_id: int) -> Mapping[str, Any]:
    """What the facts of an opportunity show today."""
    today = company_time(session, now()).date()
    return opportunity_facts(session, by=by, opportunity_id=record_id, today=today)


BINDINGS = Bindings(
    operations=operations(
        ("sales/name_signers", name_signers),
        ("sales/keep_approval", keep_approval),
        ("sales/keep_rejection", keep_rejection),
        ("sales/keep_rework", keep_rework),
        ("sales/assign", assign),
        ("sales/look_ahead", look_ahead),
        ("sales/remind", remind),
        ("sales/keep_progress", keep_progress),
        ("sales/win", win),
        ("sales/lose", lose),
    ),
    choices={
        "sources": listed("source"),
        "failure_reasons": listed("failure_reason"),
        "competitors": records("competitor"),
        "opportunity_managers": manager_choices,
        "open_plan_items": item_choices,
    },
    openings={KEY: open_from_form},
    triggers={OpportunityCreated: start_for},
    endings={OpportunityWithdrawn: ended_by},
    messages={OpportunityHandedOver: handed_over, PlanChanged: plan_changed},
    giving_up={RECORD: give_up},
    ongoing={RECORD: ongoing},
    visible={
        RECORD: visible_if(lambda session, by, record_id: find_one(OPPORTUNITY, session, by=by, record_id=record_id))
    },
    facts={RECORD: drawn("sales/_facts.html", tell_facts)},
    handed_over={RECORD: hand_over},
    sent_back={RECORD: sent_back(go_back, BEFORE_STEP)},
    taken_back={
        "sales/name_signers": nothing_to_undo,
        "sales/look_ahead": nothing_to_undo,
        **taken_back(
            go_back,
            {
                "sales/keep_approval": Status.SUBMITTED,
                "sales/keep_rejection": Status.SUBMITTED,
                "sales/keep_rework": Status.REJECTED,
                "sales/assign": Status.APPROVED,
            },
        ),
    },
    owners={RECORD: owner_of},
)
sales.lock_before(lock_cases)
