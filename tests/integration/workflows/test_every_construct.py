"""Every construct through the real storage: rows of tasks, timers and waiting cases say at every step what a case knows that
was never stored, in both databases."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import undefer

from crm.core.db import Database, reading, unit_of_work
from crm.core.due import Due, DueRow
from scheduler.jobs import Jobs
from scheduler.sweep import tick
from tests.conftest import MovableClock
from tests.people import People
from tests.unit.engine.case import NOW
from tests.unit.engine.test_correctness import DATA, DRAWN
from tests.unit.engine.undisturbed import Undisturbed
from workflows import engine, library, queries
from workflows.engine import Bundle
from workflows.engine.specs.event_definitions import due_of
from workflows.engine.stepping import awaited_in
from workflows.kept import restore
from workflows.messaging.models import HEAR, SAID, Waiting
from workflows.models import TIMER, InstanceStatus, ProcessEvent, ProcessInstance, Task, VersionSource
from workflows.operations import carrying, hearing, messages, starting, tasks, timers
from workflows.operations.messages import Sending
from workflows.registry import CaseStart

NUMBERS, YES_OR_NO = ("answer", "x"), ("done", "satisfied")
FIELDS = [("number", name) for name in NUMBERS] + [("checkbox", name) for name in YES_OR_NO]
FORM = {
    "type": "default",
    "components": [{"type": kind, "id": f"field_{name}", "key": name, "label": name} for kind, name in FIELDS],
}
# What calls operations of the business has its stories in tests/processes.
STORED = [name for name, draw in DRAWN.items() if b"serviceTaskOperator" not in draw().bpmn[1]]
STEPS = 40


def asking(bundle: Bundle) -> Bundle:
    """The same process; its steps ask for the answers of this walk, from a role that exists here."""
    files = {name: raw.replace(b'value="agent"', b'value="service_agent"') for name, raw in bundle.files.items()}
    return Bundle(
        {name: json.dumps(FORM).encode() if name.endswith(".form.json") else raw for name, raw in files.items()}
    )


class Walk:
    """One case in the database, and the same one in memory."""

    def __init__(self, database: Database, clock: MovableClock, people: People, bundle: Bundle) -> None:
        self.database, self.clock, self.people = database, clock, people
        clock.set(NOW)
        definition = engine.compile(bundle)
        with unit_of_work(database) as session:
            library.store_version(session, bundle, definition, source=VersionSource.STUDIO, now=NOW, by_id=None)
            start = CaseStart(definition.key, "walk", DATA, business_key="walk")
            self.id = starting.start_case(session, start, by=people.manager1, now=NOW).id
        known = {**DATA, "initiator_id": people.manager1.id, "started_at": NOW}
        self.memory = Undisturbed(definition, known)
        self.jobs = Jobs()
        self.jobs.on(SAID, lambda session, due, now: carrying.carry(session, due, now=now))
        self.jobs.on(HEAR, lambda session, due, now: hearing.hear(session, due, now=now))

    # -- what is seen
    def open(self) -> list[Task]:
        with reading(self.database) as session:
            return queries.open_tasks(session, self.id)

    def timers(self) -> list[DueRow]:
        with reading(self.database) as session:
            wanted = select(DueRow).where(DueRow.kind == TIMER, DueRow.subject_id == self.id)
            return list(session.scalars(wanted.order_by(DueRow.ref)))

    def ended(self) -> bool:
        with reading(self.database) as session:
            return session.get_one(ProcessInstance, self.id).status == InstanceStatus.COMPLETED

    def waits_for(self) -> list[tuple[str, str]]:
        with reading(self.database) as session:
            rows = session.scalars(select(Waiting).where(Waiting.instance_id == self.id))
            return sorted((row.kind, row.name) for row in rows)

    def check(self) -> None:
        """Rows, state and memory agree."""
        memory = self.memory
        tasks_there = sorted((t.id, t.task_spec.element, t.data) for t in memory.open())
        assert sorted((task.token, task.node_id, restore(task.data)) for task in self.open()) == tasks_there
        there = sorted((t.id, due_of(t).at) for t in memory.timers())  # type: ignore[union-attr]  # it has a timer
        assert [(row.ref, row.due_at) for row in self.timers()] == there
        assert self.ended() == memory.workflow.completed
        awaited = set() if memory.workflow.completed else awaited_in(memory.workflow)
        assert self.waits_for() == sorted((each.kind, each.name) for each in awaited)
        with reading(self.database) as session:
            events = select(ProcessEvent).where(ProcessEvent.instance_id == self.id).order_by(ProcessEvent.id)
            passed = [entry[:2] for event in session.scalars(events) for entry in event.detail["passed"]]
            instance = session.get_one(ProcessInstance, self.id, options=[undefer(ProcessInstance.state)])
            definition = library.published(session, instance.version_id).definition
            if not self.ended():
                heard = engine.listening(definition, instance.state)
                assert [(each.kind, each.name) for each in heard] == self.waits_for()
        assert passed == [[entry.kind, entry.element_id] for entry in memory.workflow.run.passed]

    # -- what happens
    def do(self, task: Task, answers: dict[str, Any]) -> None:
        with unit_of_work(self.database) as session:
            tasks.complete_by_rule(session, now=self.clock(), task_id=task.id, answers=answers)
        with reading(self.database) as session:
            said = restore(session.get_one(Task, task.id).answers)
        self.memory.do(task.token, said)

    def fire(self, row: DueRow) -> None:
        now = self.clock.set(max(self.clock(), row.due_at))
        due = Due(row.id, row.kind, row.subject_id, row.ref, row.payload, row.due_at, 1, now)
        with unit_of_work(self.database) as session:
            timers.fire(session, due, now=now)
            session.execute(delete(DueRow).where(DueRow.id == row.id))
        assert row.ref is not None
        self.memory.fire(row.ref, now)

    def deliver(self, kind: str, name: str, number: int) -> None:
        said = Sending(name, {"got": number}, business_key="walk" if kind == "message" else None)
        with unit_of_work(self.database) as session:
            send = messages.send_message if kind == "message" else messages.send_signal
            send(session, said, by=self.people.admin, now=self.clock())
        swept = tick(self.database, self.jobs, self.clock)
        assert swept.failed == 0
        self.memory.deliver(name, {"got": number})


@pytest.mark.parametrize("name", STORED)
def test_a_case_in_the_database_goes_the_way_of_an_undisturbed_one(
    name: str, database: Database, clock: MovableClock, people: People
) -> None:
    dice = random.Random(name)  # noqa: S311 -- the same walk at every run, no secret
    draw: Callable[[], Bundle] = DRAWN[name]
    walk = Walk(database, clock, people, asking(draw()))
    walk.check()
    for number in range(STEPS):
        if walk.ended():
            break
        waiting, due = walk.open(), walk.timers()
        choices: list[tuple[Callable[..., None], tuple[Any, ...]]] = []
        for task in waiting:
            over = number > 12 or dice.random() < 0.3
            answers = {"answer": dice.randint(0, 9), "x": dice.randint(0, 3), "done": over, "satisfied": over}
            choices.append((walk.do, (task, answers)))
        choices += [(walk.fire, (row,)) for row in due if dice.random() < 0.4 or not waiting]
        if number < 9 or not waiting:
            choices += [(walk.deliver, (kind, word, number)) for kind, word in walk.waits_for()]
        verb, given = dice.choice(choices)
        verb(*given)
        walk.check()
    assert walk.ended()
