"""Which cases are open to a person, as a WHERE clause: for lists of cases, where asking for each would take long.

It says the same as `workflows.queries.may_see` says of one case.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, false, or_, true

from crm.activity.queries import about_visible
from crm.permissions import Actor
from workflows.directing import directed_by
from workflows.models import ProcessEvent, ProcessInstance, Task, TaskCandidate, TaskCopy, TaskStatus


def about_their_records(by: Actor, *, only: str | None = None) -> ColumnElement[bool]:
    """Cases about records that this person may see: they may also read what the steps were answered with. `only` names a sort."""
    return about_visible(by, ProcessInstance.record_type.expression, ProcessInstance.record_id.expression, only=only)


def open_to(by: Actor) -> ColumnElement[bool]:
    """Cases that this person may look at."""
    if by.may("processes", "administer"):
        return true()
    started = ProcessInstance.started_by_id == by.id if by.id is not None else false()
    people = [by.id, *sorted(by.represents)]
    named = exists().where(TaskCandidate.task_id == Task.id, TaskCandidate.user_id.in_(people))
    concerned = or_(
        Task.assignee_id.in_(people),
        Task.closed_by_id == by.id,
        Task.on_behalf_of_id == by.id,
        and_(Task.assignee_id.is_(None), Task.role.in_(sorted(by.group_keys))),
        and_(Task.status == TaskStatus.OPEN, directed_by(by)),
        named,
    )
    return or_(
        started,
        about_their_records(by),
        exists().where(Task.instance_id == ProcessInstance.id, concerned),
        exists().where(TaskCopy.instance_id == ProcessInstance.id, TaskCopy.user_id == by.id),
        exists().where(ProcessEvent.instance_id == ProcessInstance.id, ProcessEvent.actor_id == by.id),
    )
