"""Telling others: a copy of the case, a call to hurry, a comment."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.accounts.queries import actor_for, users_with_role
from crm.core.due import insert_once
from crm.core.errors import Denied, Fault, Invalid
from crm.core.i18n import text
from crm.permissions import Actor
from workflows import queries
from workflows.models import Task, TaskComment, TaskCopy, TaskUrge
from workflows.verbs.at_hand import AtHand, change, read_note, receivers, refuse, take, tell_story
from workflows.verbs.notices import tell
from workflows.verbs.rules import MOST_COMMENT, MOST_PEOPLE, why_not_copy, why_not_urge

# A user name as it is signed in with, after an @ that does not stand inside of a word (as in an address).
MENTION = re.compile(r"(?<![\w.@])@([a-z0-9][a-z0-9._-]*)", re.IGNORECASE)


def copy(
    session: Session, *, by: Actor, now: datetime, task_id: int, user_ids: Sequence[int], note: str = ""
) -> Sequence[User]:
    """These people may look at the case from now on, find it among what was copied to them, and are told. Whoever has a copy
    already gets no second one. Answers who got one."""
    hand = take(session, task_id, by=by)
    # A copy may be given of a closed task as well: what is refused is refused for the person.
    if reason := why_not_copy(hand.task, by, hand.standing):
        raise Denied(reason)
    written = read_note(note)
    return _copy_to(session, hand.task, receivers(session, user_ids, field="user_ids"), written, by=by, now=now)


def _copy_to(
    session: Session, task: Task, people: Sequence[User], note: str, *, by: Actor, now: datetime
) -> list[User]:
    new = []
    for person in people:
        row = {"task_id": task.id, "instance_id": task.instance_id, "user_id": person.id}
        copy_id = insert_once(session, TaskCopy, {**row, "at": now, "by_id": by.id, "note": note})
        if copy_id is not None:
            new.append(person)
            tell(session, task, "task.copied", to=[person.id], by=by, now=now, occasion=copy_id, detail=note)
    if new:
        tell_story(session, task, "copied", by=by, now=now, people=new, note=note)
    return new


def read_copy(session: Session, *, by: Actor, now: datetime, task_id: int) -> None:
    """Copies of the task's case that this person has not looked at yet count as read."""
    task = queries.find_task(session, task_id, by=by)
    session.execute(
        update(TaskCopy)
        .where(TaskCopy.instance_id == task.instance_id, TaskCopy.user_id == by.id, TaskCopy.read_at.is_(None))
        .values(read_at=now)
    )


def urge(session: Session, *, by: Actor, now: datetime, task_id: int, note: str = "") -> Task:
    """The holder, or the group that it is offered to, is asked to hurry and sees it at the task. Once in four hours."""
    hand = take(session, task_id, by=by)
    task = hand.task
    refuse(task, why_not_urge(task, by, hand.standing, now))
    written = read_note(note)
    change(session, task, urged_at=now)
    number = session.scalar(select(func.count()).where(TaskUrge.task_id == task.id)) or 0
    session.add(TaskUrge(task_id=task.id, at=now, by_id=by.id, note=written))
    holders = (
        [task.assignee_id]
        if task.assignee_id
        else task.candidate_ids or [user.id for user in users_with_role(session, task.role or "")]
    )
    tell_story(session, task, "urged", absent_id=hand.absent_id, by=by, now=now, note=written)
    tell(session, task, "task.urged", to=holders, by=by, now=now, occasion=number + 1, detail=written)
    return task


def comment(session: Session, *, by: Actor, now: datetime, task_id: int, body: str) -> TaskComment:
    """A comment stands at the case. Whoever is mentioned in it (`@user name`) is told, and may look at the case from now on;
    the holder is told as well."""
    hand = take(session, task_id, by=by)
    task = hand.task
    written = read_note(body, required=True, field="text", most=MOST_COMMENT)
    mentioned = _mentioned(session, written)
    _let_see(session, hand, mentioned, by=by, now=now)
    said = TaskComment(
        task_id=task.id,
        instance_id=task.instance_id,
        at=now,
        by_id=by.id,
        body=written,
        mentions=[person.id for person in mentioned],
    )
    session.add(said)
    session.flush()
    tell_story(session, task, "commented", absent_id=hand.absent_id, by=by, now=now, people=mentioned)
    named = [person.id for person in mentioned]
    tell(session, task, "task.mentioned", to=named, by=by, now=now, occasion=said.id, detail=written)
    others = [task.assignee_id] if task.assignee_id not in named else []
    tell(session, task, "task.commented", to=others, by=by, now=now, occasion=said.id, detail=written)
    return said


def _mentioned(session: Session, body: str) -> list[User]:
    names = list(dict.fromkeys(name.lower().rstrip(".-_") for name in MENTION.findall(body)))
    if not names:
        return []
    if len(names) > MOST_PEOPLE:
        raise Invalid([Fault("text", text("Mention at most {most} people.", most=MOST_PEOPLE))])
    found = {user.username: user for user in session.scalars(select(User).where(User.username.in_(names), User.active))}
    missing = next((name for name in names if name not in found), None)
    if missing is not None:
        raise Invalid([Fault("text", text("There is no colleague called @{name}.", name=missing))])
    return [found[name] for name in names]


def _let_see(session: Session, hand: AtHand, people: Sequence[User], *, by: Actor, now: datetime) -> None:
    """Who is mentioned and may not look at the case yet gets a copy of it, if the writer may give one."""
    blind = [
        person
        for person in people
        if person.id != by.id and not queries.may_see(session, hand.instance, by=actor_for(session, person.id).at(now))
    ]
    if not blind:
        return
    if why_not_copy(hand.task, by, hand.standing):
        message = text("{name} may not look at this case, so that you cannot mention them here.", name=blind[0].name)
        raise Invalid([Fault("text", message)])
    _copy_to(session, hand.task, receivers(session, [person.id for person in blind], field="text"), "", by=by, now=now)
