"""What the rules of the verbs and the page of a task ask the database: how a task stands, who signs, what was said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from crm.permissions import Actor
from workflows import engine, library
from workflows.directing import is_directed
from workflows.models import (
    InstanceStatus,
    ProcessEvent,
    ProcessInstance,
    Task,
    TaskComment,
    TaskCopy,
    TaskStatus,
    TaskUrge,
)
from workflows.registry import registry
from workflows.verbs.rules import Standing

MOST_COMMENTS = 500
SPOKEN = ("commented", "urged", "copied", "attached", "detached")
# Steps that reach beyond the case: what they did is not undone by bringing the case back.
EFFECTS = frozenset({"serviceTask", "sendTask"})


def standing_of(session: Session, task: Task, instance: ProcessInstance, *, by: Actor) -> Standing:
    """The facts by which the rules judge the task for this person."""
    running = instance.status == InstanceStatus.RUNNING
    waits = task.status == TaskStatus.OPEN
    return Standing(
        running=running,
        suspended=instance.suspended_at is not None,
        directs=waits and bool(session.scalar(select(is_directed(task.id, by)))),
        takes_part=instance.started_by_id == by.id or _takes_part(session, instance.id, by=by),
        earlier=_earlier(session, task) if waits else (),
        signers=_asked_by(session, task, by=by) if waits else frozenset(),
        **(_aftermath(session, task, instance, by=by) if _may_take_back(task, by) and running else {}),
    )


def _may_take_back(task: Task, by: Actor) -> bool:
    return task.status == TaskStatus.DONE and task.closed_by_id == by.id


def _takes_part(session: Session, instance_id: int, *, by: Actor) -> bool:
    """Has or had a task of the case, or moved it on. Who only looked and spoke does not take part in it."""
    own = exists().where(Task.instance_id == instance_id, or_(Task.assignee_id == by.id, Task.closed_by_id == by.id))
    acted = exists().where(
        ProcessEvent.instance_id == instance_id, ProcessEvent.actor_id == by.id, ProcessEvent.kind.not_in(SPOKEN)
    )
    return session.scalar(select(or_(own, acted))) or False


def _earlier(session: Session, task: Task) -> tuple[str, ...]:
    """The steps of the case that somebody completed before this one was opened, the latest first."""
    done = (
        select(Task.node_id)
        .where(
            Task.instance_id == task.instance_id,
            Task.status == TaskStatus.DONE,
            Task.node_id != task.node_id,
            Task.token < task.token,
        )
        .group_by(Task.node_id)
        .order_by(func.max(Task.id).desc())
    )
    return tuple(session.scalars(done))


def _asked_by(session: Session, task: Task, *, by: Actor) -> frozenset[int]:
    """Whom this person asked to sign at this step of the case, by its history."""
    asked = select(ProcessEvent.detail).where(
        ProcessEvent.instance_id == task.instance_id,
        ProcessEvent.node_id == task.node_id,
        ProcessEvent.kind == "signer_added",
        ProcessEvent.actor_id == by.id,
    )
    return frozenset(int(user_id) for detail in session.scalars(asked) for user_id in detail.get("people", ()))


def _aftermath(session: Session, task: Task, instance: ProcessInstance, *, by: Actor) -> dict[str, Any]:
    """What followed a completion, as `Standing` has it: is it the last step of the case, or does at least its own branch
    stand as it was left; has somebody taken up what followed; and the first effect that cannot be taken back."""
    event = completion_of(session, task)
    if event is None:
        return {}
    is_last = instance.last_done_id == task.id
    versions = session.execute(
        select(Task.status, Task.version).where(
            Task.instance_id == instance.id, Task.token.in_(opened_by(event)), Task.id != task.id
        )
    ).all()
    waiting = all(status == TaskStatus.OPEN for status, _ in versions)
    return {
        "is_last_step": is_last,
        "stands_apart": not is_last and waiting and _stands_apart(session, task, instance, event),
        "touched": any(version > 1 for _, version in versions),
        "effect": _effect(session, instance, event, alone=is_last, by=by),
    }


def opened_by(event: ProcessEvent) -> list[int]:
    """The tokens of the tasks that a completion opened."""
    return [int(token) for token in event.detail.get("opened", ())]


def left_by(event: ProcessEvent) -> list[int] | None:
    """The tokens that a completion left behind; None where it cannot be retracted without touching other branches."""
    left = event.detail.get("left")
    return None if left is None else [int(token) for token in left]


def _stands_apart(session: Session, task: Task, instance: ProcessInstance, event: ProcessEvent) -> bool:
    left = left_by(event)
    if left is None or instance.version_id != task.version_id:
        return False
    definition = library.published(session, instance.version_id).definition
    state = session.scalars(select(ProcessInstance.state).where(ProcessInstance.id == instance.id)).one()
    return engine.why_not_retract(definition, state, left, task.node_id) is None


def _effect(session: Session, instance: ProcessInstance, event: ProcessEvent, *, alone: bool, by: Actor) -> str | None:
    """The first step on the way of a completion whose effect stays. What others may have built upon since is not undone:
    only the last step of a case (`alone`) undoes what it did to the record."""
    published = library.published(session, instance.version_id)
    undo = registry().taken_back
    for kind, element, *_ in event.detail.get("passed", ()):
        node = published.definition.nodes.get(element) if kind == "node" else None
        if node is None or not (node.kind in EFFECTS or any(mark.kind != "none" for mark in node.events)):
            continue
        if node.operator is None or node.operator.name not in undo or not alone:
            return published.name_of(node.id, by.locale)
    return None


def completion_of(session: Session, task: Task) -> ProcessEvent | None:
    """The line of history that tells of the task's latest completion."""
    return session.scalars(
        select(ProcessEvent)
        .where(
            ProcessEvent.instance_id == task.instance_id,
            ProcessEvent.task_id == task.id,
            ProcessEvent.kind == "completed",
        )
        .order_by(ProcessEvent.id.desc())
        .limit(1)
    ).one_or_none()


