"""The demonstration's business: enough of it, believable in time, accepted by every rule, and the same when seeded twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import func, select

from crm.accounts.queries import actor_for, user_named
from crm.activity.models import TimelineEntry
from crm.core.db import Database, reading, unit_of_work
from crm.customers.models import Contact, Customer
from crm.customers.queries import find_customers
from crm.demo import demo_requests, moment, seed_demo
from crm.demo.customers import CUSTOMERS
from crm.service import operations as service
from crm.service.models import ServiceRequest
from tests.people import People


def test_seeding_twice_leaves_one_company(database: Database, people: People, now: datetime) -> None:
    for _ in range(2):
        seed_demo(database, now)
    with reading(database) as session:
        counts = [session.scalar(select(func.count()).select_from(table)) for table in (Customer, Contact)]
        latest = session.scalar(select(func.max(TimelineEntry.at)))
        owned = Counter(session.scalars(select(Customer.owner_id)))
        found = find_customers(session, by=people.manager1, query="恒力精密").rows
    assert counts == [len(CUSTOMERS), 2 * len(CUSTOMERS)]
    assert len(CUSTOMERS) >= 40
    assert latest is not None
    assert latest < now
    assert set(owned) == {people.manager1.id, people.manager2.id}
    assert [(row.grade, row.stage) for row in found] == [("key_account", "active")]


def test_every_request_can_be_taken_as_far_as_it_says(database: Database, people: People, now: datetime) -> None:
    seed_demo(database, now)
    verbs: dict[str, Callable[..., object]] = {
        "assign": service.assign,
        "handle": service.record_handling,
        "archive": service.archive,
    }
    with unit_of_work(database) as session:
        for told in demo_requests():
            customer_id = session.scalar(select(Customer.id).where(Customer.name == told.customer))
            opened_at = moment(now, told.days_ago, told.clock)
            request = service.open_request(
                session,
                by=people.named(told.by),
                now=opened_at,
                customer_id=customer_id,
                type=told.type,
                summary=told.summary,
                request=told.request,
                channel=told.channel,
                priority=told.priority,
            )
            for step in told.steps:
                at = moment(now, step.days_ago, step.clock)
                assert opened_at <= at <= now
                actor = people.named(step.by)
                answers = dict(step.answers)
                if "assignee" in answers:
                    user = user_named(session, str(answers.pop("assignee")))
                    assert user is not None
                    answers["assignee_id"] = user.id
                if step.task == "feedback":
                    assert actor == people.named(told.by)
                    service.record_feedback(session, by=actor, now=at, request_id=request.id, **answers)
                    if step.answers["satisfaction"] in (1, 2):
                        service.return_to_handling(session, by=actor, now=at, request_id=request.id)
                else:
                    verbs[step.task](
                        session, by=actor_for(session, actor.id or 0), now=at, request_id=request.id, **answers
                    )
        states = Counter(session.scalars(select(ServiceRequest.status)))
        again = session.scalar(select(func.count()).where(ServiceRequest.rounds > 0))
    assert sum(states.values()) >= 30
    assert set(states) == {"opened", "assigned", "handled", "fed_back", "archived"}
    assert again == 3
