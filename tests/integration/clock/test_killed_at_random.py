"""The whole product under kill -9: schedulers and web servers as real processes, ended at random, and everything happens once.

A dead scheduler's rows are free again when its lease ends. Its time is a column, so the test lets it end as soon as the process
is dead instead of waiting for two minutes.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from app import lay_foundations, metadata
from crm.accounts import signing_in
from crm.accounts.queries import find_user
from crm.core.config import ROOT
from crm.core.db import Database, reading, unit_of_work
from crm.core.due import DueRow
from crm.core.i18n import text as sentence
from crm.core.outbox import OutboxMessage
from crm.customers.operations import create_customer
from crm.migrations import migrate
from crm.notices.models import Notice, NoticeDelivery
from crm.notices.operations import notify
from tests.people import People, seed_people
from tests.processes.test_service_request import REQUEST
from workflows import room as workflows
from workflows.models import TIMER, ProcessEvent, Task, TaskStatus
from workflows.operations import starting, tasks
from workflows.task_forms import Submission

# Only ends a run that hangs; no test depends on how fast it is.
PATIENCE = 240
NAP = 0.02


@dataclass(frozen=True)
class Size:
    """How much there is to do, and how many processes die meanwhile."""

    timers: int
    notices: int
    steps: int
    scheduler_kills: int
    web_kills: int


SIZES = {"postgresql": Size(60, 940, 20, 3, 1), "sqlite": Size(20, 130, 6, 1, 1)}


@dataclass
class House:
    """An installation with people in it, and work that should have been done long ago."""

    database: Database
    folder: Path
    size: Size
    people: People = field(init=False)
    notices: list[int] = field(default_factory=list)
    tasks: list[int] = field(default_factory=list)
    token: str = ""

    def begin(self) -> None:
        now = datetime.now(UTC)
        migrate(self.database, metadata())
        workflows.set_up(self.database.listeners)
        with unit_of_work(self.database) as session:
            self.people = seed_people(session, now)
            lay_foundations(session, now)
        with unit_of_work(self.database) as session:
            customer = create_customer(session, by=self.people.manager1, now=now, values={"name": "恒力机械"})
            # Long ago, so that both timers of each case are due; those of the others come in some hours.
            for _ in range(self.size.timers // 2):
                task_id = self._case(session, customer.id, now - timedelta(days=40))
                answers = {"assignee_id": str(self.people.agent1.id), "priority": "2"}
                tasks.complete(
                    session,
                    by=self.people.supervisor,
                    now=now - timedelta(days=40),
                    task_id=task_id,
                    submission=Submission(answers=answers),
                )
                self.database.listeners.hear(session)
            self.tasks = [self._case(session, customer.id, now) for _ in range(self.size.steps)]
            for number in range(self.size.notices):
                notify(
                    session,
                    to=[self.people.manager2.id],
                    kind="reminder.visit",
                    message=sentence("Visit today: {customer}, {subject}", customer="恒力", subject=str(number)),
                    link="/reminders",
                    now=now - timedelta(hours=8),
                    key=f"visit-{number}",
                )
            user = find_user(session, self.people.supervisor.id or 0)
            self.token = signing_in.issue_token(session, user=user, name="test", now=now).secret
        with reading(self.database) as session:
            self.notices = list(session.scalars(select(Notice.id).where(Notice.kind == "reminder.visit")))

    def _case(self, session: Session, customer_id: int, now: datetime) -> int:
        submission = Submission(answers={"customer_id": str(customer_id), **REQUEST})
        case = starting.start_process(
            session, by=self.people.manager1, now=now, key="service_request", submission=submission
        )
        self.database.listeners.hear(session)
        session.flush()
        task_id = session.scalar(select(Task.id).where(Task.instance_id == case.id, Task.status == TaskStatus.OPEN))
        assert task_id is not None
        return int(task_id)

    def waiting(self) -> int:
        """Rows that should have happened by now."""
        with reading(self.database) as session:
            now = datetime.now(UTC)
            return session.scalar(select(func.count()).where(DueRow.due_at <= now, DueRow.failed_at.is_(None))) or 0

    def end_leases_of(self, pid: int) -> None:
        """What the dead process held is free again, as it would be after two minutes."""
        mine = DueRow.claimed_by.like(f"{socket.gethostname()[:40]}:{pid}:%")
        with unit_of_work(self.database) as session:
            session.execute(update(DueRow).where(mine).values(lease_until=datetime.now(UTC) - timedelta(seconds=1)))

    def environment(self, port: int) -> dict[str, str]:
        known = {name: value for name, value in os.environ.items() if not name.startswith("HELIU_")}
        return {
            **known,
            "HELIU_DATABASE_URL": self.database.url,
            "HELIU_SECRET_KEY": "only for tests, and long enough to be accepted",
            "HELIU_VAR_DIR": str(self.folder / str(port)),
            "HELIU_PORT": str(port),
            "HELIU_WORKERS": "1",
        }


class Program:
    """A process of the product that is started again whenever it was killed."""

    def __init__(self, house: House, *arguments: str) -> None:
        self.house, self.arguments, self.port = house, arguments, free_port()
        self.start()

    def start(self) -> None:
        with (self.house.folder / f"{self.port}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "app.py", *self.arguments],
                cwd=ROOT,
                env=self.house.environment(self.port),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """With everything that it has started itself."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)

    def kill_and_start_again(self) -> None:
        dead = self.process.pid
        self.kill()
        self.house.end_leases_of(dead)
        self.start()


