"""Service requests by the business calendar: what is due when, what becomes of it while the customer owes an answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from crm.core.db import reading, unit_of_work
from crm.core.due import HELD, NEVER, Due, DueRow
from crm.core.errors import Conflict, Denied, RuleBroken
from crm.permissions import Actor
from crm.service.models import ServiceRequest
from crm.service.waiting import customer_answered, wait_for_customer
from crm.worktime import operations as worktime
from crm.worktime.kept import calendar_of
from crm.worktime.seed import office, seed_calendar
from tests.processes.small import straight, user_task
from tests.processes.stories import Story
from workflows.models import NO_DUE_DATE, TIMER, ProcessEvent, ProcessInstance
from workflows.operations import timers
from workflows.verbs.handing import transfer

SHANGHAI = ZoneInfo("Asia/Shanghai")
REQUEST: Mapping[str, Any] = {
    "type": "repair",
    "priority": "1",
    "channel": "phone",
    "summary": "主轴异响",
    "request": "加工中心主轴转速超过 8000 时有异响，请派人检查。",
}


def at(words: str) -> datetime:
    """A moment in Shanghai."""
    return datetime.fromisoformat(words).replace(tzinfo=SHANGHAI)


@pytest.fixture
def office_story(story: Story) -> Story:
    """It is Friday at five in the afternoon; offices close at six and open on Monday at nine."""
    story.clock.set(at("2026-03-13 17:00").astimezone(UTC))
    with unit_of_work(story.database) as session:
        seed_calendar(session, story.clock())
    return story


def give_hotline(story: Story) -> None:
    """Customer service works on Saturdays, too."""
    with unit_of_work(story.database) as session:
        values = {**office("客服热线", "", timezone="Asia/Shanghai"), "saturday": "09:00-17:00"}
        calendar = worktime.create_calendar(session, by=story.people.admin, now=story.clock(), values=values)
        worktime.give_calendar(
            session,
            by=story.people.admin,
            now=story.clock(),
            department_id=story.people.agent1.department_id or 0,
            calendar_id=calendar.id,
        )


def handled(story: Story) -> Story:
    """The request is with agent1."""
    story.start(story.people.manager1, **REQUEST)
    story.do(story.people.supervisor, "assign", assignee_id=str(story.people.agent1.id), priority="1")
    return story


def wait(story: Story, by: Actor, question: str = "请提供主轴的序列号。") -> ServiceRequest:
    with unit_of_work(story.database) as session:
        request_id = story.instance().record_id or 0
        return wait_for_customer(session, by=by, now=story.clock(), request_id=request_id, question=question)


def answer(story: Story, by: Actor, words: str = "") -> ServiceRequest:
    with unit_of_work(story.database) as session:
        request_id = story.instance().record_id or 0
        return customer_answered(session, by=by, now=story.clock(), request_id=request_id, answer=words)


def due_rows(story: Story) -> list[DueRow]:
    with reading(story.database) as session:
        wanted = select(DueRow).where(DueRow.kind == TIMER, DueRow.subject_id == story.instance_id)
        return list(session.scalars(wanted.order_by(DueRow.due_at)))


def test_eight_hours_begin_on_friday_and_end_on_monday(office_story: Story) -> None:
    story = office_story
    story.start(story.people.manager1, **REQUEST)
    assert story.task("assign").due == at("2026-03-16 12:00")  # four hours: one today, three on Monday
    assert story.request().due_at == at("2026-03-16 17:00")
    assert story.request().remind_at == at("2026-03-16 15:00")
    (timer,) = due_rows(story)
    assert timer.due_at == at("2026-03-16 12:00")


def test_from_the_assignment_on_the_agents_calendar_counts(office_story: Story) -> None:
    story = office_story
    give_hotline(story)
    story.start(story.people.manager1, **REQUEST)
    assert story.request().due_at == at("2026-03-16 17:00")
    story.clock.move(minutes=30)
    story.do(story.people.supervisor, "assign", assignee_id=str(story.people.agent1.id), priority="1")
    # Half an hour is used up, half an hour is left of Friday, seven hours of the Saturday of the hotline.
    assert story.request().due_at == story.task("handle").due == at("2026-03-14 16:00")
    assert [row.due_at for row in due_rows(story)] == [at("2026-03-14 14:00"), at("2026-03-14 16:00")]
    with reading(story.database) as session:
        handle = story.task("handle")
        assert calendar_of(session, handle.department_id).is_open(at("2026-03-14 12:30"))


def test_a_planned_request_is_counted_by_whoever_opened_it_whoever_plans(office_story: Story) -> None:
    from crm.service.operations import plan_sla

    story = handled(office_story)
    give_hotline(story)
    with unit_of_work(story.database) as session:
        planned = plan_sla(
            session, by=story.people.admin, now=story.clock(), request_id=story.request().id, sla_hours=2
        )
    assert planned.due_at == at("2026-03-16 10:00")


def test_a_returned_request_gets_as_many_working_hours_again(office_story: Story) -> None:
    story = handled(office_story)
    people = story.people
    story.do(people.agent1, "handle", handling="已电话指导。")
    assert story.task("feedback").due == at("2026-03-17 17:00")  # two working days
    story.do(people.manager1, "feedback", result="问题仍在", satisfaction=2, customer_words="声音还是很大")
    assert story.task("handle").due == story.request().due_at == at("2026-03-16 17:00")


def test_the_clock_stands_still_while_the_customer_owes_an_answer(office_story: Story) -> None:
    story = handled(office_story)
    people = story.people
    before = [row.due_at for row in due_rows(story)]
    paused = wait(story, people.agent1)
    assert paused.waiting_since == story.clock()
    handle = story.task("handle")
    assert (handle.due, handle.due_at, handle.paused_due_at) == (None, NO_DUE_DATE, at("2026-03-16 17:00"))
    assert all(row.due_at == NEVER and HELD in row.payload for row in due_rows(story))
    # Nobody is reminded, however long it takes; by Tuesday at ten one working hour of Friday, eight of Monday and one have passed.
    assert story.pass_time(days=3, hours=17) == 0
    assert story.clock() == at("2026-03-17 10:00")
    answered = answer(story, people.agent1, "序列号 A-1188")
    assert answered.due_at == story.task("handle").due == at("2026-03-18 10:00")
    assert answered.waited_minutes == 60 + 480 + 60
    assert (answered.waiting_since, answered.reminded_at) == (None, None)
    with reading(story.database) as session:
        calendar = calendar_of(session, None)
        moved = [calendar.add(moment, answered.waited_minutes) for moment in before]
        events = select(ProcessEvent.kind).where(ProcessEvent.instance_id == story.instance_id)
        kinds = session.scalars(events.order_by(ProcessEvent.id)).all()
    assert [row.due_at for row in due_rows(story)] == moved
    assert kinds[-2:] == ["paused", "resumed"]
    assert story.pass_time(hours=7) == 1
    assert story.request().reminded_at is not None


def test_time_that_was_left_stays_left_over_several_questions(office_story: Story) -> None:
    story = handled(office_story)
    people = story.people
    for _ in range(3):
        wait(story, people.agent1)
        story.clock.move(hours=30)
        answer(story, people.manager1)
    with reading(story.database) as session:
        calendar = calendar_of(session, None)
    assert calendar.between(story.clock(), story.request().due_at) == 480


def test_whoever_completes_the_step_need_not_say_that_the_customer_answered(office_story: Story) -> None:
    story = handled(office_story)
    wait(story, story.people.agent1)
    story.clock.set(at("2026-03-17 10:00").astimezone(UTC))
    story.do(story.people.agent1, "handle", handling="客户已来电，问题解决。")
    request = story.request()
    assert (request.status, request.waiting_since, request.due_at) == ("handled", None, at("2026-03-18 10:00"))
    assert story.instance().paused_at is None
    assert story.task("feedback").due == at("2026-03-19 10:00")
    assert due_rows(story) == []


def test_a_case_that_is_given_up_while_it_waits_leaves_nothing_behind(office_story: Story) -> None:
    from workflows.operations import cancelling

    story = handled(office_story)
    wait(story, story.people.agent1)
    with unit_of_work(story.database) as session:
        cancelling.cancel(
            session, by=story.people.admin, now=story.clock(), instance_id=story.instance_id, reason="客户撤回"
        )
    assert due_rows(story) == []
    assert story.request().status == "cancelled"


def test_a_timer_that_was_claimed_when_the_clock_was_stopped_is_not_lost(office_story: Story) -> None:
    story = handled(office_story)
    (first, *_) = due_rows(story)
    claimed = Due(first.id, TIMER, story.instance_id, first.ref, first.payload, first.due_at, 1, first.due_at)
    wait(story, story.people.agent1)
    with unit_of_work(story.database) as session:
        timers.fire(session, claimed, now=story.clock())
        session.delete(session.get_one(DueRow, first.id))  # what the scheduler does after it
    assert story.request().reminded_at is None
    answer(story, story.people.agent1)
    assert [row.due_at for row in due_rows(story)] == [at("2026-03-16 15:00"), at("2026-03-16 17:00")]


def test_only_who_takes_part_may_stop_the_clock_and_only_while_it_runs(office_story: Story) -> None:
    story = handled(office_story)
    people = story.people
    with pytest.raises(Denied):
        wait(story, people.contracts)
    with pytest.raises(RuleBroken):
        answer(story, people.agent1)
    wait(story, people.manager1)
    with pytest.raises(RuleBroken):
        wait(story, people.agent1)
    answer(story, people.supervisor)
    with pytest.raises(Conflict), unit_of_work(story.database) as session:
        wait_for_customer(
            session, by=people.agent1, now=story.clock(), request_id=story.request().id, question="?", version=1
        )
    story.do(people.agent1, "handle", handling="完成")
    with pytest.raises(RuleBroken):
        wait(story, people.agent1)


def test_a_step_that_is_opened_while_the_clock_stands_still_waits_with_it(office_story: Story) -> None:
    story = office_story
    people = story.people
    story.start(people.manager1, **REQUEST)
    wait(story, people.manager1)
    story.clock.set(at("2026-03-16 10:00").astimezone(UTC))
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    assert story.task("handle").due is None
    assert all(row.due_at == NEVER for row in due_rows(story))
    assert story.pass_time(days=2) == 0
    answer(story, people.agent1)
    # One working hour of Friday, eight of Monday, eight of Tuesday and one of Wednesday have passed since it was asked.
    request = story.request()
    assert request.waited_minutes == 18 * 60
    assert request.due_at == story.task("handle").due == at("2026-03-19 10:00")
    assert [row.due_at for row in due_rows(story)] == [request.remind_at, request.due_at]


def test_a_paused_request_is_not_overdue(office_story: Story) -> None:
    from crm.service.queries import find_requests

    story = handled(office_story)
    wait(story, story.people.agent1)
    story.clock.move(days=30)
    assert not story.request().is_overdue(story.clock())
    with reading(story.database) as session:
        found = find_requests(session, by=story.people.admin, now=story.clock(), filters={"overdue": "1"})
        overdue = session.scalar(select(func.count()).where(ProcessInstance.paused_at.is_not(None)))
    assert (list(found.rows), overdue) == ([], 1)


def test_who_takes_the_task_over_takes_it_by_their_own_calendar(office_story: Story) -> None:
    story = office_story
    people = story.people
    give_hotline(story)
    story.start(people.manager1, **REQUEST)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    assert story.task("handle").due == at("2026-03-14 16:00")
    with unit_of_work(story.database) as session:
        transfer(
            session,
            by=people.agent1,
            now=story.clock(),
            task_id=story.task("handle").id,
            user_id=people.manager1.id or 0,
        )
    handle = story.task("handle")
    assert handle.due == story.request().due_at == at("2026-03-16 17:00")
    assert [row.due_at for row in due_rows(story)] == [at("2026-03-16 15:00"), at("2026-03-16 17:00")]
    assert handle.department_id == people.manager1.department_id
    wait(story, people.manager1)
    with unit_of_work(story.database) as session:
        transfer(session, by=people.manager1, now=story.clock(), task_id=handle.id, user_id=people.agent2.id or 0)
    assert story.task("handle").due is None
    story.clock.set(at("2026-03-14 10:00").astimezone(UTC))
    answer(story, people.agent2)
    # Eight working hours were left; one of Friday passed while the customer was silent, and one of Saturday.
    assert story.task("handle").due == story.request().due_at
    assert [row.due_at for row in due_rows(story)][-1] == story.request().due_at


def test_a_small_process_counts_its_starters_working_time(office_story: Story) -> None:
    story = office_story
    give_hotline(story)
    story.publish(straight("small", user_task("write", dueDate="P1D")))
    story.start(story.people.agent1, "small")
    assert story.task("write").due == at("2026-03-14 16:00")
    story.start(story.people.manager1, "small")
    assert story.task("write").due == at("2026-03-16 17:00")
    assert story.task("write").due_at - story.clock() > timedelta(days=2)
