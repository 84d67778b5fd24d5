"""One sweep of the clock: claim what is due, do it, delete it.

Several rows share a transaction, because a commit costs more than most of them. If one of them fails, all of it is undone
and each is done again in a transaction of its own, so that one that fails takes nothing along and none ever sees another's
half work. Effect and deletion of a row are committed together: whoever dies in between has done nothing. Which thread
calls this, and what happens while the database is away, stands in scheduler/runner.py.
"""

from __future__ import annotations

import logging
import traceback
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.orm import Session

from crm.core import claims
from crm.core.clock import Clock
from crm.core.db import Database, reading, unit_of_work
from crm.core.due import Due, Hopeless
from crm.core.errors import HeliuError
from scheduler.jobs import Job, Jobs, Lane

logger = logging.getLogger(__name__)

BATCH = {Lane.INSIDE: 100, Lane.BULK: 100, Lane.OUTSIDE: 10, Lane.ABROAD: 5}
# A sweep ends after this long even if more is due, so that its caller can give a sign of life.
SWEEP_SECONDS = 10.0
# How long a shared transaction takes in more rows; others wait for what it has locked.
GROUP_SECONDS = 0.2


@dataclass
class Swept:
    """What a sweep did. `lost` rows were taken over by another scheduler, or were not wanted any more."""

    done: int = 0
    failed: int = 0
    lost: int = 0


def tick(
    database: Database,
    jobs: Jobs,
    clock: Clock,
    *,
    worker: str = "here",
    lanes: Iterable[Lane] = tuple(Lane),
    seconds: float = SWEEP_SECONDS,
    stopping: Callable[[], bool] = lambda: False,
    pause: Callable[[float], object] = lambda _seconds: None,
) -> Swept:
    """Do everything that is due by now; begin no further batch after `seconds`.

    `stopping` is asked before each row; what is claimed then stays so until `claims.let_go` or the end of the lease.
    `pause(seconds)` is called where others should get their turn at the database. What a handler raises stays with its
    row; what the database raises when it is away comes out here.
    """
    sweep = Sweep(database, jobs, clock, worker=worker, stopping=stopping, pause=pause)
    until = monotonic() + seconds
    for lane in lanes:
        while monotonic() < until and sweep.take_turn(lane):
            pass
    return sweep.swept


class _Lost(Exception):
    """The row is not ours any more, so its work must not become true."""


