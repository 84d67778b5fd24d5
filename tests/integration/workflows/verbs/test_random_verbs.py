"""Processes nobody thought of and verbs in any order, through the operations and the real storage: rows and state agree always."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from crm.core.claims import claim, finish
from crm.core.db import Database, reading, unit_of_work
from crm.core.due import DueRow
from crm.core.errors import HeliuError
from crm.permissions import Actor
from tests.conftest import MovableClock
from tests.people import People
from tests.unit.engine.sketching import VARIABLES, Sketch
from workflows import engine, library, queries
from workflows.engine import Bundle
from workflows.engine.stepping import Resting, look
from workflows.models import TIMER, InstanceStatus, ProcessEvent, ProcessInstance, Task, TaskStatus, VersionSource
from workflows.operations import starting, tasks, timers
from workflows.registry import CaseStart
from workflows.task_forms import Submission
from workflows.verbs import handing, planning, sending_back, signing, taking_back, telling

NOTHING = Submission(answers={})
STEPS = 25


class Walk:
    """One case of a random process, moved by random verbs of whoever may (or may not) do them."""

    def __init__(self, database: Database, clock: MovableClock, people: People, dice: random.Random) -> None:
        self.database, self.clock, self.people, self.dice = database, clock, people, dice
        self.cast = [people.agent1, people.agent2, people.manager2, people.supervisor]
        sketch = Sketch(dice).whole(depth=2)
        # The roles of the sketch as they are called here.
        files = {
            name: content.replace(b'value="agent"', b'value="service_agent"') for name, content in sketch.files.items()
        }
        bundle = Bundle(files)
        data = {"people": [people.agent1.id, people.agent2.id], "stop": False} | dict.fromkeys(VARIABLES, 1)
        with unit_of_work(database) as session:
            library.store_version(
                session, bundle, engine.compile(bundle), source=VersionSource.STUDIO, now=clock(), by_id=None
            )
            session.flush()
            start = CaseStart(process_key="case", title="case", data=data)
            self.instance_id = starting.start_case(session, start, by=people.manager1, now=clock()).id

    def open(self) -> list[Task]:
        with reading(self.database) as session:
            return queries.open_tasks(session, self.instance_id)

    def step(self) -> None:
        """Whatever the dice say; what is refused changes nothing."""
        waiting = self.open()
        if not waiting or self.dice.random() < 0.1:
            self.pass_time()
            return
        task = self.dice.choice(waiting)
        holder = next((who for who in self.cast if who.id == task.assignee_id), self.people.agent1)
        by = holder if self.dice.random() < 0.9 else self.dice.choice(self.cast)
        verb, values = self.dice.choice(self.verbs(task))
        task_id, by = values.pop("task_id", task.id), values.pop("by", by)
        before = self.picture()
        try:
            with unit_of_work(self.database) as session:
                verb(session, by=by, now=self.clock(), task_id=task_id, **values)
        except HeliuError:
            assert self.picture() == before

    def verbs(self, task: Task) -> list[tuple[Callable[..., Any], dict[str, Any]]]:
        somebody: Actor = self.dice.choice(self.cast)
        with reading(self.database) as session:
            targets = sending_back.targets(session, task, by=self.people.agent1)
            done = session.scalars(
                select(Task)
                .where(Task.instance_id == self.instance_id, Task.status == TaskStatus.DONE)
                .order_by(Task.closed_at, Task.id)
            ).all()
        undo: dict[str, Any] = {}
        if done:
            # Mostly one of the latest: what is older has long been gone on with.
            last = self.dice.choice(done[-3:])
            undo = {"task_id": last.id, "by": next(who for who in self.cast if who.id == last.closed_by_id)}
        back = self.dice.choice(targets).node_id if targets else "nowhere"
        where = self.dice.choice(signing.WHERE)
        return [
            (tasks.complete, {"submission": NOTHING}),
            (tasks.complete, {"submission": NOTHING}),
            (tasks.complete, {"submission": NOTHING}),
            (tasks.claim, {}),
            (tasks.release, {}),
            (handing.transfer, {"user_id": somebody.id}),
            (handing.delegate, {"user_id": somebody.id}),
            (handing.give_back, {}),
            (signing.add_signer, {"user_id": somebody.id, "where": where}),
            (signing.remove_signer, {}),
            (signing.remove_signer, {"user_id": somebody.id}),
            (sending_back.send_back, {"to": back, "reason": "again"}),
            (sending_back.send_back, {"to": back, "reason": "again"}),
            (taking_back.withdraw, undo),
            (telling.urge, {}),
            (planning.set_priority, {"priority": self.dice.randrange(4)}),
        ]

    def pass_time(self) -> None:
        """The next timer acts."""
        self.clock.move(hours=self.dice.choice((1, 3)))
        with unit_of_work(self.database) as session:
            for due in claim(session, now=self.clock(), worker="walk", kinds=[TIMER]):
                if due.subject_id == self.instance_id:
                    timers.fire(session, due, now=self.clock())
                assert finish(session, due, worker="walk")

    def picture(self) -> tuple[Any, ...]:
        """What must not change when a verb is refused."""
        with reading(self.database) as session:
            instance = session.get_one(ProcessInstance, self.instance_id)
            rows = session.execute(
                select(Task.id, Task.status, Task.assignee_id, Task.version)
                .where(Task.instance_id == self.instance_id)
                .order_by(Task.id)
            )
            lines = session.scalar(
                select(func.count()).select_from(ProcessEvent).where(ProcessEvent.instance_id == self.instance_id)
            )
            return instance.version, instance.status, [tuple(row) for row in rows], lines

    def check(self) -> None:
        """Rows are the ready tasks of the state, its timers are due rows, and a running case waits for something."""
        with reading(self.database) as session:
            instance = session.get_one(ProcessInstance, self.instance_id)
            published = library.published(session, instance.version_id)
            waiting = queries.open_tasks(session, self.instance_id)
            due = select(DueRow.ref).where(DueRow.kind == TIMER, DueRow.subject_id == self.instance_id)
            set_timers = sorted(ref for ref in session.scalars(due) if ref is not None)
            self.check_completions(session)
            if instance.status != InstanceStatus.RUNNING:
                assert (waiting, set_timers) == ([], [])
                return
            rests = Resting.of(look(published.definition, instance.state))
            assert sorted((task.token, task.node_id) for task in waiting) == sorted(
                (token, published.definition.nodes[node].id) for token, node in rests.tasks.items()
            )
            assert set_timers == sorted(rests.timers)
            assert waiting or set_timers or engine.awaited(published.definition, instance.state)

    def check_completions(self, session: Any) -> None:
        """A completed task was completed once more often than taken back, any other as often."""
        lines = session.execute(
            select(ProcessEvent.task_id, ProcessEvent.kind, func.count())
            .where(ProcessEvent.instance_id == self.instance_id, ProcessEvent.kind.in_(("completed", "withdrawn")))
            .group_by(ProcessEvent.task_id, ProcessEvent.kind)
        )
        times = {(task_id, kind): number for task_id, kind, number in lines}
        for task in session.scalars(select(Task).where(Task.instance_id == self.instance_id)):
            balance = times.get((task.id, "completed"), 0) - times.get((task.id, "withdrawn"), 0)
            assert balance == (task.status == TaskStatus.DONE), task.id


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(dice=st.randoms(use_true_random=False))
def test_rows_and_state_agree_whatever_people_do(
    database: Database, clock: MovableClock, people: People, dice: random.Random
) -> None:
    walk = Walk(database, clock, people, dice)
    walk.check()
    for _ in range(STEPS):
        walk.step()
        walk.check()


@pytest.mark.parametrize("seed", range(4))
def test_long_walks_end_in_order(database: Database, clock: MovableClock, people: People, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - the same walk at every run, no secret
    walk = Walk(database, clock, people, dice)
    for _ in range(60):
        walk.step()
        walk.check()
    # Whoever may now only completes, and the case comes to its end.
    for _ in range(400):
        waiting = walk.open()
        if not waiting:
            walk.clock.move(hours=3)
            with reading(database) as session:
                if session.get_one(ProcessInstance, walk.instance_id).status != InstanceStatus.RUNNING:
                    break
            walk.pass_time()
            continue
        task = waiting[0]
        with unit_of_work(database) as session:
            if task.delegated_by_id is not None:
                handing.give_back(session, by=_actor(walk, task.delegated_by_id), now=clock(), task_id=task.id)
            else:
                by = _actor(walk, task.assignee_id) if task.assignee_id else people.agent1
                tasks.complete(session, by=by, now=clock(), task_id=task.id, submission=Submission(answers={}))
        walk.check()


def _actor(walk: Walk, user_id: int | None) -> Actor:
    return next(who for who in walk.cast if who.id == user_id)
