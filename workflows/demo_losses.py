"""The warnings of the demonstration: a weekly look of last week, and what was decided about one customer since."""

from __future__ import annotations

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
from workflows.models import Task, TaskStatus
from workflows.operations import tasks
from workflows.task_forms import Submission

DAYS_AGO = 6
DELAYED = "大连远洋泵业有限公司"
MEASURE = "上门拜访设备科，约定十二月提供主轴免费检测，并按老客户价格报备件年度包。"


def seed_losses(session: Session, now: datetime) -> None:
    """Warn of everybody who was in danger, and delay one loss. Nothing happens where warnings exist already."""
    if session.scalar(select(CustomerLoss.id).limit(1)) is not None:
        return
    at = moment(now, DAYS_AGO, "06:00")
    since = months_before(company_time(session, at).date(), months_without_order(session))
    for customer_id in session.scalars(select(Customer.id).where(in_danger(since)).order_by(Customer.id)).all():
        warn(session, by=SYSTEM, now=at, customer_id=customer_id)
        session.info["database"].listeners.hear(session)
    task_id = session.scalar(
        select(Task.id)
        .join(Customer, Customer.id == Task.customer_id)
        .where(Customer.name == DELAYED, Task.process_key == "customer_loss", Task.status == TaskStatus.OPEN)
    )
    if task_id is not None:
        day = (company_time(session, now) + timedelta(days=21)).date()
        answers = {"decision": "delay", "measure": MEASURE, "review_on": day.isoformat()}
        decided_at = moment(now, DAYS_AGO - 2, "15:20")
        by = actor_named(session, "manager1")
        tasks.complete(session, by=by, now=decided_at, task_id=task_id, submission=Submission(answers=answers))
