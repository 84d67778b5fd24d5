"""The clock of a case stands still: its open tasks have no due time, its timers and reminders wait.

When it runs again, everything moves by the working time that passed meanwhile, each by its own calendar.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import cast

from sqlalchemy import Table, case, exists, select, update
from sqlalchemy.orm import Session

from crm.core import due
from crm.core.i18n import Text
from crm.permissions import Actor
from crm.worktime.calendar import Calendar, OutOfReach
from crm.worktime.kept import calendars
from workflows.models import NO_DUE_DATE, RUNG, TIMER, InstanceStatus, ProcessInstance, Task, TaskStatus
from workflows.operations.steps import record_event
from workflows.registry import RecordRef
from workflows.rules import SUSPENDED

TASK = cast(Table, Task.__table__)
INSTANCE = cast(Table, ProcessInstance.__table__)
# What a case has the clock do, and what therefore waits with it.
KINDS = (TIMER, RUNG)


def lock_cases_of(session: Session, record: RecordRef) -> Sequence[int]:
    """The running cases about a record, locked before the record is: in this order every step locks."""
    return session.scalars(
        select(INSTANCE.c.id)
        .where(
            INSTANCE.c.record_type == record.type,
            INSTANCE.c.record_id == record.id,
            INSTANCE.c.status == InstanceStatus.RUNNING,
        )
        .order_by(INSTANCE.c.id)
        .with_for_update()
    ).all()


def why_not_pause(session: Session, record: RecordRef) -> Text | None:
    """The reason why the clock of this record's cases may not be stopped now: one of them is suspended."""
    suspended = exists().where(
        INSTANCE.c.record_type == record.type,
        INSTANCE.c.record_id == record.id,
        INSTANCE.c.status == InstanceStatus.RUNNING,
        INSTANCE.c.suspended_at.is_not(None),
    )
    return SUSPENDED if session.scalar(select(suspended)) else None


def pause_cases_of(session: Session, record: RecordRef, *, by: Actor, now: datetime) -> None:
    """The cases about this record wait for somebody outside. One that stands still already goes on doing so."""
    for instance_id in lock_cases_of(session, record):
        stopped = session.execute(
            update(INSTANCE)
            .where(INSTANCE.c.id == instance_id, INSTANCE.c.paused_at.is_(None))
            .values(paused_at=now)
            .returning(INSTANCE.c.id)
        ).first()
        if stopped is None:
            continue
        stop_clock(session, instance_id)
        record_event(session, instance_id=instance_id, now=now, kind="paused", by=by)
        forget(session, instance_id)


def resume_cases_of(session: Session, record: RecordRef, *, by: Actor, now: datetime) -> None:
    """The cases about this record go on; what was due is due as much working time later as they stood still."""
    for instance_id in lock_cases_of(session, record):
        paused_at, suspended_at, department_id = session.execute(
            select(INSTANCE.c.paused_at, INSTANCE.c.suspended_at, INSTANCE.c.department_id).where(
                INSTANCE.c.id == instance_id
            )
        ).one()
        if paused_at is None:
            continue
        # While the case is suspended its clock goes on standing still, since the first of both.
        since = None if suspended_at is None else min(suspended_at, paused_at)
        session.execute(update(INSTANCE).where(INSTANCE.c.id == instance_id).values(paused_at=None, suspended_at=since))
        if suspended_at is None:
            start_clock(session, instance_id, department_id, since=paused_at, now=now)
        record_event(session, instance_id=instance_id, now=now, kind="resumed", by=by)
        forget(session, instance_id)


def stop_clock(session: Session, instance_id: int) -> None:
    """Open tasks have no due time from now on, timers and ladders wait; where that is so already, nothing changes."""
    session.execute(
        update(TASK)
        .where(TASK.c.instance_id == instance_id, TASK.c.status == TaskStatus.OPEN, TASK.c.due_at < NO_DUE_DATE)
        .values(paused_due_at=TASK.c.due_at, due_at=NO_DUE_DATE, version=TASK.c.version + 1)
    )
    due.hold(session, kinds=KINDS, subject_id=instance_id)


def start_clock(
    session: Session, instance_id: int, department_id: int | None, *, since: datetime, now: datetime
) -> None:
    """What was due is due as much working time later as the case stood still, each by its own calendar."""
    every = calendars(session)
    paused = session.execute(
        select(TASK.c.id, TASK.c.paused_due_at, TASK.c.department_id, TASK.c.opened_at).where(
            TASK.c.instance_id == instance_id, TASK.c.paused_due_at.is_not(None)
        )
    ).all()
    for task_id, due_at, of_department, opened_at in paused:
        # What was asked for while the clock stood still stood still only from then on.
        moved = moved_on(every.of(of_department), due_at, since=max(since, opened_at), now=now)
        session.execute(
            update(TASK)
            .where(TASK.c.id == task_id)
            .values(
                # Who gave it another due time meanwhile meant that one.
                due_at=case((TASK.c.due_at < NO_DUE_DATE, TASK.c.due_at), else_=moved),
                paused_due_at=None,
                version=TASK.c.version + 1,
            )
        )
    calendar = every.of(_holder(session, instance_id, department_id))
    due.let_run(session, kinds=KINDS, subject_id=instance_id, move=partial(_moved_row, calendar, since, now))


def _moved_row(calendar: Calendar, paused_at: datetime, now: datetime, at: datetime, asked_at: datetime) -> datetime:
    return moved_on(calendar, at, since=max(paused_at, asked_at), now=now)


def moved_on(calendar: Calendar, at: datetime, *, since: datetime, now: datetime) -> datetime:
    """When it is due that was due at `at`, after a pause from `since` until `now`."""
    try:
        return calendar.advance(at, calendar.span(since, now))
    except OutOfReach:
        return at


def _holder(session: Session, instance_id: int, department_id: int | None) -> int | None:
    """Whose calendar counts the timers of the case: that of the step which is open, as for its due time."""
    open_tasks = select(TASK.c.department_id).where(TASK.c.instance_id == instance_id, TASK.c.status == TaskStatus.OPEN)
    row = session.execute(open_tasks.order_by(TASK.c.id).limit(1)).first()
    return row[0] if row is not None else department_id


def forget(session: Session, instance_id: int) -> None:
    """Objects that the session holds of the case are read anew: whoever began this step goes on with them."""
    for each in list(session.identity_map.values()):
        if (isinstance(each, Task) and each.instance_id == instance_id) or (
            isinstance(each, ProcessInstance) and each.id == instance_id
        ):
            session.refresh(each)
