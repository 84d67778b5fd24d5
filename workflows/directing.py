"""Whose tasks a person directs: those of the people that their permission to assign reaches, and of these people's groups."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true

from crm.accounts.models import Role, User, UserRole
from crm.permissions import Actor, Scope
from workflows.models import Task


def team_of(by: Actor) -> frozenset[int]:
    """The departments whose people's tasks this person directs as their team: their own, however far the permission reaches,
    and where it reaches below, those under it and those that they head. None for whoever directs nobody."""
    own: frozenset[int] = frozenset() if by.department_id is None else frozenset({by.department_id})
    match by.scope("processes", "assign"):
        case Scope.DEPARTMENT:
            return own
        case Scope.DEPARTMENT_AND_BELOW:
            return by.departments_below
        case Scope.ALL:
            return by.departments_below or own
    return frozenset()


def directed_by(by: Actor) -> ColumnElement[bool]:
    """The WHERE clause for tasks whose holder, or the group that they are offered to, this person directs."""
    scope = by.scope("processes", "assign")
    if scope is None or scope is Scope.ALL:
        return true() if scope is Scope.ALL else false()
    own, departments = Task.assignee_id == by.id, team_of(by)
    if not departments:
        return own
    team = select(User.id).where(User.active, User.department_id.in_(sorted(departments)))
    groups = (
        select(Role.key)
        .join(UserRole, UserRole.role_id == Role.id)
        .join(User, User.id == UserRole.user_id)
        .where(User.active, User.department_id.in_(sorted(departments)))
    )
    return or_(own, Task.assignee_id.in_(team), and_(Task.assignee_id.is_(None), Task.role.in_(groups)))


def is_directed(task_id: int, by: Actor) -> ColumnElement[bool]:
    """The same question for one task, as an EXISTS."""
    return exists().where(Task.id == task_id, directed_by(by))
