"""Finding cases and tasks, as rows. Nothing in here wakes the engine.

Whoever may not see a case hears that it does not exist. A case is open to the people it concerns (who started it, who has or
had a task of it, who is offered one or did anything in it, who got a copy of it, who directs one of its holders), to those who
may see its record, and to administrators of processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, defer

from crm.accounts.queries import names_of
from crm.core.due import DueRow
from crm.core.errors import NotFound
from crm.permissions import Actor
from workflows.directing import directed_by
from workflows.models import TIMER, Incident, ProcessEvent, ProcessInstance, Task, TaskCandidate, TaskCopy, TaskStatus
from workflows.registry import registry

# A case sent back a thousand times has a long history; pages show its newest part.
MOST_EVENTS = 500


def find_instance(session: Session, instance_id: int, *, by: Actor) -> ProcessInstance:
    """A case that this person may see. Raises NotFound otherwise."""
    instance = session.get(ProcessInstance, instance_id)
    if instance is None or not may_see(session, instance, by=by):
        raise NotFound
    return instance


def may_see(session: Session, instance: ProcessInstance, *, by: Actor) -> bool:
    """Is the case open to this person?"""
    if by.id is not None and instance.started_by_id == by.id:
        return True
    if by.may("processes", "administer"):
        return True
    visible = registry().visible.get(instance.record_type or "")
    if visible and instance.record_id is not None and visible(session, by, instance.record_id):
        return True
    concerned = or_(
        Task.assignee_id.in_([by.id, *by.represents]),
        Task.closed_by_id == by.id,
        Task.on_behalf_of_id == by.id,
        and_(Task.assignee_id.is_(None), Task.role.in_(by.group_keys)),
        and_(Task.status == TaskStatus.OPEN, directed_by(by)),
        exists().where(TaskCandidate.task_id == Task.id, TaskCandidate.user_id.in_([by.id, *by.represents])),
    )
    shown = exists().where(TaskCopy.instance_id == instance.id, TaskCopy.user_id == by.id)
    acted = exists().where(ProcessEvent.instance_id == instance.id, ProcessEvent.actor_id == by.id)
    found = session.scalar(select(or_(exists().where(Task.instance_id == instance.id, concerned), shown, acted)))
    return bool(found)


def find_task(session: Session, task_id: int, *, by: Actor) -> Task:
    """A task that this person may see: their own, one offered to their group, or one of a case open to them."""
    task = session.get(Task, task_id)
    if task is None:
        raise NotFound
    if not concerns(task, by):
        find_instance(session, task.instance_id, by=by)
    return task


def concerns(task: Task, by: Actor) -> bool:
    """Has this person to do with the task: as who has or had it or is offered it, or as a substitute of one of them?"""
    people = {task.assignee_id, task.closed_by_id, task.on_behalf_of_id, *(task.candidate_ids or ())} - {None}
    return by.id in people or bool(by.represents & people) or task.role in by.group_keys


def find_task_at(session: Session, instance_id: int, token: int, *, by: Actor) -> Task:
    """The same by case and the engine's name of the step in it."""
    return find_task(session, task_at(session, instance_id, token) or 0, by=by)


def task_at(session: Session, instance_id: int, token: int) -> int | None:
    """The task of a step in a case; the last one, if the step was opened again."""
    at = select(Task.id).where(Task.instance_id == instance_id, Task.token == token)
    return session.scalar(at.order_by(Task.id.desc()).limit(1))


def instance_of_record(session: Session, record_type: str, record_id: int) -> ProcessInstance | None:
    """The newest case about a record. The caller has checked that the reader may see the record."""
    return session.scalars(
        select(ProcessInstance)
        .where(ProcessInstance.record_type == record_type, ProcessInstance.record_id == record_id)
        .order_by(ProcessInstance.id.desc())
        .limit(1)
    ).one_or_none()


def open_tasks(session: Session, instance_id: int) -> list[Task]:
    """What a case waits for, in the order in which it was opened."""
    return list(
        session.scalars(
            select(Task).where(Task.instance_id == instance_id, Task.status == TaskStatus.OPEN).order_by(Task.id)
        )
    )


def tasks_of(session: Session, instance_id: int, *, answered: bool = False) -> list[Task]:
    """The tasks that tell how a case stands, oldest first: the newest of each step, and all that are open.

    A step that was sent back a thousand times is one of them, not a thousand. What was entered is left in the database, unless
    it is asked for with `answered`.
    """
    newest = select(func.max(Task.id)).where(Task.instance_id == instance_id).group_by(Task.node_id)
    standing = select(Task).where(
        Task.instance_id == instance_id, or_(Task.status == TaskStatus.OPEN, Task.id.in_(newest))
    )
    unread = (defer(Task.draft),) if answered else (defer(Task.data), defer(Task.draft), defer(Task.answers))
    return list(session.scalars(standing.options(*unread).order_by(Task.id)))


def history(session: Session, instance_id: int, *, after: int = 0, limit: int = MOST_EVENTS) -> list[ProcessEvent]:
    """The lines of a case's history after the given id, oldest first."""
    return list(
        session.scalars(
            select(ProcessEvent)
            .where(ProcessEvent.instance_id == instance_id, ProcessEvent.id > after)
            .order_by(ProcessEvent.id)
            .limit(limit)
        )
    )


def newest_history(session: Session, instance_id: int, *, limit: int = MOST_EVENTS) -> list[ProcessEvent]:
    """The newest lines of a case's history, oldest of them first."""
    newest = session.scalars(
        select(ProcessEvent)
        .where(ProcessEvent.instance_id == instance_id)
        .order_by(ProcessEvent.id.desc())
        .limit(limit)
    ).all()
    return list(reversed(newest))


def path_of(events: Iterable[ProcessEvent]) -> list[list[Any]]:
    """The elements that a case passed, in order: `[kind, element id]`, with a third entry where something was decided."""
    return [entry for event in events for entry in event.detail.get("passed", ())]


def incidents_of(session: Session, instance_id: int) -> Sequence[Incident]:
    """What still stands in the way of a case."""
    return session.scalars(
        select(Incident)
        .where(Incident.instance_id == instance_id, Incident.resolved_at.is_(None))
        .order_by(Incident.id)
    ).all()


def people_in(session: Session, rows: Iterable[object], *, locale: str) -> dict[int, str]:
    """The names of everybody who appears in these tasks, events, incidents or cases."""
    columns = ("assignee_id", "closed_by_id", "actor_id", "started_by_id", "resolved_by_id", "on_behalf_of_id")
    rows = list(rows)
    ids = {value for row in rows for column in columns if (value := getattr(row, column, None)) is not None}
    for event in (row for row in rows if isinstance(row, ProcessEvent)):
        ids |= {event.detail["in_place_of"]} if "in_place_of" in event.detail else set()
        ids |= {given["user_id"] for given in event.detail.get("assigned", ()) if given["user_id"] is not None}
    return names_of(session, ids, locale) if ids else {}


def timers_of(session: Session, instance_id: int) -> list[str]:
    """The elements whose timers run, the next one first."""
    rows = session.scalars(
        select(DueRow.payload).where(DueRow.kind == TIMER, DueRow.subject_id == instance_id).order_by(DueRow.due_at)
    )
    return [str(payload.get("node")) for payload in rows]
