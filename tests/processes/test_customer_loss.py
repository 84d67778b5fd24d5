"""A customer who may be lost: warned of by the weekly look, held by measures, given up, or back with a new order."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from crm.core.db import Database, company_time, reading, unit_of_work
from crm.core.due import DueRow
from crm.core.errors import Denied, Invalid
from crm.customers.models import Customer
from crm.customers.operations import change_customer
from crm.losses.models import CustomerLoss
from crm.losses.operations import warn
from crm.losses.queries import in_danger, measures_of
from crm.losses.rules import months_before
from crm.losses.scanning import WARN, look_for_losses
from crm.orders.operations import create_order
from crm.permissions import SYSTEM
from scheduler.jobs import Jobs, Lane, add_losses
from scheduler.sweep import Swept, tick
from tests.conftest import Browser
from tests.processes.stories import Story
from workflows.models import InstanceStatus, ProcessInstance
from workflows.operations import cancelling, starting
from workflows.task_forms import Submission


def order(story: Story, days_ago: int) -> int:
    with unit_of_work(story.database) as session:
        day = (story.clock() - timedelta(days=days_ago)).date()
        values = {"customer_id": story.customer_id, "subject": "刀具", "ordered_on": day}
        return create_order(session, by=story.people.manager1, now=story.clock(), values=values).id


def look(story: Story) -> int:
    """The weekly look, and the warnings that follow from it. Answers how many customers were warned of."""
    with unit_of_work(story.database) as session:
        look_for_losses(session, story.clock())
    jobs = Jobs()
    add_losses(jobs, "Asia/Shanghai")
    tick(story.database, jobs, story.clock, lanes=[Lane.INSIDE])
    with reading(story.database) as session:
        found = session.scalar(select(func.count()).where(DueRow.kind == WARN)) or 0
    assert tick(story.database, jobs, story.clock, lanes=[Lane.BULK]) == Swept(done=found)
    with reading(story.database) as session:
        newest = session.scalar(
            select(func.max(ProcessInstance.id)).where(ProcessInstance.process_key == "customer_loss")
        )
    story.instance_id = newest or 0
    return found


def loss_of(story: Story) -> CustomerLoss:
    with reading(story.database) as session:
        return session.scalars(select(CustomerLoss).order_by(CustomerLoss.id.desc()).limit(1)).one()


def stage_of(story: Story) -> str | None:
    with reading(story.database) as session:
        return session.get_one(Customer, story.customer_id).stage


@pytest.fixture
def won(story: Story) -> Story:
    """The customer has ordered, 200 days ago for the last time."""
    with unit_of_work(story.database) as session:
        change_customer(
            session,
            by=story.people.manager1,
            now=story.clock(),
            customer_id=story.customer_id,
            version=1,
            values={"stage": "active"},
        )
    order(story, 400)
    order(story, 200)
    return story


def test_who_has_not_ordered_for_six_months_is_warned_of_once(won: Story) -> None:
    assert look(won) == 1
    loss = loss_of(won)
    assert (loss.status, loss.months, loss.last_order_on) == (
        "warned",
        6,
        (won.clock() - timedelta(days=200)).date(),
    )
    assert stage_of(won) == "at_risk"
    task = won.task("decide")
    assert task.assignee_id == won.people.manager1.id
    assert look(won) == 0
    with reading(won.database) as session:
        assert session.scalar(select(func.count()).select_from(CustomerLoss)) == 1


def test_who_ordered_lately_or_never_became_a_customer_is_left_alone(story: Story) -> None:
    assert look(story) == 0
    with unit_of_work(story.database) as session:
        change_customer(
            session,
            by=story.people.manager1,
            now=story.clock(),
            customer_id=story.customer_id,
            version=1,
            values={"stage": "active"},
        )
    order(story, 170)
    assert look(story) == 0


def test_an_order_between_the_look_and_the_warning_prevents_it(won: Story) -> None:
    with reading(won.database) as session:
        since = months_before(company_time(session, won.clock()).date(), 6)
        assert list(session.scalars(select(Customer.id).where(in_danger(since)))) == [won.customer_id]
    order(won, 0)
    with unit_of_work(won.database) as session:
        assert warn(session, by=SYSTEM, now=won.clock(), customer_id=won.customer_id) is None


def test_measures_delay_the_loss_until_the_day_of_the_next_look(won: Story) -> None:
    look(won)
    day = (won.clock() + timedelta(days=30)).date()
    for round_, words in enumerate(("拜访生产经理，了解停单原因", "提供备件套餐优惠")):
        won.do(won.people.manager1, "decide", decision="delay", measure=words, review_on=day.isoformat())
        assert won.waiting() == []
        assert (loss_of(won).status, loss_of(won).review_on) == ("delayed", day)
        assert won.pass_time(days=29) == 0
        assert won.pass_time(days=1) == 1
        assert won.waiting() == ["decide"]
        day = (won.clock() + timedelta(days=30)).date()
        with reading(won.database) as session:
            assert len(measures_of(session, loss_of(won).id)) == round_ + 1


def test_a_confirmed_loss_needs_its_reason_and_ends_the_case(won: Story) -> None:
    look(won)
    with pytest.raises(Invalid) as refused:
        won.do(won.people.manager1, "decide", decision="confirm")
    assert {fault.field for fault in refused.value.faults} == {"reason"}
    won.do(won.people.manager1, "decide", decision="confirm", reason="competitor", words="对手交期更短")
    loss = loss_of(won)
    assert (loss.status, loss.reason, loss.words) == ("lost", "competitor", "对手交期更短")
    assert won.instance().status == InstanceStatus.COMPLETED
    assert stage_of(won) == "lost"
    assert look(won) == 0


@pytest.mark.parametrize("delayed", [False, True])
def test_a_new_order_ends_the_warning_by_itself(won: Story, delayed: bool) -> None:
    look(won)
    if delayed:
        day = (won.clock() + timedelta(days=10)).date().isoformat()
        won.do(won.people.manager1, "decide", decision="delay", measure="电话回访", review_on=day)
    new = order(won, 0)
    loss = loss_of(won)
    assert (loss.status, loss.order_id) == ("averted", new)
    assert won.instance().status == InstanceStatus.COMPLETED
    assert won.waiting() == []
    assert stage_of(won) == "active"
    assert won.pass_time(days=20) == 0


def test_a_measure_needs_a_day_to_come(won: Story) -> None:
    look(won)
    with pytest.raises(Invalid) as refused:
        won.do(won.people.manager1, "decide", decision="delay", measure="x", review_on=won.clock().date().isoformat())
    assert [fault.field for fault in refused.value.faults] == ["review_on"]
    assert won.waiting() == ["decide"]


def test_cancelling_the_case_dismisses_the_warning(won: Story) -> None:
    look(won)
    with unit_of_work(won.database) as session:
        cancelling.cancel(
            session, by=won.people.admin, now=won.clock(), instance_id=won.instance_id, reason="客户已并入集团公司"
        )
    assert loss_of(won).status == "dismissed"
    assert stage_of(won) == "active"


def test_nobody_starts_one_by_hand(won: Story) -> None:
    with pytest.raises(Denied, match="weekly"), unit_of_work(won.database) as session:
        starting.start_process(
            session, by=won.people.admin, now=won.clock(), key="customer_loss", submission=Submission(answers={})
        )


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_pages_show_the_warning_with_its_measures(won: Story, client: Browser, database: Database) -> None:
    look(won)
    day = (won.clock() + timedelta(days=10)).date().isoformat()
    won.do(won.people.manager1, "decide", decision="delay", measure="电话回访采购", review_on=day)
    client.signed_in_as("manager1")
    page = client.get(f"/customer-losses/{loss_of(won).id}")
    assert page.status_code == 200
    assert "电话回访采购" in page.text
    assert "/edit" not in page.text
    case = client.get(f"/cases/{won.instance_id}")
    assert "当前位置" in case.text
    assert client.get(f"/customer-losses?customer_id={won.customer_id}").text.count("CL-000001") >= 1
    assert "CL-000001" in client.get(f"/customers/{won.customer_id}").text
    client.signed_in_as("manager2")
    assert client.get(f"/customer-losses/{loss_of(won).id}").status_code == 404


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (datetime(2026, 8, 31), 6, datetime(2026, 2, 28)),
        (datetime(2026, 3, 11), 6, datetime(2025, 9, 11)),
        (datetime(2028, 2, 29), 12, datetime(2027, 2, 28)),
    ],
)
def test_months_are_counted_by_the_calendar(day: datetime, months: int, before: datetime) -> None:
    assert months_before(day.date(), months) == before.date()
