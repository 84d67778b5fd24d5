"""The start events of versions in force that begin cases by themselves, and the clock's rows for those with a timer.

They change in the transaction that puts a version in force or takes it out: there is never a moment at which two versions
of a process listen, or none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from crm.core import due
from crm.core.db import company_time
from crm.core.errors import Conflict
from crm.core.i18n import text
from workflows import engine
from workflows.engine import Beginning, Definition, Problem
from workflows.engine.texts import N_
from workflows.messaging.models import BEGIN, MESSAGE, ProcessStart
from workflows.models import ProcessDefinition
from workflows.registry import registry


def listen(session: Session, definition: Definition, version_id: int, *, now: datetime) -> None:
    """The start events of this version listen from now on, instead of those of any other version of its process.

    Raises Conflict where another process has begun to listen to the same message at this very moment.
    """
    stop_listening(session, definition.key)
    for begin in by_themselves(definition):
        values = {"process_key": definition.key, "version_id": version_id, "node_id": begin.node_id}
        start_id = due.insert_once(session, ProcessStart, {**values, "kind": begin.kind, "name": begin.name})
        if start_id is None:
            raise Conflict(text("Another process has begun to listen to the message “{name}”.", name=begin.name or ""))
        if begin.kind == "timer":
            first = engine.first_beginning(definition, begin.node_id, now=company_time(session, now))
            if first is not None:
                set_clock(session, start_id, first, now=now)


def stop_listening(session: Session, key: str) -> None:
    """No start event of this process listens any more. A beginning that is under way is waited for."""
    gone = session.scalars(delete(ProcessStart).where(ProcessStart.process_key == key).returning(ProcessStart.id)).all()
    for start_id in gone:
        due.unschedule(session, kind=BEGIN, subject_id=start_id)


def by_themselves(definition: Definition) -> list[Beginning]:
    """The beginnings that need no person."""
    return [begin for begin in definition.beginnings.values() if begin.kind != "none"]


def set_clock(session: Session, start_id: int, at: engine.Due, *, now: datetime) -> None:
    """Let the clock begin a case then."""
    appointment = due.Appointment(
        BEGIN, due_at=at.at, subject_id=start_id, payload={"cycle": at.cycle, "left": at.left}
    )
    due.schedule(session, appointment, now=now)


def set_for(payload: Mapping[str, object], due_at: datetime) -> engine.Due:
    """What `set_clock` wrote."""
    cycle, left = payload.get("cycle"), payload.get("left")
    return engine.Due(due_at, left if isinstance(left, int) else None, cycle if isinstance(cycle, str) else None)


def problems_here(session: Session, definition: Definition, *, now: datetime) -> list[Problem]:
    """What keeps the start events from beginning cases in this database, at this time."""
    return [
        Problem(
            begin.node_id, message, {"element": _label(definition, begin), **params}, severity, definition.diagram.file
        )
        for begin in by_themselves(definition)
        for message, params, severity in _faults_of(session, definition, begin, now=now)
    ]


# Template, its values, severity.
Found = tuple[str, dict[str, object], str]


def _faults_of(session: Session, definition: Definition, begin: Beginning, *, now: datetime) -> Iterator[Found]:
    if begin.kind == MESSAGE:
        wanted = select(ProcessStart.process_key).where(ProcessStart.kind == MESSAGE, ProcessStart.name == begin.name)
        other = session.scalar(wanted.where(ProcessStart.process_key != definition.key))
        if other is not None:
            message = N_(
                "The message “{name}” of {element} already begins the process {other}; give it another name, or take that process out of force."
            )
            yield message, {"name": begin.name, "other": other}, "error"
    if begin.kind != "timer":
        return
    if needs_record(definition.key):
        message = N_(
            "The clock cannot begin this process at {element}: it is about a record, which the clock does not have. Take the timer away."
        )
        yield message, {}, "error"
    try:
        if engine.first_beginning(definition, begin.node_id, now=company_time(session, now)) is None:
            yield N_("The time of {element} lies in the past; it begins no case. Write a later one."), {}, "warning"
    except engine.StepRefused as refused:
        yield refused.template, {**refused.params}, "error"


def needs_record(key: str) -> bool:
    """Is the process about a record that must be there before its case?"""
    bindings = registry()
    return key in bindings.openings or key in bindings.by_itself


def _label(definition: Definition, begin: Beginning) -> str:
    name = definition.nodes[begin.node_id].name
    return f"{name} ({begin.node_id})" if name else begin.node_id


def listen_where_nobody_does(session: Session, definitions: Mapping[int, Definition], *, now: datetime) -> None:
    """Versions that came into force before start events were kept, by version id, begin to listen."""
    listening = set(session.scalars(select(ProcessStart.process_key)))
    for version_id, definition in definitions.items():
        if by_themselves(definition) and definition.key not in listening:
            session.get(ProcessDefinition, definition.key, with_for_update=True)
            if not any(problem.is_error for problem in problems_here(session, definition, now=now)):
                listen(session, definition, version_id, now=now)