class Sweep:
    """The claims of one worker and what becomes of them."""

    def __init__(
        self,
        database: Database,
        jobs: Jobs,
        clock: Clock,
        *,
        worker: str,
        stopping: Callable[[], bool],
        pause: Callable[[float], object],
    ) -> None:
        self.database, self.jobs, self.clock, self.worker = database, jobs, clock, worker
        self.stopping, self.pause = stopping, pause
        self.swept = Swept()

    def take_turn(self, lane: Lane) -> bool:
        """Claim a batch and do it. False when there was nothing to claim."""
        kinds = self.jobs.kinds(lane)
        with reading(self.database) as session:
            if self.stopping() or not claims.anything_due(session, now=self.clock(), kinds=kinds):
                return False
        # Rows that were claimed before are taken one at a time: if one of them kills the process, it alone loses a try,
        # and it is given up in the end instead of killing every scheduler for ever.
        fresh = self._claim(kinds, tried=False, limit=BATCH[lane])
        self._do_all(fresh)
        again = [] if self.stopping() else self._claim(kinds, tried=True, limit=1)
        for due in again:
            if due.attempts > len(self.jobs[due.kind].back_off) + 1:
                self._fail_alone(due, Hopeless("every scheduler that began this has died of it, or lost the database"))
            else:
                self._do_alone(due)
        return bool(fresh or again)

    def _claim(self, kinds: frozenset[str], *, tried: bool, limit: int) -> list[Due]:
        with unit_of_work(self.database) as session:
            now = self.clock()
            return claims.claim(session, now=now, worker=self.worker, kinds=kinds, tried=tried, limit=limit)

    def _do_all(self, claimed: list[Due]) -> None:
        # Rows about the same subject stand together and in the same order everywhere, so that two schedulers lock alike.
        waiting = deque(sorted(claimed, key=lambda due: (due.kind, due.subject_id or 0, due.due_at, due.id)))
        while waiting and not self.stopping():
            if self._stands_alone(waiting[0]):
                self._do_alone(waiting.popleft())
            else:
                self._do_together(waiting)

    def _stands_alone(self, due: Due) -> bool:
        job = self.jobs[due.kind]
        return job.errand is not None or job.rhythm is not None

    def _do_together(self, waiting: deque[Due]) -> None:
        """Take rows from the left and do them in one transaction, until it has been open long enough."""
        begun, taken = monotonic(), [waiting.popleft()]
        try:
            with unit_of_work(self.database) as outer:
                self._work_inside(outer, taken[0])
                while waiting and not self.stopping() and monotonic() < begun + GROUP_SECONDS:
                    if self._stands_alone(waiting[0]):
                        break
                    taken.append(waiting.popleft())
                    self._work_inside(outer, taken[-1])
                claims.finish_all(outer, taken, worker=self.worker, lost=_Lost)
        except Exception as error:
            if _is_away(error):
                raise
            for due in taken:
                self._do_alone(due)
        else:
            self.swept.done += len(taken)
        if self.database.is_sqlite:
            # One writer at a time, and those who wait look only now and then whether it is their turn.
            self.pause((monotonic() - begun) / 2)

    def _work_inside(self, outer: Session, due: Due) -> None:
        # A session of its own: nothing that one handler has loaded or told is there for the next.
        with Session(outer.connection(), join_transaction_mode="rollback_only", expire_on_commit=False) as session:
            session.info["database"] = self.database
            self._work(session, due)
            session.flush()

    def _do_alone(self, due: Due) -> None:
        errand = self.jobs[due.kind].errand
        try:
            if errand is not None:
                self._renew(due)
                errand(self.database, due, self._now(due))
            with unit_of_work(self.database) as session:
                self._work(session, due)
                self._close(session, due)
        except _Lost:
            self.swept.lost += 1
        except Exception as error:
            if _is_away(error):
                raise
            self._fail_alone(due, error)
        else:
            self.swept.done += 1

    def _fail_alone(self, due: Due, error: Exception) -> None:
        with unit_of_work(self.database) as session:
            self._fail(session, due, error)
        self.swept.failed += 1

    def _renew(self, due: Due) -> None:
        with unit_of_work(self.database) as session:
            if not claims.renew(session, due, worker=self.worker, now=self.clock()):
                raise _Lost

    def _work(self, session: Session, due: Due) -> None:
        """The handler, then whoever hears its events. The row goes last: in this order other verbs lock, too."""
        if self.clock() >= due.lease_until and self.jobs[due.kind].errand is None:
            raise _Lost
        self.jobs[due.kind].handler(session, due, self._now(due))
        self.database.listeners.hear(session)

    def _close(self, session: Session, due: Due) -> None:
        rhythm = self.jobs[due.kind].rhythm
        if rhythm is None:
            ours = claims.finish(session, due, worker=self.worker)
        else:
            ours = claims.put_off(session, due, worker=self.worker, due_at=rhythm(self._now(due)))
        if not ours:
            raise _Lost

    def _fail(self, session: Session, due: Due, error: Exception) -> None:
        job, now, reason = self.jobs[due.kind], self._now(due), reason_of(error)
        _log_failure(due, error)
        if job.rhythm is not None and due.attempts > len(job.back_off):
            claims.put_off(session, due, worker=self.worker, due_at=job.rhythm(now))
            return
        last = claims.give_back(
            session,
            due,
            worker=self.worker,
            now=now,
            error=reason,
            back_off=job.back_off,
            hopeless=isinstance(error, Hopeless),
        )
        if last:
            self._tell_given_up(session, job, due, reason, now)

    def _tell_given_up(self, outer: Session, job: Job, due: Due, reason: str, now: datetime) -> None:
        logger.error("due row %s (%s, subject %s) is given up", due.id, due.kind, due.subject_id)
        if job.gave_up is None:
            return
        try:
            with outer.begin_nested():
                job.gave_up(outer, due, reason, now)
                self.database.listeners.hear(outer)
        except Exception as error:
            if _is_away(error):
                raise
            outer.info.pop("told", None)
            _log_failure(due, error)

    def _now(self, due: Due) -> datetime:
        # Never before the row was due, even if the clock has been set back since it was claimed.
        return max(self.clock(), due.due_at)


def reason_of(error: Exception) -> str:
    """What went wrong, for the row and the administrator. Of a database error the first line only: the rest quotes data."""
    if isinstance(error, HeliuError | Hopeless):
        return str(error)
    said = str(error.orig if isinstance(error, DBAPIError) else error).partition("\n")[0]
    return f"{type(error).__name__}: {said}"


def _is_away(error: Exception) -> bool:
    if isinstance(error, PendingRollbackError):
        # Its code for "the connection is lost"; the other one says that a handler went on after a failed flush.
        return error.code == "8s2b"
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _log_failure(due: Due, error: Exception) -> None:
    """Ids and places only: the words of an error may quote a customer's data, and stand in the row for those who may see it."""
    expected = isinstance(error, HeliuError | Hopeless)
    logger.warning(
        "due row %s (%s, subject %s), try %s: %s%s",
        due.id,
        due.kind,
        due.subject_id,
        due.attempts,
        type(error).__name__,
        "" if expected else "\n" + "".join(traceback.format_tb(error.__traceback__)).rstrip(),
    )
