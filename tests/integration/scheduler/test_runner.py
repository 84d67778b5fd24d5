"""The clock's own life, turn by turn: signs of life, patience with the database, the metronome."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from crm.core.db import Database, reading, unit_of_work
from crm.core.due import Appointment, Due, DueRow, schedule
from crm.core.heartbeat import is_kept, last_beat
from scheduler.jobs import Jobs, Lane
from scheduler.rhythm import every
from scheduler.runner import Handle, Turn, run_in_background
from scheduler.sweep import Swept
from tests.conftest import MovableClock
from tests.integration.scheduler import effects
from tests.integration.scheduler.effects import ask, note, seen

PATIENCE = 60


class Steady:
    """Seconds that only grow, when the test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def turn_of(database: Database, jobs: Jobs, clock: MovableClock, steady: Steady) -> Turn:
    return Turn(database, jobs, clock, Lane.INSIDE, threading.Event(), steady)


def timers() -> Jobs:
    jobs = Jobs()
    jobs.on("timer", note)
    return jobs


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.levelno >= logging.WARNING]


def test_signs_of_life_are_given_every_ten_seconds_and_end_with_the_worker(
    database: Database, clock: MovableClock
) -> None:
    steady, begin = Steady(), clock()
    turn = turn_of(database, timers(), clock, steady)
    for seconds, expected in ((0, 0), (4, 0), (9, 0), (10, 10), (19, 10), (20, 20)):
        steady.seconds = 1000.0 + seconds
        clock.set(begin + timedelta(seconds=seconds))
        turn.take()
        with reading(database) as session:
            assert last_beat(session) == begin + timedelta(seconds=expected)
            assert is_kept(session, now=clock())
            assert not is_kept(session, now=clock() + timedelta(minutes=2))
    turn.leave()
    with reading(database) as session:
        assert not is_kept(session, now=clock())


def test_the_first_turn_writes_down_what_recurs(database: Database, clock: MovableClock) -> None:
    jobs = timers()
    jobs.every("cleaning", lambda _session, _now: None, every(hours=1))
    for _ in range(2):
        turn_of(database, jobs, clock, Steady()).take()
    with reading(database) as session:
        assert [(row.kind, row.due_at) for row in session.scalars(select(DueRow))] == [
            ("every:cleaning", clock() + timedelta(hours=1))
        ]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_database_that_is_away_is_missed_once_and_found_again(
    database: Database, clock: MovableClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "not mounted yet"
    away = Database(f"sqlite:///{folder / 'heliu.db'}")
    steady = Steady()
    turn = turn_of(away, timers(), clock, steady)
    tries = 0
    for _ in range(100):
        steady.seconds += 1
        before = turn._not_before
        assert turn.take() is None
        tries += turn._not_before != before
    assert tries < 10, "each try waits longer than the one before"
    assert len(errors(caplog)) == 1
    assert "unable to open database file" in errors(caplog)[0]

    folder.mkdir()
    DueRow.metadata.create_all(away.engine)
    effects.prepare(away)
    ask(away, ["timer"], clock())
    steady.seconds += 30
    assert turn.take() == Swept(done=1)
    assert errors(caplog)[1:] == ["the scheduler is at work again (inside)"]
    away.close()


@pytest.fixture
def cut_off(database: Database) -> Iterator[Database]:
    """A database whose connections a test may cut: those of other tests are not among them."""
    database.close()
    yield database
    database.close()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_restarted_database_is_found_again(
    cut_off: Database, clock: MovableClock, caplog: pytest.LogCaptureFixture
) -> None:
    steady = Steady()
    jobs = timers()
    turn = turn_of(cut_off, jobs, clock, steady)
    assert turn.take() == Swept()
    cut_all_connections(cut_off)
    assert turn.take() is None
    ask(cut_off, ["timer"], clock())
    steady.seconds += 1
    assert turn.take() == Swept(done=1)
    assert len(errors(caplog)) == 2


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_work_cut_off_in_the_middle_is_done_after_the_database_is_back(cut_off: Database, clock: MovableClock) -> None:
    cut: list[int] = []

    def cut_the_first_time(session: object, due: object, now: object) -> None:
        note(session, due, now)  # type: ignore[arg-type]  # the handler only passes on what it gets
        if not cut:
            cut.append(1)
            cut_all_connections(cut_off)

    jobs = Jobs()
    jobs.on("timer", cut_the_first_time)
    ask(cut_off, ["timer"] * 3, clock())
    steady = Steady()
    turn = turn_of(cut_off, jobs, clock, steady)
    assert turn.take() is None
    steady.seconds += 1
    assert turn.take() == Swept(done=3)
    assert seen(cut_off) == [1, 2, 3]


def cut_all_connections(database: Database) -> None:
    """What a restart of the server does to those who are connected."""
    other = create_engine(database.url)
    with other.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    other.dispose()


def test_in_the_background_work_is_done_until_it_is_stopped(database: Database) -> None:
    did = threading.Event()
    jobs = Jobs()
    jobs.on("timer", lambda _session, _due, _now: did.set())
    handle = run_in_background(database, jobs)
    try:
        now = datetime.now(UTC)
        ask(database, ["timer"], now)
        assert did.wait(PATIENCE)
    finally:
        handle.stop()
    did.clear()
    with unit_of_work(database) as session:
        schedule(session, Appointment("timer", due_at=now), now=now)
    handle.stop()
    assert not did.is_set()
    with reading(database) as session:
        assert last_beat(session) is None


def test_a_mail_server_that_does_not_answer_holds_up_no_deadline(database: Database) -> None:
    did, calling, answered = threading.Event(), threading.Event(), threading.Event()

    def call(_database: Database, due: Due, now: datetime) -> None:
        calling.set()
        assert answered.wait(PATIENCE)

    jobs = Jobs()
    jobs.on("timer", lambda _session, _due, _now: did.set())
    jobs.on("mail", note, errand=call)
    now = datetime.now(UTC)
    ask(database, ["mail"], now)
    handle = run_in_background(database, jobs)
    try:
        assert calling.wait(PATIENCE)
        ask(database, ["timer"], now)
        assert did.wait(PATIENCE)
    finally:
        answered.set()
        handle.stop()
    assert seen(database) == [1]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_what_comes_in_thousands_holds_up_no_deadline(database: Database) -> None:
    did, working, enough = threading.Event(), threading.Event(), threading.Event()

    def warn(_session: Session, _due: Due, _now: datetime) -> None:
        working.set()
        assert enough.wait(PATIENCE)

    jobs = Jobs()
    jobs.on("timer", lambda _session, _due, _now: did.set())
    jobs.on("warning", warn, bulk=True)
    now = datetime.now(UTC)
    ask(database, ["warning"] * 500, now - timedelta(hours=1))
    handle = run_in_background(database, jobs)
    try:
        assert working.wait(PATIENCE)
        ask(database, ["timer"], now)
        assert did.wait(PATIENCE)
    finally:
        enough.set()
        handle.stop()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_metronome_that_a_clock_set_back_has_put_to_sleep_is_woken(database: Database) -> None:
    handle = Handle(database, timers(), lambda: datetime.now(UTC))
    handle._metronome.start(paused=True)
    (job,) = handle._metronome.get_jobs()
    job.modify(next_run_time=datetime.now(UTC) + timedelta(hours=1))
    handle.wind()
    (job,) = handle._metronome.get_jobs()
    assert job.next_run_time <= datetime.now(UTC)
    handle._metronome.shutdown()
