"""The folders of the inbox, their exact counts, and their pages.

A person's tasks come from several ordered lists: their own, and one for each of their groups. Each list is read from its own
partial index and the heads are merged, so that a page costs the same with a thousand tasks as with a million. Never one OR
over assignee and groups: no index serves that. Paging is by key: the sort values of the last row seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, literal, select, tuple_, union_all
from sqlalchemy.orm import Session

from crm.permissions import Actor
from workflows.models import InstanceStatus, ProcessInstance, Task, TaskStatus

PAGE = 25
LARGEST_PAGE = 200
MOST_TEXT = 100


class Folder(StrEnum):
    MINE = "mine"
    GROUPS = "groups"
    OVERDUE = "overdue"
    TODAY = "today"
    STARTED = "started"
    DONE = "done"


class Sort(StrEnum):
    DUE = "due"
    PRIORITY = "priority"
    NEWEST = "newest"


@dataclass(frozen=True)
class Filters:
    """What narrows a folder down. `text` is looked for in the title of the case."""

    process: str | None = None
    customer_id: int | None = None
    priority: int | None = None
    text: str | None = None


@dataclass(frozen=True)
class Page:
    """Rows of a folder and the key of the page that follows, if there is one."""

    rows: Sequence[Any]
    next: tuple[Any, ...] | None


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


def page(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    folder: Folder,
    filters: Filters | None = None,
    sort: Sort = Sort.DUE,
    after: tuple[Any, ...] | None = None,
    limit: int = PAGE,
) -> Page:
    """One page of a folder: tasks, or cases for `started`. `after` is the `next` of the page before."""
    limit = min(max(limit, 1), LARGEST_PAGE)
    wanted = filters or Filters()
    if folder is Folder.STARTED:
        return _cases(session, by=by, filters=wanted, after=after, limit=limit)
    if folder is Folder.DONE:
        return _done(session, by=by, filters=wanted, after=after, limit=limit)
    return _waiting(session, by=by, now=now, folder=folder, filters=wanted, sort=sort, after=after, limit=limit)


def counts(session: Session, *, by: Actor, now: datetime) -> dict[Folder, int]:
    """How many rows each folder holds, exactly."""
    day = Day.of(now, by.timezone)
    overdue = func.count(case((Task.due_at < now, 1)))
    today = func.count(case((and_(Task.due_at >= now, Task.due_at < day.end), 1)))
    waiting = [
        select(
            literal(source).label("source"), func.count().label("n"), overdue.label("overdue"), today.label("today")
        ).where(*conditions)
        for source, conditions in _sources(by)
    ]
    started = select(literal("started"), func.count(), literal(0), literal(0)).where(
        ProcessInstance.started_by_id == by.id, ProcessInstance.status == InstanceStatus.RUNNING
    )
    done = select(literal("done"), func.count(), literal(0), literal(0)).where(
        Task.status == TaskStatus.DONE, Task.closed_by_id == by.id
    )
    found = dict.fromkeys(Folder, 0)
    for source, number, late, due_today in session.execute(union_all(*waiting, started, done)):
        found[Folder.GROUPS if source.startswith("role:") else Folder(source)] += number
        found[Folder.OVERDUE] += late
        found[Folder.TODAY] += due_today
    return found


def _sources(by: Actor) -> list[tuple[str, Sequence[ColumnElement[bool]]]]:
    """The ordered lists that a person's waiting tasks come from: name and conditions, written as the indexes are."""
    open_ = Task.status == TaskStatus.OPEN
    mine = ("mine", (open_, Task.assignee_id == by.id, Task.assignee_id.is_not(None)))
    pools = [(f"role:{role}", (open_, Task.assignee_id.is_(None), Task.role == role)) for role in sorted(by.role_keys)]
    return [mine, *pools]


