"""One case hears a message or signal for which its diagram waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from crm.accounts.queries import actor_for
from crm.core.db import company_time
from crm.core.due import Due, Hopeless
from crm.core.errors import NotFound
from crm.permissions import SYSTEM, Actor
from workflows import engine, library
from workflows.engine.values import clean
from workflows.kept import restore
from workflows.messaging.models import Said, Waiting
from workflows.messaging.waiting import HOPS
from workflows.models import InstanceStatus, ProcessInstance
from workflows.operations.steps import services, store_step

LATE = timedelta(minutes=5)


@dataclass(frozen=True)
class Told:
    """What a case is told. `kind` is message or signal, None where either will do; `detail` goes into the history."""

    name: str
    payload: object
    kind: str | None = None
    detail: Mapping[str, object] = field(default_factory=dict)


def hear(session: Session, due: Due, *, now: datetime) -> None:
    """What was said reaches the case of a due row. One that has ceased to wait for it meanwhile goes on as it is."""
    said = said_of(session, due)
    if due.subject_id is None or session.get(Waiting, due.ref) is None:
        return
    instance = locked_case(session, due.subject_id)
    if instance is None:
        return
    session.info[HOPS] = said.hops
    told = Told(said.name, payload_of(said), said.kind, {"said": said.id, **lateness(said.at, now)})
    deliver(session, instance, told, by=sender(session, said, now=now), acting=SYSTEM, now=now)


def deliver(
    session: Session, instance: ProcessInstance, told: Told, *, by: Actor, acting: Actor, now: datetime
) -> bool:
    """The case moves on, if it waits for this. `by` stands in its history, `acting` does what the diagram does then."""
    published = library.published(session, instance.version_id)
    heard = engine.listening(published.definition, instance.state)
    if not any(each.name == told.name and told.kind in (None, each.kind) for each in heard):
        return False
    step = engine.deliver(
        published.definition,
        instance.state,
        told.name,
        told.payload,
        call=services(session, instance, by=acting, now=now),
        now=company_time(session, now),
        kind=told.kind,
    )
    payload = {"payload": clean(told.payload, told.name)} if told.payload else {}
    detail = {"message": told.name, **payload, **told.detail}
    store_step(session, instance, published, step, now=now, event="message", by=by, detail=detail)
    return True


def locked_case(session: Session, instance_id: int) -> ProcessInstance | None:
    """A running case with its state, locked; None if it has ended."""
    return session.scalars(
        select(ProcessInstance)
        .where(ProcessInstance.id == instance_id, ProcessInstance.status == InstanceStatus.RUNNING)
        .options(undefer(ProcessInstance.state))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def said_of(session: Session, due: Due) -> Said:
    """What the due row carries. Hopeless when it has been forgotten meanwhile."""
    said = session.get(Said, due.payload.get("said"))
    if said is None:
        raise Hopeless("what was said has been forgotten")
    return said


def payload_of(said: Said) -> object:
    """What came with it, dates and numbers as such."""
    return restore(said.content)["payload"]


def sender(session: Session, said: Said, *, now: datetime) -> Actor:
    """In whose name it was said; whoever has left is the system by now."""
    if said.by_id is None:
        return SYSTEM
    try:
        return actor_for(session, said.by_id).at(now)
    except NotFound:
        return SYSTEM


def lateness(meant: datetime, now: datetime) -> dict[str, object]:
    """How much later than meant something happens, where that is worth telling."""
    late = now - meant
    return {"late_seconds": int(late.total_seconds())} if late > LATE else {}
