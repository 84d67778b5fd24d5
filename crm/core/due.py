"""Due rows: to make something happen later, write one. The scheduler claims them and calls the handler of their kind.

A row is claimed with a lease, so that any number of schedulers may run side by side and a dead one loses nothing:
PostgreSQL passes over rows that another transaction holds (`SKIP LOCKED`), SQLite has one writer at a time anyway, and the
compare-and-set in the UPDATE holds on both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, String, Text, delete, insert, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from crm.core.db import Base, Id, Json, UtcDateTime, dialect_of

LEASE = timedelta(minutes=2)
TRIES = 3
BACK_OFF = (timedelta(seconds=30), timedelta(minutes=5))


class DueRow(Base):
    """Something to be done at a time. It is deleted when done; `failed_at` is set when all tries are used up."""

    __tablename__ = "due_row"
    __table_args__ = (
        Index(
            "ix_due_row_waiting", "due_at", "id", postgresql_where="failed_at IS NULL", sqlite_where="failed_at IS NULL"
        ),
        Index("ix_due_row_subject", "kind", "subject_id", "ref"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), comment="names the handler in scheduler/jobs.py")
    subject_id: Mapped[int | None] = mapped_column(Id, comment="the row it is about, by kind")
    ref: Mapped[int | None] = mapped_column(Id, comment="what in it, e.g. the engine's token of a timer")
    payload: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_by: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(Text)


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


@dataclass(frozen=True)
class Appointment:
    """Something to be scheduled: what, when, and about which row."""

    kind: str
    due_at: datetime
    subject_id: int | None = None
    ref: int | None = None
    payload: Mapping[str, object] = field(default_factory=dict)


def schedule(session: Session, appointment: Appointment, *, now: datetime) -> None:
    """Ask for something to be done at its time."""
    schedule_many(session, [appointment], now=now)


def schedule_many(session: Session, appointments: Sequence[Appointment], *, now: datetime) -> None:
    """Ask for several things in one statement."""
    session.execute(
        insert(DueRow),
        [
            {
                "kind": appointment.kind,
                "subject_id": appointment.subject_id,
                "ref": appointment.ref,
                "payload": dict(appointment.payload),
                "due_at": appointment.due_at,
                "created_at": now,
                "attempts": 0,
            }
            for appointment in appointments
        ],
    )


def unschedule(session: Session, *, kind: str, subject_id: int, refs: Sequence[int] | None = None) -> None:
    """It need not happen any more: all rows of the subject, or those of the named refs."""
    query = delete(DueRow).where(DueRow.kind == kind, DueRow.subject_id == subject_id)
    session.execute(query if refs is None else query.where(DueRow.ref.in_(refs)))


def claim(session: Session, *, now: datetime, worker: str, limit: int = 100) -> list[Due]:
    """Take up to `limit` rows that are due and free, and hold them for `LEASE`."""
    free = or_(DueRow.lease_until.is_(None), DueRow.lease_until < now)
    candidates = (
        select(DueRow.id)
        .where(DueRow.failed_at.is_(None), DueRow.due_at <= now, free)
        .order_by(DueRow.due_at, DueRow.id)
        .limit(limit)
    )
    if dialect_of(session) == "postgresql":
        candidates = candidates.with_for_update(skip_locked=True)
    ids = list(session.scalars(candidates))
    if not ids:
        return []
    taken = session.execute(
        update(DueRow)
        .where(DueRow.id.in_(ids), free)
        .values(claimed_by=worker, lease_until=now + LEASE, attempts=DueRow.attempts + 1)
        .returning(
            DueRow.id, DueRow.kind, DueRow.subject_id, DueRow.ref, DueRow.payload, DueRow.due_at, DueRow.attempts
        )
    )
    return sorted((Due(*row) for row in taken), key=lambda due: (due.due_at, due.id))


def finish(session: Session, due: Due, *, worker: str) -> bool:
    """The work is done, in this same transaction. False if the lease was lost meanwhile: then roll back."""
    gone = session.execute(delete(DueRow).where(DueRow.id == due.id, DueRow.claimed_by == worker).returning(DueRow.id))
    return gone.first() is not None


def give_back(session: Session, due: Due, *, worker: str, now: datetime, error: str) -> bool:
    """The work failed: try again later. True when that was the last try and the row now counts as failed."""
    last = due.attempts >= TRIES
    values: dict[str, object] = {"claimed_by": None, "lease_until": None, "last_error": error[:2000]}
    if last:
        values["failed_at"] = now
    else:
        values["due_at"] = now + BACK_OFF[min(due.attempts, len(BACK_OFF)) - 1]
    session.execute(update(DueRow).where(DueRow.id == due.id, DueRow.claimed_by == worker).values(**values))
    return last


def retry(session: Session, *, kind: str, subject_id: int, now: datetime) -> None:
    """Let failed rows of a subject be tried again from now on."""
    session.execute(
        update(DueRow)
        .where(DueRow.kind == kind, DueRow.subject_id == subject_id, DueRow.failed_at.is_not(None))
        .values(failed_at=None, attempts=0, due_at=now, last_error=None)
    )
