"""Notices under real schedulers: two side by side, and one that is killed while a message is on its way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crm.core.claims import LEASE
from crm.core.config import ROOT
from crm.core.db import unit_of_work
from crm.core.i18n import text
from crm.notices import choosing
from crm.notices.operations import notify
from tests.integration.notices.conftest import Office
from tests.people import People

WORKER = Path(__file__).with_name("worker.py")
# Only ends a run that hangs; no test depends on how fast it is.
PATIENCE = 120


@contextmanager
def worker(mode: str, office: Office, file: Path) -> Iterator[subprocess.Popen[str]]:
    """A scheduler process that is ready to begin, ended with the test whatever happens."""
    process = subprocess.Popen(
        [sys.executable, str(WORKER), mode, office.database.url, office.clock().isoformat(), str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def tell_many(office: Office, people: People, count: int) -> None:
    office.do(choosing.name_robot, by=people.agent1, kind="wecom", name="Group", address="abcdefgh1234")
    with unit_of_work(office.database) as session:
        for number in range(count):
            notify(
                session,
                to=[people.agent1.id],
                kind="test.loud",
                message=text("Matter {number}", number=number),
                link=None,
                now=office.clock(),
                key=f"k{number}",
            )


def carried(file: Path) -> Counter[str]:
    return Counter(file.read_text().splitlines()) if file.exists() else Counter()


def test_two_schedulers_side_by_side_deliver_every_notice_once(office: Office, people: People, tmp_path: Path) -> None:
    tell_many(office, people, 60)
    file = tmp_path / "carried"
    with worker("sweep", office, file) as first, worker("sweep", office, file) as second:
        for process in (first, second):
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in (first, second):
            process.communicate(timeout=PATIENCE)
            assert process.returncode == 0
    assert carried(file) == Counter({f"Matter {number}": 1 for number in range(60)})
    assert Counter(mail.subject for mail in office.mails()) == carried(file)
    assert all(mail.sent_at is not None for mail in office.mails())


def test_what_was_on_the_road_when_a_scheduler_was_killed_is_carried_by_another(
    office: Office, people: People, tmp_path: Path
) -> None:
    tell_many(office, people, 3)
    file = tmp_path / "carried"
    with worker("die_on_the_road", office, file) as doomed:
        assert doomed.stdin is not None
        assert doomed.stdout is not None
        doomed.stdin.write("go\n")
        doomed.stdin.flush()
        assert doomed.stdout.readline() == "on the road\n"
        doomed.send_signal(signal.SIGKILL)
        doomed.wait(PATIENCE)
    assert carried(file) == Counter()
    office.clock.set(office.clock() + LEASE)
    with worker("sweep", office, file) as successor:
        successor.communicate("go\n", timeout=PATIENCE)
    assert carried(file) == Counter({f"Matter {number}": 1 for number in range(3)})
    assert len(office.mails()) == 3
