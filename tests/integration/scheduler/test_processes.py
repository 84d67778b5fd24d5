"""Schedulers as real processes: side by side, killed in the middle, stopped in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from crm.core.claims import LEASE, queue_at
from crm.core.config import ROOT
from crm.core.db import Database, reading
from crm.core.heartbeat import last_beat
from scheduler.jobs import Jobs
from scheduler.sweep import Swept, tick
from tests.conftest import MovableClock
from tests.integration.scheduler.effects import ask, note, seen

WORKER = Path(__file__).with_name("worker.py")
# Only ends a run that hangs; no test depends on how fast it is.
PATIENCE = 120


@contextmanager
def worker(mode: str, database: Database, now: datetime) -> Iterator[subprocess.Popen[str]]:
    """A scheduler process, ended with the test whatever happens."""
    process = subprocess.Popen(
        [sys.executable, str(WORKER), mode, database.url, now.isoformat()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_two_schedulers_side_by_side_do_everything_once(database: Database, clock: MovableClock) -> None:
    ask(database, ["timer"] * 1000, clock())
    with worker("sweep", database, clock()) as first, worker("sweep", database, clock()) as second:
        assert (line_of(first), line_of(second)) == ("ready", "ready")
        answers = []
        for process in (first, second):
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in (first, second):
            answers.append(int(process.communicate(timeout=PATIENCE)[0]))
            assert process.returncode == 0
    assert sum(answers) == 1000
    assert seen(database) == list(range(1, 1001))
    with reading(database) as session:
        assert queue_at(session, now=clock()).waiting == 0


def test_when_one_is_killed_in_the_middle_another_does_it_after_the_lease(
    database: Database, clock: MovableClock
) -> None:
    ask(database, ["timer"] * 60, clock())
    with worker("die_in_the_middle", database, clock()) as doomed:
        assert line_of(doomed) == "ready"
        assert doomed.stdin is not None
        doomed.stdin.write("go\n")
        doomed.stdin.flush()
        assert line_of(doomed) == "in the middle"
        doomed.send_signal(signal.SIGKILL)
        doomed.wait(PATIENCE)
    done_before = seen(database)
    assert 30 not in done_before

    jobs = Jobs()
    jobs.on("timer", note)
    assert tick(database, jobs, clock) == Swept()
    clock.set(clock() + LEASE)
    with worker("sweep", database, clock()) as successor:
        answer, _ = successor.communicate("go\n", timeout=PATIENCE)
    assert answer.split() == ["ready", str(60 - len(done_before))]
    assert seen(database) == list(range(1, 61))


def test_a_scheduler_asked_to_end_says_goodbye(database: Database, clock: MovableClock) -> None:
    with worker("forever", database, clock()) as process:
        assert line_of(process).startswith("the scheduler is at work")
        process.terminate()
        rest, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
    assert rest.strip().endswith("the scheduler has stopped")
    with reading(database) as session:
        assert last_beat(session) is None
