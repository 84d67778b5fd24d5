"""What happened elsewhere reaches the cases whose diagrams wait for it: business events, and what programs send.

A message is for the cases of one record or business key; where none of them waits for it, it begins a case. A signal is for
everybody; it is only noted here, and the clock carries it on (`carrying`).
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import orjson
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, undefer

from crm.core import due
from crm.core.db import affected
from crm.core.errors import Conflict, Fault, HeliuError, Invalid, NotFound, RuleBroken
from crm.core.i18n import Text, text
from crm.permissions import SYSTEM, Actor, check_may
from workflows import engine
from workflows.kept import keep
from workflows.messaging.models import HEAR, LONGEST_KEY, LONGEST_NAME, MESSAGE, SAID, SIGNAL, Said, Waiting
from workflows.models import InstanceStatus, ProcessInstance
from workflows.operations.beginning import begin_by_name, begin_by_said, listener_for
from workflows.operations.hearing import Told, deliver, locked_case, payload_of
from workflows.operations.starting import customer_named_in
from workflows.registry import CaseStart, Message, RecordRef, registry

log = logging.getLogger(__name__)

# More cases than these cannot be meant by one record or business key.
MOST_AT_ONCE = 20
KEPT_FOR = timedelta(days=30)
MOST_FORGOTTEN_AT_ONCE = 5_000
# What every case knows of itself; nobody outside may say otherwise.
OWN_WORDS = ("initiator_id", "started_at")
NOT_OPEN = text("This record does not exist, or is not open to you.")


@dataclass(frozen=True)
class Sending:
    """What a program says. `record` or `business_key` name the cases that are meant; the same `key` is said once."""

    name: str
    payload: Mapping[str, object]
    record: RecordRef | None = None
    business_key: str | None = None
    key: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of it: the cases that heard it, or the one that it began. A signal is still on its way."""

    said_id: int
    reached: tuple[int, ...] = ()
    begun: int | None = None


def tell_cases_of(session: Session, message: Message, *, by: Actor, now: datetime) -> int:
    """Every running case of the record that waits for this message moves on; without any, it may begin one. Answers how many
    cases heard it.

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
    told = Told(message.name, message.payload)
    reached = sum(deliver(session, instance, told, by=by, acting=by, now=now) for instance in running)
    start = None if reached else listener_for(session, message.name)
    if start is None:
        return reached
    case = CaseStart(start.process_key, message.title, {}, message.record, message.customer_id)
    with _as_refusal():
        begin_by_name(session, start, case, payload=message.payload, by=by, now=now)
    return 1


def send_message(session: Session, sending: Sending, *, by: Actor, now: datetime) -> Outcome:
    """A program's message reaches the cases that wait for it, or begins one.

    Without record and business key it is for the case that has waited longest among those that have neither. Refused when
    nobody waits and nothing begins, so that the sender can say it again later, under the same key.
    """
    _check(session, sending, by=by)
    said, earlier = _note(session, MESSAGE, sending, by=by, now=now)
    if earlier is not None:
        return earlier
    waiting = waiting_for(session, said)
    if len(waiting) > MOST_AT_ONCE:
        raise RuleBroken(text("More than {most} cases wait for it: say which record is meant.", most=MOST_AT_ONCE))
    outcome = Outcome(
        said.id, tuple(each.instance_id for each in waiting if _reach(session, said, each, by=by, now=now))
    )
    if not outcome.reached:
        start = listener_for(session, said.name)
        if start is None:
            raise NotFound(_why_nobody(session, said))
        with _as_refusal():
            begun = begin_by_said(session, start, said, by=by, now=now)
        outcome = replace(outcome, begun=begun.id)
    said.outcome = {"reached": list(outcome.reached), "begun": outcome.begun}
    return outcome


def send_signal(session: Session, sending: Sending, *, by: Actor, now: datetime) -> Outcome:
    """A program's signal is on its way to every case that waits for it now, and to every process that begins with it."""
    _check(session, sending, by=by)
    said, earlier = _note(session, SIGNAL, sending, by=by, now=now)
    if earlier is not None:
        return earlier
    due.schedule(session, due.Appointment(SAID, due_at=now, subject_id=said.id), now=now)
    said.outcome = {"reached": [], "begun": None}
    return Outcome(said.id)


def waiting_for(session: Session, said: Said) -> Sequence[Waiting]:
    """The cases that a message means, those that have waited longest first: at most one more than may be meant."""
    meant: list[ColumnElement[bool]] = []
    if said.record_id is not None:
        meant += [Waiting.record_type == said.record_type, Waiting.record_id == said.record_id]
    if said.business_key is not None:
        meant.append(Waiting.business_key == said.business_key)
    if said.from_id is not None:
        meant.append(Waiting.instance_id != said.from_id)
    nobody_named = said.record_id is None and said.business_key is None
    if nobody_named:
        meant += [Waiting.record_id.is_(None), Waiting.business_key.is_(None)]
    wanted = select(Waiting).where(Waiting.kind == MESSAGE, Waiting.name == said.name, *meant).order_by(Waiting.id)
    found = session.scalars(wanted.limit(1 if nobody_named else MOST_AT_ONCE + 1)).all()
    # Locked in this order everywhere.
    return sorted(found, key=lambda waiting: waiting.instance_id)


