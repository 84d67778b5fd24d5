"""The exact counts of the inbox's folders, and their pages.

A person's tasks come from several ordered lists: their own, and one for each of their groups (`folders.py`). Each list is read
from its own partial index and the heads are merged, so that a page costs the same with a thousand tasks as with a million.
Never one OR over assignee and groups: no index serves that. Paging is by key: the sort values of the last row seen.

A pool is counted by its lines (`models.py`), a person's finished tasks by their tally; what is due today, and what a person has
themselves, are some hundred entries of an index. So the counts, too, cost the same at any size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    Subquery,
    and_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import instance_dict

from crm.accounts.models import Role, User, UserRole, shown_name
from crm.core.db import Base, UtcDateTime
from crm.core.prepared import Prepared
from crm.customers.models import Customer
from crm.permissions import Actor
from workflows.directing import team_of
from workflows.inbox.folders import (
    CLOSED_BY_ME,
    DAY_END,
    DELEGATED_BY_ME,
    DUE_TODAY,
    LATE,
    LISTS,
    ME,
    MOST_TEXT,
    NEWEST_FIRST,
    NOW,
    OPEN,
    POOLED,
    STARTED_BY_ME,
    Conditions,
    Filters,
    Folder,
    Reach,
    Sort,
    held_by_team,
    midnight,
    named,
    people_of,
    roles_of,
    team,
    team_roles_of,
    values_for,
)
from workflows.inbox.models import DoneTally, PoolLine
from workflows.models import ProcessInstance, Task, TaskCopy

PAGE = 25
LARGEST_PAGE = 200
# Pages of other lengths are cut from the next longer one, so that there are few statements.
LENGTHS = (PAGE, 50, 100, LARGEST_PAGE)
LEVELS = (3, 2, 1, 0)
FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
# What a list does not show; each may be large.
LEFT_OUT = frozenset({"data", "draft", "answers", "state", "state_before"})
MIDNIGHT = bindparam("midnight", type_=UtcDateTime())


@dataclass(frozen=True)
class Page:
    """Rows of a folder and the key of the page that follows, if there is one."""

    rows: Sequence[Any]
    next: tuple[Any, ...] | None


@dataclass(frozen=True)
class Shape:
    """What two questions have in common that are answered by the same statement with other values."""

    folder: Folder
    sort: Sort
    reach: Reach
    filters: frozenset[str]
    further: bool
    length: int


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
    """One page of a folder: tasks, or cases for `started`, without their documents. `after` is the `next` of the page before."""
    limit = min(max(limit, 1), LARGEST_PAGE)
    if folder in NEWEST_FIRST:
        sort = Sort.NEWEST
    reach, of_team = (Reach.of(by), {}) if folder is not Folder.TEAM else team_reach(session, by)
    given = _filter_values(folder, filters or Filters())
    length = next(length for length in LENGTHS if length >= limit)
    shape = Shape(folder, sort, reach, frozenset(given), after is not None, length)
    asked = _asked(shape)
    values = {**values_for(by, now), **of_team, **given, **(_place(sort, after) if after is not None else {})}
    found = asked.statement.rows(session, values)
    rows = [_listed(asked.model, asked.names, row) for row in found[:limit]]
    return Page(rows, found[limit - 1][len(asked.names) :] if len(found) > limit else None)


def counts(session: Session, *, by: Actor, now: datetime) -> dict[Folder, int]:
    """How many rows each folder holds, exactly; but for the team's, which is counted when somebody looks at it (`count_team`)."""
    found: dict[Folder, int] = dict.fromkeys((folder for folder in Folder if folder is not Folder.TEAM), 0)
    values = {**values_for(by, now), "midnight": midnight(now), "today": midnight(now).date()}
    for folder, number, late, due_today in _counting(Reach.of(by)).rows(session, values):
        found[Folder(folder)] += number
        found[Folder.OVERDUE] += late
        found[Folder.TODAY] += due_today
    return found


def team_reach(session: Session, by: Actor) -> tuple[Reach, dict[str, Any]]:
    """How far the reader's team reaches, with the values for it: its departments, and the roles of its people."""
    departments = sorted(team_of(by))
    given = {f"department{place}": department for place, department in enumerate(departments)}
    roles = _roles_of_team(len(departments)).rows(session, given) if departments else []
    roles_given = {f"team_role{place}": role for place, (role,) in enumerate(roles)}
    return Reach(0, 0, len(departments), len(roles)), {**given, **roles_given}


@lru_cache(maxsize=50)
def _roles_of_team(departments: int) -> Prepared:
    keys = select(Role.key).join(UserRole, UserRole.role_id == Role.id).join(User, User.id == UserRole.user_id)
    return Prepared(keys.where(*team(Reach(0, 0, departments))).distinct().order_by(Role.key))


