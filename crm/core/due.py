"""Due rows: to make something happen later, write one. The scheduler claims them (crm/core/claims.py) and calls the
handler of their kind (scheduler/jobs.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Index,
    Select,
    String,
    Text,
    bindparam,
    cast,
    delete,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from crm.core.db import Base, Id, Json, UtcDateTime, affected, dialect_of
from crm.core.prepared import Prepared, insert_into

# Where a held row remembers when it was due, and when it is due meanwhile.
HELD = "held"
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
STILL_WANTED = text("failed_at IS NULL")
TRIED_BEFORE = text("failed_at IS NULL AND attempts > 0")


class Hopeless(Exception):
    """Raised by a handler: trying this again cannot help. The message is for the administrator."""


class DueRow(Base):
    """Something to be done at a time. It is deleted when done; `failed_at` is set when all tries are used up."""

    __tablename__ = "due_row"
    __table_args__ = (
        Index("ix_due_row_waiting", "due_at", "id", postgresql_where=STILL_WANTED, sqlite_where=STILL_WANTED),
        Index("ix_due_row_tried", "due_at", "id", postgresql_where=TRIED_BEFORE, sqlite_where=TRIED_BEFORE),
        Index("ix_due_row_subject", "kind", "subject_id", "ref"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), comment="names the handler in scheduler/jobs.py")
    subject_id: Mapped[int | None] = mapped_column(Id, comment="the row it is about, by kind")
    ref: Mapped[int | None] = mapped_column(Id, comment="what in it, e.g. the engine's token of a timer")
    payload: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    key: Mapped[str | None] = mapped_column(String(200), unique=True, comment="what must stand here only once")
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_by: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="nobody else takes it up before: the worker's time, or the wait after a failure"
    )
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(Text)


COLUMNS = ("kind", "subject_id", "ref", "payload", "key", "due_at", "created_at", "attempts")
ADD = insert_into(DueRow.__table__, *COLUMNS)
OF_SUBJECT = delete(DueRow).where(
    DueRow.kind == bindparam("of_kind"),
    DueRow.subject_id == bindparam("of_subject"),
    DueRow.id != bindparam("of_spare", type_=Id),
)
CLEAR = Prepared(OF_SUBJECT)
CLEAR_ONE = Prepared(OF_SUBJECT.where(DueRow.ref == bindparam("of_ref")))


@dataclass(frozen=True)
class Due:
    """A claimed row, as the handler sees it."""

    id: int
    kind: str
    subject_id: int | None
    ref: int | None
    payload: Mapping[str, Any]
    due_at: datetime
    attempts: int
    lease_until: datetime


@dataclass(frozen=True)
class Appointment:
    """Something to be scheduled: what, when, and about which row. A `key` that stands already means: asked for before."""

    kind: str
    due_at: datetime
    subject_id: int | None = None
    ref: int | None = None
    payload: Mapping[str, object] = field(default_factory=dict)
    key: str | None = None


def schedule(session: Session, appointment: Appointment, *, now: datetime) -> None:
    """Ask for something to be done at its time."""
    schedule_many(session, [appointment], now=now)


def schedule_many(session: Session, appointments: Sequence[Appointment], *, now: datetime) -> None:
    """Ask for several things in one statement."""
    rows = [
        {
            "kind": appointment.kind,
            "subject_id": appointment.subject_id,
            "ref": appointment.ref,
            "payload": dict(appointment.payload),
            "key": appointment.key,
            "due_at": appointment.due_at,
            "created_at": now,
            "attempts": 0,
        }
        for appointment in appointments
    ]
    for row in rows:
        (ADD if row["key"] is None else _add_once(dialect_of(session))).later(session, row)


def schedule_each(session: Session, kind: str, subjects: Select[int], *, now: datetime) -> int:
    """Ask for something at once for each subject that a query finds, however many they are: none of them is fetched.

    The key `<kind>-<subject>` keeps what was asked for and has not been done from being asked for again. Answers how many
    are new.
    """
    found = subjects.subquery()
    subject = found.c[0]
    rows = select(
        literal(kind),
        subject,
        literal({}, Json),
        literal(f"{kind}-").concat(cast(subject, String)),
        literal(now, UtcDateTime),
        literal(now, UtcDateTime),
        literal(0),
    ).where(subject.is_not(None))
    names = ["kind", "subject_id", "payload", "key", "due_at", "created_at", "attempts"]
    asked = _inserts(dialect_of(session))(DueRow.__table__).from_select(names, rows).on_conflict_do_nothing()
    return affected(session.execute(asked))


def is_asked_for(session: Session, kind: str) -> bool:
    """Does anything of this kind wait, or is it being done?"""
    wanted = select(DueRow.id).where(DueRow.kind == kind, DueRow.failed_at.is_(None)).limit(1)
    return session.scalar(wanted) is not None


def insert_once(session: Session, model: type[Base], values: Mapping[str, object]) -> int | None:
    """Add a row unless one with the same unique values stands there. Its id, or None if there was one."""
    row = _once(dialect_of(session), model, tuple(values)).first(session, values)
    return None if row is None else int(row[0])


@cache
def _add_once(dialect: str) -> Prepared:
    values: dict[str, Any] = {name: bindparam(name) for name in COLUMNS}
    return Prepared(_inserts(dialect)(DueRow.__table__).inline().values(values).on_conflict_do_nothing())


@cache
def _once(dialect: str, model: type[Base], columns: tuple[str, ...]) -> Prepared:
    table = model.__table__
    values: dict[str, Any] = {name: bindparam(name) for name in columns}
    return Prepared(_inserts(dialect)(table).values(values).on_conflict_do_nothing().returning(table.c.id))


def _inserts(dialect: str) -> Any:
    # Both databases know ON CONFLICT, but SQLAlchemy offers it with each dialect's own INSERT only.
    return (postgresql if dialect == "postgresql" else sqlite).insert


def unschedule(
    session: Session, *, kind: str, subject_id: int, refs: Sequence[int] | None = None, spare: int | None = None
) -> None:
    """It need not happen any more: all rows of the subject, or those of the named refs.

    `spare` is the id of the row whose work is being done just now: whoever claimed it puts it away.
    """
    given = {"of_kind": kind, "of_subject": subject_id, "of_spare": spare or 0}
    if refs is None:
        CLEAR.later(session, given)
    for ref in refs or ():
        CLEAR_ONE.later(session, {**given, "of_ref": ref})


def hold(session: Session, *, kinds: Collection[str], subject_id: int) -> None:
    """The rows of a subject wait until `let_run`, however long that takes; they remember when they were due."""
    for row in session.scalars(_of_subject(kinds, subject_id)):
        if HELD not in row.payload:
            row.payload = {**row.payload, HELD: row.due_at.isoformat()}
            row.due_at = NEVER
    session.flush()


def held(appointment: Appointment) -> Appointment:
    """The same for a subject that is held: it waits with the others, from the moment at which it was asked for."""
    payload = {**appointment.payload, HELD: appointment.due_at.isoformat()}
    return replace(appointment, due_at=NEVER, payload=payload)


def hold_again(session: Session, due: Due, *, now: datetime) -> None:
    """A row that was claimed before its subject was held: it stands again, and waits like the others."""
    payload = {**due.payload, HELD: due.payload.get(HELD) or due.due_at.isoformat()}
    schedule(session, Appointment(due.kind, NEVER, due.subject_id, due.ref, payload), now=now)


def let_run(
    session: Session, *, kinds: Collection[str], subject_id: int, move: Callable[[datetime, datetime], datetime]
) -> None:
    """The rows that were held are due again, each when `move` says for the times at which it was due and was asked for."""
    for row in session.scalars(_of_subject(kinds, subject_id)):
        if HELD in row.payload:
            row.due_at = move(datetime.fromisoformat(row.payload[HELD]), row.created_at)
            row.payload = {name: value for name, value in row.payload.items() if name != HELD}
    session.flush()


def _of_subject(kinds: Collection[str], subject_id: int) -> Select[DueRow]:
    wanted = select(DueRow).where(DueRow.kind.in_(sorted(kinds)), DueRow.subject_id == subject_id)
    fresh = wanted.where(DueRow.failed_at.is_(None)).order_by(DueRow.id).with_for_update()
    return fresh.execution_options(populate_existing=True)


def retry(session: Session, *, kind: str, subject_id: int, now: datetime) -> None:
    """Let failed rows of a subject be tried again from now on."""
    session.execute(
        update(DueRow)
        .where(DueRow.kind == kind, DueRow.subject_id == subject_id, DueRow.failed_at.is_not(None))
        .values(failed_at=None, attempts=0, lease_until=now, last_error=None)
    )
