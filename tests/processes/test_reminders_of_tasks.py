"""Reminders of tasks: told to who holds them, once before and once after the due time, whatever the clock did meanwhile."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from crm.core.db import reading, unit_of_work
from crm.notices.models import Notice
from crm.notices.queries import show
from crm.permissions import Actor
from crm.reminders.kinds import add_rules
from crm.reminders.models import ReminderRule
from crm.reminders.operations import seed_rules
from scheduler.jobs import Jobs, add_reminders
from scheduler.sweep import tick
from tests.processes.small import straight, user_task
from tests.processes.stories import Story
from workflows import reminding


@pytest.fixture
def clockwork(story: Story) -> Jobs:
    """Rules about tasks, at work from now on; nothing else is reminded of."""
    add_rules(*reminding.RULES)
    jobs = Jobs()
    add_reminders(jobs)
    with unit_of_work(story.database) as session:
        seed_rules(session)
        for rule in session.scalars(select(ReminderRule)):
            rule.active = rule.kind.startswith("task")
        jobs.start_rhythms(session, now=story.clock())
    return jobs


def pass_hours(story: Story, jobs: Jobs, hours: int) -> None:
    for _ in range(hours):
        story.clock.move(hours=1)
        tick(story.database, jobs, story.clock)


def told(story: Story, person: Actor) -> list[str]:
    with reading(story.database) as session:
        rows = list(session.scalars(select(Notice).where(Notice.user_id == person.id).order_by(Notice.id)))
        return [f"{each.kind} {each.words}" for each in show(session, rows, "en")]


def begin(story: Story) -> None:
    agent = str(story.people.agent1.id)
    story.publish(
        straight("small", user_task("write", dueDate="PT8H", assignee=agent), user_task("read", dueDate="PT8H"))
    )
    story.start(story.people.supervisor, "small")


def test_a_task_is_told_before_and_after_its_due_time_once_each(story: Story, clockwork: Jobs) -> None:
    begin(story)
    due = story.task("write").due
    assert due is not None
    hours = int((due - story.clock()).total_seconds() // 3600)
    pass_hours(story, clockwork, hours - 5)
    assert told(story, story.people.agent1) == ["task.assigned write: small"]
    pass_hours(story, clockwork, 3)
    assert told(story, story.people.agent1)[1:] == ["reminder.task_soon Due soon: write: small"]
    pass_hours(story, clockwork, 30)
    assert told(story, story.people.agent1)[2:] == ["reminder.task_late Overdue: write: small"]


def test_a_clock_that_was_down_over_the_due_time_says_only_that_it_is_late(story: Story, clockwork: Jobs) -> None:
    begin(story)
    story.clock.move(days=4)
    pass_hours(story, clockwork, 3)
    assert told(story, story.people.agent1)[1:] == ["reminder.task_late Overdue: write: small"]


def test_a_task_that_nobody_holds_and_one_that_is_done_are_told_to_nobody(story: Story, clockwork: Jobs) -> None:
    begin(story)
    story.do(story.people.agent1, "write")
    pass_hours(story, clockwork, 40)
    with reading(story.database) as session:
        assert [notice.kind for notice in session.scalars(select(Notice))] == ["task.assigned"]
