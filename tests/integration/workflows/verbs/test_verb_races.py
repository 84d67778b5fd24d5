"""Two people at the same task at the same moment: one of them wins, nothing is half done, and the other hears so."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from crm.core.db import unit_of_work
from crm.core.errors import HeliuError
from crm.permissions import Actor
from tests.processes.acting import act, kinds, open_tasks, task_of
from tests.processes.small import straight, user_task
from tests.processes.stories import Story
from workflows.models import Task
from workflows.operations import tasks
from workflows.task_forms import Submission
from workflows.verbs import handing, sending_back, signing, taking_back, telling

ROUNDS = 12
Doing = tuple[Callable[..., Any], Actor, int, dict[str, Any]]
NOTHING = {"submission": Submission(answers={})}


def at_once(story: Story, *doings: Doing) -> list[str]:
    """All at a barrier; answers for each `won` or the kind of refusal."""
    barrier = Barrier(len(doings))

    def do(doing: Doing) -> str:
        verb, by, task_id, values = doing
        barrier.wait()
        try:
            with unit_of_work(story.database) as session:
                verb(session, by=by, now=story.clock(), task_id=task_id, **values)
        except HeliuError as refusal:
            return type(refusal).__name__
        return "won"

    with ThreadPoolExecutor(len(doings)) as together:
        return list(together.map(do, doings))


@pytest.fixture
def begin(story: Story) -> Callable[[], Task]:
    """Begins a new case each time and brings it to its second step, which agent1 has."""
    story.publish(straight("small", user_task("draft"), user_task("check"), user_task("last")))

    def begun() -> Task:
        story.start(story.people.manager1, key="small")
        story.do(story.people.agent1, "draft")
        return task_of(story, act(story, tasks.claim, story.people.agent1, story.task("check")))

    return begun


def test_a_task_is_completed_or_transferred(story: Story, begin: Callable[[], Task]) -> None:
    people = story.people
    for _ in range(ROUNDS):
        task = begin()
        ends = at_once(
            story,
            (tasks.complete, people.agent1, task.id, NOTHING),
            (handing.transfer, people.supervisor, task.id, {"user_id": people.agent2.id}),
        )
        assert ends.count("won") == 1, ends
        done = task_of(story, task).status == "done"
        assert kinds(story).count("transferred") == (not done)
        assert len(open_tasks(story)) == 1


def test_a_task_goes_back_or_on(story: Story, begin: Callable[[], Task]) -> None:
    people = story.people
    for _ in range(ROUNDS):
        task = begin()
        ends = at_once(
            story,
            (tasks.complete, people.agent1, task.id, NOTHING),
            (sending_back.send_back, people.agent1, task.id, {"to": "draft", "reason": "again"}),
        )
        assert ends.count("won") == 1, ends
        assert len(open_tasks(story)) == 1


def test_a_step_is_taken_back_or_taken_up(story: Story, begin: Callable[[], Task]) -> None:
    people = story.people
    for _ in range(ROUNDS):
        task = begin()
        story.complete(people.agent1, task.id)
        following = story.task("last").id
        ends = at_once(
            story,
            (taking_back.withdraw, people.agent1, task.id, {}),
            (tasks.claim, people.agent2, following, {}),
        )
        assert ends.count("won") == 1, ends
        taken_back = task_of(story, task).status == "open"
        assert [each.node_id for each in open_tasks(story)] == ["check" if taken_back else "last"]
        assert (task_of(story, following).status == "withdrawn") == taken_back


def test_the_same_urge_twice_counts_once(story: Story, begin: Callable[[], Task]) -> None:
    people = story.people
    for _ in range(ROUNDS):
        task = begin()
        ends = at_once(
            story, (telling.urge, people.manager1, task.id, {}), (telling.urge, people.supervisor, task.id, {})
        )
        assert sorted(ends) == ["Denied", "won"]
        assert kinds(story).count("urged") == 1


def test_the_same_copy_twice_is_given_once(story: Story, begin: Callable[[], Task]) -> None:
    people = story.people
    for _ in range(ROUNDS):
        task = begin()
        to = {"user_ids": [people.contracts.id]}
        ends = at_once(
            story, (telling.copy, people.agent1, task.id, to), (telling.copy, people.supervisor, task.id, to)
        )
        assert ends == ["won", "won"]
        assert kinds(story).count("copied") == 1


def test_two_signers_at_once_both_count(story: Story, begin: Callable[[], Task]) -> None:
    people = story.people
    for _ in range(ROUNDS):
        task = begin()
        act(story, signing.add_signer, people.agent1, task, user_id=people.agent2.id, where="parallel")
        first, second = open_tasks(story)
        ends = at_once(
            story,
            (tasks.complete, people.agent1, first.id, NOTHING),
            (tasks.complete, people.agent2, second.id, NOTHING),
        )
        assert ends == ["won", "won"]
        assert [each.node_id for each in open_tasks(story)] == ["last"]
