"""The cases of the demonstration: its service requests, opportunities and complaints, started and moved on by the people named, at their
times, and what colleagues say to each other about them.

Everything happens in the order in which it would have happened, timers included, so that history, reminders and escalations
look as they would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core import claims
from crm.customers.models import Customer
from crm.demo import DemoRequest, DemoStep, demo_requests, moment
from crm.demo.actors import actor_named
from crm.permissions import Actor
from workflows import demo_complaints, demo_opportunities, demo_words
from workflows.ladders import climbing
from workflows.models import RUNG, TIMER, ProcessInstance, Task, TaskStatus
from workflows.operations import starting, tasks, timers
from workflows.task_forms import Submission

KEY = "service_request"
WORKER = "demonstration"


def seed_cases(session: Session, now: datetime) -> None:
    """Start the demonstration's requests and take their steps. Nothing happens where cases exist already."""
    if session.scalar(select(ProcessInstance.id).limit(1)) is not None:
        return
    people: dict[str, Actor] = {}

    def person(username: str) -> Actor:
        if username not in people:
            people[username] = actor_named(session, username)
        return people[username]

    everything = [
        *_acts(session, demo_requests(), person, now),
        *demo_opportunities.acts(session, person, now),
        *demo_complaints.acts(session, person, now),
        *demo_words.acts(session, person, now),
    ]
    for at, act in sorted(everything, key=lambda pair: pair[0]):
        fire_until(session, at)
        act()
    fire_until(session, now)


def _acts(
    session: Session, requests: Iterable[DemoRequest], person: Callable[[str], Actor], now: datetime
) -> Iterable[tuple[datetime, Callable[[], object]]]:
    """Everything that people do, each with its time."""
    for request in requests:
        case: list[int] = []
        at = moment(now, request.days_ago, request.clock)
        yield at, partial(_start, session, request, case, person, at=at)
        for step in request.steps:
            # Two acts that today's clock has pushed together keep their order.
            at = max(moment(now, step.days_ago, step.clock), at)
            yield at, partial(_take, session, step, case, person, at=at)


def _start(
    session: Session, request: DemoRequest, case: list[int], person: Callable[[str], Actor], *, at: datetime
) -> None:
    customer = session.scalars(select(Customer.id).where(Customer.name == request.customer)).one()
    answers = {
        "customer_id": str(customer),
        "type": request.type,
        "summary": request.summary,
        "request": request.request,
        "channel": request.channel,
        "priority": str(request.priority),
    }
    submission = Submission(answers=answers)
    case.append(starting.start_process(session, by=person(request.by), now=at, key=KEY, submission=submission).id)


def _take(session: Session, step: DemoStep, case: list[int], person: Callable[[str], Actor], *, at: datetime) -> None:
    task_id = session.scalars(
        select(Task.id).where(Task.instance_id == case[0], Task.node_id == step.task, Task.status == TaskStatus.OPEN)
    ).one()
    answers = dict(step.answers)
    if "assignee" in answers:
        answers["assignee_id"] = str(person(str(answers.pop("assignee"))).id)
    tasks.complete(session, by=person(step.by), now=at, task_id=task_id, submission=Submission(answers=answers))


def fire_until(session: Session, until: datetime) -> None:
    """Let the timers act that were due by then, each at its own time."""
    while claimed := claims.claim(session, now=until, worker=WORKER, kinds=[TIMER, RUNG], limit=1):
        (row,) = claimed
        act = timers.fire if row.kind == TIMER else climbing.climb
        act(session, row, now=row.due_at)
        claims.finish(session, row, worker=WORKER)
