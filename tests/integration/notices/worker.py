"""A scheduler in a process of its own that delivers notices, for tests that run two of them or kill one.

usage: worker.py sweep|die_on_the_road DATABASE_URL MOMENT FILE. Messages to robots become lines of the file. Says a word on its
output when it reaches a point that the test waits for, and begins when it gets a line.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crm.core.claims import queue_at
from crm.core.db import Database, reading
from crm.core.mail import Letter
from crm.notices.kinds import add_kinds
from crm.notices.models import NoticeRobot
from crm.notices.robots import Courier, Message
from scheduler.jobs import Jobs, add_mail, add_notices
from scheduler.runner import worker_name
from scheduler.sweep import tick
from tests.integration.notices.conftest import KINDS

add_kinds(*KINDS)


def say(word: object) -> None:
    print(word, flush=True)


@dataclass(frozen=True)
class Written(Courier):
    """Messages to robots become lines of a file."""

    file: Path = Path()
    hangs: bool = False

    def carry(self, robot: NoticeRobot, message: Message, *, now: datetime) -> None:
        if self.hangs:
            say("on the road")
            sys.stdin.read()
        with self.file.open("a") as file:
            file.write(message.words + "\n")


class Nowhere:
    """Mail goes nowhere; the outbox says what was sent."""

    def send(self, letter: Letter) -> None: ...


def main(mode: str, url: str, moment: str, file: str) -> None:
    database, now = Database(url), datetime.fromisoformat(moment)
    jobs = Jobs()
    add_mail(jobs, Nowhere())
    add_notices(jobs, Written("https://crm.example.com", file=Path(file), hangs=mode == "die_on_the_road"))
    say("ready")
    sys.stdin.readline()
    worker = worker_name()
    while True:
        swept = tick(database, jobs, lambda: now, worker=worker)
        with reading(database) as session:
            if not swept.done and not queue_at(session, now=now).waiting:
                return


if __name__ == "__main__":
    main(*sys.argv[1:])
