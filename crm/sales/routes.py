"""Pages of opportunities and their plans; their places on the pages of customers and competitors."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from crm.accounts.queries import names_of
from crm.core.errors import Invalid, RuleBroken
from crm.core.i18n import Text, text
from crm.customers.description import owners
from crm.permissions import Actor
from crm.records.pages import Shape, record_pages
from crm.records.queries import why_not
from crm.records.showing import related
from crm.sales.description import OPPORTUNITY, PLAN_ITEM
from crm.sales.models import Opportunity, PlanItem
from crm.sales.operations import assignments_of, create_opportunity, delete_opportunity, reassign, withdraw
from crm.sales.planning import call_off_step, change_step, plan_step, record_result
from crm.sales.rules import UNASSIGNED, Status
from crm.sales.showing import plan_of, rejection_of, stages_of
from crm.web.doors import current_actor, now, writing
from crm.web.languages import current_locale, shown
from crm.web.navigation import SALES, Entry
from crm.web.slots import add_panel

NAVIGATION = (
    Entry(
        text("Opportunities"),
        "opportunities.index",
        "target-arrow",
        permission=("opportunities", "view"),
        group=SALES,
        order=50,
    ),
)
ON_OTHER_PAGES = ("summary", "status", "expected_amount", "chance", "owner_id")


def _more(session: Session, actor: Actor, record: Opportunity) -> Mapping[str, object]:
    is_open = record.status in UNASSIGNED
    is_manager = record.owner_id is not None and record.owner_id == actor.id
    why_not_reassign = None if is_manager else _why_not(session, actor, record, "assign")
    why_not_withdraw = (
        None if is_open and record.created_by_id == actor.id else _why_not(session, actor, record, "edit")
    )
    assignments = assignments_of(session, record.id)
    people = {person for each in assignments for person in (each.manager_id, each.assigned_by_id)}
    return {
        "stages": stages_of(record),
        "rejection": rejection_of(session, record),
        "plan": plan_of(session, record, by=actor, today=now().date()),
        "assignments": assignments,
        "people": names_of(session, people, current_locale()),
        "managers": [(key, name) for key, name in owners(session, current_locale()) if key != str(record.owner_id)],
        "may_reassign": record.status == Status.DEVELOPING and why_not_reassign is None,
        "may_withdraw": is_open and why_not_withdraw is None,
        "may_plan": record.status == Status.DEVELOPING and _why_not(session, actor, record, "edit") is None,
    }


def _why_not(session: Session, actor: Actor, record: Opportunity, action: str) -> Text | None:
    return why_not(OPPORTUNITY, session, by=actor, record=record, action=action)


pages = record_pages(
    OPPORTUNITY,
    shape=Shape(
        templates={"show": "sales/show.html"}, more=_more, create=create_opportunity, delete=delete_opportunity
    ),
)


def _opportunity_of(item: PlanItem) -> str:
    """Whoever has planned a step is at the opportunity's plan again."""
    return f"{OPPORTUNITY.link(item.opportunity_id)}#plan"


plan_pages = record_pages(
    PLAN_ITEM,
    shape=Shape(
        templates={"show": "sales/plan_item.html"},
        create=plan_step,
        change=change_step,
        delete=call_off_step,
        back=_opportunity_of,
    ),
)


@pages.post("/<int:record_id>/reassign")
def hand_over(record_id: int) -> ResponseReturnValue:
    """Another customer manager develops it from now on."""
    form = request.form

    def act(session: Session) -> None:
        manager_id, note = form.get("manager_id", ""), form.get("note", "")
        reassign(session, by=current_actor(), now=now(), opportunity_id=record_id, manager_id=manager_id, note=note)

    return _done(act, OPPORTUNITY.link(record_id), text("It has been handed over."))


@pages.post("/<int:record_id>/withdraw")
def give_up(record_id: int) -> ResponseReturnValue:
    """It is not pursued any more."""

    def act(session: Session) -> None:
        reason = request.form.get("reason", "")
        withdraw(session, by=current_actor(), now=now(), opportunity_id=record_id, reason=reason)

    return _done(act, OPPORTUNITY.link(record_id), text("The opportunity is given up."))


@plan_pages.post("/<int:record_id>/result")
def result(record_id: int) -> ResponseReturnValue:
    """What came of a planned step."""
    back = [PLAN_ITEM.link(record_id)]

    def act(session: Session) -> None:
        said = request.form.get("result", "")
        item: PlanItem = record_result(session, by=current_actor(), now=now(), record_id=record_id, result=said)
        back.append(_opportunity_of(item))

    answer = _done(act, back[0], text("The result is recorded."))
    return redirect(back[-1]) if len(back) > 1 else answer


def _done(act: Callable[[Session], None], url: str, said: Text) -> ResponseReturnValue:
    """Do it and go back to the page, with what happened or why it could not."""
    try:
        with writing() as session:
            act(session)
    except Invalid as wrong:
        flash(shown(wrong.faults[0].message), "bad")
    except RuleBroken as refused:
        flash(shown(refused.message), "bad")
    else:
        flash(shown(said), "good")
    return redirect(url)


add_panel("customer", related(OPPORTUNITY, "customer_id", columns=ON_OTHER_PAGES))
add_panel("contact", related(OPPORTUNITY, "contact_id", columns=ON_OTHER_PAGES))
add_panel(
    "competitor",
    related(
        OPPORTUNITY, "competitor_id", columns=("summary", "customer_name", "status", "expected_amount", "closed_at")
    ),
)
