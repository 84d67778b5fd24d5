"""Cases that begin by themselves: a start event of the version in force hears a message or signal, or its time has come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from crm.core.audit import write_audit
from crm.core.db import company_time
from crm.core.due import Due, Hopeless
from crm.core.errors import RuleBroken
from crm.core.i18n import text
from crm.permissions import SYSTEM, Actor
from workflows import engine, library
from workflows.engine import Definition
from workflows.library import Published
from workflows.messaging import starts
from workflows.messaging.models import MESSAGE, ProcessStart, Said
from workflows.messaging.waiting import HOPS
from workflows.models import TIMER, ProcessDefinition, ProcessInstance
from workflows.operations.hearing import lateness, payload_of, said_of, sender
from workflows.operations.starting import Entry, start_case
from workflows.registry import CaseStart, RecordRef

TITLED = ("title", "summary", "subject")
# The process of a start event, if a share of its new cases goes to another version than the one that listens.
SHARED = (
    select(ProcessDefinition.key)
    .join(ProcessStart, ProcessStart.process_key == ProcessDefinition.key)
    .where(ProcessStart.id == bindparam("start_id"), ProcessDefinition.next_version_id.is_not(None))
)


def begin(session: Session, due: Due, *, now: datetime) -> None:
    """A due row of a start event: one case begins, and the clock is set for the next. Nothing happens if another version
    listens by now."""
    # The process first, as by whoever puts a version in force: in the other order each could wait for the other.
    if (key := session.scalar(SHARED, {"start_id": due.subject_id})) is not None:
        session.execute(select(ProcessDefinition.key).where(ProcessDefinition.key == key).with_for_update())
    # Held until the end, so that no version comes into force between the beginning and the next row.
    held = select(ProcessStart).where(ProcessStart.id == due.subject_id).with_for_update(read=True)
    start = session.scalars(held).one_or_none()
    if start is None:
        return
    if "said" in due.payload:
        said = said_of(session, due)
        session.info[HOPS] = said.hops
        try:
            begin_by_said(session, start, said, by=sender(session, said, now=now), now=now)
        except NeedsRecord as refused:
            raise Hopeless(str(refused)) from refused
        return
    _set_again(session, start, due, now=now)
    day = company_time(session, due.due_at).date()
    published = library.published(session, start.version_id)
    name = published.translator(SYSTEM.locale)(published.definition.name)
    detail = {"begun_by": "timer", **lateness(due.due_at, now)}
    case = CaseStart(start.process_key, f"{name} {day.isoformat()}", {})
    _begin(session, start, case, payload=None, detail=detail, by=SYSTEM, now=now)


def gave_up(session: Session, due: Due, error: str, *, now: datetime) -> None:
    """No case could begin: it stands in the audit, and the clock begins the next one all the same."""
    start = session.get(ProcessStart, due.subject_id)
    if start is None:
        return
    if "said" not in due.payload:
        _set_again(session, start, due, now=now)
    published = library.published(session, start.version_id)
    note_not_begun(session, published, error, by=SYSTEM, now=now, element=start.node_id)


def note_not_begun(
    session: Session, published: Published, error: str, *, by: Actor, now: datetime, element: str = ""
) -> None:
    """That no case of this version could begin stands in the audit, from where administrators are shown it."""
    write_audit(
        session,
        at=now,
        actor_id=by.id,
        actor_name=by.name,
        action="definition.not_begun",
        subject_type="definition",
        subject_id=published.version_id,
        subject_name=published.definition.name,
        new={"process": published.key, "element": element, "error": error[:300]},
    )


class NeedsRecord(RuleBroken):
    """The process is about a record, and what begins it names none."""

    def __init__(self, key: str) -> None:
        super().__init__(text("The process “{key}” is about a record: say which one.", key=key))


def begin_by_said(session: Session, start: ProcessStart, said: Said, *, by: Actor, now: datetime) -> ProcessInstance:
    """A case begins with what a program or another case said, about the same record and under the same business key."""
    payload = payload_of(said)
    record = None if said.record_id is None else RecordRef(said.record_type or "", said.record_id)
    titles = [str(payload[name]) for name in TITLED if payload.get(name)] if isinstance(payload, Mapping) else []
    case = CaseStart(
        start.process_key,
        titles[0] if titles else "",
        {},
        record=record,
        customer_id=said.customer_id,
        business_key=said.business_key,
    )
    detail = {"said": said.id, **lateness(said.at, now)}
    return begin_by_name(session, start, case, payload=payload, detail=detail, by=by, now=now)


def begin_by_name(
    session: Session,
    start: ProcessStart,
    case: CaseStart,
    *,
    payload: object,
    by: Actor,
    now: datetime,
    detail: Mapping[str, object] | None = None,
) -> ProcessInstance:
    """A case begins with a message or signal that its start event hears. Raises NeedsRecord."""
    if case.record is None and starts.needs_record(start.process_key):
        raise NeedsRecord(start.process_key)
    told = {"begun_by": start.kind, "message": start.name, **(detail or {})}
    return _begin(session, start, case, payload=payload, detail=told, by=by, now=now)


def listener_for(session: Session, name: str) -> ProcessStart | None:
    """The start event that a message of this name begins a case by."""
    wanted = select(ProcessStart).where(ProcessStart.kind == MESSAGE, ProcessStart.name == name)
    return session.scalars(wanted).one_or_none()


def _begin(
    session: Session,
    start: ProcessStart,
    case: CaseStart,
    *,
    payload: object,
    detail: Mapping[str, object],
    by: Actor,
    now: datetime,
) -> ProcessInstance:
    published = library.for_start(session, start.process_key, suits=lambda other: _entrance(other, start) is not None)
    node_id = _entrance(published.definition, start) or start.node_id
    title = case.title or published.translator(by.locale)(published.definition.name)
    customer_id = case.customer_id if case.record is None else case.customer_id or _customer_of(session, case.record)
    whole = CaseStart(case.process_key, title, case.data, case.record, customer_id, case.business_key)
    entry = Entry(published, node_id, payload, detail)
    return start_case(session, whole, by=by, now=now, entry=entry)


def _entrance(definition: Definition, start: ProcessStart) -> str | None:
    """The start event of a version that hears what this one hears: the one of the same id, if there is one; for the clock no
    other. None where the version has none."""
    same = [
        each.node_id for each in definition.beginnings.values() if (each.kind, each.name) == (start.kind, start.name)
    ]
    if start.node_id in same:
        return start.node_id
    return same[0] if same and start.kind != TIMER else None


def _set_again(session: Session, start: ProcessStart, due: Due, *, now: datetime) -> None:
    following = engine.next_beginning(starts.set_for(due.payload, due.due_at), now=now)
    if following is not None:
        starts.set_clock(session, start.id, following, now=now)


def _customer_of(session: Session, record: RecordRef) -> int | None:
    """Whose record it is, as far as an earlier case about it knows."""
    earlier = select(ProcessInstance.customer_id).where(
        ProcessInstance.record_type == record.type, ProcessInstance.record_id == record.id
    )
    return session.scalar(earlier.order_by(ProcessInstance.id.desc()).limit(1))
