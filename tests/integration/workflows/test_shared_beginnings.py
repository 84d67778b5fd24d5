"""Cases that begin by themselves take their share of a version that is tried beside the one in force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from crm.core.db import reading, unit_of_work
from tests.conftest import Program
from tests.integration.workflows.listening import cases, event, message, process, signal, timer
from tests.processes.small import user_task
from tests.processes.stories import Story
from workflows import engine, library
from workflows.engine import Bundle
from workflows.models import ProcessDefinition, VersionSource
from workflows.operations import sharing

KEY = "tried"


def share(story: Story, old: Bundle, new: Bundle, percent: int) -> None:
    """The old version is in force, so many of the new cases take the new one."""
    story.publish(old)
    with unit_of_work(story.database) as session:
        library.store_version(
            session,
            new,
            engine.compile(new),
            source=VersionSource.STUDIO,
            now=story.clock(),
            by_id=None,
            activate=False,
        )
        sharing.set_share(
            session, by=story.people.admin, now=story.clock(), key=KEY, percent=percent, number=2, reason="to try it"
        )


def begun(story: Story) -> list[int]:
    """The versions of the cases that began, in their order."""
    with reading(story.database) as session:
        return [library.published(session, case.version_id).number for case in cases(story.database, KEY)]


def version(start: str, step: str) -> Bundle:
    return process(KEY, start, steps=[user_task(step)])


@pytest.mark.parametrize("kind", ["message", "signal", "timer"])
def test_a_quarter_of_forty_cases_is_exactly_ten(
    story: Story, shop: Program, run: Callable[[], int], kind: str
) -> None:
    begins = event("startEvent", "order", {"message": message(), "signal": signal(), "timer": timer("R/P1D")}[kind])
    share(story, version(begins, "look"), version(begins, "look_twice"), 25)
    for number in range(40):
        if kind == "timer":
            story.clock.move(days=1)
        else:
            said = {"name": "order", **({"business_key": f"A-{number}"} if kind == "message" else {})}
            assert shop.post(f"/{kind}s", json=said).status_code in (200, 202)
        run()
    found = begun(story)
    assert Counter(found) == {1: 30, 2: 10}
    assert Counter(found[:20]) == {1: 15, 2: 5}
    with reading(story.database) as session:
        process_row = session.get_one(ProcessDefinition, KEY)
        assert (process_row.next_started, process_row.next_taken) == (40, 10)


def test_a_version_whose_start_event_was_drawn_anew_takes_part_too(story: Story, shop: Program) -> None:
    old = version(event("startEvent", "first", message(), name="order"), "look")
    new = version(event("startEvent", "other", message(), name="order"), "look_twice")
    share(story, old, new, 50)
    for number in range(4):
        shop.post("/messages", json={"name": "order", "business_key": f"A-{number}"})
    assert begun(story) == [1, 2, 1, 2]


def test_what_a_version_does_not_hear_begins_with_the_one_in_force(story: Story, shop: Program) -> None:
    hears = event("startEvent", "order", message())
    share(story, version(hears, "look"), version(event("startEvent", "begin"), "look_twice"), 50)
    for number in range(4):
        shop.post("/messages", json={"name": "order", "business_key": f"A-{number}"})
    assert begun(story) == [1, 1, 1, 1]
