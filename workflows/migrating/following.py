"""The rows around a case follow it to another version, and back: its tasks, its timers, what it waits for.

A task keeps its number, holder, candidates, due time, draft and comments; only where it stands in the diagram changes, and,
as long as nobody holds it, whose group it is offered to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, select, update
from sqlalchemy.orm import Session

from crm.core import due
from crm.core.due import HELD, DueRow
from workflows import engine
from workflows.engine import Rest
from workflows.library import Published
from workflows.messaging.waiting import awaited_by, forget_case, wait_for
from workflows.models import RUNG, TIMER, Incident, ProcessInstance, Task, TaskStatus
from workflows.rules import FALLBACK_ROLE

INCIDENT = cast(Table, Incident.__table__)


def open_tasks(session: Session, instance_id: int) -> Sequence[Task]:
    """The open tasks of a case that is locked, as they are now."""
    wanted = select(Task).where(Task.instance_id == instance_id, Task.status == TaskStatus.OPEN).order_by(Task.id)
    return session.scalars(wanted.with_for_update().execution_options(populate_existing=True)).all()


def move_tasks(tasks: Sequence[Task], after: Rest, new: Published) -> list[dict[str, Any]]:
    """The tasks stand in the other version from now on. Answers what has to be known to take that back."""
    before = []
    for task in tasks:
        kept = {"id": task.id, "node_id": task.node_id, "name": task.name, "role": task.role}
        node = new.definition.nodes[after.tasks[task.token]]
        task.node_id, task.version_id = node.id, new.version_id
        task.name = (node.name or node.id)[:200]
        if task.assignee_id is None and not task.candidate_ids:
            task.role = node.role or FALLBACK_ROLE
        task.version += 1
        before.append({**kept, "version": task.version})
    return before


def tasks_back(tasks: Sequence[Task], before: Sequence[Mapping[str, Any]], version_id: int) -> None:
    """The tasks stand where they stood."""
    kept = {row["id"]: row for row in before}
    for task in tasks:
        row = kept[task.id]
        task.node_id, task.name, task.role = row["node_id"], row["name"], row["role"]
        task.version_id = version_id
        task.version += 1


def move_timers(session: Session, instance_id: int, before: Rest, after: Rest) -> list[dict[str, Any]]:
    """The appointments of the case name the elements of the other version; those of events that are gone there are put
    away. Answers the latter."""
    nodes = {**before.tasks, **{token: node for token, (node, _) in before.timers.items()}}
    later = {**after.tasks, **{token: node for token, (node, _) in after.timers.items()}}
    if nodes == later:
        return []
    gone = []
    for row in _rows(session, instance_id):
        if row.ref in later:
            row.payload = {**row.payload, "node": later[row.ref]}
        elif row.kind == TIMER and row.ref in nodes:
            at = row.payload.get(HELD) or row.due_at.isoformat()
            gone.append({"token": row.ref, "node": row.payload.get("node"), "at": at})
            session.delete(row)
    session.flush()
    return gone


def timers_back(
    session: Session, instance: ProcessInstance, rest: Rest, gone: Sequence[Mapping[str, Any]], now: datetime
) -> None:
    """The appointments name the elements of the version from before, and those that were put away stand again."""
    nodes = {**rest.tasks, **{token: node for token, (node, _) in rest.timers.items()}}
    for row in _rows(session, instance.id):
        if row.ref in nodes and row.payload.get("node") != nodes[row.ref]:
            row.payload = {**row.payload, "node": nodes[row.ref]}
    session.flush()
    again = [
        due.Appointment(TIMER, datetime.fromisoformat(each["at"]), instance.id, each["token"], {"node": each["node"]})
        for each in gone
    ]
    due.schedule_many(session, [due.held(each) for each in again] if instance.stands_still else again, now=now)


def _rows(session: Session, instance_id: int) -> Sequence[DueRow]:
    wanted = select(DueRow).where(DueRow.kind.in_((TIMER, RUNG)), DueRow.subject_id == instance_id)
    return session.scalars(wanted.order_by(DueRow.id).with_for_update().execution_options(populate_existing=True)).all()


def follow_waits(
    session: Session, instance: ProcessInstance, published: Published, state: bytes, now: datetime
) -> None:
    """The case waits for what it waits for in this version. Where that is the same, it goes on waiting since when it did."""
    listening = engine.listening(published.definition, state)
    if {(each.kind, each.name) for each in listening} != awaited_by(session, instance.id):
        forget_case(session, instance.id)
        wait_for(session, instance, listening, now=now)


def rename_incidents(session: Session, instance_id: int, mapping: Mapping[str, str]) -> None:
    """Open incidents of the case name the elements that have taken the places of others."""
    for old, new in mapping.items():
        session.execute(
            update(INCIDENT)
            .where(INCIDENT.c.instance_id == instance_id, INCIDENT.c.node_id == old, INCIDENT.c.resolved_at.is_(None))
            .values(node_id=new)
        )
