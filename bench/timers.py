"""How many effects a second two schedulers have, side by side in processes of their own: each once, none lost.

Three effects: the smallest there is, which shows what the clock itself costs; a notice that goes into the digest of its reader;
and the timer of a case, which moves the case on, changes the request and tells people.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import delete, func, select, text

from bench import clock
from bench.cases import REQUEST, moves, open_task_in, take
from bench.ground import KINDS, NOW, Grounds, House, build_house, opened
from bench.report import Result, median, say
from crm.core.db import Database, reading, unit_of_work
from crm.core.due import Appointment, DueRow, schedule_many
from crm.core.i18n import text as sentence
from crm.notices.models import NoticeDelivery
from crm.notices.operations import notify
from scheduler.jobs import Lane
from workflows.models import TIMER, ProcessEvent
from workflows.operations import starting
from workflows.task_forms import Submission

SCHEDULERS = 2
ROUNDS, EFFECTS, NOTICES, CASES = 3, 3_000, 2_000, 150
CASES_A_COMMIT = 25
# All timers of the cases have come.
LATER = NOW + timedelta(days=30)

Prepare = Callable[[Database, House], int]
Count = Callable[[Database], tuple[int, int]]


def measure(grounds: Grounds) -> list[Result]:
    """Each effect on both databases."""
    found = []
    for kind in KINDS:
        url = grounds.empty(kind, f"timers_{kind}")
        house = build_house(url)
        with opened(url) as database:
            clock.effects.metadata.create_all(database.engine)
        with clock.team(url, LATER, Lane.INSIDE, schedulers=SCHEDULERS) as team:
            say(f"the smallest effect, {SCHEDULERS} schedulers, {kind}")
            smallest = median([_rate(team, url, house, _ask_for_effects, _effects) for _ in range(ROUNDS)])
            say(f"notices, {SCHEDULERS} schedulers, {kind}")
            notices = median([_rate(team, url, house, _tell, _laid_out) for _ in range(ROUNDS)])
            say(f"timers of cases, {SCHEDULERS} schedulers, {kind}")
            timers = _rate(team, url, house, _start_cases, _fired)
        grounds.drop(url)
        found += [
            _result(f"Effects a second, {SCHEDULERS} schedulers: notices laid out for a digest", kind, notices),
            _result("— the smallest effect, a row each", kind, smallest),
            Result("— timers of cases, each with its step, record, notice and mail", kind, timers, "effects/s"),
        ]
    return found


def _result(name: str, kind: str, figure: float) -> Result:
    if kind == "sqlite":
        return Result(name, kind, figure, "effects/s")
    return Result(name, kind, figure, "effects/s", target="≥ 1,000", met=figure >= 1000)


def _rate(team: clock.Team, url: str, house: House, prepare: Prepare, count: Count) -> float:
    """Effects a second. AssertionError where one was lost or happened twice."""
    with opened(url) as database:
        wanted = prepare(database, house)
        before = count(database)
    done = team.run()
    with opened(url) as database:
        after = count(database)
    seen, different = after[0] - before[0], after[1] - before[1]
    assert wanted == seen == different, f"{wanted} due, {seen} seen of {different} subjects"
    # A timer that tells somebody has a second row done for it: its notice.
    assert wanted <= done.rows, f"{wanted} due, {done.rows} done"
    return wanted / done.seconds


def _ask_for_effects(database: Database, _house: House) -> int:
    with unit_of_work(database) as session:
        first = (session.scalar(select(func.max(clock.effects.c.subject_id))) or 0) + 1
        subjects = range(first, first + EFFECTS)
        schedule_many(session, [Appointment(clock.SMALLEST, NOW, subject_id=each) for each in subjects], now=NOW)
    return EFFECTS


def _effects(database: Database) -> tuple[int, int]:
    subject = clock.effects.c.subject_id
    with reading(database) as session:
        seen, different = session.execute(select(func.count(), func.count(subject.distinct()))).one()
    return seen, different


def _tell(database: Database, house: House) -> int:
    readers = [house.people.agent1, house.people.agent2, house.people.manager1, house.people.manager2]
    with unit_of_work(database) as session:
        told = session.scalar(select(func.count(NoticeDelivery.id))) or 0
        for number in range(told, told + NOTICES):
            notify(
                session,
                to=[readers[number % len(readers)].id],
                kind="reminder.visit",
                message=sentence("Visit today: {customer}, {subject}", customer="恒力机械", subject=str(number)),
                link="/interactions/1",
                now=NOW,
                key=f"bench-{number}",
            )
    return NOTICES


def _laid_out(database: Database) -> tuple[int, int]:
    with reading(database) as session:
        counted = select(func.count(), func.count(NoticeDelivery.notice_id.distinct()))
        seen, different = session.execute(counted).one()
    return seen, different


def _start_cases(database: Database, house: House) -> int:
    """Requests that were assigned: each will remind of its due time, and then tell that it has passed."""
    assigning = moves(house)[0]
    answers = {"customer_id": str(house.customer_id), **REQUEST}
    for _ in range(0, CASES, CASES_A_COMMIT):
        with unit_of_work(database) as session:
            for _ in range(CASES_A_COMMIT):
                instance = starting.start_process(
                    session,
                    by=house.people.manager1,
                    now=NOW,
                    key="service_request",
                    submission=Submission(answers=answers),
                )
                database.listeners.hear(session)
                take(session, assigning, open_task_in(session, instance.id), now=NOW)
                database.listeners.hear(session)
    with unit_of_work(database) as session:
        session.execute(delete(DueRow).where(DueRow.kind != TIMER))
        return session.scalar(select(func.count()).where(DueRow.kind == TIMER)) or 0


def _fired(database: Database) -> tuple[int, int]:
    with reading(database) as session:
        fired = select(func.count(), func.count(text("DISTINCT instance_id || node_id"))).select_from(ProcessEvent)
        seen, different = session.execute(fired.where(ProcessEvent.kind == "timer")).one()
    return seen, different
