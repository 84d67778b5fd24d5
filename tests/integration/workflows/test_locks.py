"""Who waits for whom on PostgreSQL: the case is locked before its tasks, by everybody, so that nobody waits in a ring."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from crm.core.db import reading, unit_of_work
from crm.core.errors import HeliuError
from tests.processes.small import straight, user_task
from tests.processes.stories import Story
from workflows.models import InstanceStatus, ProcessInstance
from workflows.operations import cancelling, tasks
from workflows.operations.steps import record_event
from workflows.task_forms import Submission

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
WAITING = text(
    "SELECT count(*), pg_sleep(0.01) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
LOOK_ANEW = text("SELECT pg_stat_clear_snapshot()")
MOST_LOOKS = 3_000


def until_somebody_waits(session: Session) -> None:
    """Look again and again until another transaction waits for a lock."""
    for _ in range(MOST_LOOKS):
        # A transaction keeps what it saw of others' work until it is told to look anew.
        session.execute(LOOK_ANEW)
        if session.execute(WAITING).scalar_one():
            return
    raise AssertionError("nobody waits")


def test_a_step_and_the_end_of_its_case_do_not_wait_for_each_other(story: Story) -> None:
    people, database, now = story.people, story.database, story.clock()
    story.publish(straight("small", user_task("check")))
    story.start(people.manager1, key="small")
    task_id = story.task("check").id

    def complete() -> str:
        try:
            with unit_of_work(database) as session:
                tasks.complete(session, by=people.agent1, now=now, task_id=task_id, submission=Submission(answers={}))
        except HeliuError as refusal:
            return str(refusal)
        return "completed"

    with ThreadPoolExecutor(1) as colleague:
        with unit_of_work(database) as session, reading(database) as watch:
            session.get(ProcessInstance, story.instance_id, with_for_update=True)
            late = colleague.submit(complete)
            until_somebody_waits(watch)
            cancelling.cancel(session, by=people.admin, now=now, instance_id=story.instance_id, reason="a mistake")
        assert "moved on" in late.result()
    assert story.instance().status == InstanceStatus.CANCELLED


def test_a_line_of_history_is_written_while_a_step_of_the_case_goes_on(story: Story) -> None:
    people, database, now = story.people, story.database, story.clock()
    story.publish(straight("small", user_task("check")))
    story.start(people.manager1, key="small")
    task_id = story.task("check").id
    with unit_of_work(database) as outer:
        tasks.complete(outer, by=people.agent1, now=now, task_id=task_id, submission=Submission(answers={}))
        with unit_of_work(database) as session:
            session.execute(text("SET LOCAL lock_timeout = '5s'"))
            record_event(session, instance_id=story.instance_id, now=now, kind="claimed", by=people.agent2)
    assert story.instance().status == InstanceStatus.COMPLETED