class Client(threading.Thread):
    """Somebody who completes tasks, at whichever server answers; who hears nothing asks again."""

    def __init__(self, house: House, servers: list[Program]) -> None:
        super().__init__(daemon=True)
        self.house, self.servers = house, servers
        self.answers: Counter[int] = Counter()
        self.odd: list[str] = []

    def run(self) -> None:
        end = monotonic() + PATIENCE
        for place, task_id in enumerate(self.house.tasks):
            while monotonic() < end:
                try:
                    status, words = self._complete(self.servers[place % len(self.servers)].port, task_id)
                except OSError:
                    place += 1
                    sleep(NAP)
                    continue
                self.answers[status] += 1
                # 409: the answer to what was done already never arrived.
                if status not in (200, 409):
                    self.odd.append(words)
                break

    def _complete(self, port: int, task_id: int) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            answers = {"assignee_id": str(self.house.people.agent2.id), "priority": "2"}
            connection.request(
                "POST",
                f"/api/v1/tasks/{task_id}/complete",
                body=json.dumps({"answers": answers}),
                headers={"Authorization": f"Bearer {self.house.token}", "Content-Type": "application/json"},
            )
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except http.client.HTTPException as broken:
            raise ConnectionError from broken
        finally:
            connection.close()


@pytest.fixture(params=list(SIZES))
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """An installation that was made by its own migrations, as the programs expect it."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'killed.db'}"
    else:
        server = request.getfixturevalue("postgres_template")
        with server.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("DROP DATABASE IF EXISTS killed WITH (FORCE)"))
            connection.execute(text("CREATE DATABASE killed"))
        server.database.close()
        url = server.server.url("killed")
    house = House(Database(url), tmp_path, SIZES[request.param])
    house.begin()
    yield house
    house.database.close()


@contextmanager
def running(*programs: Program) -> Iterator[None]:
    try:
        yield
    finally:
        for program in programs:
            program.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_everything_happens_once_though_schedulers_and_servers_are_killed_at_random(house: House) -> None:
    size, chance = house.size, random.Random(20260311)  # noqa: S311 - who dies when is no secret
    begin = house.waiting()
    assert begin >= size.timers + size.notices
    schedulers = [Program(house, "scheduler") for _ in range(2)]
    servers = [Program(house, "serve", "--no-scheduler") for _ in range(2)]
    client = Client(house, servers)
    with running(*schedulers, *servers):
        client.start()
        victims = [*["scheduler"] * size.scheduler_kills, *["server"] * size.web_kills]
        chance.shuffle(victims)
        # Each dies when so many rows are left.
        moments = sorted(chance.sample(range(begin // 10, begin), len(victims)), reverse=True)
        end = monotonic() + PATIENCE
        for victim, moment in zip(victims, moments, strict=True):
            while house.waiting() > moment:
                assert monotonic() < end, log_of(house)
                sleep(NAP)
            chance.choice(schedulers if victim == "scheduler" else servers).kill_and_start_again()
        while house.waiting() or client.is_alive():
            assert monotonic() < end, log_of(house)
            sleep(NAP)
    check_everything_happened_once(house, client)


def check_everything_happened_once(house: House, client: Client) -> None:
    with reading(house.database) as session:
        assert session.scalars(select(DueRow.last_error).where(DueRow.failed_at.is_not(None))).all() == []
        fired = session.execute(
            select(ProcessEvent.instance_id, ProcessEvent.node_id).where(ProcessEvent.kind == TIMER)
        ).all()
        assert Counter(Counter(fired).values()) == {1: house.size.timers}
        laid_out = session.scalars(
            select(NoticeDelivery.notice_id).where(NoticeDelivery.user_id == house.people.manager2.id)
        ).all()
        assert sorted(laid_out) == sorted(house.notices)
        completed = session.scalars(
            select(ProcessEvent.task_id).where(ProcessEvent.kind == "completed", ProcessEvent.task_id.in_(house.tasks))
        ).all()
        assert Counter(completed) == Counter(house.tasks)
        unsent = session.scalar(select(func.count(OutboxMessage.id)).where(OutboxMessage.sent_at.is_(None)))
        assert unsent == 0
    assert client.odd == []
    assert sum(client.answers.values()) == len(house.tasks)


def log_of(house: House) -> str:
    return "\n".join(path.read_text(errors="replace")[-2000:] for path in sorted(house.folder.glob("*.log")))
