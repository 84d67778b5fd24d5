"""What one sweep does with due rows: once, in time, and none at another's expense."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crm.core import claims
from crm.core import due as due_rows
from crm.core.claims import LEASE, claim, queue_at
from crm.core.clock import Clock
from crm.core.db import Database, reading, unit_of_work
from crm.core.due import Due, DueRow, Hopeless, unschedule
from crm.core.errors import RuleBroken
from crm.core.events import tell
from crm.core.i18n import text
from crm.core.outbox import OutboxMessage
from scheduler.jobs import Jobs
from scheduler.rhythm import every
from scheduler.sweep import Swept, tick
from tests.conftest import MovableClock
from tests.integration.scheduler.effects import ask, effect, note, seen, strict


@dataclass(frozen=True)
class Heard:
    subject_id: int | None


def break_down(session: Session, due: Due, now: datetime) -> None:
    note(session, due, now)
    tell(session, Heard(due.subject_id))
    raise RuleBroken(text("Request {number} is archived.", number=due.subject_id))


def waiting(database: Database, clock: Clock) -> int:
    with reading(database) as session:
        return queue_at(session, now=clock()).waiting


def test_what_is_due_happens_once_and_what_is_not_waits(database: Database, clock: MovableClock) -> None:
    jobs = Jobs()
    jobs.on("timer", note)
    ask(database, ["timer"] * 5, clock())
    ask(database, ["timer"], clock(), due_at=clock() + timedelta(seconds=1))
    assert tick(database, jobs, clock) == Swept(done=5)
    assert tick(database, jobs, clock) == Swept()
    clock.move(seconds=1)
    assert tick(database, jobs, clock) == Swept(done=1)
    assert seen(database) == [1, 1, 2, 3, 4, 5]


def test_a_failing_row_is_tried_three_times_while_the_others_go_on(database: Database, clock: MovableClock) -> None:
    given_up: list[tuple[int | None, str, int]] = []
    jobs = Jobs()
    jobs.on("timer", note)
    jobs.on(
        "bad",
        break_down,
        gave_up=lambda _session, due, error, _now: given_up.append((due.subject_id, error, due.attempts)),
    )
    ask(database, ["timer", "bad", "timer"], clock())

    assert tick(database, jobs, clock) == Swept(done=2, failed=1)
    assert tick(database, jobs, clock) == Swept()
    clock.move(seconds=29)
    assert tick(database, jobs, clock) == Swept()
    clock.move(seconds=1)
    assert tick(database, jobs, clock) == Swept(failed=1)
    clock.move(minutes=4, seconds=59)
    assert tick(database, jobs, clock) == Swept()
    assert given_up == []
    clock.move(seconds=1)
    assert tick(database, jobs, clock) == Swept(failed=1)
    assert given_up == [(2, "Request 2 is archived.", 3)]
    clock.move(days=30)
    assert tick(database, jobs, clock) == Swept()
    assert seen(database) == [1, 3]
    with reading(database) as session:
        queue = queue_at(session, now=clock())
    assert (queue.waiting, queue.failed) == (0, 1)


def test_a_row_that_was_given_up_can_be_tried_again(database: Database, clock: MovableClock) -> None:
    broken = True

    def mended_later(session: Session, due: Due, now: datetime) -> None:
        if broken:
            raise Hopeless("no such mailbox")
        note(session, due, now)

    jobs = Jobs()
    jobs.on("timer", mended_later)
    ask(database, ["timer"], clock())
    assert tick(database, jobs, clock) == Swept(failed=1)
    clock.move(days=1)
    assert tick(database, jobs, clock) == Swept()
    broken = False
    with unit_of_work(database) as session:
        due_rows.retry(session, kind="timer", subject_id=1, now=clock())
    assert tick(database, jobs, clock) == Swept(done=1)


def test_events_of_a_failed_row_are_not_heard(database: Database, clock: MovableClock) -> None:
    heard: list[int] = []

    def work(session: Session, due: Due, now: datetime) -> None:
        tell(session, Heard(due.subject_id))

    database.listeners.on(Heard, lambda _session, event: heard.append(event.subject_id))
    jobs = Jobs()
    jobs.on("bad", break_down)
    jobs.on("good", work)
    ask(database, ["bad", "good"], clock())
    tick(database, jobs, clock)
    assert heard == [2]


def test_a_listener_that_refuses_undoes_the_row_it_heard_of(database: Database, clock: MovableClock) -> None:
    def work(session: Session, due: Due, now: datetime) -> None:
        note(session, due, now)
        tell(session, Heard(due.subject_id))

    def refuse(session: Session, event: Heard) -> None:
        if event.subject_id == 2:
            raise RuleBroken(text("Not this one."))

    database.listeners.on(Heard, refuse)
    jobs = Jobs()
    jobs.on("timer", work)
    ask(database, ["timer"] * 3, clock())
    assert tick(database, jobs, clock) == Swept(done=2, failed=1)
    assert seen(database) == [1, 3]


def test_a_row_whose_commit_is_refused_fails_alone(database: Database, clock: MovableClock) -> None:
    def point_nowhere(session: Session, due: Due, now: datetime) -> None:
        note(session, due, now)
        if due.subject_id == 2:
            session.execute(insert(strict).values(effect_id=4711))

    jobs = Jobs()
    jobs.on("timer", point_nowhere)
    ask(database, ["timer"] * 3, clock())
    assert tick(database, jobs, clock) == Swept(done=2, failed=1)
    assert seen(database) == [1, 3]


def test_a_handler_that_goes_on_after_a_failed_flush_fails_alone(database: Database, clock: MovableClock) -> None:
    def swallow(session: Session, due: Due, now: datetime) -> None:
        note(session, due, now)
        if due.subject_id == 2:
            session.add(OutboxMessage(to_address="a@b.cn"))
            with suppress(IntegrityError):
                session.flush()
            note(session, due, now)

    jobs = Jobs()
    jobs.on("timer", swallow)
    ask(database, ["timer"] * 3, clock())
    assert tick(database, jobs, clock) == Swept(done=2, failed=1)
    assert seen(database) == [1, 3]


def test_a_row_called_off_by_an_earlier_one_does_not_happen(database: Database, clock: MovableClock) -> None:
    def call_off_the_next(session: Session, due: Due, now: datetime) -> None:
        note(session, due, now)
        unschedule(session, kind="timer", subject_id=(due.subject_id or 0) + 1)

    jobs = Jobs()
    jobs.on("timer", call_off_the_next)
    ask(database, ["timer"] * 4, clock())
    assert tick(database, jobs, clock) == Swept(done=2, lost=2)
    assert seen(database) == [1, 3]


def test_a_scheduler_whose_lease_ran_out_changes_nothing(database: Database, clock: MovableClock) -> None:
    def fall_asleep(session: Session, due: Due, now: datetime) -> None:
        note(session, due, now)
        session.execute(update(DueRow).values(claimed_by="another"))

    jobs = Jobs()
    jobs.on("timer", fall_asleep)
    ask(database, ["timer"], clock())
    assert tick(database, jobs, clock) == Swept(lost=1)
    assert seen(database) == []


def test_after_eight_hours_off_everything_happens_once_and_knows_how_late_it_is(
    database: Database, clock: MovableClock
) -> None:
    late: list[timedelta] = []
    cleaned: list[datetime] = []

    def work(session: Session, due: Due, now: datetime) -> None:
        note(session, due, now)
        late.append(now - due.due_at)

    jobs = Jobs()
    jobs.on("timer", work)
    jobs.every("cleaning", lambda _session, now: cleaned.append(now), every(hours=1))
    with unit_of_work(database) as session:
        jobs.start_rhythms(session, now=clock())
    begin = clock()
    for hour in range(8):
        ask(database, ["timer"], begin, due_at=begin + timedelta(hours=hour))
    clock.move(hours=8, minutes=10)
    assert tick(database, jobs, clock) == Swept(done=9)
    assert sorted(late) == [timedelta(hours=hour, minutes=10) for hour in range(1, 9)]
    assert cleaned == [clock()]
    clock.move(minutes=49)
    assert tick(database, jobs, clock) == Swept()
    clock.move(minutes=1)
    assert tick(database, jobs, clock) == Swept(done=1)


def test_two_schedulers_that_start_do_not_double_what_recurs(database: Database, clock: MovableClock) -> None:
    for _ in range(2):
        jobs = Jobs()
        jobs.every(
            "cleaning", lambda session, _now: session.execute(insert(effect).values(subject_id=0)), every(hours=1)
        )
        with unit_of_work(database) as session:
            jobs.start_rhythms(session, now=clock())
    clock.move(hours=1)
    assert tick(database, jobs, clock) == Swept(done=1)
    assert seen(database) == [0]


def test_what_recurs_comes_again_after_it_failed(database: Database, clock: MovableClock) -> None:
    def fail(session: Session, now: datetime) -> None:
        raise OSError("disk is full")

    jobs = Jobs()
    jobs.every("cleaning", fail, every(hours=1))
    with unit_of_work(database) as session:
        jobs.start_rhythms(session, now=clock())
    clock.move(hours=1)
    for distance in (timedelta(0), *claims.BACK_OFF):
        clock.set(clock() + distance)
        assert tick(database, jobs, clock) == Swept(failed=1)
    clock.move(minutes=30)
    assert tick(database, jobs, clock) == Swept()
    clock.move(hours=1)
    assert tick(database, jobs, clock) == Swept(failed=1)


def test_a_clock_that_is_set_back_repeats_nothing(database: Database, clock: MovableClock) -> None:
    jobs = Jobs()
    jobs.on("timer", note)
    ask(database, ["timer"] * 3, clock())
    tick(database, jobs, clock)
    clock.move(hours=-1)
    assert tick(database, jobs, clock) == Swept()
    assert seen(database) == [1, 2, 3]


def test_a_handler_never_sees_a_time_before_its_own(database: Database, clock: MovableClock) -> None:
    moments: list[datetime] = []
    jobs = Jobs()
    jobs.on("timer", lambda _session, _due, now: moments.append(now))
    ask(database, ["timer"], clock())
    # The clock is set back after the row was found and claimed.
    past = iter([clock(), clock()])
    tick(database, jobs, lambda: next(past, clock() - timedelta(hours=1)))
    assert moments == [clock()]


def test_a_claim_from_a_clock_that_was_ahead_binds_nobody(database: Database, clock: MovableClock) -> None:
    jobs = Jobs()
    jobs.on("timer", note)
    ask(database, ["timer"], clock())
    with unit_of_work(database) as session:
        assert claim(session, now=clock() + timedelta(days=365), worker="dead")
    assert tick(database, jobs, clock) == Swept(done=1)


def test_a_row_that_kills_every_scheduler_is_given_up_and_the_others_are_done(
    database: Database, clock: MovableClock
) -> None:
    given_up: list[int | None] = []
    jobs = Jobs()
    jobs.on("timer", note, gave_up=lambda _session, due, _error, _now: given_up.append(due.subject_id))
    ask(database, ["timer"] * 5, clock())
    with unit_of_work(database) as session:
        assert len(claim(session, now=clock(), worker="dead", tried=False)) == 5
    for _ in range(2):
        clock.set(clock() + LEASE)
        with unit_of_work(database) as session:
            assert [due.subject_id for due in claim(session, now=clock(), worker="dead", tried=True, limit=1)] == [1]
    clock.set(clock() + LEASE)
    assert tick(database, jobs, clock) == Swept(done=4, failed=1)
    assert given_up == [1]
    assert seen(database) == [2, 3, 4, 5]


def test_a_failing_report_of_a_failure_stops_nobody(database: Database, clock: MovableClock) -> None:
    def report(session: Session, due: Due, error: str, now: datetime) -> None:
        note(session, due, now)
        raise ValueError("no")

    def refuse(session: Session, due: Due, now: datetime) -> None:
        raise Hopeless("never")

    jobs = Jobs()
    jobs.on("bad", refuse, gave_up=report)
    jobs.on("timer", note)
    ask(database, ["bad", "timer"], clock())
    assert tick(database, jobs, clock) == Swept(done=1, failed=1)
    assert seen(database) == [2]


def test_an_errand_holds_no_transaction(database: Database, clock: MovableClock) -> None:
    def errand(errand_database: Database, due: Due, now: datetime) -> None:
        # On SQLite this would wait for ever for the write lock of a surrounding transaction.
        with unit_of_work(errand_database) as session:
            note(session, due, now)

    jobs = Jobs()
    jobs.on("call", note, errand=errand)
    ask(database, ["call"] * 12, clock())
    assert tick(database, jobs, clock) == Swept(done=12)
    assert seen(database) == sorted([*range(1, 13), *range(1, 13)])


def test_a_kind_that_nobody_knows_stays_untouched(database: Database, clock: MovableClock) -> None:
    jobs = Jobs()
    jobs.on("timer", note)
    ask(database, ["from tomorrow's release"], clock())
    assert tick(database, jobs, clock) == Swept()
    with reading(database) as session:
        row = session.scalars(select(DueRow)).one()
        assert (row.attempts, row.failed_at) == (0, None)
    assert waiting(database, clock) == 1


def test_when_asked_to_stop_the_present_row_is_finished_and_the_rest_is_free_again(
    database: Database, clock: MovableClock
) -> None:
    jobs = Jobs()
    jobs.on("timer", note)
    ask(database, ["timer"] * 10, clock())
    answers = iter([False, False, False])
    tick(database, jobs, clock, worker="stopped", stopping=lambda: next(answers, True))
    done = seen(database)
    assert 0 < len(done) < 10
    with unit_of_work(database) as session:
        claims.let_go(session, worker="stopped")
    assert tick(database, jobs, clock) == Swept(done=10 - len(done))
    assert seen(database) == list(range(1, 11))


def test_a_given_key_stands_only_once(database: Database, clock: MovableClock) -> None:
    with unit_of_work(database) as session:
        for _ in range(2):
            due_rows.schedule(session, due_rows.Appointment("timer", clock(), key="once"), now=clock())
    assert waiting(database, clock) == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_reason_kept_of_a_database_error_quotes_no_data(database: Database, clock: MovableClock) -> None:
    def clash(session: Session, due: Due, now: datetime) -> None:
        session.execute(insert(effect).values(id="a customer's secret"))

    jobs = Jobs()
    jobs.on("timer", clash)
    ask(database, ["timer"], clock())
    tick(database, jobs, clock)
    with reading(database) as session:
        reason = session.scalars(select(DueRow.last_error)).one()
    assert reason == "IntegrityError: datatype mismatch"
