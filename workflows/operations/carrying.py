"""What was said is carried to those it is for: the work of the clock, in pages, so that nobody waits for ten thousand cases.

Each case hears it in a row of its own; one that fails at it holds up no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session, undefer

from crm.core.due import Appointment, Due, Hopeless, schedule, schedule_many
from crm.permissions import SYSTEM
from workflows import engine, library
from workflows.messaging.models import BEGIN, HEAR, LOOK, MESSAGE, SAID, SIGNAL, ProcessStart, Said, Waiting
from workflows.messaging.waiting import wait_for
from workflows.models import InstanceStatus, ProcessInstance
from workflows.operations.beginning import listener_for
from workflows.operations.messages import MOST_AT_ONCE, waiting_for
from workflows.operations.steps import record_event

PAGE = 500
CASES_LOOKED_AT = 200


def carry(session: Session, due: Due, *, now: datetime) -> None:
    """A message to the cases that it means, or to the process that begins with it; a signal to a page of those who wait."""
    said = session.get(Said, due.subject_id)
    if said is None:
        return
    if said.kind == MESSAGE:
        _carry_message(session, said, now=now)
        return
    after = int(due.payload.get("after", 0))
    if not after:
        _begin(session, said, session.scalars(_signal_starts(said.name)).all(), now=now)
    page = _page(session, said, after)
    _tell(session, said, page, now=now)
    if len(page) == PAGE:
        schedule(session, Appointment(SAID, now, subject_id=said.id, payload={"after": page[-1].id}), now=now)


def look_into_cases(session: Session, due: Due, *, now: datetime) -> None:
    """What cases wait for that were under way before it was kept: a page of them, and then the next."""
    after = int(due.payload.get("after", 0))
    waits = exists().where(Waiting.instance_id == ProcessInstance.id)
    page = session.scalars(
        select(ProcessInstance)
        .where(ProcessInstance.id > after, ProcessInstance.status == InstanceStatus.RUNNING, ~waits)
        .order_by(ProcessInstance.id)
        .limit(CASES_LOOKED_AT)
        .options(undefer(ProcessInstance.state))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for instance in page:
        published = library.published(session, instance.version_id)
        wait_for(session, instance, engine.listening(published.definition, instance.state), now=now)
    if len(page) == CASES_LOOKED_AT:
        schedule(session, Appointment(LOOK, now, payload={"after": page[-1].id}), now=now)


def _carry_message(session: Session, said: Said, *, now: datetime) -> None:
    waiting = waiting_for(session, said)
    if len(waiting) > MOST_AT_ONCE:
        raise Hopeless(f"more than {MOST_AT_ONCE} cases wait for the message that case {said.from_id} sent")
    if waiting:
        _tell(session, said, waiting, now=now)
    elif start := listener_for(session, said.name):
        _begin(session, said, [start], now=now)
    elif said.from_id is not None:
        # It is not kept for somebody who may wait later; whoever looks into the case that said it must be able to see that.
        record_event(
            session, instance_id=said.from_id, now=now, kind="unheard", by=SYSTEM, detail={"message": said.name}
        )


def _page(session: Session, said: Said, after: int) -> Sequence[Waiting]:
    """Those who waited for the signal when it was given; who comes later has missed it."""
    wanted = select(Waiting).where(
        Waiting.name == said.name, Waiting.kind == SIGNAL, Waiting.id > after, Waiting.since <= said.at
    )
    if said.from_id is not None:
        wanted = wanted.where(Waiting.instance_id != said.from_id)
    return session.scalars(wanted.order_by(Waiting.id).limit(PAGE)).all()


def _tell(session: Session, said: Said, waiting: Sequence[Waiting], *, now: datetime) -> None:
    heard = {"said": said.id}
    rows = [Appointment(HEAR, now, subject_id=each.instance_id, ref=each.id, payload=heard) for each in waiting]
    schedule_many(session, rows, now=now)


def _begin(session: Session, said: Said, starts: Sequence[ProcessStart], *, now: datetime) -> None:
    rows = [Appointment(BEGIN, now, subject_id=start.id, payload={"said": said.id}) for start in starts]
    schedule_many(session, rows, now=now)


def _signal_starts(name: str) -> Select[ProcessStart]:
    return select(ProcessStart).where(ProcessStart.kind == SIGNAL, ProcessStart.name == name).order_by(ProcessStart.id)
