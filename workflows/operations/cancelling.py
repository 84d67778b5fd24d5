"""Ending a case before its end."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import Table, select, update
from sqlalchemy.orm import Session

from crm.core import due
from crm.core.db import affected
from crm.core.errors import Conflict, Fault, Invalid, NotFound
from crm.core.i18n import text
from crm.permissions import Actor
from workflows.messaging.waiting import forget_case
from workflows.models import TIMER, Incident, InstanceStatus, ProcessInstance, TaskStatus
from workflows.operations.steps import INSTANCE, TASK, record_event
from workflows.registry import RecordRef, registry
from workflows.rules import check_can_cancel

INCIDENT = cast(Table, Incident.__table__)
MOST_REASON = 1000


def cancel(session: Session, *, by: Actor, now: datetime, instance_id: int, reason: str) -> ProcessInstance:
    """The case ends here: its tasks are withdrawn, its timers and incidents put away, the reason is kept."""
    instance = session.get(ProcessInstance, instance_id, with_for_update=True)
    if instance is None:
        raise NotFound
    check_can_cancel(instance, by)
    reason = reason.strip()
    if not reason or len(reason) > MOST_REASON:
        raise Invalid([Fault("reason", text("Give a reason of at most {most} characters.", most=MOST_REASON))])
    _end(session, instance, by=by, now=now, reason=reason)
    give_up = registry().giving_up.get(instance.record_type or "")
    if give_up and instance.record_id is not None:
        give_up(session, by, now, instance.record_id, reason)
    session.refresh(instance)
    return instance


def end_cases_of(session: Session, record: RecordRef, *, by: Actor, now: datetime, reason: str) -> None:
    """The record was given up: its running cases have no more purpose and end here. For events, which were permitted."""
    running = session.scalars(
        select(ProcessInstance)
        .where(
            ProcessInstance.record_type == record.type,
            ProcessInstance.record_id == record.id,
            ProcessInstance.status == InstanceStatus.RUNNING,
        )
        .with_for_update()
    )
    for instance in running.all():
        _end(session, instance, by=by, now=now, reason=reason)


def _end(session: Session, instance: ProcessInstance, *, by: Actor, now: datetime, reason: str) -> None:
    ended = session.execute(
        update(INSTANCE)
        .where(INSTANCE.c.id == instance.id, INSTANCE.c.version == instance.version)
        .values(status=InstanceStatus.CANCELLED, ended_at=now, version=instance.version + 1)
    )
    if affected(ended) != 1:
        raise Conflict(text("Somebody has just moved this case on. Please look again."))
    session.execute(
        update(TASK)
        .where(TASK.c.instance_id == instance.id, TASK.c.status == TaskStatus.OPEN)
        .values(status=TaskStatus.WITHDRAWN, closed_at=now, version=TASK.c.version + 1)
    )
    session.execute(
        update(INCIDENT)
        .where(INCIDENT.c.instance_id == instance.id, INCIDENT.c.resolved_at.is_(None))
        .values(resolved_at=now, resolved_by_id=by.id)
    )
    due.unschedule(session, kind=TIMER, subject_id=instance.id)
    forget_case(session, instance.id)
    record_event(session, instance_id=instance.id, now=now, kind="cancelled", by=by, detail={"reason": reason})
