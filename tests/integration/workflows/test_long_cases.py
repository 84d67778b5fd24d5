"""A case that was sent round many times: its page reads what it shows, and no more."""

from __future__ import annotations

import logging

import pytest
from flask import Flask
from sqlalchemy import inspect

from crm.core.db import reading, unit_of_work
from tests.conftest import program_of
from tests.processes.small import script_task, straight, user_task
from tests.processes.stories import Story
from workflows import queries
from workflows.models import Task, TaskStatus

# More than a case may hold.
TOO_MUCH = '{ big: for i in 1..60000 return "what the customer said" }'


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_of_many_rounds_the_newest_task_of_each_step_is_read_without_what_was_entered(story: Story) -> None:
    story.publish(straight("small", user_task("first"), user_task("second")))
    story.start(story.people.manager1, key="small")
    story.do(story.people.agent1, "first", note="x")
    with unit_of_work(story.database) as session:
        first = session.get_one(Task, story.task("second").id - 1)
        kept = {column.key: getattr(first, column.key) for column in inspect(Task).columns if column.key != "id"}
        session.add_all(Task(**{**kept, "token": 1000 + number}) for number in range(50))
    with reading(story.database) as session:
        found = queries.tasks_of(session, story.instance_id)
        assert [(task.node_id, task.status) for task in found] == [
            ("second", TaskStatus.OPEN),
            ("first", TaskStatus.DONE),
        ]
        assert {"data", "draft", "answers"} <= inspect(found[0]).unloaded


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_failed_step_is_logged_without_what_was_said(
    story: Story, app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    story.publish(straight("faulty", user_task("check"), script_task("grow", TOO_MUCH)))
    story.start(story.people.manager1, key="faulty")
    with caplog.at_level(logging.ERROR):
        path = f"/tasks/{story.task('check').id}/complete"
        answer = program_of(app, "agent1").post(path, json={"answers": {"note": "13800138000"}})
    assert answer.status_code == 500
    assert "step check of case" in caplog.text
    assert "Traceback" not in caplog.text
    assert "13800138000" not in caplog.text
