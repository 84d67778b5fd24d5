"""The ground of stories about opportunities: what one begins with, and short words for its steps."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from crm.competitors.description import COMPETITOR
from crm.core.db import Database, reading, unit_of_work
from crm.permissions import Actor
from crm.records.operations import create_record
from crm.sales.models import Assignment, Opportunity, PlanItem
from tests.conftest import MovableClock
from tests.people import People
from tests.processes.stories import Story
from workflows.models import Task

SMALL, MIDDLE, LARGE, HUGE = 80_000, 300_000, 1_200_000, 3_000_000


class Sale(Story):
    """A story about an opportunity."""

    def begin(self, by: Actor, amount: int, **answers: Any) -> Opportunity:
        """Somebody has found a prospective customer who might buy for this amount."""
        given = {
            "summary": "两台五轴加工中心",
            "customer_name": "宁波甬江模具有限公司",
            "contact_name": "钱进",
            "contact_phone": "0574-5555 2001",
            "source": "fair",
            "expected_amount": amount,
            "chance": 60,
            "expected_close_on": (self.clock() + timedelta(days=60)).date().isoformat(),
            "description": "展会上看过样机，年底前定。",
        }
        self.start(by, key="opportunity", **{**given, **answers})
        return self.sale()

    def developing(self, manager: Actor, amount: int = SMALL) -> Opportunity:
        """An opportunity that is assigned to this manager."""
        self.begin(self.people.manager1, amount)
        self.do(self.people.supervisor, "assign", manager_id=str(manager.id))
        return self.sale()

    def sale(self) -> Opportunity:
        """The opportunity as it is now."""
        with reading(self.database) as session:
            return session.scalars(select(Opportunity).where(Opportunity.id == self.instance().record_id)).one()

    def plan(self) -> list[PlanItem]:
        """Its development plan, by day."""
        with reading(self.database) as session:
            found = select(PlanItem).where(PlanItem.opportunity_id == self.sale().id, PlanItem.deleted_at.is_(None))
            return list(session.scalars(found.order_by(PlanItem.planned_on, PlanItem.id)))

    def managers(self) -> list[tuple[int, bool]]:
        """Whose it was, the first one first, and whether it is so no more."""
        with reading(self.database) as session:
            found = select(Assignment).where(Assignment.opportunity_id == self.sale().id).order_by(Assignment.id)
            return [(each.manager_id, each.ended_at is not None) for each in session.scalars(found)]

    def tasks(self, node_id: str) -> list[Task]:
        """All open tasks of a step."""
        with reading(self.database) as session:
            found = select(Task).where(
                Task.instance_id == self.instance_id, Task.node_id == node_id, Task.status == "open"
            )
            return list(session.scalars(found.order_by(Task.id)))

    def day(self, ahead: int) -> date:
        """A day so many days from now."""
        return (self.clock() + timedelta(days=ahead)).date()

    def competitor(self, name: str = "海川机床") -> int:
        """Somebody who offers the same."""
        with unit_of_work(self.database) as session:
            people = self.people
            return create_record(COMPETITOR, session, by=people.supervisor, now=self.clock(), values={"name": name}).id


@pytest.fixture
def sale(story: Story, database: Database, clock: MovableClock, people: People) -> Sale:
    """Processes are published, there is a customer of manager1, and nothing has begun."""
    return Sale(database, clock, people, story.customer_id)