@contextmanager
def _as_refusal() -> Iterator[None]:
    """What the engine refuses at the begin of a case, for whoever said what it begins with."""
    try:
        yield
    except engine.EngineError as refused:
        cause = Text(refused.template, dict(refused.params))
        raise RuleBroken(text("The case could not begin: {cause}", cause=cause)) from refused


def _why_nobody(session: Session, said: Said) -> Text:
    """Whom a message missed: those of another record or key, or everybody."""
    others = select(Waiting.id).where(Waiting.kind == MESSAGE, Waiting.name == said.name).limit(1)
    if session.scalar(others) is None:
        return text("No case waits for the message “{name}”, and none begins with it. It is not kept.", name=said.name)
    if said.record_id is None and said.business_key is None:
        return text(
            "Cases wait for the message “{name}”, but each for that about its record or business key: name one. It is not kept.",
            name=said.name,
        )
    return text(
        "Cases wait for the message “{name}”, but none of this record or business key. It is not kept.", name=said.name
    )


def forget_old(session: Session, now: datetime) -> int:
    """Delete what was said more than 30 days ago, some thousand at a time. Answers how much."""
    old = session.scalars(select(Said.id).where(Said.at < now - KEPT_FOR).limit(MOST_FORGOTTEN_AT_ONCE)).all()
    return affected(session.execute(delete(Said).where(Said.id.in_(old))))


def _reach(session: Session, said: Said, waiting: Waiting, *, by: Actor, now: datetime) -> bool:
    """The case moves on. Where its diagram fails at that, the message is not lost: the clock tries again, and then leaves an
    incident at the case."""
    instance = locked_case(session, waiting.instance_id)
    if instance is None:
        return False
    told = Told(said.name, payload_of(said), said.kind, {"said": said.id})
    try:
        with session.begin_nested():
            return deliver(session, instance, told, by=by, acting=SYSTEM, now=now)
    except (HeliuError, DBAPIError):
        raise
    except Exception as fault:
        log.warning("case %s could not take a message: %s", instance.id, type(fault).__name__)
        session.expire(instance)
        again = due.Appointment(HEAR, now, subject_id=instance.id, ref=waiting.id, payload={"said": said.id})
        due.schedule(session, again, now=now)
        return True


def _check(session: Session, sending: Sending, *, by: Actor) -> None:
    check_may(by, "messages", "create")
    faults: list[Fault] = []
    if not 0 < len(sending.name) <= LONGEST_NAME:
        faults.append(
            Fault("name", text("This needs {least} to {most} characters or entries.", least=1, most=LONGEST_NAME))
        )
    if sending.key is not None and not 0 < len(sending.key) <= LONGEST_KEY:
        faults.append(
            Fault(
                "Idempotency-Key",
                text("This needs {least} to {most} characters or entries.", least=1, most=LONGEST_KEY),
            )
        )
    for word in OWN_WORDS:
        if word in sending.payload:
            faults.append(Fault(f"data.{word}", text("A case knows this itself; leave it out.")))
    try:
        engine.check_value(dict(sending.payload), "data")
    except engine.BadValue as bad:
        faults.append(Fault("data", Text(bad.template, dict(bad.params))))
    if faults:
        raise Invalid(faults)
    if sending.record is not None:
        visible = registry().visible.get(sending.record.type)
        if visible is None or not visible(session, by, sending.record.id):
            raise Invalid([Fault("record", NOT_OPEN)])


def _customer_in(session: Session, sending: Sending, *, by: Actor) -> int | None:
    try:
        return customer_named_in(session, sending.payload, by=by)
    except NotFound:
        raise Invalid([Fault("data.customer_id", NOT_OPEN)]) from None


def _note(session: Session, kind: str, sending: Sending, *, by: Actor, now: datetime) -> tuple[Said, Outcome | None]:
    """Keep what is said. With the outcome of the first time where it was said before, under the same key."""
    record = sending.record
    content = keep({"payload": dict(sending.payload)})
    told = [kind, sending.name, content, record and [record.type, record.id], sending.business_key]
    fingerprint = hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()
    said_id = due.insert_once(
        session,
        Said,
        {
            "kind": kind,
            "name": sending.name,
            "content": content,
            "at": now,
            "by_id": by.id,
            "record_type": record.type if record else None,
            "record_id": record.id if record else None,
            "business_key": sending.business_key,
            "customer_id": _customer_in(session, sending, by=by),
            "hops": 0,
            "key": sending.key,
            "fingerprint": fingerprint,
        },
    )
    if said_id is not None:
        return session.get_one(Said, said_id), None
    said = session.scalars(select(Said).where(Said.by_id == by.id, Said.key == sending.key)).one()
    if said.fingerprint != fingerprint:
        raise Conflict(text("Something else was sent under this key before; take a new one."))
    before = said.outcome or {}
    return said, Outcome(said.id, tuple(before.get("reached", ())), before.get("begun"))
