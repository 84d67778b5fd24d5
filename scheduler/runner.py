"""The clock's own life: a sweep each second, signs of life, patience while the database is away, an orderly stop.

APScheduler is the metronome only. It keeps no jobs: what is to happen stands in due rows, so that any number of these may
run, in the web process (`run_in_background`) or alone (`run_forever`).
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from types import FrameType

from apscheduler.schedulers.background import BackgroundScheduler

from crm.core import heartbeat
from crm.core.claims import let_go
from crm.core.clock import Clock, utc_now
from crm.core.db import Database, unit_of_work
from scheduler.jobs import Jobs, Lane
from scheduler.sweep import Swept, reason_of, tick

logger = logging.getLogger(__name__)

TICK_SECONDS = 1
# How long to leave a database alone that did not answer: doubled each time, up to the last.
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 30.0


def worker_name() -> str:
    """Who claims: machine, process and a random part, as after a restart the number may be the same."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


class Turn:
    """What one lane does each second, and whether its database answers."""

    def __init__(
        self,
        database: Database,
        jobs: Jobs,
        clock: Clock,
        lane: Lane,
        stop: threading.Event,
        steady: Callable[[], float] = monotonic,
    ) -> None:
        self.database, self.jobs, self.clock, self.lane, self.stop = database, jobs, clock, lane, stop
        # Seconds that only ever grow: waits must not depend on a clock that somebody sets.
        self.steady = steady
        self.worker = f"{worker_name()}:{lane}"
        self._ready = False
        self._last_beat = float("-inf")
        self._wait = 0.0
        self._not_before = float("-inf")

    def take(self) -> Swept | None:
        """Sweep once, unless we are still waiting for the database. Never raises."""
        if self.stop.is_set() or self.steady() < self._not_before:
            return None
        try:
            self._live()
            swept = self._sweep()
        except Exception as error:
            # What a handler raises stays with its row, so this is the ground under us: mostly the database.
            self._cannot_work(error)
            return None
        if self._wait:
            logger.warning("the scheduler is at work again (%s)", self.lane)
            self._wait = 0.0
        return swept

    @property
    def _keeps_deadlines(self) -> bool:
        # Signs of life come from this lane alone: if it hangs, mail still going out must not hide that.
        return self.lane is Lane.INSIDE

    def _live(self) -> None:
        if not self._ready:
            with unit_of_work(self.database) as session:
                # What this worker held when the database went away is free again.
                let_go(session, worker=self.worker)
                if self._keeps_deadlines:
                    self.jobs.start_rhythms(session, now=self.clock())
            self._ready = True
        if self._keeps_deadlines and self.steady() - self._last_beat >= heartbeat.EVERY.total_seconds():
            with unit_of_work(self.database) as session:
                heartbeat.beat(session, worker=self.worker, now=self.clock())
            self._last_beat = self.steady()

    def _sweep(self) -> Swept:
        return tick(
            self.database,
            self.jobs,
            self.clock,
            worker=self.worker,
            lanes=[self.lane],
            stopping=self.stop.is_set,
            pause=self.stop.wait,
        )

    def _cannot_work(self, error: Exception) -> None:
        if not self._wait:
            logger.error("the scheduler cannot work (%s) and goes on trying: %s", self.lane, reason_of(error))
        self._wait = min(max(FIRST_WAIT_SECONDS, 2 * self._wait), LONGEST_WAIT_SECONDS)
        self._not_before = self.steady() + self._wait
        self._ready = False

    def leave(self) -> None:
        """Free what is still claimed, and say that this worker is gone."""
        try:
            with unit_of_work(self.database) as session:
                let_go(session, worker=self.worker)
                heartbeat.fall_silent(session, worker=self.worker)
        except Exception as error:
            # Its leases end by themselves.
            logger.error("the scheduler stops without the database: %s", reason_of(error))


class Handle:
    """A running clock."""

    def __init__(self, database: Database, jobs: Jobs, clock: Clock) -> None:
        self._stop = threading.Event()
        self._turns = [Turn(database, jobs, clock, lane, self._stop) for lane in Lane if jobs.kinds(lane)]
        # Its warnings say each second that a long sweep is still at work, which is as it should be.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._metronome = BackgroundScheduler(timezone=UTC)
        for turn in self._turns:
            self._metronome.add_job(
                turn.take,
                "interval",
                seconds=TICK_SECONDS,
                id=turn.lane.value,
                next_run_time=datetime.now(UTC),
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
            )
        self._watch = threading.Thread(target=self._keep_winding, name="scheduler-watch", daemon=True)

    def start(self) -> None:
        self._metronome.start()
        self._watch.start()
        logger.info("the scheduler is at work: %s", ", ".join(turn.worker for turn in self._turns))

    def stop(self) -> None:
        """End after the present row; what was claimed beyond it is free for others."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._watch.join()
        self._metronome.shutdown(wait=True)
        for turn in self._turns:
            turn.leave()
        logger.info("the scheduler has stopped")

    def wind(self) -> None:
        """Bring back to now what the metronome would do much later: it reckons by the wall clock, which may be set back."""
        now = datetime.now(UTC)
        for job in self._metronome.get_jobs():
            if job.next_run_time - now > timedelta(seconds=5 * TICK_SECONDS):
                job.modify(next_run_time=now)

    def _keep_winding(self) -> None:
        while not self._stop.wait(TICK_SECONDS):
            self.wind()


def run_in_background(database: Database, jobs: Jobs, clock: Clock = utc_now) -> Handle:
    """Keep the time in threads of this process until `.stop()`."""
    handle = Handle(database, jobs, clock)
    handle.start()
    return handle


def run_forever(database: Database, jobs: Jobs, clock: Clock = utc_now) -> None:
    """Keep the time until SIGTERM or SIGINT, then end after the present row."""
    asked: list[int] = []

    # A flag and short naps: setting an Event in a signal handler can lock up the thread that waits for it.
    def ask(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    handle = run_in_background(database, jobs, clock)
    try:
        while not asked:
            sleep(0.2)
    finally:
        handle.stop()
        for number, earlier in before.items():
            signal.signal(number, earlier)
