"""A task that nobody does: reminded, urged, escalated, and in the end decided by rule. Each once, none in vain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.substitutes import name_substitute
from crm.core.db import reading, unit_of_work
from crm.core.due import Appointment, Due, DueRow, schedule
from crm.core.errors import Conflict, Denied, Invalid, NotFound
from crm.notices.models import Notice
from crm.service.waiting import customer_answered, wait_for_customer
from crm.worktime.seed import seed_calendar
from scheduler.jobs import Jobs
from scheduler.sweep import tick
from tests.processes.small import straight, user_task
from tests.processes.stories import Story
from workflows import room
from workflows.ladders.operations import set_ladder
from workflows.ladders.seed import seed_ladders
from workflows.models import RUNG, TIMER, Incident, InstanceStatus, ProcessEvent, Task, TaskStatus
from workflows.operations import incidents
from workflows.verbs.planning import set_due

SHANGHAI = ZoneInfo("Asia/Shanghai")
LADDER = (
    {"when": "share", "amount": 50, "act": "remind"},
    {"when": "before", "amount": 60, "act": "urge"},
    {"when": "after", "amount": 0, "act": "escalate"},
    {"when": "after", "amount": 240, "act": "complete", "answers": {"note": "无人处理"}},
)


def at(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=SHANGHAI)


@pytest.fixture
def late(story: Story) -> Story:
    """Monday at nine: agent1 has a task of eight working hours, until six."""
    story.clock.set(at("2026-03-16 09:00").astimezone(UTC))
    with unit_of_work(story.database) as session:
        seed_calendar(session, story.clock())
    story.publish(straight("small", user_task("write", dueDate="PT8H", assignee=str(story.people.agent1.id))))
    write_ladder(story, LADDER)
    return story


def write_ladder(story: Story, rungs: Any, *, version: int = 0, node_id: str = "write", key: str = "small") -> None:
    with unit_of_work(story.database) as session:
        set_ladder(
            session,
            by=story.people.admin,
            now=story.clock(),
            process_key=key,
            node_id=node_id,
            rungs=rungs,
            version=version,
        )


def let_time_pass(story: Story, until: str | None = None, **distance: float) -> int:
    """The scheduler does what is due by then. Answers how many rows it did."""
    now = story.clock.set(at(until).astimezone(UTC)) if until else story.clock.move(**distance)
    jobs = Jobs()
    jobs.on(TIMER, room.fire_timer, gave_up=room.timer_gave_up)
    jobs.on(RUNG, room.climb_ladder, gave_up=room.timer_gave_up, back_off=())
    return tick(story.database, jobs, lambda: now).done


def climbed(story: Story) -> list[str]:
    """What rungs did, in order."""
    with reading(story.database) as session:
        events = session.scalars(
            select(ProcessEvent)
            .where(ProcessEvent.instance_id == story.instance_id, ProcessEvent.kind == "rung")
            .order_by(ProcessEvent.id)
        )
        return [event.detail["act"] for event in events]


def notices(story: Story, kind: str) -> list[int]:
    with reading(story.database) as session:
        return list(session.scalars(select(Notice.user_id).where(Notice.kind == kind).order_by(Notice.id)))


@contextmanager
def task_row(story: Story) -> Iterator[tuple[Session, Task]]:
    with unit_of_work(story.database) as session:
        yield session, session.scalars(select(Task).where(Task.instance_id == story.instance_id)).one()


def test_the_ladder_is_climbed_rung_by_rung_in_working_time(late: Story) -> None:
    story, people = late, late.people
    story.start(people.manager1, "small")
    assert let_time_pass(story, "2026-03-16 12:59") == 0
    assert let_time_pass(story, "2026-03-16 14:00") == 1
    assert climbed(story) == ["remind"]
    assert notices(story, "task.reminded") == [people.agent1.id]
    assert let_time_pass(story, "2026-03-16 17:00") == 1
    assert story.task("write").urged_at == at("2026-03-16 17:00")
    assert let_time_pass(story, "2026-03-16 18:00") == 1
    assert notices(story, "task.escalated") == [people.supervisor.id]
    # Four working hours after six in the evening are over on Tuesday at two.
    assert let_time_pass(story, "2026-03-17 13:59") == 0
    assert let_time_pass(story, "2026-03-17 14:00") == 1
    assert climbed(story) == ["remind", "urge", "escalate", "complete"]
    assert story.instance().status == InstanceStatus.COMPLETED
    with task_row(story) as (_, task):
        assert (task.status, task.by_rule, task.closed_by_id, task.assignee_id) == (
            TaskStatus.DONE,
            True,
            None,
            people.agent1.id,
        )
        assert task.answers == {"note": "无人处理"}
    assert set(notices(story, "task.by_rule")) == {people.agent1.id, people.supervisor.id}
    assert let_time_pass(story, days=30) == 0


def test_a_scheduler_that_was_away_catches_up_once_and_repeats_no_reminder(late: Story) -> None:
    story = late
    story.start(story.people.manager1, "small")
    assert let_time_pass(story, "2026-03-16 17:30") == 1
    assert climbed(story) == ["urge"]
    assert let_time_pass(story, "2026-03-20 09:00") == 1
    assert climbed(story) == ["urge", "escalate", "complete"]
    with reading(story.database) as session:
        details = [
            event.detail
            for event in session.scalars(
                select(ProcessEvent).where(ProcessEvent.kind == "rung").order_by(ProcessEvent.id)
            )
        ]
    assert [detail.get("skipped") for detail in details] == [[0], None, None]
    assert all(detail["late_seconds"] > 0 for detail in details)
    assert let_time_pass(story, hours=1) == 0


def test_whoever_stands_in_for_the_holder_or_the_superior_is_told_as_well(late: Story) -> None:
    story, people = late, late.people
    with unit_of_work(story.database) as session:
        for absent, substitute in ((people.agent1, people.agent2), (people.supervisor, people.executive)):
            begins, ends = story.clock(), story.clock() + timedelta(days=7)
            name_substitute(
                session, by=absent, now=story.clock(), substitute_id=substitute.id, begins=begins, ends=ends
            )
    story.start(people.manager1, "small")
    before = notices(story, "task.stood_in")
    let_time_pass(story, "2026-03-16 14:00")
    assert notices(story, "task.reminded") == [people.agent1.id]
    assert notices(story, "task.stood_in")[len(before) :] == [people.agent2.id]
    let_time_pass(story, "2026-03-16 17:00")
    let_time_pass(story, "2026-03-16 18:00")
    assert notices(story, "task.escalated") == [people.supervisor.id]
    told = notices(story, "task.stood_in")[len(before) :]
    assert told == [people.agent2.id, people.agent2.id, people.executive.id]


def test_a_task_that_was_done_is_left_in_peace(late: Story) -> None:
    story = late
    story.start(story.people.manager1, "small")
    story.do(story.people.agent1, "write", note="fertig")
    let_time_pass(story, days=30)
    assert climbed(story) == []
    assert notices(story, "task.reminded") == []


def test_a_rung_whose_handler_dies_comes_again_and_counts_once(late: Story) -> None:
    story = late
    story.start(story.people.manager1, "small")
    story.clock.set(at("2026-03-16 14:00").astimezone(UTC))
    with pytest.raises(ZeroDivisionError), unit_of_work(story.database) as session:
        row = session.scalars(select(DueRow).where(DueRow.kind == RUNG)).one()
        room.climb_ladder(session, _claimed(row), story.clock())
        raise ZeroDivisionError
    assert climbed(story) == []
    assert let_time_pass(story, minutes=1) == 1
    assert climbed(story) == ["remind"]
    assert notices(story, "task.reminded") == [story.people.agent1.id]


def _claimed(row: DueRow) -> Due:
    return Due(row.id, row.kind, row.subject_id, row.ref, row.payload, row.due_at, 1, row.due_at)


def test_what_is_not_done_is_handed_on_to_the_superior_or_a_group(late: Story) -> None:
    story, people = late, late.people
    write_ladder(
        story,
        [
            {"when": "after", "amount": 0, "act": "transfer"},
            {"when": "after", "amount": 60, "act": "transfer", "role": "executive"},
        ],
        version=1,
    )
    story.start(people.manager1, "small")
    assert let_time_pass(story, "2026-03-16 18:00") == 1
    assert story.task("write").assignee_id == people.supervisor.id
    assert let_time_pass(story, "2026-03-17 10:00") == 1
    task = story.task("write")
    assert (task.assignee_id, task.role) == (None, "executive")
    assert {people.agent1.id, people.supervisor.id, people.executive.id} <= set(notices(story, "task.by_rule"))
    story.do(people.executive, "write", note="我来")


def test_another_due_time_moves_the_rungs_that_are_left(late: Story) -> None:
    story = late
    story.start(story.people.manager1, "small")
    with task_row(story) as (_, task):
        task.due_at = at("2026-03-17 18:00")
    assert let_time_pass(story, "2026-03-16 14:00") == 1
    assert climbed(story) == []
    assert let_time_pass(story, "2026-03-16 18:00") == 1
    assert climbed(story) == ["remind"]


def test_the_ladder_follows_a_due_time_that_somebody_sets(late: Story) -> None:
    story, people = late, late.people
    story.start(people.manager1, "small")
    let_time_pass(story, "2026-03-16 14:00")
    for due in ("2026-03-16 16:00", "2026-03-18 18:00"):
        with unit_of_work(story.database) as session:
            task_id = story.task("write").id
            set_due(session, by=people.supervisor, now=story.clock(), task_id=task_id, due=at(due))
    with reading(story.database) as session:
        (row,) = session.scalars(select(DueRow).where(DueRow.kind == RUNG)).all()
    assert row.due_at == at("2026-03-18 17:00")
    let_time_pass(story, "2026-03-18 18:00")
    assert climbed(story) == ["remind", "escalate"]
    with unit_of_work(story.database) as session:
        set_due(session, by=people.supervisor, now=story.clock(), task_id=story.task("write").id, due=None)
    let_time_pass(story, days=30)
    assert climbed(story) == ["remind", "escalate"]


def test_a_second_appointment_for_the_same_task_climbs_nothing_twice(late: Story) -> None:
    story = late
    story.start(story.people.manager1, "small")
    with unit_of_work(story.database) as session:
        row = session.scalars(select(DueRow).where(DueRow.kind == RUNG)).one()
        schedule(session, Appointment(RUNG, row.due_at, row.subject_id, row.ref, row.payload), now=story.clock())
    let_time_pass(story, "2026-03-20 09:00")
    assert sorted(climbed(story)) == ["complete", "escalate"]
    assert story.instance().status == InstanceStatus.COMPLETED


def test_a_ladder_that_was_taken_away_is_not_climbed_any_more(late: Story) -> None:
    story = late
    story.start(story.people.manager1, "small")
    write_ladder(story, [], version=1)
    let_time_pass(story, days=30)
    assert climbed(story) == []


def test_answers_that_the_form_refuses_become_an_incident_and_can_be_tried_again(late: Story) -> None:
    story = late
    form = {
        "type": "default",
        "components": [
            {"type": "textfield", "id": "a", "key": "note", "label": "Note", "validate": {"required": True}}
        ],
    }
    story.publish(straight("strict", user_task("write", dueDate="PT8H"), forms={"note": form}))
    write_ladder(story, [{"when": "after", "amount": 0, "act": "complete"}], key="strict")
    story.start(story.people.manager1, "strict")
    let_time_pass(story, "2026-03-16 18:00")
    assert story.waiting() == ["write"]
    with reading(story.database) as session:
        incident = session.scalars(select(Incident)).one()
    rung = {"when": "after", "amount": 0, "act": "complete", "answers": {"note": "默认"}}
    write_ladder(story, [rung], key="strict", version=1)
    with unit_of_work(story.database) as session:
        incidents.retry(session, by=story.people.admin, now=story.clock(), incident_id=incident.id)
    assert let_time_pass(story, minutes=1) == 1
    assert story.instance().status == InstanceStatus.COMPLETED


def test_rungs_are_silent_while_the_customer_owes_an_answer(story: Story) -> None:
    people = story.people
    story.clock.set(at("2026-03-16 09:00").astimezone(UTC))
    with unit_of_work(story.database) as session:
        seed_calendar(session, story.clock())
        seed_ladders(session, story.clock())
        seed_ladders(session, story.clock())
    request = {"type": "repair", "priority": "1", "channel": "phone", "summary": "异响", "request": "请检查。"}
    story.start(people.manager1, **request)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    request_id = story.request().id
    with unit_of_work(story.database) as session:
        wait_for_customer(session, by=people.agent1, now=story.clock(), request_id=request_id, question="序列号？")
    let_time_pass(story, days=3)
    assert climbed(story) == []
    with unit_of_work(story.database) as session:
        customer_answered(session, by=people.agent1, now=story.clock(), request_id=request_id)
    assert story.task("handle").due == at("2026-03-19 18:00")
    let_time_pass(story, "2026-03-20 10:59")
    assert climbed(story) == []
    let_time_pass(story, "2026-03-20 11:00")
    assert climbed(story) == ["urge"]
    let_time_pass(story, "2026-03-24 09:00")
    assert climbed(story) == ["urge", "transfer"]
    assert story.task("handle").assignee_id == story.request().assigned_to_id == people.supervisor.id


def test_an_archive_that_nobody_does_is_done_by_rule(story: Story) -> None:
    people = story.people
    story.clock.set(at("2026-03-16 09:00").astimezone(UTC))
    with unit_of_work(story.database) as session:
        seed_calendar(session, story.clock())
        seed_ladders(session, story.clock())
    request = {"type": "repair", "priority": "1", "channel": "phone", "summary": "异响", "request": "请检查。"}
    story.start(people.manager1, **request)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    story.do(people.agent1, "handle", handling="更换轴承")
    story.do(people.manager1, "feedback", result="正常", satisfaction=5)
    for _ in range(12):
        let_time_pass(story, days=1)
    assert story.request().status == "archived"
    assert story.request().archived_by_id is None
    assert climbed(story)[-1] == "complete"


@pytest.mark.parametrize(
    ("rung", "field"),
    [
        ({"when": "someday", "amount": 1, "act": "remind"}, "rungs.0.when"),
        ({"when": "after", "amount": -1, "act": "remind"}, "rungs.0.amount"),
        ({"when": "after", "amount": True, "act": "remind"}, "rungs.0.amount"),
        ({"when": "share", "amount": 501, "act": "remind"}, "rungs.0.amount"),
        ({"when": "after", "amount": 1, "act": "dismiss"}, "rungs.0.act"),
        ({"when": "after", "amount": 1, "act": "remind", "role": "executive"}, "rungs.0.role"),
        ({"when": "after", "amount": 1, "act": "transfer", "role": "nobody"}, "rungs.0.role"),
        ({"when": "after", "amount": 1, "act": "remind", "answers": {"note": "x"}}, "rungs.0.answers"),
        ({"when": "after", "amount": 1, "act": "complete", "answers": {"wage": "x"}}, "rungs.0.answers"),
        ({"when": "after", "amount": 1, "act": "complete", "answers": {"note": ["x"]}}, "rungs.0.answers"),
        ({}, "rungs.0.when"),
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_rung_that_cannot_be_is_refused_by_its_place(late: Story, rung: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        write_ladder(late, [rung], version=1)
    assert refused.value.faults[0].field == field


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_only_administrators_write_ladders_of_steps_that_are_there(late: Story) -> None:
    with pytest.raises(Conflict):
        write_ladder(late, LADDER, version=0)
    with pytest.raises(NotFound):
        write_ladder(late, LADDER, node_id="begin")
    with pytest.raises(NotFound):
        write_ladder(late, LADDER, key="nothing")
    with pytest.raises(Invalid):
        write_ladder(late, [LADDER[0]] * 9, version=1)
    with pytest.raises(Denied), unit_of_work(late.database) as session:
        set_ladder(
            session, by=late.people.supervisor, now=late.clock(), process_key="small", node_id="write", rungs=[],
            version=1,
        )  # fmt: skip
    assert late.clock() < at("2026-03-16 09:00") + timedelta(minutes=1)