def signing_now(session: Session, task: Task) -> Sequence[Task]:
    """The open tasks of the same step of the case: of those who sign side by side, this one included."""
    return session.scalars(
        select(Task)
        .where(Task.instance_id == task.instance_id, Task.node_id == task.node_id, Task.status == TaskStatus.OPEN)
        .order_by(Task.id)
        .limit(100)
    ).all()


def comments_of(session: Session, instance_id: int) -> Sequence[TaskComment]:
    """What was said about the tasks of a case, oldest first."""
    newest = session.scalars(
        select(TaskComment)
        .where(TaskComment.instance_id == instance_id)
        .order_by(TaskComment.id.desc())
        .limit(MOST_COMMENTS)
    ).all()
    return list(reversed(newest))


def copies_of(session: Session, instance_id: int) -> Sequence[TaskCopy]:
    """To whom the case was shown for information."""
    return session.scalars(
        select(TaskCopy).where(TaskCopy.instance_id == instance_id).order_by(TaskCopy.id).limit(MOST_COMMENTS)
    ).all()


def unread_copies(session: Session, task_ids: Sequence[int], *, by: Actor) -> set[int]:
    """Those of these tasks whose copy this person has not looked at."""
    copies = select(TaskCopy.task_id).where(
        TaskCopy.user_id == by.id, TaskCopy.task_id.in_(task_ids), TaskCopy.read_at.is_(None)
    )
    return set(session.scalars(copies))


def last_urge(session: Session, task_id: int) -> TaskUrge | None:
    """The latest call to hurry."""
    return session.scalars(
        select(TaskUrge).where(TaskUrge.task_id == task_id).order_by(TaskUrge.id.desc()).limit(1)
    ).one_or_none()
