"""The nightly look at running cases: each must wait for something, and agree with its record.

Status belongs to the record, position to the process; where the two differ, or a case waits for nothing, an incident tells the
administrators. Cases are read in pages, so that any number of them needs little memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, undefer

from crm.core.due import DueRow
from workflows import engine, library
from workflows.models import TIMER, Incident, InstanceStatus, ProcessInstance, Task, TaskStatus
from workflows.operations.incidents import write_incident
from workflows.registry import registry

PAGE = 1_000
IDLE, DIFFERS = "idle", "differs"
MESSAGES = {
    IDLE: "The case runs, but waits for no task, timer or message.",
    DIFFERS: "The case runs, but its record is finished.",
}
# Where a case may rest without task or timer: it hears from outside.
HEARS = ("intermediateCatchEvent", "receiveTask", "eventBasedGateway", "boundaryEvent")


def check_cases(session: Session, *, now: datetime) -> int:
    """Look at all running cases; answers how many new incidents there are."""
    found = 0
    last = 0
    while page := _page(session, after=last):
        last = page[-1].id
        wrong = dict.fromkeys(_differing(session, page), DIFFERS)
        wrong |= dict.fromkeys(_idle(session, [case.id for case in page]), IDLE)
        for instance_id, kind in sorted(wrong.items()):
            write_incident(session, instance_id=instance_id, kind=kind, message=MESSAGES[kind], now=now)
            found += 1
    return found


def _page(session: Session, *, after: int) -> Sequence[ProcessInstance]:
    troubled = exists().where(Incident.instance_id == ProcessInstance.id, Incident.resolved_at.is_(None))
    return session.scalars(
        select(ProcessInstance)
        .where(ProcessInstance.status == InstanceStatus.RUNNING, ProcessInstance.id > after, ~troubled)
        .order_by(ProcessInstance.id)
        .limit(PAGE)
    ).all()


def _differing(session: Session, cases: Sequence[ProcessInstance]) -> list[int]:
    """Running cases of records that are finished."""
    differing = []
    for record_type, ongoing in registry().ongoing.items():
        about = {case.record_id: case.id for case in cases if case.record_type == record_type and case.record_id}
        if about:
            alive = ongoing(session, list(about))
            differing += [case_id for record_id, case_id in about.items() if record_id not in alive]
    return differing


def _idle(session: Session, ids: Sequence[int]) -> list[int]:
    """Cases that wait for nothing. Only those without task and timer are looked into."""
    task = exists().where(Task.instance_id == ProcessInstance.id, Task.status == TaskStatus.OPEN)
    timer = exists().where(DueRow.kind == TIMER, DueRow.subject_id == ProcessInstance.id)
    quiet = session.scalars(
        select(ProcessInstance)
        .where(ProcessInstance.id.in_(ids), ~task, ~timer)
        .options(undefer(ProcessInstance.state))
        .execution_options(populate_existing=True)
    )
    return [case.id for case in quiet.all() if not _hears(session, case)]


def _hears(session: Session, case: ProcessInstance) -> bool:
    definition = library.published(session, case.version_id).definition
    live = engine.live_nodes(definition, case.state)
    return any(definition.nodes[node].kind in HEARS for node in live if node in definition.nodes)
