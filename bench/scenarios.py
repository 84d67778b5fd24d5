"""Replaying a hundred scenarios of the service request against its definition, as publishing does before it lets a draft through.

They are one finished case, recorded and kept a hundred times: as many steps, tables and operations as any request takes.
"""

from __future__ import annotations

from time import perf_counter

from sqlalchemy import select

from bench.cases import complete, moves, open_task, start_case
from bench.ground import KINDS, NOW, Grounds, build_house, opened
from bench.report import Result, median, say
from crm.core.db import Database, reading, unit_of_work
from workflows import library
from workflows.models import ProcessInstance
from workflows.studio.trying.models import Scenario
from workflows.studio.trying.play import expected_of, play
from workflows.studio.trying.recording import from_case
from workflows.studio.trying.replay import replay_all, silent_operations
from workflows.studio.trying.script import to_json

SCENARIOS, TIMES = 100, 5
KEY = "service_request"


def measure(grounds: Grounds) -> list[Result]:
    """On both databases."""
    return [_measured(grounds, kind) for kind in KINDS]


def _measured(grounds: Grounds, kind: str) -> Result:
    say(f"{SCENARIOS} scenarios, {kind}")
    url = grounds.empty(kind, f"scenarios_{kind}")
    house = build_house(url)
    with opened(url) as database:
        case = start_case(database, house, now=NOW)
        for move in moves(house):
            complete(database, move, open_task(database, case), now=NOW)
        _keep(database)
        whole = median([_replayed(database) for _ in range(TIMES)])
    grounds.drop(url)
    name = f"Replaying {SCENARIOS} scenarios of the service request"
    return Result(name, kind, whole, "s", target="≤ 20 s", met=whole <= 20)


def _keep(database: Database) -> None:
    """The finished case as so many scenarios."""
    with unit_of_work(database) as session:
        instance = session.scalars(select(ProcessInstance).where(ProcessInstance.process_key == KEY)).one()
        recording = from_case(session, instance)
        situation = play(recording.definition, recording.script, silent=silent_operations())
        content = to_json(recording.script.expecting(expected_of(recording.definition, situation)))
        session.add_all(
            Scenario(process_key=KEY, name=f"scenario {number}", created_at=NOW, updated_at=NOW, content=content)
            for number in range(SCENARIOS)
        )


def _replayed(database: Database) -> float:
    """Seconds that one replay of all of them takes. None may fail."""
    with reading(database) as session:
        definition = library.active(session, KEY).definition
        begun = perf_counter()
        replayed = replay_all(session, KEY, definition, now=NOW)
        seconds = perf_counter() - begun
    if replayed.failed or len(replayed.results) != SCENARIOS:
        raise RuntimeError("a scenario that was recorded does not go the same way")
    return seconds