def count_team(session: Session, *, by: Actor, now: datetime) -> tuple[int, int]:
    """How many tasks of the reader's team are open, and how many of them are overdue."""
    reach, of_team = team_reach(session, by)
    if not reach.departments:
        return 0, 0
    values = {**of_team, "me": by.id, "now": now, "midnight": midnight(now), "today": midnight(now).date()}
    rows = _counting_team(reach).rows(session, values)
    return sum(number for number, _ in rows), sum(late for _, late in rows)


@lru_cache(maxsize=200)
def _counting_team(reach: Reach) -> Prepared:
    """Like `_counting`: what people have is counted one by one, what their groups are offered by lines."""
    late = func.count(case((and_(*LATE), 1)))
    lines: list[Any] = [select(func.count(), late).where(*held_by_team(reach))]
    if roles := team_roles_of(reach):
        of_today = (*POOLED, Task.role.in_(roles), Task.due_at >= MIDNIGHT, Task.due_at < NOW)
        lines.append(select(*_pooled_before_today()).where(PoolLine.role.in_(roles)))
        lines.append(select(literal(0), func.count()).where(*of_today))
    return Prepared(union_all(*lines))


def team_loads(session: Session, *, by: Actor) -> list[tuple[int, str, int]]:
    """The people of the reader's team with how many open tasks each has, the least busy first: (id, name, number)."""
    reach, of_team = team_reach(session, by)
    rows = _loads(reach.departments).rows(session, of_team) if reach.departments else []
    return [(user_id, shown_name(name, name_en, by.locale), number) for user_id, name, name_en, number in rows]


@lru_cache(maxsize=50)
def _loads(departments: int) -> Prepared:
    held = select(func.count()).where(OPEN, Task.assignee_id == User.id, Task.assignee_id.is_not(None))
    number = held.correlate(User).scalar_subquery().label("number")
    people = select(User.id, User.name, User.name_en, number).where(*team(Reach(0, 0, departments)))
    return Prepared(people.order_by(number, User.name, User.id))


def _pooled_before_today() -> Iterator[ColumnElement[int]]:
    """By lines of pools: how many tasks, and how many that were due before today."""
    before_today = case((PoolLine.day < bindparam("today", type_=PoolLine.day.type), PoolLine.number))
    return (func.coalesce(func.sum(number), 0) for number in (PoolLine.number, before_today))


def count_mine(session: Session, *, by: Actor) -> int:
    """How many tasks are with this person now, or with somebody for whom they stand in."""
    absent = {f"absent{place}": person for place, person in enumerate(sorted(by.represents))}
    row = _counting_mine(Reach(0, len(absent))).first(session, {"me": by.id, **absent})
    return int(row[0]) if row else 0


@lru_cache(maxsize=20)
def _counting_mine(reach: Reach) -> Prepared:
    return Prepared(select(func.count()).where(*_with(reach)))


def _with(reach: Reach) -> Conditions:
    return OPEN, Task.assignee_id.in_(people_of(reach)), Task.assignee_id.is_not(None)


@lru_cache(maxsize=200)
def _counting(reach: Reach) -> Prepared:
    """Numbers by folder, and of them those that are overdue and due today. Building a statement takes longer than answering
    it, so it is kept."""
    late, due_today = (func.count(case((and_(*conditions), 1))) for conditions in (LATE, DUE_TODAY))
    none = literal(0)
    tally, until = (
        select(column).where(DoneTally.user_id == ME).scalar_subquery()
        for column in (DoneTally.number, DoneTally.until)
    )
    later = Task.closed_at > func.coalesce(until, literal(FIRST, UtcDateTime()))
    mine = _with(reach)
    lines: list[Any] = [
        select(_name(Folder.MINE), func.count(), late, due_today).where(*mine),
        select(_name(Folder.GROUPS), func.count(), late, due_today).where(*named(reach)),
        select(_name(Folder.DELEGATED), func.count(), none, none).where(*DELEGATED_BY_ME),
        select(_name(Folder.COPIED), func.count(), none, none).where(TaskCopy.user_id == ME),
        select(_name(Folder.STARTED), func.count(), none, none).where(*STARTED_BY_ME),
        select(_name(Folder.DONE), func.count() + func.coalesce(tally, 0), none, none).where(*CLOSED_BY_ME, later),
    ]
    if roles := roles_of(reach):
        # Whole days are counted by lines; what is left is the day that is not over yet.
        of_today = (*POOLED, Task.role.in_(roles), Task.due_at >= MIDNIGHT, Task.due_at < DAY_END)
        lines.append(select(_name(Folder.GROUPS), *_pooled_before_today(), none).where(PoolLine.role.in_(roles)))
        lines.append(select(_name(Folder.GROUPS), none, late, due_today).where(*of_today))
    return Prepared(union_all(*lines))


def _name(folder: Folder) -> ColumnElement[str]:
    return literal_column(f"'{folder}'", String)


@dataclass(frozen=True)
class _Asked:
    """A statement that answers columns of a model, and after them the sort values."""

    statement: Prepared
    model: type[Base]
    names: tuple[str, ...]


