"""Whoever stands in for somebody hears of their tasks: of each that comes, and of the open ones when the absence begins."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.accounts.substitutes import name_substitute
from crm.core.claims import claim, finish
from crm.core.db import reading, unit_of_work
from crm.notices.models import Notice
from crm.permissions import Actor
from tests.processes.acting import act, told
from tests.processes.small import straight, user_task
from tests.processes.stories import Story
from workflows.assigning import absences
from workflows.assigning.absences import ABSENCE
from workflows.verbs import handing, telling


@pytest.fixture
def named(story: Story) -> Story:
    """A process whose only task the diagram gives to agent1, by a plain assignee."""
    absences.listen(story.database.listeners)
    story.publish(straight("small", user_task("draft", assignee=str(story.people.agent1.id)), user_task("check")))
    return story


def away(story: Story, who: Actor, substitute: Actor | None, *, days: int = 0) -> None:
    """From `days` on and for a week."""
    begins = story.clock() + timedelta(days=days)
    with unit_of_work(story.database) as session:
        name_substitute(
            session, by=who, now=story.clock(), substitute_id=substitute.id if substitute else None, begins=begins,
            ends=begins + timedelta(days=7),
        )  # fmt: skip


def clock_comes_by(story: Story, **distance: float) -> None:
    """Absences that have begun by then are looked at."""
    now = story.clock.move(**distance)
    with unit_of_work(story.database) as session:
        for due in claim(session, now=now, worker="story", kinds=[ABSENCE]):
            absences.begin(session, due, now=now)
            assert finish(session, due, worker="story")


def last_words(story: Story, who: Actor) -> tuple[str, dict[str, object]]:
    with reading(story.database) as session:
        notice = session.scalars(select(Notice).where(Notice.user_id == who.id).order_by(Notice.id.desc())).first()
        assert notice is not None
        return notice.source, dict(notice.values)


def test_a_task_that_the_diagram_gives_to_somebody_away_is_told_to_both(named: Story) -> None:
    people = named.people
    away(named, people.agent1, people.agent2)
    named.start(people.manager1, key="small")
    assert told(named, people.agent1) == ["task.assigned"]
    assert told(named, people.agent2) == ["task.stood_in"]
    assert last_words(named, people.agent2)[0] == "In the place of {who}: {message}"


def test_nobody_else_is_told_while_the_person_is_there(named: Story) -> None:
    people = named.people
    away(named, people.agent1, people.agent2, days=3)
    named.start(people.manager1, key="small")
    assert told(named, people.agent2) == []


def test_the_last_of_a_chain_is_told(named: Story) -> None:
    people = named.people
    away(named, people.agent1, people.agent2)
    away(named, people.agent2, people.manager2)
    named.start(people.manager1, key="small")
    assert (told(named, people.agent2), told(named, people.manager2)) == ([], ["task.stood_in"])


def test_whoever_starts_the_case_is_not_told_what_they_did_themselves(named: Story) -> None:
    people = named.people
    away(named, people.agent1, people.agent2)
    named.start(people.agent2, key="small")
    assert told(named, people.agent2) == []


def test_a_task_handed_to_somebody_away_and_an_urge_reach_the_substitute(named: Story) -> None:
    people = named.people
    named.start(people.manager1, key="small")
    task = named.task("draft")
    away(named, people.manager2, people.contracts)
    act(named, handing.transfer, people.agent1, task, user_id=people.manager2.id)
    assert told(named, people.contracts) == ["task.stood_in"]
    act(named, telling.urge, people.manager1, task)
    assert told(named, people.contracts) == ["task.stood_in", "task.stood_in"]
    act(named, telling.copy, people.agent1, task, user_ids=[people.manager2.id])
    assert len(told(named, people.contracts)) == 2


def test_when_an_absence_begins_the_open_tasks_are_told_once(named: Story) -> None:
    people = named.people
    for _ in range(2):
        named.start(people.manager1, key="small")
    away(named, people.agent1, people.agent2, days=2)
    clock_comes_by(named)
    assert told(named, people.agent2) == []
    clock_comes_by(named, days=2)
    clock_comes_by(named, days=1)
    assert told(named, people.agent2) == ["task.stood_in"]
    source, values = last_words(named, people.agent2)
    assert "stand in for" in source
    assert values["count"] == 2


def test_an_absence_that_was_called_off_or_is_over_is_not_told(named: Story) -> None:
    people = named.people
    away(named, people.agent1, people.agent2, days=1)
    away(named, people.agent1, None)
    away(named, people.manager1, people.manager2, days=1)
    clock_comes_by(named, days=9)
    assert (told(named, people.agent2), told(named, people.manager2)) == ([], [])


def test_whoever_stands_in_for_a_substitute_hears_of_both(named: Story) -> None:
    people = named.people
    named.start(people.manager1, key="small")
    away(named, people.agent1, people.agent2)
    clock_comes_by(named)
    away(named, people.agent2, people.manager2, days=1)
    clock_comes_by(named, days=1)
    assert last_words(named, people.manager2)[1]["count"] == 1
