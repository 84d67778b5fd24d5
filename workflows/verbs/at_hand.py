"""A task taken in hand for a verb: found, locked with its case, in the version that the screen showed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, exists, select, update
from sqlalchemy.orm import Session

from crm.accounts.models import User, UserRole
from crm.core.db import affected
from crm.core.errors import Conflict, Denied, Fault, Invalid, NotFound, RuleBroken
from crm.core.i18n import Text, text
from crm.permissions import Actor
from workflows import engine, queries
from workflows.assigning.standing import acting, in_place_of
from workflows.models import ProcessInstance, Task, TaskStatus
from workflows.operations.steps import moved_on, record_event
from workflows.verbs.queries import standing_of
from workflows.verbs.rules import MOST_NOTE, MOST_PEOPLE, Standing

TASK = cast(Table, Task.__table__)


@dataclass(frozen=True)
class AtHand:
    """A locked task with its case, and what the rules must know of it. `acting` is who does it, with the permissions of the
    absent person in whose place they do (`absent_id`), if there is one."""

    task: Task
    instance: ProcessInstance
    standing: Standing
    acting: Actor
    absent_id: int | None


def take(session: Session, task_id: int, *, by: Actor, seen: int | None = None) -> AtHand:
    """Lock the case and its task, in this order. NotFound where this person may not see it; Conflict where `seen`, the
    version on the screen, is not the present one."""
    row = session.execute(
        select(ProcessInstance, Task)
        .join_from(ProcessInstance, Task, Task.instance_id == ProcessInstance.id)
        .where(Task.id == task_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    instance, task = row
    queries.find_task(session, task_id, by=by)
    if seen is not None and task.version != seen:
        raise Conflict(text("This task has changed since you opened it. Please look at it again."))
    standing = standing_of(session, task, instance, by=by)
    return AtHand(task, instance, standing, acting(session, task, by), in_place_of(task, by))


def refuse(task: Task, reason: Text | None) -> None:
    """Raise the reason, if there is one: as a lost race where the task is open no more, else as a denial."""
    if reason is not None:
        raise (Denied if task.status == TaskStatus.OPEN else Conflict)(reason)


@contextmanager
def as_refusal() -> Iterator[None]:
    """What the engine refuses in words for people; a step that is open no more as a lost race."""
    try:
        yield
    except engine.UnknownToken:
        raise moved_on() from None
    except engine.EngineError as refused:
        raise RuleBroken(text(refused.template, **refused.params)) from refused


def change(session: Session, task: Task, **values: Any) -> None:
    """Write columns of a task that is at hand. Its version goes up, so that older screens are refused from now on."""
    changed = session.execute(
        update(TASK)
        .where(TASK.c.id == task.id, TASK.c.version == task.version)
        .values(**values, version=TASK.c.version + 1)
    )
    if affected(changed) != 1:
        raise moved_on()
    session.refresh(task)


def tell_story(
    session: Session,
    task: Task,
    kind: str,
    *,
    by: Actor,
    now: datetime,
    people: Sequence[User] = (),
    note: str = "",
    absent_id: int | None = None,
    **more: object,
) -> None:
    """A line of the case's history. Whom it concerns is kept by number and by name, whatever becomes of the account."""
    detail: dict[str, object] = {**more}
    if absent_id is not None:
        detail["in_place_of"] = absent_id
    if people:
        detail["people"] = {str(person.id): person.name for person in people}
    if note:
        detail["reason"] = note
    record_event(
        session,
        instance_id=task.instance_id,
        now=now,
        kind=kind,
        by=by,
        node_id=task.node_id,
        task_id=task.id,
        detail=detail,
    )


def receivers(session: Session, ids: Sequence[int], *, field: str) -> list[User]:
    """The people with these numbers, in this order: active, and with a role. Invalid otherwise, naming `field`."""
    wanted = list(dict.fromkeys(ids))
    if not wanted or len(wanted) > MOST_PEOPLE:
        raise Invalid([Fault(field, text("Choose one to {most} people.", most=MOST_PEOPLE))])
    has_role = exists().where(UserRole.user_id == User.id)
    rows = session.scalars(select(User).where(User.id.in_(wanted), User.active, has_role))
    found: Mapping[int, User] = {user.id: user for user in rows}
    if len(found) < len(wanted):
        raise Invalid([Fault(field, text("Choose somebody who works here: an active user with a role."))])
    return [found[user_id] for user_id in wanted]


def read_note(note: str, *, required: bool = False, field: str = "note", most: int = MOST_NOTE) -> str:
    """What somebody wrote, trimmed. Invalid when it is too long, or missing where it is wanted."""
    written = note.strip()
    if len(written) > most or (required and not written):
        raise Invalid([Fault(field, text("Write at least one and at most {most} characters.", most=most))])
    return written
