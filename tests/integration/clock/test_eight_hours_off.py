"""The clock was off from the evening to the morning: what was due happens once, says how late it is, and floods nobody."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app import jobs as all_jobs
from crm.core.config import Config
from crm.core.db import reading, unit_of_work
from crm.core.due import DueRow
from crm.interactions.description import INTERACTION
from crm.notices.models import Notice
from crm.notices.queries import show
from crm.permissions import Actor
from crm.records.operations import create_record
from crm.reminders.operations import seed_rules
from scheduler.jobs import Jobs, Lane
from scheduler.sweep import tick
from tests.conftest import Browser
from tests.processes.small import straight, user_task
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST
from workflows import room as workflows
from workflows.models import TIMER, ProcessEvent

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVENING = datetime(2026, 3, 11, 23, 0, tzinfo=SHANGHAI).astimezone(UTC)
CASES, SMALL_TASKS, VISITS = 6, 7, 8


@pytest.fixture
def office(story: Story, config: Config) -> Jobs:
    """The product's own table of jobs, at work until eleven in the evening. While it is off, requests will become due, small
    tasks overdue, and a day with visits will begin."""
    people = story.people
    story.clock.set(EVENING)
    workflows.set_up(story.database.listeners)
    agent = str(people.agent1.id)
    story.publish(straight("small", user_task("write", dueDate="PT5H", assignee=agent)))
    for _ in range(SMALL_TASKS):
        story.start(people.supervisor, "small")
    for _ in range(CASES):
        story.start(people.manager1, **REQUEST)
        story.do(people.supervisor, "assign", assignee_id=agent, priority="1")
    with unit_of_work(story.database) as session:
        seed_rules(session)
        for number in range(VISITS):
            values = {
                "customer_id": story.customer_id,
                "subject": f"价格谈判 {number}",
                "channel": "visit",
                "direction": "out",
                "held_at": story.clock().isoformat(),
                "person_id": people.manager1.id,
                "next_visit": date(2026, 3, 12).isoformat(),
            }
            create_record(INTERACTION, session, by=people.manager1, now=story.clock(), values=values)
    jobs = all_jobs(config)
    with unit_of_work(story.database) as session:
        jobs.start_rhythms(session, now=story.clock())
    at_work(story, jobs)
    return jobs


def at_work(story: Story, jobs: Jobs) -> int:
    """The clock comes by, and tells what was found; letters stay in the outbox. Answers how many rows it did."""
    swept = tick(story.database, jobs, story.clock, lanes=[Lane.INSIDE, Lane.BULK, Lane.INSIDE])
    assert (swept.failed, swept.lost) == (0, 0)
    return swept.done


def told(story: Story, person: Actor) -> list[str]:
    """What a person was told since the evening."""
    with reading(story.database) as session:
        mine = select(Notice).where(Notice.user_id == person.id, Notice.at > EVENING).order_by(Notice.id)
        return [each.words for each in show(session, list(session.scalars(mine)), "en")]


def timers(story: Story) -> list[ProcessEvent]:
    with reading(story.database) as session:
        return list(session.scalars(select(ProcessEvent).where(ProcessEvent.kind == TIMER)))


def test_after_a_night_off_everything_that_was_due_happens_once_and_floods_nobody(story: Story, office: Jobs) -> None:
    story.clock.move(hours=8, minutes=10)
    assert at_work(story, office) > 0

    fired = timers(story)
    assert Counter(event.node_id for event in fired) == {"nearly_due": CASES, "overdue": CASES}
    assert len({(event.instance_id, event.node_id) for event in fired}) == 2 * CASES
    # Reminded two hours before the due time, which was at seven; it is ten past seven.
    late = {event.node_id: event.detail["late_seconds"] // 60 for event in fired}
    assert late == {"nearly_due": 130, "overdue": 10}

    agent = Counter(told(story, story.people.agent1))
    assert agent[f"{SMALL_TASKS} tasks are overdue"] == 1
    assert sum(agent.values()) == CASES + 1, "a reminder for each request, one notice for all small tasks"
    assert told(story, story.people.manager1) == [f"{VISITS} visits are due"]

    before = len(told(story, story.people.agent1))
    assert at_work(story, office) == 0
    for _ in range(4):
        story.clock.move(minutes=15)
        at_work(story, office)
    assert len(told(story, story.people.agent1)) == before
    assert len(timers(story)) == 2 * CASES


def test_what_recurs_is_caught_up_once_and_comes_again_at_its_own_time(story: Story, office: Jobs) -> None:
    story.clock.move(hours=8, minutes=10)
    at_work(story, office)
    with reading(story.database) as session:
        recurring = session.scalars(select(DueRow).where(DueRow.kind.startswith("every:"))).all()
    assert {row.kind for row in recurring} >= {"every:reminders", "every:losses", "every:cases"}
    assert all(row.due_at > story.clock() and row.attempts == 0 for row in recurring)
    [soonest] = [row for row in recurring if row.kind == "every:reminders"]
    assert soonest.due_at - story.clock() <= timedelta(minutes=15)


def test_the_history_says_how_late_the_clock_was(story: Story, office: Jobs, client: Browser) -> None:
    story.clock.move(hours=8, minutes=10)
    at_work(story, office)
    page = client.signed_in_as("supervisor").get(f"/cases/{story.instance_id}")
    assert page.status_code == 200
    assert "延迟 130 分钟后补发" in page.text
    assert "延迟 10 分钟后补发" in page.text
