"""Two at once, and one that dies in the middle: one winner, and nothing half done."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Barrier

from sqlalchemy import func, select

from crm.core.db import Database, reading, unit_of_work
from crm.core.errors import Conflict, HeliuError
from crm.notices.models import Notice
from crm.permissions import Actor
from tests.processes.small import straight, user_task
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST
from workflows.models import ProcessEvent, Task, TaskStatus
from workflows.operations import tasks
from workflows.task_forms import Submission

ROOT = Path(__file__).resolve().parents[3]
ROUNDS = 200


def complete(database: Database, barrier: Barrier, by: Actor, now: datetime, task_id: int) -> str:
    """Complete the task at the same moment as somebody else; answers `won`, or the kind of refusal."""
    barrier.wait()
    try:
        with unit_of_work(database) as session:
            tasks.complete(session, by=by, now=now, task_id=task_id, submission=Submission(answers={"note": by.name}))
    except HeliuError as refusal:
        return type(refusal).__name__
    return "won"


def test_two_people_completing_one_task_have_one_winner_each_time(story: Story) -> None:
    people, database, now = story.people, story.database, story.clock()
    barrier = Barrier(2)
    story.publish(straight("small", user_task("check")))
    with ThreadPoolExecutor(2) as both:
        for _ in range(ROUNDS):
            story.start(people.manager1, key="small")
            task_id = story.task("check").id
            outcomes = both.map(
                lambda by, task_id=task_id: complete(database, barrier, by, now, task_id),
                (people.agent1, people.agent2),
            )
            assert sorted(outcomes) == ["AlreadyDone", "won"]
    with reading(database) as session:
        done = session.scalar(
            select(func.count()).select_from(Task).where(Task.node_id == "check", Task.status == TaskStatus.DONE)
        )
        told = session.scalar(
            select(func.count())
            .select_from(ProcessEvent)
            .where(ProcessEvent.node_id == "check", ProcessEvent.kind == "completed")
        )
    assert (done, told) == (ROUNDS, ROUNDS)


def test_two_people_claiming_one_task_have_one_winner(story: Story) -> None:
    people, database = story.people, story.database
    story.publish(straight("small", user_task("check")))
    story.start(people.manager1, key="small")
    task_id = story.task("check").id
    barrier = Barrier(2)

    def claim(by: Actor) -> bool:
        barrier.wait()
        try:
            with unit_of_work(database) as session:
                tasks.claim(session, by=by, now=story.clock(), task_id=task_id)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(claim, (people.agent1, people.agent2))) == [False, True]


WORKER = """
import sys
from datetime import datetime
from app import metadata
from crm.accounts.queries import actor_for
from crm.core.db import Database, reading, unit_of_work
from crm.service.events import ServiceRequestAssigned
from workflows import room
from workflows.operations import tasks
from workflows.task_forms import Submission

url, by_id, task_id, assignee, now = sys.argv[1:]
metadata()
database = Database(url)
room.set_up(database.listeners)

def hang(session, event):
    session.flush()
    print("inside the step", flush=True)
    sys.stdin.read()

database.listeners.on(ServiceRequestAssigned, hang)
with reading(database) as session:
    by = actor_for(session, int(by_id))
with unit_of_work(database) as session:
    tasks.complete(session, by=by, now=datetime.fromisoformat(now), task_id=int(task_id),
                   submission=Submission(answers={"assignee_id": assignee, "priority": "1"}))
"""


def test_a_worker_killed_inside_a_step_leaves_everything_as_it_was(story: Story) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)
    task, before = story.task("assign"), story.instance().version
    arguments = [
        story.database.engine.url.render_as_string(hide_password=False),
        str(people.supervisor.id),
        str(task.id),
        str(people.agent1.id),
        story.clock().isoformat(),
    ]
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "inside the step\n"
        worker.kill()
    assert story.waiting() == ["assign"]
    assert story.instance().version == before
    assert story.request().status == "opened"
    with reading(story.database) as session:
        assert session.scalar(select(func.count()).select_from(Notice)) == 0

    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    assert story.waiting() == ["handle"]
