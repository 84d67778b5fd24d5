"""The complaints of the demonstration as cases, each step taken by whoever holds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.customers.models import Customer
from crm.demo.complaints import COMPLAINTS, DemoComplaint
from crm.demo.moments import moment
from crm.permissions import Actor
from workflows.models import ProcessInstance, Task, TaskStatus
from workflows.operations import starting, tasks
from workflows.task_forms import Submission

KEY = "complaint"
# Who takes a step that is offered to a role.
OF_ROLE = {"sales_supervisor": "supervisor", "executive": "executive"}
Person = Callable[[str], Actor]


def acts(session: Session, person: Person, now: datetime) -> Iterable[tuple[datetime, Callable[[], object]]]:
    """Everything that people do with complaints, each with its time."""
    for complaint in COMPLAINTS:
        case: list[ProcessInstance] = []
        at = moment(now, complaint.days_ago, complaint.clock)
        yield at, partial(_start, session, complaint, case, person, at=at)
        for node_id, days_ago, clock, answers in complaint.steps:
            at = max(moment(now, days_ago, clock), at)
            yield at, partial(_take, session, node_id, answers, case, person, at=at)


def _start(
    session: Session, complaint: DemoComplaint, case: list[ProcessInstance], person: Person, *, at: datetime
) -> None:
    customer_id = session.scalars(select(Customer.id).where(Customer.name == complaint.customer)).one()
    answers = {"customer_id": str(customer_id), **complaint.answers}
    submission = Submission(answers=answers)
    case.append(starting.start_process(session, by=person(complaint.by), now=at, key=KEY, submission=submission))


def _take(
    session: Session,
    node_id: str,
    answers: Mapping[str, object],
    case: list[ProcessInstance],
    person: Person,
    *,
    at: datetime,
) -> None:
    task = session.scalars(
        select(Task).where(Task.instance_id == case[0].id, Task.node_id == node_id, Task.status == TaskStatus.OPEN)
    ).one()
    name = session.scalar(select(User.username).where(User.id == task.assignee_id)) or OF_ROLE[task.role or ""]
    tasks.complete(session, by=person(name), now=at, task_id=task.id, submission=Submission(answers=answers))
