"""The clock of a case is stopped, goes on and strikes while people act: nothing is lost, nothing happens twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.core.db import Database, reading, unit_of_work
from crm.core.due import DueRow
from crm.core.errors import HeliuError
from crm.notices.models import Notice
from crm.service.waiting import customer_answered, wait_for_customer
from scheduler.jobs import Jobs
from scheduler.sweep import tick
from tests.processes.small import straight, user_task
from tests.processes.stories import Story
from workflows import room
from workflows.ladders.operations import set_ladder
from workflows.models import NO_DUE_DATE, RUNG, TIMER, ProcessEvent, Task
from workflows.operations import tasks
from workflows.task_forms import Submission

ROUNDS = 10
REQUEST = {"type": "repair", "priority": "1", "channel": "phone", "summary": "异响", "request": "请检查。"}


def together(database: Database, *acts: Callable[[Session], object]) -> list[bool]:
    """All acts at once, each in a unit of work of its own. Answers which of them were not refused."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[Session], object]) -> bool:
        barrier.wait(timeout=120)
        try:
            with unit_of_work(database) as session:
                act(session)
        except HeliuError:
            return False
        return True

    with ThreadPoolExecutor(len(acts)) as people:
        return list(people.map(run, acts))


def test_who_stops_the_clock_and_who_completes_the_step_never_block_each_other(story: Story) -> None:
    people, now = story.people, story.clock()
    for _ in range(ROUNDS):
        story.start(people.manager1, **REQUEST)
        story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
        request_id, task_id = story.request().id, story.task("handle").id

        def stop(session: Session, request_id: int = request_id) -> object:
            return wait_for_customer(session, by=people.manager1, now=now, request_id=request_id, question="?")

        def finish(session: Session, task_id: int = task_id) -> object:
            submission = Submission(answers={"handling": "完成"})
            return tasks.complete(session, by=people.agent1, now=now, task_id=task_id, submission=submission)

        stopped, finished = together(story.database, stop, finish)
        assert finished
        # Whether it was stopped before or refused afterwards: the step is done and the clock runs.
        assert story.waiting() == ["feedback"]
        assert story.request().waiting_since is None
        assert story.instance().paused_at is None
        assert story.task("feedback").due is not None
        with reading(story.database) as session:
            timers = select(func.count()).where(DueRow.kind == TIMER, DueRow.subject_id == story.instance_id)
            assert session.scalar(timers) == 0
            paused = select(func.count()).where(
                ProcessEvent.instance_id == story.instance_id, ProcessEvent.kind == "paused"
            )
            assert session.scalar(paused) == int(stopped)


def test_the_clock_is_stopped_once_and_goes_on_once(story: Story) -> None:
    people, now = story.people, story.clock()
    story.start(people.manager1, **REQUEST)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    request_id, due = story.request().id, story.task("handle").due
    actors = (people.agent1, people.manager1, people.supervisor)
    stops = [
        lambda session, by=by: wait_for_customer(session, by=by, now=now, request_id=request_id, question="?")
        for by in actors
    ]
    assert together(story.database, *stops).count(True) == 1
    assert story.task("handle").due_at == NO_DUE_DATE
    later = story.clock.move(hours=3)
    answers = [
        lambda session, by=by: customer_answered(session, by=by, now=later, request_id=request_id) for by in actors
    ]
    assert together(story.database, *answers).count(True) == 1
    moved = story.task("handle").due
    assert moved is not None and due is not None and (moved - due).total_seconds() == 3 * 3600


def test_two_schedulers_climb_each_rung_once(story: Story) -> None:
    people, now = story.people, datetime(2026, 3, 16, 1, tzinfo=UTC)
    story.clock.set(now)
    story.publish(straight("small", user_task("write", dueDate="PT8H", assignee=str(people.agent1.id))))
    rungs = [
        {"when": "before", "amount": 60, "act": "urge"},
        {"when": "after", "amount": 0, "act": "escalate"},
        {"when": "after", "amount": 60, "act": "complete", "answers": {"note": "无人处理"}},
    ]
    with unit_of_work(story.database) as session:
        set_ladder(session, by=people.admin, now=now, process_key="small", node_id="write", rungs=rungs, version=0)
    for _ in range(30):
        story.start(people.manager1, "small")
    for hour in (7, 8, 9):
        moment = now.replace(hour=now.hour + hour)

        def sweep(worker: str, moment: datetime = moment) -> int:
            jobs = Jobs()
            jobs.on(RUNG, room.climb_ladder, gave_up=room.timer_gave_up)
            return tick(story.database, jobs, lambda: moment, worker=worker).done

        with ThreadPoolExecutor(2) as schedulers:
            assert sum(schedulers.map(sweep, ("one", "other"))) == 30
    with reading(story.database) as session:
        per_task = session.execute(
            select(ProcessEvent.task_id, func.count()).where(ProcessEvent.kind == "rung").group_by(ProcessEvent.task_id)
        ).all()
        by_rule = session.scalar(select(func.count()).select_from(Task).where(Task.by_rule))
        told = session.scalar(select(func.count()).select_from(Notice).where(Notice.kind == "task.urged"))
    assert [number for _, number in per_task] == [3] * 30
    assert (by_rule, told) == (30, 30)
