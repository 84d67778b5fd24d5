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
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    and_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from crm.core.db import Id, UtcDateTime
from crm.core.prepared import Prepared
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


ME, NOW, DAY_END = (
    bindparam("me", type_=Id),
    bindparam("now", type_=UtcDateTime()),
    bindparam("day_end", type_=UtcDateTime()),
)
# Written out as in the partial indexes: SQLite does not recognise them, and PostgreSQL only with luck, behind a parameter.
OPEN = Task.status == literal_column(f"'{TaskStatus.OPEN}'", String)
DONE = Task.status == literal_column(f"'{TaskStatus.DONE}'", String)
RUNNING = ProcessInstance.status == literal_column(f"'{InstanceStatus.RUNNING}'", String)
MINE = (OPEN, Task.assignee_id == ME, Task.assignee_id.is_not(None))
MINE_COUNT = Prepared(select(func.count()).where(*MINE))


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
    found = dict.fromkeys(Folder, 0)
    given = {"me": by.id, "now": now, "day_end": Day.of(now, by.timezone).end}
    for folder, number, late, due_today in _counting(_roles(by)).rows(session, given):
        found[Folder(folder)] += number
        found[Folder.OVERDUE] += late
        found[Folder.TODAY] += due_today
    return found


def count_mine(session: Session, *, by: Actor) -> int:
    """How many tasks are with this person now."""
    row = MINE_COUNT.first(session, {"me": by.id})
    return int(row[0]) if row else 0


@lru_cache(maxsize=1_000)
def _counting(roles: tuple[str, ...]) -> Prepared:
    """One line for each ordered list and folder. Building the statement takes longer than answering it, so it is kept."""
    overdue = func.count(case((Task.due_at < NOW, 1)))
    today = func.count(case((and_(Task.due_at >= NOW, Task.due_at < DAY_END), 1)))
    waiting = [
        select(literal(folder, String).label("folder"), func.count(), overdue, today).where(*conditions)
        for folder, conditions in _sources(roles)
    ]
    started = select(literal("started", String), func.count(), literal(0), literal(0)).where(
        ProcessInstance.started_by_id == ME, RUNNING
    )
    done = select(literal("done", String), func.count(), literal(0), literal(0)).where(DONE, Task.closed_by_id == ME)
    return Prepared(union_all(*waiting, started, done))


def _roles(by: Actor) -> tuple[str, ...]:
    return tuple(sorted(by.role_keys))


def _sources(roles: tuple[str, ...]) -> list[tuple[Folder, Sequence[ColumnElement[bool]]]]:
    """The ordered lists that a person's waiting tasks come from, one for themselves and one for each role."""
    pools = [(Folder.GROUPS, (OPEN, Task.assignee_id.is_(None), Task.role == role)) for role in roles]
    return [(Folder.MINE, MINE), *pools]


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
    merged = _merged(_roles(by), folder, sort, filters, after is not None)
    if merged is None:
        return Page((), None)
    moments = {"me": by.id, "now": now, "day_end": Day.of(now, by.timezone).end}
    place = {f"after{i}": value for i, value in enumerate(after or ())}
    found = merged.rows(session, {**moments, **place, "most": limit + 1})
    ids = [row[0] for row in found[:limit]]
    by_id = {task.id: task for task in session.scalars(select(Task).where(Task.id.in_(ids)))} if ids else {}
    following = found[limit - 1][1:] if len(found) > limit else None
    return Page([by_id[id_] for id_ in ids], following)


@lru_cache(maxsize=2_000)
def _merged(roles: tuple[str, ...], folder: Folder, sort: Sort, filters: Filters, further: bool) -> Prepared | None:
    """The heads of the ordered lists of a folder, merged; None where there is no list. Kept like `_counting`."""
    keys = _sort_keys(sort)
    conditions = _matching(filters) + _within(folder)
    most = bindparam("most", type_=Integer)
    heads = []
    for source, listed in _sources(roles):
        if folder in (Folder.MINE, Folder.GROUPS) and folder is not source:
            continue
        head = select(Task.id, *(key.label(f"key{i}") for i, key in enumerate(keys))).where(*listed, *conditions)
        if further:
            place = (bindparam(f"after{i}", type_=key.type) for i, key in enumerate(keys))
            head = head.where(tuple_(*keys) > tuple_(*place))
        heads.append(head.order_by(*keys).limit(most).subquery())
    if not heads:
        return None
    merged = union_all(*(select(head) for head in heads)).subquery()
    columns = [merged.c[f"key{i}"] for i in range(len(keys))]
    return Prepared(select(merged.c.id, *columns).order_by(*columns).limit(most))


def _sort_keys(sort: Sort) -> tuple[ColumnElement[Any], ...]:
    """Ascending sort expressions that end in the id, so that no two rows are equal."""
    match sort:
        case Sort.PRIORITY:
            return -Task.priority, Task.due_at, Task.id  # type: ignore[return-value]  # columns are expressions
        case Sort.NEWEST:
            return (-Task.id,)
        case _:
            return Task.due_at, Task.id  # type: ignore[return-value]  # columns are expressions


def _within(folder: Folder) -> list[ColumnElement[bool]]:
    if folder is Folder.OVERDUE:
        return [Task.due_at < NOW]
    if folder is Folder.TODAY:
        return [Task.due_at >= NOW, Task.due_at < DAY_END]
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
    query = select(Task).where(DONE, Task.closed_by_id == by.id, *_matching(filters))
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
    query = query.where(RUNNING)
    started = ProcessInstance.started_at
    if after is not None:
        query = query.where(
            tuple_(started, ProcessInstance.id)
            < tuple_(literal(after[0], started.type), literal(after[1], ProcessInstance.id.type))
        )
    rows = session.scalars(query.order_by(started.desc(), ProcessInstance.id.desc()).limit(limit + 1)).all()
    following = (rows[limit - 1].started_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(rows[:limit], following)
