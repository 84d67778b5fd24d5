"""What the folders of the inbox are made of: ordered lists, each read from an index of its own, narrowed down by conditions.

To add a folder: give it a name in `Folder`, its lists in `LISTS`, and its words in `listing.py`. Values that differ from reader to
reader are bound (`values_for`), so that the statements of a thousand readers are the same few texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, String, and_, bindparam, false, literal_column, or_, select

from crm.accounts.models import User
from crm.core.db import Id, UtcDateTime
from crm.permissions import Actor
from workflows.models import InstanceStatus, ProcessInstance, Task, TaskCandidate, TaskCopy, TaskStatus

MOST_TEXT = 100


class Folder(StrEnum):
    MINE = "mine"
    GROUPS = "groups"
    OVERDUE = "overdue"
    TODAY = "today"
    DELEGATED = "delegated"
    COPIED = "copied"
    STARTED = "started"
    DONE = "done"
    TEAM = "team"


class Sort(StrEnum):
    DUE = "due"
    PRIORITY = "priority"
    NEWEST = "newest"


@dataclass(frozen=True)
class Filters:
    """What narrows a folder down. `text` is looked for in the title of the case and in the name of its customer."""

    process: str | None = None
    customer_id: int | None = None
    priority: int | None = None
    text: str | None = None


@dataclass(frozen=True)
class Day:
    """The reader's day: its beginning and its end, as moments."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, now: datetime, timezone: str) -> Day:
        local = now.astimezone(ZoneInfo(timezone))
        start = local.replace(hour=0, minute=0, second=0, microsecond=0)
        # Midnight to midnight by the wall clock: a day with a change of clock has 23 or 25 hours.
        return cls(start, (start + timedelta(days=1)).replace(tzinfo=ZoneInfo(timezone)))


@dataclass(frozen=True)
class Reach:
    """How much is open to a reader: so many roles, and the tasks of so many absent people for whom they stand in.

    `departments` and `team_roles` are those of their team, and counted only where its tasks are asked for.
    """

    roles: int
    absent: int
    departments: int = 0
    team_roles: int = 0

    @classmethod
    def of(cls, by: Actor) -> Reach:
        return cls(len(by.group_keys), len(by.represents))


Conditions = tuple[ColumnElement[bool], ...]
ME = bindparam("me", type_=Id)
NOW, DAY_END = bindparam("now", type_=UtcDateTime()), bindparam("day_end", type_=UtcDateTime())
# Written out as in the partial indexes: SQLite does not recognise them, and PostgreSQL only with luck, behind a parameter.
OPEN = Task.status == literal_column(f"'{TaskStatus.OPEN}'", String)
DONE = Task.status == literal_column(f"'{TaskStatus.DONE}'", String)
RUNNING = ProcessInstance.status == literal_column(f"'{InstanceStatus.RUNNING}'", String)
POOLED: Conditions = (OPEN, Task.assignee_id.is_(None))
CLOSED_BY_ME: Conditions = (DONE, Task.closed_by_id == ME)
DELEGATED_BY_ME: Conditions = (OPEN, Task.delegated_by_id == ME, Task.delegated_by_id.is_not(None))
COPIED_TO_ME: Conditions = (Task.id.in_(select(TaskCopy.task_id).where(TaskCopy.user_id == ME)),)
STARTED_BY_ME: Conditions = (RUNNING, ProcessInstance.started_by_id == ME)
LATE: Conditions = (Task.due_at < NOW,)
DUE_TODAY: Conditions = (Task.due_at >= NOW, Task.due_at < DAY_END)


def roles_of(reach: Reach) -> list[ColumnElement[str]]:
    """Keys of the roles whose tasks are open to the reader."""
    return [bindparam(f"role{place}", type_=String) for place in range(reach.roles)]


def people_of(reach: Reach) -> list[ColumnElement[int]]:
    """The reader, and those for whom they stand in."""
    return [ME, *(bindparam(f"absent{place}", type_=Id) for place in range(reach.absent))]


def held(reach: Reach) -> list[Conditions]:
    """What is with the reader or with somebody for whom they stand in: a list for each of them."""
    return [(OPEN, Task.assignee_id == person, Task.assignee_id.is_not(None)) for person in people_of(reach)]


def named(reach: Reach) -> Conditions:
    """What is offered to several people by name, and to no role."""
    offers = select(TaskCandidate.task_id).where(TaskCandidate.user_id.in_(people_of(reach)))
    return (*POOLED, Task.role.is_(None), Task.id.in_(offers))


def _offered(reach: Reach) -> list[Conditions]:
    return [named(reach), *((*POOLED, Task.role == role) for role in roles_of(reach))]


def _waiting(reach: Reach) -> list[Conditions]:
    return [*held(reach), *_offered(reach)]


def team(reach: Reach) -> Conditions:
    """Who is of the reader's team: the active people of its departments."""
    departments = [bindparam(f"department{place}", type_=Id) for place in range(reach.departments)]
    return User.active.is_(True), User.department_id.in_(departments)


def held_by_team(reach: Reach) -> Conditions:
    """What is with somebody of the reader's team, or with the reader."""
    people = select(User.id).where(or_(and_(*team(reach)), User.id == ME))
    return OPEN, Task.assignee_id.in_(people), Task.assignee_id.is_not(None)


def team_roles_of(reach: Reach) -> list[ColumnElement[str]]:
    """Keys of the roles that somebody of the reader's team has."""
    return [bindparam(f"team_role{place}", type_=String) for place in range(reach.team_roles)]


def _of_team(reach: Reach) -> list[Conditions]:
    if not reach.departments:
        return [(false(),)]
    return [held_by_team(reach), *((*POOLED, Task.role == role) for role in team_roles_of(reach))]


def _only(conditions: Conditions) -> Callable[[Reach], list[Conditions]]:
    return lambda _reach: [conditions]


def _narrowed(lists: Sequence[Conditions], *further: ColumnElement[bool]) -> list[Conditions]:
    return [(*conditions, *further) for conditions in lists]


# Folders that are always read from the newest back.
NEWEST_FIRST = (Folder.DONE, Folder.STARTED, Folder.COPIED)
# By folder, the lists of a reader whose reach is so wide.
LISTS: Mapping[Folder, Callable[[Reach], list[Conditions]]] = {
    Folder.MINE: held,
    Folder.GROUPS: _offered,
    Folder.OVERDUE: lambda reach: _narrowed(_waiting(reach), *LATE),
    Folder.TODAY: lambda reach: _narrowed(_waiting(reach), *DUE_TODAY),
    Folder.DELEGATED: _only(DELEGATED_BY_ME),
    Folder.COPIED: _only(COPIED_TO_ME),
    Folder.STARTED: _only(STARTED_BY_ME),
    Folder.DONE: _only(CLOSED_BY_ME),
    Folder.TEAM: _of_team,
}


def values_for(by: Actor, now: datetime) -> dict[str, Any]:
    """What the conditions above leave open."""
    return {
        "me": by.id,
        "now": now,
        "day_end": Day.of(now, by.timezone).end,
        **{f"role{place}": role for place, role in enumerate(sorted(by.group_keys))},
        **{f"absent{place}": person for place, person in enumerate(sorted(by.represents))},
    }


def midnight(now: datetime) -> datetime:
    """When the day in UTC began: pools are counted by such days."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