@lru_cache(maxsize=1_000)
def _asked(shape: Shape) -> _Asked:
    """The heads of the ordered lists of a folder, merged. Kept like `_counting`."""
    model: type[Task] | type[ProcessInstance] = ProcessInstance if shape.folder is Folder.STARTED else Task
    descending = shape.sort is Sort.NEWEST
    most = literal_column(str(shape.length + 1), Integer)
    heads = [
        _head(model, (*conditions, *_matching(shape, model)), shape, level).limit(most).subquery()
        for conditions in LISTS[shape.folder](shape.reach)
        for level in (LEVELS if shape.sort is Sort.PRIORITY else (None,))
    ]
    merged = union_all(*(select(head) for head in heads)).subquery() if len(heads) > 1 else heads[0]
    top = select(merged).order_by(*_order(merged, descending)).limit(most).subquery()
    columns = [column for column in model.__table__.columns if column.key not in LEFT_OUT]
    whole = select(*columns, *_keys(top)).join_from(top, model.__table__, model.__table__.c.id == top.c.id)
    return _Asked(Prepared(whole.order_by(*_order(top, descending))), model, tuple(column.key for column in columns))


def _head(
    model: type[Task] | type[ProcessInstance], conditions: Conditions, shape: Shape, level: int | None
) -> Select[Any]:
    """The beginning of one list. By priority each level is a list of its own, in the order of due dates."""
    keys = _sort_keys(shape)
    descending = shape.sort is Sort.NEWEST
    ranked = [] if level is None else [literal_column(str(-level), Integer)]
    head = select(model.id.label("id"), *(key.label(f"key{i}") for i, key in enumerate([*ranked, *keys]))).where(
        *conditions
    )
    if level is not None:
        head = head.where(Task.priority == literal_column(str(level), Integer))
    if shape.further:
        place = tuple_(*(bindparam(_mark(i, level), type_=key.type) for i, key in enumerate(keys)))
        head = head.where(tuple_(*keys) < place if descending else tuple_(*keys) > place)
    return head.order_by(*(key.desc() if descending else key for key in keys))


def _sort_keys(shape: Shape) -> tuple[ColumnElement[Any], ...]:
    """What a list is sorted by. It ends in the id, so that no two rows are equal."""
    keys: tuple[Any, ...] = (Task.due_at, Task.id)
    if shape.folder is Folder.STARTED:
        keys = (ProcessInstance.started_at, ProcessInstance.id)
    elif shape.folder is Folder.DONE:
        keys = (Task.closed_at, Task.id)
    elif shape.sort is Sort.NEWEST:
        keys = (Task.id,)
    return keys


def _keys(rows: Subquery) -> list[ColumnElement[Any]]:
    return [column for column in rows.c if column.key.startswith("key")]


def _order(rows: Subquery, descending: bool) -> list[ColumnElement[Any]]:
    return [key.desc() if descending else key for key in _keys(rows)]


def _mark(key: int, level: int | None) -> str:
    return f"after{key}" if level is None else f"after{key}_{level}"


def _place(sort: Sort, after: tuple[Any, ...]) -> dict[str, Any]:
    """Where the lists go on: each level of priority behind the last row seen begins at its first row, each before it has ended."""
    if sort is not Sort.PRIORITY:
        return {_mark(i, None): value for i, value in enumerate(after)}
    rank, *place = after
    places = {-level: (FIRST, 0) if -level > rank else (LAST, 0) for level in LEVELS} | {rank: tuple(place)}
    return {_mark(i, level): places[-level][i] for level in LEVELS for i in range(2)}


def _filter_values(folder: Folder, filters: Filters) -> dict[str, Any]:
    """Values of the filters that are set; cases have no priority."""
    words = (filters.text or "")[:MOST_TEXT]
    for sign in "/%_":
        words = words.replace(sign, f"/{sign}")
    given = {
        "process": filters.process or None,
        "customer": filters.customer_id,
        "priority": None if folder is Folder.STARTED else filters.priority,
        "words": f"%{words}%" if words else None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _matching(shape: Shape, model: type[Task] | type[ProcessInstance]) -> list[ColumnElement[bool]]:
    words = bindparam("words", type_=model.title.type)
    called = select(Customer.id).where(Customer.name.ilike(words, escape="/"))
    conditions: dict[str, ColumnElement[bool]] = {
        "process": model.process_key == bindparam("process", type_=model.process_key.type),
        "customer": model.customer_id == bindparam("customer", type_=model.customer_id.type),
        "priority": Task.priority == bindparam("priority", type_=Task.priority.type),
        "words": or_(model.title.ilike(words, escape="/"), model.customer_id.in_(called)),
    }
    return [conditions[name] for name in sorted(shape.filters)]


def _listed(model: type[Base], names: Sequence[str], row: Sequence[Any]) -> Base:
    """A row as an object of the model that no session knows: for reading, and without what is left out."""
    found = model.__new__(model)
    instance_dict(found).update(zip(names, row, strict=False))
    return found
