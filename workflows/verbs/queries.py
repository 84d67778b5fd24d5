"""What the rules of the verbs and the page of a task ask the database: how a task stands, who signs, what was said."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from crm.permissions import Actor
from workflows import library
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
SPOKEN = ("commented", "urged", "copied", "attached")
# Steps that reach beyond the case: what they did is not undone by bringing the case back.
EFFECTS = frozenset({"serviceTask", "sendTask"})


def standing_of(session: Session, task: Task, instance: ProcessInstance, *, by: Actor) -> Standing:
    """The facts by which the rules judge the task for this person."""
    running = instance.status == InstanceStatus.RUNNING
    waits = task.status == TaskStatus.OPEN
    last = running and task.status == TaskStatus.DONE and instance.last_done_id == task.id
    touched, effect = (
        _aftermath(session, task, instance, by=by) if last and task.closed_by_id == by.id else (False, None)
    )
    return Standing(
        running=running,
        directs=waits and bool(session.scalar(select(is_directed(task.id, by)))),
        takes_part=instance.started_by_id == by.id or _takes_part(session, instance.id, by=by),
        earlier=_earlier(session, task) if waits else (),
        signers=_asked_by(session, task, by=by) if waits else frozenset(),
        is_last_step=last,
        touched=touched,
        effect=effect,
    )


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


def _aftermath(session: Session, task: Task, instance: ProcessInstance, *, by: Actor) -> tuple[bool, str | None]:
    """What followed the completion: whether somebody took it up, and the first effect that cannot be taken back."""
    event = completion_of(session, task)
    if event is None:
        return True, None
    opened = [int(token) for token in event.detail.get("opened", ())]
    touched = exists().where(
        Task.instance_id == instance.id, Task.token.in_(opened), Task.version > 1, Task.id != task.id
    )
    published = library.published(session, instance.version_id)
    undo = registry().taken_back
    for kind, element, *_ in event.detail.get("passed", ()):
        node = published.definition.nodes.get(element) if kind == "node" else None
        if node is None or not (node.kind in EFFECTS or any(mark.kind != "none" for mark in node.events)):
            continue
        if node.operator is None or node.operator.name not in undo:
            return False, published.name_of(node.id, by.locale)
    return bool(opened) and bool(session.scalar(select(touched))), None


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