def _waiting(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    folder: Folder,
    filters: Filters,
    sort: Sort,
    after: tuple[Any, ...] | None,
    limit: int,
) -> Page:
    keys = _sort_keys(sort)
    narrowed = [*_matching(filters), *_within(folder, by=by, now=now)]
    heads = []
    for source, conditions in _sources(by):
        if (folder is Folder.MINE) != (source == "mine") and folder in (Folder.MINE, Folder.GROUPS):
            continue
        head = select(Task.id, *(key.label(f"key{i}") for i, key in enumerate(keys))).where(*conditions, *narrowed)
        if after is not None:
            head = head.where(
                tuple_(*keys) > tuple_(*(literal(value, key.type) for value, key in zip(after, keys, strict=True)))
            )
        heads.append(head.order_by(*keys).limit(limit + 1).subquery())
    if not heads:
        return Page((), None)
    merged = union_all(*(select(head) for head in heads)).subquery()
    columns = [merged.c[f"key{i}"] for i in range(len(keys))]
    found = session.execute(select(merged.c.id, *columns).order_by(*columns).limit(limit + 1)).all()
    ids = [row.id for row in found[:limit]]
    by_id = {task.id: task for task in session.scalars(select(Task).where(Task.id.in_(ids)))} if ids else {}
    following = tuple(found[limit - 1][1:]) if len(found) > limit else None
    return Page([by_id[id_] for id_ in ids], following)


def _sort_keys(sort: Sort) -> tuple[ColumnElement[Any], ...]:
    """Ascending sort expressions that end in the id, so that no two rows are equal."""
    match sort:
        case Sort.PRIORITY:
            return -Task.priority, Task.due_at, Task.id  # type: ignore[return-value]  # columns are expressions
        case Sort.NEWEST:
            return (-Task.id,)
        case _:
            return Task.due_at, Task.id  # type: ignore[return-value]  # columns are expressions


def _within(folder: Folder, *, by: Actor, now: datetime) -> list[ColumnElement[bool]]:
    if folder is Folder.OVERDUE:
        return [Task.due_at < now]
    if folder is Folder.TODAY:
        return [Task.due_at >= now, Task.due_at < Day.of(now, by.timezone).end]
    return []


def _matching(filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.process:
        conditions.append(Task.process_key == filters.process)
    if filters.customer_id is not None:
        conditions.append(Task.customer_id == filters.customer_id)
    if filters.priority is not None:
        conditions.append(Task.priority == filters.priority)
    if filters.text:
        conditions.append(Task.title.icontains(filters.text[:MOST_TEXT], autoescape=True))
    return conditions


def _done(session: Session, *, by: Actor, filters: Filters, after: tuple[Any, ...] | None, limit: int) -> Page:
    query = select(Task).where(Task.status == TaskStatus.DONE, Task.closed_by_id == by.id, *_matching(filters))
    if after is not None:
        query = query.where(
            tuple_(Task.closed_at, Task.id)
            < tuple_(literal(after[0], Task.closed_at.type), literal(after[1], Task.id.type))
        )
    rows = session.scalars(query.order_by(Task.closed_at.desc(), Task.id.desc()).limit(limit + 1)).all()
    following = (rows[limit - 1].closed_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(rows[:limit], following)


def _cases(session: Session, *, by: Actor, filters: Filters, after: tuple[Any, ...] | None, limit: int) -> Page:
    query = select(ProcessInstance).where(ProcessInstance.started_by_id == by.id)
    if filters.process:
        query = query.where(ProcessInstance.process_key == filters.process)
    if filters.customer_id is not None:
        query = query.where(ProcessInstance.customer_id == filters.customer_id)
    if filters.text:
        query = query.where(ProcessInstance.title.icontains(filters.text[:MOST_TEXT], autoescape=True))
    query = query.where(ProcessInstance.status == InstanceStatus.RUNNING)
    started = ProcessInstance.started_at
    if after is not None:
        query = query.where(
            tuple_(started, ProcessInstance.id)
            < tuple_(literal(after[0], started.type), literal(after[1], ProcessInstance.id.type))
        )
    rows = session.scalars(query.order_by(started.desc(), ProcessInstance.id.desc()).limit(limit + 1)).all()
    following = (rows[limit - 1].started_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(rows[:limit], following)
