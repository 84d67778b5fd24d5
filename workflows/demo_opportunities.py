"""The opportunities of the demonstration as cases: found, approved, assigned and developed by the people named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from crm.competitors.models import Competitor
from crm.customers.models import Customer
from crm.demo.moments import ZONE, moment
from crm.demo.opportunities import HAND_OVER, SALES, DemoSale
from crm.demo.requests import DemoStep
from crm.permissions import Actor
from crm.sales import operations as sales
from crm.sales.models import PlanItem
from workflows.models import ProcessInstance, Task, TaskStatus
from workflows.operations import starting, tasks
from workflows.task_forms import Submission

KEY = "opportunity"
Person = Callable[[str], Actor]


def acts(session: Session, person: Person, now: datetime) -> Iterable[tuple[datetime, Callable[[], object]]]:
    """Everything that people do with opportunities, each with its time."""
    for sale in SALES:
        case: list[ProcessInstance] = []
        at = moment(now, sale.days_ago, sale.clock)
        yield at, partial(_start, session, sale, case, person, at=at, now=now)
        for step in sale.steps:
            # Two acts that today's clock has pushed together keep their order.
            at = max(moment(now, step.days_ago, step.clock), at)
            yield at, partial(_take, session, step, case, person, at=at, now=now)


def _start(
    session: Session, sale: DemoSale, case: list[ProcessInstance], person: Person, *, at: datetime, now: datetime
) -> None:
    answers: dict[str, Any] = {
        "summary": sale.summary,
        "source": sale.source,
        "expected_amount": sale.amount,
        "chance": sale.chance,
        "expected_close_on": _day(now, sale.closes_in),
        "description": sale.description,
        "contact_name": sale.contact,
        "contact_phone": sale.phone,
    }
    if sale.customer is not None:
        answers["customer_id"] = str(_named(session, Customer, sale.customer))
    else:
        answers["customer_name"] = sale.prospect
    submission = Submission(answers=answers)
    case.append(starting.start_process(session, by=person(sale.by), now=at, key=KEY, submission=submission))


def _take(
    session: Session, step: DemoStep, case: list[ProcessInstance], person: Person, *, at: datetime, now: datetime
) -> None:
    by, opportunity_id = person(step.by), case[0].record_id or 0
    answers = _typed(session, opportunity_id, step.answers, person, now)
    if step.task == HAND_OVER:
        sales.reassign(session, by=by, now=at, opportunity_id=opportunity_id, **answers)
        session.info["database"].listeners.hear(session)
        return
    # Of those who countersign each has a task of their own.
    task_id = session.scalars(
        select(Task.id).where(
            Task.instance_id == case[0].id,
            Task.node_id == step.task,
            Task.status == TaskStatus.OPEN,
            or_(Task.assignee_id.is_(None), Task.assignee_id == by.id),
        )
    ).one()
    tasks.complete(session, by=by, now=at, task_id=task_id, submission=Submission(answers=answers))


def _typed(
    session: Session, opportunity_id: int, answers: Mapping[str, Any], person: Person, now: datetime
) -> dict[str, Any]:
    """The answers as the form wants them: numbers instead of names, days of the calendar instead of distances."""
    given = dict(answers)
    if "manager" in given:
        given["manager_id"] = str(person(given.pop("manager")).id)
    if "competitor" in given:
        given["competitor_id"] = str(_named(session, Competitor, given.pop("competitor")))
    if "plan" in given:
        given["plan"] = [{"planned_on": _day(now, ahead), "subject": subject} for ahead, subject in given["plan"]]
    if "results" in given:
        given["results"] = [
            {"item_id": str(_planned(session, opportunity_id, subject)), "result": result}
            for subject, result in given["results"].items()
        ]
    return given


def _named(session: Session, model: type[Customer] | type[Competitor], name: str) -> int:
    return session.scalars(select(model.id).where(model.name == name)).one()


def _planned(session: Session, opportunity_id: int, subject: str) -> int:
    items = select(PlanItem.id).where(PlanItem.opportunity_id == opportunity_id, PlanItem.subject == subject)
    return session.scalars(items).one()


def _day(now: datetime, ahead: int) -> str:
    return (now.astimezone(ZONE) + timedelta(days=ahead)).date().isoformat()
