"""The service request, told as it happens: create, assign, handle, feedback, archive, and what can go otherwise."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from crm.core.db import reading, unit_of_work
from crm.core.errors import Conflict, Denied, NotFound, RuleBroken
from crm.core.outbox import OutboxMessage
from crm.notices.models import Notice
from crm.notices.robots import Courier
from crm.service import operations as service
from scheduler.jobs import Jobs, add_notices
from scheduler.sweep import tick
from tests.conftest import Browser
from tests.processes.small import service_task, straight, user_task
from tests.processes.stories import Story
from workflows.models import InstanceStatus
from workflows.operations import cancelling
from workflows.operations.tasks import AlreadyDone
from workflows.task_forms import FormRefused

REQUEST = {
    "type": "repair",
    "priority": "1",
    "channel": "phone",
    "summary": "主轴异响",
    "request": "加工中心主轴转速超过 8000 时有异响，请派人检查。",
}


def test_a_request_goes_from_creation_to_archive(story: Story) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)
    assert story.waiting() == ["assign"]
    assert story.task("assign").role == "sales_supervisor"

    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="2", note="尽快联系客户")
    handle = story.task("handle")
    assert (handle.assignee_id, handle.priority) == (people.agent1.id, 2)
    assert handle.due == story.request().due_at

    story.do(people.agent1, "handle", handling="更换主轴轴承，试机正常。")
    assert story.task("feedback").assignee_id == people.manager1.id

    story.do(people.manager1, "feedback", result="客户确认恢复正常", satisfaction=5)
    assert story.task("archive").assignee_id is None

    story.do(people.agent2, "archive", note="轴承批次已记录")
    assert story.waiting() == []
    assert story.instance().status == InstanceStatus.COMPLETED
    request = story.request()
    assert request.status == "archived"
    assert (request.opened_by_id, request.assigned_by_id, request.handled_by_id, request.archived_by_id) == (
        people.manager1.id,
        people.supervisor.id,
        people.agent1.id,
        people.agent2.id,
    )


def test_a_dissatisfied_customer_sends_the_request_back_to_the_same_agent(story: Story) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    story.do(people.agent1, "handle", handling="已电话指导。")
    story.clock.move(hours=1)
    story.do(people.manager1, "feedback", result="问题仍在", satisfaction=2, customer_words="声音还是很大")
    handle = story.task("handle")
    assert handle.assignee_id == people.agent1.id
    request = story.request()
    assert (request.rounds, request.customer_words) == (1, "声音还是很大")
    assert handle.due == request.due_at == story.clock() + timedelta(minutes=request.sla_minutes)


def test_the_agent_is_reminded_and_the_supervisor_told_when_time_runs_out(story: Story) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    assert story.pass_time(hours=6, minutes=1) == 1
    assert story.request().reminded_at is not None
    assert story.pass_time(hours=2) == 1
    assert story.request().escalated_at is not None
    assert story.waiting() == ["handle"]
    with reading(story.database) as session:
        assert session.scalar(select(func.count()).select_from(Notice)) == 3


def test_a_request_nobody_assigns_is_brought_to_the_supervisor(story: Story) -> None:
    story.start(story.people.manager1, **REQUEST)
    assert story.pass_time(hours=3) == 0
    assert story.pass_time(hours=1) == 1
    assert story.request().escalated_at is not None


def test_timers_of_a_step_that_was_left_do_not_act(story: Story) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    story.do(people.agent1, "handle", handling="完成")
    assert story.pass_time(days=30) == 0


def test_an_agent_cannot_complete_a_colleagues_task(story: Story) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    with pytest.raises(Conflict):
        story.do(people.agent2, "handle", handling="抢单")
    assert story.waiting() == ["handle"]


def test_a_stranger_hears_nothing_of_a_task(story: Story) -> None:
    story.start(story.people.manager1, **REQUEST)
    with pytest.raises(NotFound):
        story.do(story.people.stranger, "assign", assignee_id="1", priority="1")


def test_whoever_is_second_learns_who_was_first(story: Story) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    task = story.task("handle")
    story.do(people.agent1, "handle", handling="完成")
    with pytest.raises(AlreadyDone) as late:
        story.complete(people.agent1, task.id, handling="再来一次")
    assert late.value.by_id == people.agent1.id


def test_feedback_below_three_needs_the_customers_words(story: Story) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    story.do(people.agent1, "handle", handling="完成")
    with pytest.raises(FormRefused) as refused:
        story.do(people.manager1, "feedback", result="不满意", satisfaction=1)
    assert [fault.field for fault in refused.value.faults] == ["customer_words"]
    assert story.waiting() == ["feedback"]


def test_somebody_who_may_not_start_it_is_told_so(story: Story) -> None:
    with pytest.raises(Denied):
        story.start(story.people.contracts, **REQUEST)


def test_what_the_record_refuses_stops_the_step_and_stores_nothing(story: Story) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)
    story.publish(straight("hasty", user_task("check"), service_task("close", "service/archive", request_id="1")))
    story.start(people.agent1, key="hasty")
    with pytest.raises(RuleBroken, match="archived"):
        story.do(people.agent1, "check", note="x")
    assert story.waiting() == ["check"]


def test_a_request_that_is_cancelled_ends_its_case(story: Story) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)
    with unit_of_work(story.database) as session:
        service.cancel(session, by=people.manager1, now=story.clock(), request_id=story.request().id, reason="客户撤回")
    assert story.instance().status == InstanceStatus.CANCELLED
    assert story.waiting() == []
    assert story.pass_time(days=30) == 0


def test_a_case_that_an_administrator_cancels_gives_up_the_request(story: Story) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)
    with unit_of_work(story.database) as session:
        cancelling.cancel(session, by=people.admin, now=story.clock(), instance_id=story.instance_id, reason="重复登记")
    assert story.request().status == "cancelled"
    assert story.request().cancel_reason == "重复登记"


def test_the_agent_is_told_once_and_led_to_the_task(story: Story) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    jobs = Jobs()
    add_notices(jobs, Courier("https://crm.example.com"))
    tick(story.database, jobs, story.clock)
    with reading(story.database) as session:
        told = list(session.scalars(select(Notice)))
        assert [(notice.user_id, notice.kind) for notice in told] == [(people.agent1.id, "request_assigned")]
        assert told[0].link == f"/tasks/{story.task('handle').id}"
        [mail] = session.scalars(select(OutboxMessage))
        assert (mail.to_address, mail.template) == ("agent1@heliu.example", "request_assigned")
        assert told[0].link in mail.text


def test_whoever_takes_a_request_themselves_is_told_nothing(story: Story) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)
    story.do(people.supervisor, "assign", assignee_id=str(people.supervisor.id), priority="1")
    with reading(story.database) as session:
        assert list(session.scalars(select(Notice))) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_history_says_how_long_a_step_took_and_what_it_changed(story: Story, client: Browser) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)
    story.clock.move(minutes=25)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent2.id), priority="3", note="今天内联系客户")
    page = client.signed_in_as("manager1").get(f"/cases/{story.instance_id}").text
    told = page.split("历时 25分钟")[1].split("</li></ul>")[0]
    assert "赵磊" in told
    assert "今天内联系客户" in told
    assert "紧急" in told
    hidden = client.signed_in_as("stranger").get(f"/cases/{story.instance_id}")
    assert hidden.status_code == 404
