"""The opportunities of the demonstration: in every stage, accepted by every rule, believable in time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from crm.activity.models import TimelineEntry
from crm.core.db import Database, reading, unit_of_work
from crm.demo import seed_customers
from crm.demo.interactions import seed_interactions
from crm.demo.opportunities import SALES
from crm.sales.models import Assignment, Opportunity, PlanItem
from crm.sales.rules import Status
from tests.people import People
from workflows import demo_opportunities, triggers
from workflows.models import Task


def test_every_opportunity_comes_as_far_as_it_says(delivered: Database, people: People, now: datetime) -> None:
    triggers.listen(delivered.listeners)
    with unit_of_work(delivered) as session:
        seed_customers(session, now)
        seed_interactions(session, now)
        session.flush()
        for _, act in sorted(demo_opportunities.acts(session, people.named, now), key=lambda pair: pair[0]):
            act()
    with reading(delivered) as session:
        stages = dict(session.execute(select(Opportunity.status, func.count()).group_by(Opportunity.status)).all())
        waiting = set(session.scalars(select(Task.node_id).where(Task.status == "open")))
        latest = session.scalar(select(func.max(TimelineEntry.at)))
        done, planned = (session.scalar(select(func.count(column))) or 0 for column in (PlanItem.done_at, PlanItem.id))
        handed_over = session.scalar(select(func.count(Assignment.ended_at)))
    assert sum(stages.values()) == len(SALES)
    assert set(stages) == set(Status)
    assert waiting == {"approve_supervisor", "approve_executive", "countersign", "rework", "assign", "develop"}
    assert latest is not None
    assert latest < now
    assert 0 < done < planned
    assert handed_over == 1
