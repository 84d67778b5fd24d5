"""Verbs of tasks as tests call them: each in a unit of work of its own, at the time of the story."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from crm.core.db import reading, unit_of_work
from crm.notices.models import Notice
from crm.permissions import Actor
from tests.processes.stories import Story
from workflows import queries
from workflows.models import ProcessEvent, ProcessInstance, Task
from workflows.verbs.queries import standing_of
from workflows.verbs.rules import actions


def act(story: Story, verb: Callable[..., Any], by: Actor, task: Task | int, **values: Any) -> Any:
    """Do something with a task: `act(story, handing.transfer, people.agent1, task, user_id=…)`."""
    task_id = task if isinstance(task, int) else task.id
    with unit_of_work(story.database) as session:
        return verb(session, by=by, now=story.clock(), task_id=task_id, **values)


def task_of(story: Story, task: Task | int) -> Task:
    """The task as it is now."""
    with reading(story.database) as session:
        return session.get_one(Task, task if isinstance(task, int) else task.id)


def open_tasks(story: Story) -> list[Task]:
    """All that the case waits for."""
    with reading(story.database) as session:
        return queries.open_tasks(session, story.instance_id)


def history(story: Story) -> list[ProcessEvent]:
    """The lines of the case's history."""
    with reading(story.database) as session:
        return queries.history(session, story.instance_id)


def kinds(story: Story) -> list[str]:
    return [event.kind for event in history(story)]


def told(story: Story, who: Actor) -> list[str]:
    """The kinds of notices that somebody got, oldest first."""
    with reading(story.database) as session:
        return list(session.scalars(select(Notice.kind).where(Notice.user_id == who.id).order_by(Notice.id)))


def why_not(story: Story, by: Actor, task: Task | int, verb: str) -> str | None:
    """The reason that a sleeping button shows, in English; None where the verb is allowed."""
    with reading(story.database) as session:
        found = task_of(story, task)
        instance = session.get_one(ProcessInstance, found.instance_id)
        reason = actions(found, by, standing_of(session, found, instance, by=by), now=story.clock())[verb]
        return None if reason is None else str(reason)
