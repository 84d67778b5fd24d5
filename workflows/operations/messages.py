"""What happened elsewhere reaches the cases whose diagrams wait for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from crm.core.db import company_time
from crm.permissions import Actor
from workflows import engine, library
from workflows.models import InstanceStatus, ProcessInstance
from workflows.operations.steps import services, store_step
from workflows.registry import Message


def tell_cases_of(session: Session, message: Message, *, by: Actor, now: datetime) -> int:
    """Every running case of the record that waits for this message moves on. Answers how many did.

    A case that does not wait for it now goes on as if nothing had been said. For events, which were permitted.
    """
    running = session.scalars(
        select(ProcessInstance)
        .where(
            ProcessInstance.record_type == message.record.type,
            ProcessInstance.record_id == message.record.id,
            ProcessInstance.status == InstanceStatus.RUNNING,
        )
        .order_by(ProcessInstance.id)
        .options(undefer(ProcessInstance.state))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    told = 0
    for instance in running:
        published = library.published(session, instance.version_id)
        if message.name not in engine.awaited(published.definition, instance.state):
            continue
        call = services(session, instance, by=by, now=now)
        step = engine.deliver(
            published.definition,
            instance.state,
            message.name,
            message.payload,
            call=call,
            now=company_time(session, now),
        )
        detail = {"message": message.name}
        store_step(session, instance, published, step, now=now, event="message", by=by, detail=detail)
        told += 1
    return told
