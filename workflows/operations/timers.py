"""A timer of a case is due: the scheduler hands it over, and the case moves on."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from crm.core.db import company_time
from crm.core.due import Due, hold_again
from crm.permissions import SYSTEM
from workflows import engine, library
from workflows.models import InstanceStatus, ProcessInstance
from workflows.operations.steps import services, store_step

LATE = timedelta(minutes=5)


def fire(session: Session, due: Due, *, now: datetime) -> None:
    """Let the timer act. One whose step has been left meanwhile does nothing."""
    instance = session.scalars(
        select(ProcessInstance)
        .where(ProcessInstance.id == due.subject_id)
        .options(undefer(ProcessInstance.state))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if instance is None or due.ref is None or instance.status != InstanceStatus.RUNNING:
        return
    if instance.stands_still:
        # It was claimed at the moment at which the clock of the case was stopped.
        hold_again(session, due, now=now)
        return
    published = library.published(session, instance.version_id)
    call = services(session, instance, by=SYSTEM, now=now)
    try:
        step = engine.fire(published.definition, instance.state, due.ref, call=call, now=company_time(session, now))
    except engine.UnknownToken:
        return
    late = now - due.due_at
    detail = {"late_seconds": int(late.total_seconds())} if late > LATE else {}
    node_id = due.payload.get("node")
    store_step(
        session,
        instance,
        published,
        step,
        now=now,
        event="timer",
        by=SYSTEM,
        node_id=node_id,
        detail=detail,
        firing=due.id,
    )
