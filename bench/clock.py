"""A scheduler in a process of its own, for measurements: the product's table of jobs, one lane of it, until nothing is left.

    python -m bench.clock DATABASE_URL MOMENT LANE

Says `ready`. For each line on its input, which says for how many seconds at most, it does what is due and answers by a line of
JSON: rows done, failed and lost, and the memory before and at its highest in kilobytes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter, sleep

from sqlalchemy import Column, Integer, MetaData, Table, insert
from sqlalchemy.orm import Session

from app import jobs, open_database
from bench.ground import ROOT
from crm.core.claims import anything_due
from crm.core.config import Config
from crm.core.db import Database, reading
from crm.core.due import Due
from scheduler.jobs import Jobs, Lane
from scheduler.runner import worker_name
from scheduler.sweep import SWEEP_SECONDS, Swept, tick

# The smallest effect there is: a row for each due row, not unique on purpose, so that doing something twice is seen.
SMALLEST = "bench.smallest"
effects = Table("bench_effect", MetaData(), Column("id", Integer, primary_key=True), Column("subject_id", Integer))


@dataclass(frozen=True)
class Done:
    """What the schedulers of one measurement did, and how long it took until the last one had nothing left."""

    rows: int
    seconds: float
    memory_before: int
    memory_highest: int


class Team:
    """Schedulers that wait for the word to begin."""

    def __init__(self, processes: Sequence[subprocess.Popen[str]]) -> None:
        self._processes = processes
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"

    def run(self, seconds: float = 60) -> Done:
        """Let them begin at once on what is due. AssertionError where a row failed or was lost."""
        begun = perf_counter()
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(f"{seconds}\n")
            process.stdin.flush()
        answers = [json.loads(process.stdout.readline()) for process in self._processes if process.stdout is not None]
        took = perf_counter() - begun
        assert all(answer["failed"] == answer["lost"] == 0 for answer in answers), answers
        return Done(
            rows=sum(answer["done"] for answer in answers),
            seconds=took,
            memory_before=max(answer["before_kb"] for answer in answers),
            memory_highest=max(answer["highest_kb"] for answer in answers),
        )


@contextmanager
def team(url: str, now: datetime, lane: Lane, *, schedulers: int = 1) -> Iterator[Team]:
    """So many schedulers whose clocks stand at `now`, ended with the measurement whatever happens."""
    command, pipe = [sys.executable, "-m", "bench.clock", url, now.isoformat(), lane], subprocess.PIPE
    processes = [subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) for _ in range(schedulers)]
    try:
        yield Team(processes)
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def _note(session: Session, due: Due, _now: datetime) -> None:
    session.execute(insert(effects).values(subject_id=due.subject_id))


def _settings(url: str) -> Config:
    return Config(
        database_url=url, secret_key="only for measurements, thrown away", host="127.0.0.1", port=8000,
        var_dir=ROOT / "var" / "bench" / "clock", demo=False, timezone="Asia/Shanghai", smtp_url="smtp://localhost:1",
        mail_from="heliu@localhost", base_url="http://localhost", https=False, trusted_proxies=0,
    )  # fmt: skip


def _sweep(database: Database, table: Jobs, now: datetime, lane: Lane, seconds: float) -> Swept:
    """As the runner does it, without the second between two sweeps of which the first found nothing."""
    worker, swept, until = worker_name(), Swept(), perf_counter() + seconds
    while perf_counter() < until:
        left = min(SWEEP_SECONDS, until - perf_counter())
        found = tick(database, table, lambda: now, worker=worker, lanes=[lane], seconds=left, pause=sleep)
        swept = Swept(swept.done + found.done, swept.failed + found.failed, swept.lost + found.lost)
        with reading(database) as session:
            if not anything_due(session, now=now, kinds=table.kinds(lane)):
                break
    return swept


def _memory() -> int:
    # What `getrusage` says would begin with the memory of whoever started this process.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def main(url: str, moment: str, lane: str) -> None:
    database, table = open_database(_settings(url)), jobs(_settings(url))
    table.on(SMALLEST, _note)
    before = _memory()
    print("ready", flush=True)
    for line in sys.stdin:
        swept = _sweep(database, table, datetime.fromisoformat(moment), Lane(lane), float(line))
        print(json.dumps({**asdict(swept), "before_kb": before, "highest_kb": _memory()}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
