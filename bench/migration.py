"""How long it takes to move 1,000 running cases to another version while somebody goes on completing tasks beside it.

The other version has another step in the place of the open one, so that every case is tried on a copy and every task, timer
and line of history is written.
"""

from __future__ import annotations

from threading import Event, Thread

from sqlalchemy import func, select

from bench import clock
from bench.cases import REQUEST, moves, open_task_in, take
from bench.ground import KINDS, NOW, Grounds, House, build_house, opened
from bench.report import Result, say
from crm.core.db import Database, unit_of_work
from scheduler.jobs import Lane
from workflows import engine, library
from workflows.engine import Bundle
from workflows.migrating import operations
from workflows.migrating.models import CaseStatus, MigrationCase
from workflows.migrating.operations import Chosen, Plan
from workflows.models import VersionSource
from workflows.operations import starting
from workflows.task_forms import Submission

KEY = "service_request"
CASES, BESIDE, MOST_SECONDS = 1_000, 200, 60.0
CASES_A_COMMIT = 25
OLD, NEW = b"assign", b"allocate"


def measure(grounds: Grounds) -> list[Result]:
    """One run on both databases."""
    found = []
    for kind in KINDS:
        url = grounds.empty(kind, f"migration_{kind}")
        house = build_house(url)
        say(f"{CASES} cases move to another version, {kind}")
        with opened(url) as database:
            others = _start(database, house, BESIDE)
            _publish(database)
            moved = _start_in_first(database, house)
        with clock.team(url, NOW, Lane.BULK) as team, opened(url) as database:
            over = Event()
            staff = Thread(target=_work_beside, args=(database, house, others, over))
            staff.start()
            done = team.run(seconds=10 * MOST_SECONDS)
            over.set()
            staff.join()
            with unit_of_work(database) as session:
                counted = select(func.count()).where(MigrationCase.status == CaseStatus.MOVED)
                assert session.scalar(counted) == moved == CASES
        grounds.drop(url)
        met = done.seconds <= MOST_SECONDS
        name = f"{CASES:,} running cases move to another version while others are worked on"
        found.append(Result(name, kind, done.seconds, "s", target=f"≤ {MOST_SECONDS:.0f}", met=met))
    return found


def _start(database: Database, house: House, number: int) -> list[int]:
    answers = {"customer_id": str(house.customer_id), **REQUEST}
    begun = []
    for _ in range(0, number, CASES_A_COMMIT):
        with unit_of_work(database) as session:
            for _ in range(CASES_A_COMMIT):
                submission = Submission(answers=answers)
                by = house.people.manager1
                begun.append(starting.start_process(session, by=by, now=NOW, key=KEY, submission=submission).id)
                database.listeners.hear(session)
    return begun


def _publish(database: Database) -> None:
    """The same content twice over: one version in which the cases begin, one with another step in the place of theirs."""
    with unit_of_work(database) as session:
        bundle = library.active(session, KEY).definition.bundle
        name, raw = bundle.bpmn
        for old, new in ((OLD, NEW), (NEW, b"allot")):
            for mark in (b'id="%s"', b'Ref="%s"', b'bpmnElement="%s"', b">%s<"):
                raw = raw.replace(mark % old, mark % new)
            changed = Bundle({**bundle.files, name: raw})
            definition = engine.compile(changed)
            library.store_version(
                session, changed, definition, source=VersionSource.STUDIO, now=NOW, by_id=None, activate=new == NEW
            )


def _start_in_first(database: Database, house: House) -> int:
    _start(database, house, CASES)
    with unit_of_work(database) as session:
        plan = Plan(3, "measured", {NEW.decode(): "allot"}, Chosen(versions=[2]))
        return operations.begin(session, by=house.people.admin, now=NOW, key=KEY, plan=plan).number


def _work_beside(database: Database, house: House, cases: list[int], over: Event) -> None:
    """Assign one request after the other until the move is over."""
    assigning = moves(house)[0]
    for case in cases:
        if over.is_set():
            return
        with unit_of_work(database) as session:
            take(session, assigning, open_task_in(session, case), now=NOW)
            database.listeners.hear(session)
