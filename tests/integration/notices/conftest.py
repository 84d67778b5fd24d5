"""A kind of notices of these tests' own, and short words for telling and for letting the clock work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from sqlalchemy import select

from crm.core.db import Database, reading, unit_of_work
from crm.core.i18n import text
from crm.core.mail import Letter
from crm.core.outbox import OutboxMessage
from crm.notices import kinds
from crm.notices.faults import RoadFault
from crm.notices.kinds import SYSTEM, NoticeKind, add_kinds
from crm.notices.models import Mailing, Notice, NoticeRobot
from crm.notices.operations import notify
from crm.notices.robots import Courier, Message
from crm.permissions import Actor
from scheduler.jobs import Jobs, add_mail, add_notices
from scheduler.sweep import tick
from tests.conftest import MovableClock

KINDS = (
    NoticeKind("test.loud", text("Open"), SYSTEM, Mailing.NOW),
    NoticeKind("test.calm", text("Open"), SYSTEM, Mailing.DIGEST),
    NoticeKind("test.still", text("Open"), SYSTEM, Mailing.OFF),
)


@pytest.fixture(autouse=True)
def kinds_of_these_tests() -> Iterator[None]:
    """No other test meets them."""
    add_kinds(*KINDS)
    yield
    for kind in KINDS:
        del kinds._kinds[kind.key]


@dataclass
class Letters:
    """Where mail goes in these tests."""

    sent: list[Letter] = field(default_factory=list)

    def send(self, letter: Letter) -> None:
        self.sent.append(letter)


@dataclass(frozen=True)
class Noted(Courier):
    """Keeps what would be sent to robots. Those named `broken` refuse, those named `inside` lie inside."""

    carried: list[tuple[str, str]] = field(default_factory=list)
    tries: list[str] = field(default_factory=list)

    def carry(self, robot: NoticeRobot, message: Message, *, now: datetime) -> None:
        self.tries.append(robot.name)
        if robot.name == "broken":
            raise RoadFault("refused", 500)
        if robot.name == "inside":
            raise RoadFault("inside", "hooks.example.com")
        self.carried.append((robot.name, message.words))


@dataclass
class Office:
    """A database with its clock: tell people, let time pass, see what left the house."""

    database: Database
    clock: MovableClock
    letters: Letters = field(default_factory=Letters)
    courier: Noted = field(default_factory=lambda: Noted("https://crm.example.com"))

    @property
    def jobs(self) -> Jobs:
        jobs = Jobs()
        add_mail(jobs, self.letters)
        add_notices(jobs, self.courier)
        return jobs

    def tell(self, *to: Actor, kind: str = "test.loud", key: str = "k", words: str = "Hello", **rest: object) -> None:
        with unit_of_work(self.database) as session:
            notify(
                session,
                to=[person.id for person in to],
                kind=kind,
                message=text("{words}", words=words),
                link="/tasks/7",
                now=self.clock(),
                key=key,
                **rest,  # type: ignore[arg-type]  # the test names parameters of the verb
            )

    def pass_time(self, **distance: float) -> None:
        """Let the clock do what is due now and, step by step, until then."""
        tick(self.database, self.jobs, self.clock)
        self.clock.move(**distance)
        tick(self.database, self.jobs, self.clock)

    def work(self) -> None:
        tick(self.database, self.jobs, self.clock)

    def notices(self, of: Actor | None = None) -> list[Notice]:
        with reading(self.database) as session:
            query = select(Notice).order_by(Notice.id)
            return list(session.scalars(query if of is None else query.where(Notice.user_id == of.id)))

    def mails(self) -> list[OutboxMessage]:
        with reading(self.database) as session:
            return list(session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))

    def do(self, verb: Callable[..., object], **given: object) -> object:
        with unit_of_work(self.database) as session:
            return verb(session, now=self.clock(), **given)


@pytest.fixture
def office(database: Database, clock: MovableClock) -> Office:
    return Office(database, clock)


def kinds_of(notices: Iterable[Notice]) -> list[str]:
    return [notice.kind for notice in notices]
