"""The folders of the inbox hold and count what the tasks say, whatever happened to them, and whoever else was at work."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from crm.core.db import Database, reading, unit_of_work
from crm.permissions import Actor
from tests.conftest import Browser, as_user
from tests.databases import NOON
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST
from workflows.inbox.folders import Day, Filters, Folder, Sort
from workflows.inbox.models import DoneTally, PoolLine
from workflows.inbox.queries import count_mine, counts, page
from workflows.models import NO_DUE_DATE, InstanceStatus, ProcessInstance, Task, TaskCandidate, TaskCopy, TaskStatus
from workflows.operations.counting import FEW, check_counts, condense
from workflows.rules import is_offered_to, is_with

ROLES = ("service_agent", "service_supervisor", "customer_manager", None)
# Beside those of UTC and of the company: where a day begins long before and long after.
ZONES = ("Asia/Shanghai", "UTC", "Pacific/Kiritimati", "America/Los_Angeles")
KEYS: dict[Sort, Callable[[Any], tuple[Any, ...]]] = {
    Sort.DUE: lambda task: (task.due_at, task.id),
    Sort.PRIORITY: lambda task: (-task.priority, task.due_at, task.id),
    Sort.NEWEST: lambda task: (-task.id,),
}


class Office:
    """Things that happen to tasks, at random, below all rules: what the tables allow must be counted."""

    def __init__(self, database: Database, people: list[int | None], instance_id: int, seed: int) -> None:
        self.database, self.people, self.instance_id = database, people, instance_id
        self.random = random.Random(seed)  # noqa: S311 - the same chances each time, no secret
        self.now = NOON

    def some_due(self) -> datetime:
        hours = self.random.choice((-400, -30, -20, -11, -3, -1, 0, 1, 5, 13, 15, 16, 21, 30, 400))
        return self.random.choice((NOON + timedelta(hours=hours, seconds=self.random.randrange(-2, 3)), NO_DUE_DATE))

    def some_holder(self) -> int | None:
        return self.random.choice((None, None, *self.people))

    def open(self, session: Session) -> None:
        """Some new tasks; what is offered to no role is offered to some people by name."""
        for _ in range(self.random.randrange(1, 4)):
            role = self.random.choice(ROLES)
            named = [] if role else sorted(self.random.sample(self.people, self.random.randrange(3)), key=str)
            row = {
                "instance_id": self.instance_id, "token": self.random.randrange(1, 10**6), "node_id": "handle", "name": "Handle",
                "process_key": self.random.choice(("service_request", "other")), "version_id": 1,
                "title": self.random.choice(("100% 主轴", "Spindle_1", "spindle 2")), "role": role,
                "assignee_id": self.some_holder(), "priority": self.random.randrange(4), "due_at": self.some_due(),
                "status": TaskStatus.OPEN, "opened_at": NOON, "data": {}, "version": 1, "candidate_ids": named or None,
                "delegated_by_id": self.random.choice((None, None, *self.people)),
            }  # fmt: skip
            task_id = session.execute(insert(Task).returning(Task.id), row).scalar_one()
            if named:
                session.execute(insert(TaskCandidate), [{"task_id": task_id, "user_id": person} for person in named])

    def happen(self, session: Session) -> None:
        """One thing to one task, or a new one."""
        found = list(session.scalars(select(Task.id)))
        if not found or self.random.random() < 0.3:
            self.open(session)
            return
        chosen = self.random.choice(found)
        act = self.random.choice(
            (
                {"assignee_id": self.some_holder()},
                {"due_at": self.some_due()},
                {"role": self.random.choice(ROLES), "candidate_ids": None},
                {"priority": self.random.randrange(4), "draft": {"a": 1}},
                {"status": TaskStatus.DONE, "closed_at": self.now, "closed_by_id": self.random.choice(self.people)},
                {"status": TaskStatus.WITHDRAWN, "closed_at": self.now, "closed_by_id": None},
                {"status": TaskStatus.OPEN, "closed_at": None, "closed_by_id": None},
                None,
            )
        )
        if act is None:
            session.execute(delete(TaskCandidate).where(TaskCandidate.task_id == chosen))
            session.execute(delete(Task).where(Task.id == chosen))
            return
        if "candidate_ids" in act:
            session.execute(delete(TaskCandidate).where(TaskCandidate.task_id == chosen))
        session.execute(update(Task).where(Task.id == chosen).values(**act))


def office_of(story: Story, seed: int) -> Office:
    story.start(story.people.manager1, **REQUEST)
    with unit_of_work(story.database) as session:
        session.execute(delete(TaskCandidate))
        session.execute(delete(Task))
    people = [story.people.agent1.id, story.people.agent2.id, story.people.supervisor.id]
    return Office(story.database, people, story.instance_id, seed)


def readers(story: Story) -> list[Actor]:
    asking = (story.people.agent1, story.people.agent2, story.people.supervisor, story.people.manager1)
    stand_in = replace(
        story.people.agent1,
        represents=frozenset({story.people.supervisor.id or 0, story.people.agent2.id or 0}),
        borrowed_roles=story.people.supervisor.role_keys,
    )
    return [stand_in, *(replace(actor, timezone=zone) for actor in asking for zone in ZONES)]


def truth(session: Session, by: Actor, now: datetime) -> dict[Folder, list[Any]]:
    """What each folder holds, found by looking at every task."""
    tasks, end = session.scalars(select(Task)).all(), Day.of(now, by.timezone).end
    mine = [task for task in tasks if is_with(task, by)]
    groups = [task for task in tasks if is_offered_to(task, by)]
    return {
        Folder.MINE: mine,
        Folder.GROUPS: groups,
        Folder.OVERDUE: [task for task in mine + groups if task.due_at < now],
        Folder.TODAY: [task for task in mine + groups if now <= task.due_at < end],
        Folder.COPIED: list(session.scalars(select(TaskCopy).where(TaskCopy.user_id == by.id))),
        Folder.DELEGATED: [task for task in tasks if task.status == TaskStatus.OPEN and task.delegated_by_id == by.id],
        Folder.STARTED: [
            case
            for case in session.scalars(select(ProcessInstance))
            if case.started_by_id == by.id and case.status == InstanceStatus.RUNNING
        ],
        Folder.DONE: [task for task in tasks if task.status == TaskStatus.DONE and task.closed_by_id == by.id],
    }


def differences(story: Story, now: datetime) -> list[tuple[str, str, dict[Folder, int], dict[Folder, int]]]:
    """Readers for whom counts and tasks differ."""
    found = []
    for by in readers(story):
        with reading(story.database) as session:
            counted = counts(session, by=by, now=now)
            real = {folder: len(rows) for folder, rows in truth(session, by, now).items()}
            assert count_mine(session, by=by) == real[Folder.MINE]
        if counted != real:
            found.append((by.username, by.timezone, counted, real))
    return found


def all_pages(session: Session, by: Actor, now: datetime, folder: Folder, **how: Any) -> list[Any]:
    """A folder from its first page to its last."""
    rows: list[Any] = []
    after = None
    while True:
        found = page(session, by=by, now=now, folder=folder, after=after, limit=3, **how)
        rows += found.rows
        if found.next is None:
            return rows
        after = found.next


@pytest.mark.parametrize("seed", range(3))
def test_counts_are_true_whatever_happens_to_tasks(story: Story, seed: int) -> None:
    office = office_of(story, seed)
    for _ in range(12):
        if office.random.random() < 0.2:
            # Given up in the middle: nothing of it counts.
            with reading(story.database) as session:
                office.happen(session)
                session.flush()
        for _ in range(office.random.randrange(1, 6)):
            with unit_of_work(story.database) as session:
                for _ in range(office.random.randrange(1, 3)):
                    office.happen(session)
        if office.random.random() < 0.3:
            with unit_of_work(story.database) as session:
                condense(session)
        office.now += timedelta(minutes=office.random.choice((0, 1, 600)))
        if office.random.random() < 0.3:
            with unit_of_work(story.database) as session:
                assert check_counts(session, now=office.now) == 0
        assert differences(story, office.now) == []


def test_counts_are_true_when_many_are_at_work_at_once(story: Story) -> None:
    office = office_of(story, 7)
    with unit_of_work(story.database) as session:
        office.now = NOON - timedelta(days=3)
        for _ in range(60):
            office.happen(session)
    barrier = Barrier(4)

    def work(seed: int) -> None:
        mine = Office(story.database, office.people, story.instance_id, seed)
        barrier.wait()
        for turn in range(16):
            # One task a transaction: two of them never wait for each other in a ring.
            with unit_of_work(story.database) as session:
                mine.happen(session)
            if seed == 0 and turn % 3 == 0:
                with unit_of_work(story.database) as session:
                    condense(session)
            if seed == 1 and turn % 8 == 0:
                with unit_of_work(story.database) as session:
                    assert check_counts(session, now=NOON) == 0

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(work, seed) for seed in range(4)]:
            done.result(timeout=120)
    assert differences(story, NOON) == []


@pytest.mark.parametrize("seed", range(2))
def test_pages_hold_every_row_once_in_order(story: Story, seed: int) -> None:
    office = office_of(story, seed)
    with unit_of_work(story.database) as session:
        for _ in range(40):
            office.open(session)
        for _ in range(30):
            office.happen(session)
    for by in readers(story)[::5]:
        with reading(story.database) as session:
            real = truth(session, by, NOON)
            for folder in (Folder.MINE, Folder.GROUPS, Folder.OVERDUE, Folder.TODAY, Folder.DELEGATED):
                for sort, key in KEYS.items():
                    shown = [row.id for row in all_pages(session, by, NOON, folder, sort=sort)]
                    assert shown == [row.id for row in sorted(real[folder], key=key)], (folder, sort)
            shown = [row.id for row in all_pages(session, by, NOON, Folder.DONE)]
            newest_first = sorted(real[Folder.DONE], key=lambda task: (task.closed_at, task.id), reverse=True)
            assert shown == [row.id for row in newest_first]
            shown = [row.id for row in all_pages(session, by, NOON, Folder.STARTED)]
            assert sorted(shown) == sorted(row.id for row in real[Folder.STARTED])


def test_filters_narrow_a_folder_down_together(story: Story) -> None:
    office, by = office_of(story, 3), story.people.agent1
    with unit_of_work(story.database) as session:
        for _ in range(40):
            office.open(session)
    with reading(story.database) as session:
        real = truth(session, by, NOON)[Folder.GROUPS]

        def ids(filters: Filters) -> set[int]:
            return {row.id for row in all_pages(session, by, NOON, Folder.GROUPS, filters=filters)}

        assert ids(Filters(priority=3)) == {task.id for task in real if task.priority == 3}
        assert ids(Filters(text="SPINDLE")) == {task.id for task in real if "pindle" in task.title}
        # What has a meaning in a pattern stands for itself.
        assert ids(Filters(text="%")) == {task.id for task in real if "%" in task.title}
        assert ids(Filters(text="e_1")) == {task.id for task in real if "e_1" in task.title}
        assert ids(Filters(text="/")) == set()
        both = Filters(process="other", text="spindle", priority=0)
        assert ids(both) == {
            task.id for task in real if task.process_key == "other" and "pindle" in task.title and task.priority == 0
        }
        assert ids(Filters(customer_id=1)) == set()


def test_a_folder_is_narrowed_down_by_the_name_of_a_customer(story: Story, client: Browser) -> None:
    office = office_of(story, 4)
    with unit_of_work(story.database) as session:
        office.open(session)
    story.start(story.people.manager1, **REQUEST)
    with reading(story.database) as session:
        for words, found in (("恒力精密", ["assign"]), ("主轴", ["assign"]), ("恒力_", [])):
            shown = page(
                session,
                by=story.people.supervisor,
                now=NOON,
                folder=Folder.GROUPS,
                sort=Sort.DUE,
                filters=Filters(text=words),
            )
            assert [row.node_id for row in shown.rows] == found
    as_user(client, "supervisor")
    listed = client.get("/tasks?folder=groups").text
    [only] = re.findall(r'href="([^"]+)" class="of-customer"', listed)
    narrowed = client.get(unescape(only)).text
    assert "主轴异响" in narrowed
    assert "of-customer" not in narrowed


def test_many_lines_of_a_day_become_one(story: Story) -> None:
    office = office_of(story, 1)
    with unit_of_work(story.database) as session:
        condense(session)
        for _ in range(60):
            office.open(session)

    def longest() -> int:
        with reading(story.database) as session:
            lines = select(func.count(PoolLine.id).label("lines")).group_by(PoolLine.role, PoolLine.day).subquery()
            return session.scalar(select(func.max(lines.c.lines))) or 0

    assert longest() > FEW
    with unit_of_work(story.database) as session:
        assert condense(session) > 0
    assert longest() <= FEW
    with unit_of_work(story.database) as session:
        session.execute(delete(TaskCandidate))
        session.execute(delete(Task))
    with unit_of_work(story.database) as session:
        condense(session)
        assert session.scalar(select(func.count()).select_from(PoolLine)) == 0


def test_wrong_counts_are_noticed_and_put_right(story: Story) -> None:
    office = office_of(story, 5)
    with unit_of_work(story.database) as session:
        for _ in range(60):
            office.happen(session)
        check_counts(session, now=NOON + timedelta(days=2))
    with unit_of_work(story.database) as session:
        session.execute(insert(PoolLine), [{"role": "service_agent", "day": date(2026, 3, 11), "number": 5}])
        session.execute(update(DoneTally).values(number=DoneTally.number + 1))
    assert differences(story, NOON)
    with unit_of_work(story.database) as session:
        assert check_counts(session, now=NOON + timedelta(days=2)) > 1
    assert differences(story, NOON) == []
    with unit_of_work(story.database) as session:
        assert check_counts(session, now=NOON) == 0


def test_a_pool_is_counted_by_days_of_utc_wherever_the_connection_thinks_it_is(story: Story) -> None:
    office = office_of(story, 1)
    with unit_of_work(story.database) as session:
        if not story.database.is_sqlite:
            session.execute(text("SET LOCAL timezone = 'Pacific/Kiritimati'"))
        office.open(session)
        session.execute(
            update(Task).values(
                role="service_agent", assignee_id=None, due_at=datetime(2026, 3, 11, 23, 59, 59, tzinfo=UTC)
            )
        )
    with reading(story.database) as session:
        kept = select(PoolLine.day).group_by(PoolLine.day).having(func.sum(PoolLine.number) > 0)
        assert list(session.scalars(kept)) == [date(2026, 3, 11)]
