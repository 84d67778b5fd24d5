"""The table of what the clock can do: kind of due row → who does it and who hears when it was given up.

`app.py` fills it; nothing else does. A kind that is not in the table is never claimed, so that during an upgrade the
scheduler that knows it finds it untouched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from crm.core import due as due_rows
from crm.core import outbox
from crm.core.claims import BACK_OFF
from crm.core.db import Database, reading
from crm.core.due import Appointment, Due, DueRow
from crm.core.mail import Transport
from crm.losses import scanning
from crm.notices import delivery, keeping, operations
from crm.notices.robots import Courier
from crm.reminders import operations as reminders
from scheduler.rhythm import Rhythm, every, weekly

Handler = Callable[[Session, Due, datetime], object]
Errand = Callable[[Database, Due, datetime], object]
GaveUp = Callable[[Session, Due, str, datetime], object]

LONGEST_KIND: int = DueRow.kind.type.length
# A mail server may be away for a night: eight tries over almost a day and a half.
MAIL_BACK_OFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=20),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=8),
    timedelta(hours=20),
)


class Lane(StrEnum):
    """Queues of their own, so that a slow mail server never holds up a deadline, somebody's webhook that hangs no mail, and
    what comes in thousands at once nothing that has its moment."""

    INSIDE = "inside"
    BULK = "bulk"
    OUTSIDE = "outside"
    ABROAD = "abroad"


@dataclass(frozen=True)
class Job:
    """How one kind of due row is done.

    `handler` works inside the transaction that also deletes the row. `errand` is done before it, while no transaction is
    open: it may talk to the world, and may happen twice when the scheduler dies in between. `abroad` are errands to machines
    that people named, of which nothing is known. `bulk` may come in thousands at once and is in no hurry. `gave_up` is told
    once, with the last error, when all tries are used up.
    """

    kind: str
    handler: Handler
    errand: Errand | None = None
    gave_up: GaveUp | None = None
    back_off: Sequence[timedelta] = BACK_OFF
    rhythm: Rhythm | None = None
    abroad: bool = False
    bulk: bool = False

    @property
    def lane(self) -> Lane:
        if self.errand is None:
            return Lane.BULK if self.bulk else Lane.INSIDE
        return Lane.ABROAD if self.abroad else Lane.OUTSIDE


class Jobs:
    """The table itself."""

    def __init__(self) -> None:
        self._table: dict[str, Job] = {}

    def on(
        self,
        kind: str,
        handler: Handler,
        *,
        errand: Errand | None = None,
        gave_up: GaveUp | None = None,
        back_off: Sequence[timedelta] = BACK_OFF,
        abroad: bool = False,
        bulk: bool = False,
    ) -> None:
        """Rows of this kind are done by `handler(session, due, now)`; see `Job` for the rest."""
        self._add(Job(kind, handler, errand, gave_up, tuple(back_off), abroad=abroad, bulk=bulk))

    def every(self, name: str, do: Callable[[Session, datetime], object], rhythm: Rhythm) -> None:
        """`do(session, now)` again and again, in a transaction of its own. Late ones are caught up once."""
        self._add(Job(f"every:{name}", lambda session, _due, now: do(session, now), rhythm=rhythm))

    def _add(self, job: Job) -> None:
        if job.kind in self._table:
            raise ValueError(f"two jobs are called {job.kind}")
        if len(job.kind) > LONGEST_KIND:
            raise ValueError(f"{job.kind} is longer than {LONGEST_KIND} letters")
        self._table[job.kind] = job

    def __getitem__(self, kind: str) -> Job:
        return self._table[kind]

    def kinds(self, lane: Lane) -> frozenset[str]:
        return frozenset(kind for kind, job in self._table.items() if job.lane is lane)

    def start_rhythms(self, session: Session, *, now: datetime) -> None:
        """Write the due row of each recurring job that has none yet; its key keeps a second scheduler from doubling it."""
        for job in self._table.values():
            if job.rhythm is not None:
                due_rows.schedule(session, Appointment(job.kind, job.rhythm(now), key=job.kind), now=now)


def add_mail(jobs: Jobs, transport: Transport) -> None:
    """Mail that operations have put into the outbox goes out over `transport`, and is forgotten long after."""

    def send(database: Database, due: Due, _now: datetime) -> None:
        with reading(database) as session:
            letter = outbox.letter_of(session, _message_id(due))
        if letter is not None:
            transport.send(letter)

    def note_sent(session: Session, due: Due, now: datetime) -> None:
        outbox.mark_sent(session, _message_id(due), now=now)

    def note_failed(session: Session, due: Due, error: str, now: datetime) -> None:
        outbox.mark_failed(session, _message_id(due), now=now, error=error)

    jobs.on(outbox.MAIL, note_sent, errand=send, gave_up=note_failed, back_off=MAIL_BACK_OFF)
    jobs.every("old mail", outbox.forget_old_mail, every(hours=1))


def add_notices(jobs: Jobs, courier: Courier) -> None:
    """What people were told goes on by the roads that they chose, and is forgotten long after."""
    road = delivery.RobotRoad(courier)
    jobs.on(operations.DUE, delivery.deliver)
    jobs.on(delivery.DIGEST, delivery.send_digest)
    jobs.on(
        delivery.TO_ROBOT,
        road.arrived,
        errand=road.carry,
        gave_up=road.gave_up,
        back_off=delivery.ROBOT_BACK_OFF,
        abroad=True,
    )
    jobs.every("old notices", keeping.forget_old_notices, every(hours=1))


def add_reminders(jobs: Jobs) -> None:
    """Rules look for what people should be told of: each quarter of an hour it is seen whose time has come."""
    jobs.on(reminders.DUE, reminders.remind, bulk=True)
    jobs.every("reminders", reminders.look_around, every(hours=0.25))
    jobs.every("old reminders", reminders.forget_old, every(hours=24))


def add_losses(jobs: Jobs, timezone: str) -> None:
    """Once a week it is looked who has not ordered for long; each is warned of by a row of their own."""
    jobs.on(scanning.LOOK, scanning.look_at_stretch)
    jobs.on(scanning.WARN, scanning.warn_of, bulk=True)
    jobs.every("losses", scanning.look_for_losses, weekly(weekday=0, hour=6, timezone=timezone))


def _message_id(due: Due) -> int:
    if due.subject_id is None:
        raise due_rows.Hopeless("the due row names no message")
    return due.subject_id
