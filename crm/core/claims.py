"""Claiming due rows, for whoever does what they ask for.

A row is claimed with a lease, so that any number of schedulers may run side by side and a dead one loses nothing:
PostgreSQL passes over rows that another transaction holds (`SKIP LOCKED`), SQLite has one writer at a time anyway, and the
compare-and-set in the UPDATE holds on both. Each verb after the claim names the worker, so that one whose lease ran out
changes nothing any more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import ColumnElement, Integer, and_, bindparam, delete, func, literal_column, or_, select, update
from sqlalchemy.orm import Session

from crm.core.db import UtcDateTime, dialect_of
from crm.core.due import Due, DueRow
from crm.core.prepared import Prepared
from crm.core.queued import Refusal

LEASE = timedelta(minutes=2)
BACK_OFF = (timedelta(seconds=30), timedelta(minutes=5))
TRIES = len(BACK_OFF) + 1
# The number of the attempt tells this claim from a later one of the same worker.
GONE = Prepared(
    delete(DueRow).where(
        DueRow.id == bindparam("of_id"),
        DueRow.claimed_by == bindparam("of_worker"),
        DueRow.attempts == bindparam("of_attempt"),
    )
)


@dataclass(frozen=True)
class Queue:
    """How the due work stands: what should have happened by now, since when, and what was given up."""

    waiting: int
    oldest_due_at: datetime | None
    failed: int


def anything_due(session: Session, *, now: datetime, kinds: Collection[str] | None = None) -> bool:
    """Is there a row to claim? A look without any lock, so that an idle scheduler disturbs nobody."""
    return _look(_frozen(kinds)).first(session, _moments(now)) is not None


def claim(
    session: Session,
    *,
    now: datetime,
    worker: str,
    limit: int = 100,
    kinds: Collection[str] | None = None,
    tried: bool | None = None,
) -> list[Due]:
    """Take up to `limit` rows that are due and free, and hold them for `LEASE`.

    `kinds` are those that the caller can handle; None takes all. `tried` asks for rows that were claimed before (True) or
    never (False).
    """
    values = {**_moments(now), "most": limit, "worker": worker, "until": now + LEASE}
    rows = _take(dialect_of(session), _frozen(kinds), tried).rows(session, values)
    return sorted((Due(*row) for row in rows), key=lambda due: (due.due_at, due.id))


@lru_cache(maxsize=100)
def _look(kinds: frozenset[str] | None) -> Prepared:
    return Prepared(select(DueRow.id).where(*_claimable(kinds)).limit(literal_column("1")))


@lru_cache(maxsize=100)
def _take(dialect: str, kinds: frozenset[str] | None, tried: bool | None) -> Prepared:
    conditions = _claimable(kinds)
    if tried is not None:
        # Written out, not as a parameter: only then do the databases see that the index of tried rows fits.
        never: ColumnElement[int] = literal_column("0")
        conditions.append(DueRow.attempts > never if tried else DueRow.attempts == never)
    candidates = select(DueRow.id).where(*conditions).order_by(DueRow.due_at, DueRow.id)
    candidates = candidates.limit(bindparam("most", type_=Integer))
    if dialect == "postgresql":
        candidates = candidates.with_for_update(skip_locked=True)
    # A part of its own: inside of the condition PostgreSQL might look for candidates more than once, and take too many.
    chosen = candidates.cte("chosen")
    return Prepared(
        update(DueRow)
        .where(DueRow.id.in_(select(chosen.c.id)), _free())
        .values(claimed_by=bindparam("worker"), lease_until=bindparam("until"), attempts=DueRow.attempts + 1)
        .returning(
            DueRow.id,
            DueRow.kind,
            DueRow.subject_id,
            DueRow.ref,
            DueRow.payload,
            DueRow.due_at,
            DueRow.attempts,
            DueRow.lease_until,
        )
    )


def _frozen(kinds: Collection[str] | None) -> frozenset[str] | None:
    return None if kinds is None else frozenset(kinds)


def _moments(now: datetime) -> dict[str, datetime]:
    return {"now": now, "impossible": now + 2 * LEASE}


def _free() -> ColumnElement[bool]:
    # A lease further ahead than any lease lasts was written under a clock that has been set back since: it binds nobody.
    impossible = and_(DueRow.claimed_by.is_not(None), DueRow.lease_until > bindparam("impossible", type_=UtcDateTime()))
    return or_(DueRow.lease_until.is_(None), DueRow.lease_until <= bindparam("now", type_=UtcDateTime()), impossible)


def _claimable(kinds: frozenset[str] | None) -> list[ColumnElement[bool]]:
    conditions = [DueRow.failed_at.is_(None), DueRow.due_at <= bindparam("now", type_=UtcDateTime()), _free()]
    if kinds is not None:
        conditions.append(DueRow.kind.in_(sorted(kinds)))
    return conditions


def _still_held(due: Due, worker: str) -> ColumnElement[bool]:
    return and_(DueRow.id == due.id, DueRow.claimed_by == worker, DueRow.attempts == due.attempts)


def renew(session: Session, due: Due, *, worker: str, now: datetime) -> bool:
    """Hold a claimed row for a full lease from now. False if it was lost, or is not wanted any more."""
    held = update(DueRow).where(_still_held(due, worker)).values(lease_until=now + LEASE).returning(DueRow.id)
    return session.execute(held, execution_options={"synchronize_session": False}).first() is not None


def finish(session: Session, due: Due, *, worker: str) -> bool:
    """The work is done, in this same transaction. False if the lease was lost meanwhile: then roll back."""
    return GONE.change(session, _claim_of(due, worker)) == 1


def finish_all(session: Session, dues: Iterable[Due], *, worker: str, lost: Refusal) -> None:
    """Like `finish`, for several rows that were done together: before the commit what `lost` answers is raised if any of
    them was."""
    for due in dues:
        GONE.later(session, _claim_of(due, worker), refusal=lost)


def _claim_of(due: Due, worker: str) -> dict[str, object]:
    return {"of_id": due.id, "of_worker": worker, "of_attempt": due.attempts}


def put_off(session: Session, due: Due, *, worker: str, due_at: datetime) -> bool:
    """The work is done for this time and comes again at `due_at`. False if the lease was lost: then roll back."""
    again = (
        update(DueRow)
        .where(_still_held(due, worker))
        .values(due_at=due_at, claimed_by=None, lease_until=None, attempts=0, last_error=None)
        .returning(DueRow.id)
    )
    return session.execute(again, execution_options={"synchronize_session": False}).first() is not None


def give_back(
    session: Session,
    due: Due,
    *,
    worker: str,
    now: datetime,
    error: str,
    back_off: Sequence[timedelta] = BACK_OFF,
    hopeless: bool = False,
) -> bool:
    """The work failed: nobody takes it up before `back_off` has passed; `due_at` stays what it was.

    True when that was the last try and the row now counts as failed.
    """
    last = hopeless or due.attempts > len(back_off)
    values: dict[str, object] = {"claimed_by": None, "lease_until": None, "last_error": error[:2000]}
    if last:
        values["failed_at"] = now
    else:
        values["lease_until"] = now + back_off[due.attempts - 1]
    given = update(DueRow).where(_still_held(due, worker)).values(**values).returning(DueRow.id)
    mine = session.execute(given, execution_options={"synchronize_session": False}).first() is not None
    return last and mine


def let_go(session: Session, *, worker: str) -> None:
    """Free whatever this worker still holds; said when it stops or could not work."""
    session.execute(
        update(DueRow).where(DueRow.claimed_by == worker).values(claimed_by=None, lease_until=None),
        execution_options={"synchronize_session": False},
    )


def queue_at(session: Session, *, now: datetime) -> Queue:
    """How much should have happened by now and has not."""
    waiting, oldest = session.execute(
        select(func.count(), func.min(DueRow.due_at)).where(DueRow.failed_at.is_(None), DueRow.due_at <= now)
    ).one()
    failed = session.scalar(select(func.count()).where(DueRow.failed_at.is_not(None)))
    return Queue(waiting=waiting, oldest_due_at=oldest, failed=failed or 0)
