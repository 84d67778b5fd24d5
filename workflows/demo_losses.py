"""The warnings of the demonstration: a weekly look of last week, and what was decided about two customers since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.db import company_time
from crm.customers.models import Customer
from crm.demo import moment
from crm.demo.actors import actor_named
from crm.losses.models import CustomerLoss
from crm.losses.operations import warn
from crm.losses.queries import in_danger, months_without_order
from crm.losses.rules import months_before
from crm.permissions import SYSTEM
from workflows.demo import fire_until
from workflows.models import Task, TaskStatus
from workflows.operations import tasks
from workflows.task_forms import Submission

DAYS_AGO = 6
REVIEW_IN = 21
# Whose loss is decided about, by whom, how many days ago, and with which answers; a delay is looked at again in `REVIEW_IN` days.
DECIDED: Sequence[tuple[str, str, int, str, Mapping[str, str]]] = (
    ("大连远洋泵业有限公司", "manager1", 4, "15:20", {"decision": "delay", "measure": "上门拜访设备科，约定下月提供主轴免费检测，并按老客户价格报备件年度包。"}),
    ("重庆山城摩托配件有限公司", "manager2", 3, "10:45", {"decision": "confirm", "reason": "price", "words": "对手给两年免息分期，我们的付款条件没有弹性。明年设备更新时再联系。"}),
)  # fmt: skip


def seed_losses(session: Session, now: datetime) -> None:
    """Warn of everybody who was in danger, and decide about some. Nothing happens where warnings exist already."""
    if session.scalar(select(CustomerLoss.id).limit(1)) is not None:
        return
    at = moment(now, DAYS_AGO, "06:00")
    since = months_before(company_time(session, at).date(), months_without_order(session))
    for customer_id in session.scalars(select(Customer.id).where(in_danger(since)).order_by(Customer.id)).all():
        warn(session, by=SYSTEM, now=at, customer_id=customer_id)
        session.info["database"].listeners.hear(session)
    for name, username, days_ago, clock, answers in DECIDED:
        decided_at = moment(now, days_ago, clock)
        fire_until(session, decided_at)
        task_id = session.scalar(
            select(Task.id)
            .join(Customer, Customer.id == Task.customer_id)
            .where(Customer.name == name, Task.process_key == "customer_loss", Task.status == TaskStatus.OPEN)
        )
        if task_id is None:
            continue
        given = dict(answers)
        if given["decision"] == "delay":
            given["review_on"] = (company_time(session, now) + timedelta(days=REVIEW_IN)).date().isoformat()
        by = actor_named(session, username)
        tasks.complete(session, by=by, now=decided_at, task_id=task_id, submission=Submission(answers=given))
    fire_until(session, now)
