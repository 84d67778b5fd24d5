"""A scheduler in a process of its own, for tests that run two of them or kill one.

usage: worker.py sweep|die_in_the_middle|forever DATABASE_URL MOMENT. Says a word on its output when it reaches a point that
the test waits for, and begins when it gets a line.
"""

from __future__ import annotations

import logging
import sys
from datetime import datetime

from sqlalchemy.orm import Session

from crm.core.claims import queue_at
from crm.core.db import Database, reading
from crm.core.due import Due
from scheduler.jobs import Jobs
from scheduler.runner import run_forever, worker_name
from scheduler.sweep import tick
from tests.integration.scheduler.effects import note


def say(word: object) -> None:
    print(word, flush=True)


def hang_in_the_middle(session: Session, due: Due, now: datetime) -> None:
    note(session, due, now)
    if due.subject_id == 30:
        say("in the middle")
        sys.stdin.read()


def sweep_until_nothing_is_left(database: Database, jobs: Jobs, now: datetime) -> int:
    """How many rows this process did. Rows that the other has claimed are left to it."""
    worker, done = worker_name(), 0
    while True:
        swept = tick(database, jobs, lambda: now, worker=worker)
        done += swept.done
        with reading(database) as session:
            if not swept.done and not queue_at(session, now=now).waiting:
                return done


def main(mode: str, url: str, moment: str) -> None:
    database, now = Database(url), datetime.fromisoformat(moment)
    jobs = Jobs()
    jobs.on("timer", hang_in_the_middle if mode == "die_in_the_middle" else note)
    if mode == "forever":
        logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
        run_forever(database, jobs)
        return
    say("ready")
    sys.stdin.readline()
    say(sweep_until_nothing_is_left(database, jobs, now))


if __name__ == "__main__":
    main(*sys.argv[1:])
