"""The ground of process stories: published definitions, pick-lists, listening triggers, a customer, and `Story`."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from crm.core.claims import claim, finish
from crm.core.db import Database, reading, unit_of_work
from crm.customers.operations import create_customer
from crm.permissions import Actor
from crm.service.models import ServiceRequest
from tests.conftest import MovableClock
from tests.people import People
from workflows import engine, library, queries, triggers
from workflows.engine import Bundle
from workflows.models import TIMER, ProcessInstance, Task, VersionSource
from workflows.operations import starting, tasks, timers
from workflows.task_forms import Submission


class Story:
    """A case told step by step: who does what, and what then waits for whom."""

    def __init__(self, database: Database, clock: MovableClock, people: People, customer_id: int) -> None:
        self.database, self.clock, self.people, self.customer_id = database, clock, people, customer_id
        self.instance_id = 0

    def start(self, by: Actor, key: str = "service_request", **answers: Any) -> ProcessInstance:
        """Start a case from its start form."""
        given = {"customer_id": str(self.customer_id), **answers} if key == "service_request" else answers
        with unit_of_work(self.database) as session:
            instance = starting.start_process(
                session, by=by, now=self.clock(), key=key, submission=Submission(answers=given)
            )
        self.instance_id = instance.id
        return instance

    def publish(self, bundle: Bundle) -> None:
        """Let a small process be started."""
        with unit_of_work(self.database) as session:
            library.store_version(
                session, bundle, engine.compile(bundle), source=VersionSource.STUDIO, now=self.clock(), by_id=None
            )

    def task(self, node_id: str) -> Task:
        """The open task of a step."""
        with reading(self.database) as session:
            found = [task for task in queries.open_tasks(session, self.instance_id) if task.node_id == node_id]
        assert len(found) == 1, f"{node_id} is not open"
        return found[0]

    def waiting(self) -> list[str]:
        """The steps that wait for somebody."""
        with reading(self.database) as session:
            return [task.node_id for task in queries.open_tasks(session, self.instance_id)]

    def do(self, by: Actor, node_id: str, **answers: Any) -> Task:
        """Complete a step."""
        return self.complete(by, self.task(node_id).id, **answers)

    def complete(self, by: Actor, task_id: int, **answers: Any) -> Task:
        """Complete a task by its number, as it stands on a screen that may be old."""
        submission = Submission(answers=answers)
        with unit_of_work(self.database) as session:
            return tasks.complete(session, by=by, now=self.clock(), task_id=task_id, submission=submission)

    def pass_time(self, **distance: float) -> int:
        """Let time pass and fire the timers that are due by then. Answers how many acted."""
        now = self.clock.move(**distance)
        fired = 0
        with unit_of_work(self.database) as session:
            for due in claim(session, now=now, worker="story", kinds=[TIMER]):
                timers.fire(session, due, now=now)
                assert finish(session, due, worker="story")
                fired += 1
        return fired

    def instance(self) -> ProcessInstance:
        with reading(self.database) as session:
            return session.get_one(ProcessInstance, self.instance_id)

    def request(self) -> ServiceRequest:
        """The business record of the case."""
        with reading(self.database) as session:
            return session.scalars(select(ServiceRequest).where(ServiceRequest.id == self.instance().record_id)).one()


@pytest.fixture
def story(delivered: Database, clock: MovableClock, people: People) -> Story:
    """A customer of manager1, and nothing started yet."""
    triggers.listen(delivered.listeners)
    with unit_of_work(delivered) as session:
        customer = create_customer(
            session,
            by=people.manager1,
            now=clock(),
            values={"name": "苏州恒力精密机械有限公司", "grade": "key_account", "region": "east"},
        )
    return Story(delivered, clock, people, customer.id)
