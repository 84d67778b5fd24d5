"""Doing a task in the place of somebody who is away: in whose place, and with whose permissions."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from crm.accounts.queries import actor_for
from crm.core.errors import NotFound
from crm.permissions import Actor
from workflows.models import Task


def in_place_of(task: Task, by: Actor) -> int | None:
    """In whose place this person works on the task; None if it is their own or their group's.

    A task that came to them as a substitute stays one that they do for the absent person, even when that person is back.
    """
    if not by.stand_ins:
        return None
    if task.assignee_id is not None and task.assignee_id == by.id:
        known = {absence.user_id for absence in by.stand_ins}
        return task.on_behalf_of_id if task.on_behalf_of_id in known else None
    if task.assignee_id is not None:
        return task.assignee_id if task.assignee_id in by.represents else None
    named = task.candidate_ids or ()
    if task.role in by.role_keys or by.id in named:
        return None
    absent = (absence for absence in by.stand_ins if absence.user_id in by.represents)
    return next((a.user_id for a in absent if task.role in a.role_keys or a.user_id in named), None)


def acting(session: Session, task: Task, by: Actor) -> Actor:
    """The person as they act in this task: with what the absent person may do as well, where they stand in for one."""
    absent_id = in_place_of(task, by)
    if absent_id is None or by.in_place_of is not None:
        return by
    try:
        return replace(by, in_place_of=actor_for(session, absent_id))
    except NotFound:
        return by  # the absent person has left for good meanwhile
