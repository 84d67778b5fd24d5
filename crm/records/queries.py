"""Finding records of any sort, always inside what the asking person may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, bindparam, false, func, literal, or_, select, true
from sqlalchemy.orm import Session

from crm.activity.queries import show_only
from crm.core.audit_words import Words, call
from crm.core.db import Database, dialect_of
from crm.core.errors import Denied, Fault, Invalid, NotFound
from crm.core.fields import Kind, read
from crm.core.i18n import Text, text
from crm.core.keyset import Page, fetch
from crm.core.numbers import is_key, key_of, typed_key
from crm.core.prepared import Prepared, columns_of, loaded
from crm.core.search import matches
from crm.files.queries import show_only as show_files_only
from crm.permissions import ACTIONS, MODULES, PERMISSIONS, Actor, Scope, in_scope, reaches
from crm.records.models import OwnedRow
from crm.records.types import Everybody, Owned, R, RecordType, Through, know, record_type

MOST_ROWS = 200
MOST_SUGGESTIONS = 20
# Lists of other records find what belongs to a customer by its name; the room of customers fills this part of the index.
CUSTOMER_WORDS = "customer_name"


def register(sort: RecordType[R]) -> RecordType[R]:
    """Make the sort known: to references, and to the timeline and the files, which show what their reader may see."""
    know(sort)
    call(sort.key, Words(sort.name, sort.shown))
    show_only(sort.key, lambda by, record_id: may_see_id(sort, by, record_id))
    show_files_only(sort.key, lambda session, by, record_id: _exists(sort, session, by, record_id))
    return sort


def may_see(sort: RecordType[Any], by: Actor, action: str = "view") -> ColumnElement[bool]:
    """The WHERE clause that leaves the records this person may reach, without the deleted ones."""
    return and_(sort.column("deleted_at").is_(None), _reach(sort, by, action))


def may_see_id(sort: RecordType[Any], by: Actor, record_id: ColumnElement[int]) -> ColumnElement[bool]:
    """The same for another table's column with the record's number."""
    return record_id.in_(select(sort.model.id).where(may_see(sort, by)))


def _reach(sort: RecordType[Any], by: Actor, action: str) -> ColumnElement[bool]:
    scope = by.scope(sort.module, action)
    if scope is None:
        return false()
    match sort.reach:
        case Owned():
            return _owned(sort, by, sort.module, action)
        case Through() if scope is not Scope.ALL:
            return _owned(sort, by, sort.module, action)
        case _:
            return true()


def _owned(sort: RecordType[Any], by: Actor, module: str, action: str) -> ColumnElement[bool]:
    """The WHERE clause for records of `sort` in whose owner's scope this person may do `action` of another module."""
    if isinstance(sort.reach, Through):
        above = record_type(sort.reach.parent)
        reach = _owned(above, by, module, action)
        named: ColumnElement[bool] = sort.column(sort.reach.field).in_(select(above.model.id).where(reach))
        return named
    own = in_scope(by, module, action, owner=sort.column("owner_id"), department=sort.column("department_id"))
    further = _also(sort, by, action)
    return own if further is None or own is true() else or_(own, further)


def _also(sort: RecordType[Any], by: Actor, action: str) -> ColumnElement[bool] | None:
    """What is open to this person, or to whom they stand in for, without being theirs."""
    if not isinstance(sort.reach, Owned) or sort.reach.also is None:
        return None
    people = [by] if by.in_place_of is None else [by, by.in_place_of]
    return or_(*(sort.reach.also(person, action) for person in people))


def find_one(
    sort: RecordType[R], session: Session, *, by: Actor, record_id: int, action: str = "view", lock: bool = False
) -> R:
    """The record. NotFound if this person may not see it, Denied if they may see but not do `action`."""
    row = _one(sort.key, by, lock).first(session, {"record_id": record_id}) if is_key(record_id) else None
    if row is None:
        raise NotFound(text("{sort}: there is none with this number, or it is not open to you.", sort=sort.name))
    record: R = loaded(session, cast(Any, sort.model), row)
    reason = None if action == "view" else why_not(sort, session, by=by, record=record, action=action)
    if reason is not None:
        raise Denied(reason)
    return record


@lru_cache(maxsize=5_000)
def _one(key: str, by: Actor, lock: bool) -> Prepared:
    """One record, if this person may see it. Building the statement takes longer than executing it, so it is kept."""
    sort = record_type(key)
    query = select(*columns_of(sort.model)).where(sort.model.id == bindparam("record_id"), may_see(sort, by))
    return Prepared(query.with_for_update() if lock else query)


def why_not(sort: RecordType[R], session: Session, *, by: Actor, record: R, action: str) -> Text | None:
    """Why this person, who sees the record, may not do `action` with it; None if they may."""
    if _may_do(sort, session, by, record, action):
        return None
    return text(
        "You may see {name}, but not do this here: {module}, {action}.",
        name=sort.title_of(record),
        module=MODULES[sort.module][0],
        action=ACTIONS[action],
    )


def can(sort: RecordType[Any], by: Actor, action: str) -> bool:
    """Does this person have the permission at all, whatever its scope? Nobody has one that the module does not know."""
    return (sort.module, action) in PERMISSIONS and by.may(sort.module, action)


def _may_do(sort: RecordType[R], session: Session, by: Actor, record: R, action: str) -> bool:
    if not can(sort, by, action):
        return False
    match sort.reach:
        case Owned():
            if not isinstance(record, OwnedRow):
                raise TypeError(f"{sort.key} is owned, but its model is no OwnedRow")
            if reaches(by, sort.module, action, owner_id=record.owner_id, department_id=record.department_id):
                return True
            further = _also(sort, by, action) if by.may(sort.module, action) else None
            return further is not None and _holds(sort, session, record.id, further)
        case Through(name, _):
            return may_do_below(sort, session, by=by, parent_id=getattr(record, name), action=action)
        case Everybody():
            return by.may(sort.module, action)


def may_do_below(sort: RecordType[Any], session: Session, *, by: Actor, parent_id: int, action: str) -> bool:
    """May this person do `action` with the records that belong to this parent (of a sort that is reached through it)?"""
    if not can(sort, by, action):
        return False
    scope = by.scope(sort.module, action)
    if scope is None or scope is Scope.ALL:
        return scope is not None
    if not isinstance(sort.reach, Through):
        raise TypeError(f"{sort.key} is not reached through another record")
    above = record_type(sort.reach.parent)
    return _holds(above, session, parent_id, _owned(above, by, sort.module, action))


def _holds(sort: RecordType[Any], session: Session, record_id: int, clause: ColumnElement[bool]) -> bool:
    return session.scalar(select(sort.model.id).where(sort.model.id == record_id, clause)) is not None


def find_many(
    sort: RecordType[R],
    session: Session,
    *,
    by: Actor,
    now: datetime | None = None,
    query: str = "",
    filters: Mapping[str, object] | None = None,
    order: str = "",
    place: Sequence[object] | None = None,
    backwards: bool = False,
    limit: int = 30,
) -> Page[R]:
    """A page of records that hold every word of `query` and fit every filter (`sort.filtered` names them).

    `now` is needed for filters that look at the time.
    """
    order = order or sort.default_sort
    if order not in sort.sorts:
        raise Invalid([Fault("sort", text("There is no order named {name}.", name=order[:40]))])
    wanted = conditions(sort, session, by=by, now=now, query=query, filters=filters or {})
    found = select(sort.model).where(may_see(sort, by), *wanted)
    return fetch(session, found, sort.sorts[order], place=place, limit=min(limit, MOST_ROWS), backwards=backwards)


def count_many(
    sort: RecordType[Any],
    session: Session,
    *,
    by: Actor,
    now: datetime | None = None,
    query: str = "",
    filters: Mapping[str, object] | None = None,
) -> int:
    """How many records the same search finds."""
    wanted = conditions(sort, session, by=by, now=now, query=query, filters=filters or {})
    return session.scalar(select(func.count()).select_from(sort.model).where(may_see(sort, by), *wanted)) or 0


def conditions(
    sort: RecordType[Any],
    session: Session,
    *,
    by: Actor,
    now: datetime | None,
    query: str,
    filters: Mapping[str, object],
) -> list[ColumnElement[bool]]:
    """Search words and filters as WHERE clauses. Raises Invalid with the name of a filter that cannot be."""
    found: list[ColumnElement[bool]] = []
    if query.strip():
        by_words: ColumnElement[bool] = sort.model.id.in_(matches(session, sort.key, query))
        if sort.customer and not sort.is_customer:
            of_customer = sort.column(sort.customer).in_(matches(session, CUSTOMER_WORDS, query))
            by_words = or_(by_words, of_customer)
        found.append(by_words)
    known = sort.filtered
    given = {name: value for name, value in filters.items() if value not in (None, "", [])}
    # A filter may ask for a key that is switched off by now: whatever is asked for is a possible key.
    options = {each.category: {str(given.get(name))} for name, each in known.items() if each.category}
    for name, value in read(tuple(known.values()), given, options=options, partial=True).items():
        found += _condition(sort, session, by, now, name, value)
    return found


def _condition(
    sort: RecordType[Any], session: Session, by: Actor, now: datetime | None, name: str, value: Any
) -> list[ColumnElement[bool]]:
    if name in sort.special:
        if now is None:
            raise TypeError(f"the filter {name} looks at the time: hand over now=")
        return [sort.special[name].where(session, by, now, value)]
    if name in sort.shown:
        if sort.shown[name].kind is Kind.TAGS:
            return [_has_tag(session, sort, name, tag) for tag in value]
        return [sort.column(name) == value]
    base, _, end = name.rpartition("_")
    column = sort.column(base)
    if sort.shown[base].kind is Kind.MOMENT:
        return (
            [column >= _begin(session, value)]
            if end == "from"
            else [column < _begin(session, value + timedelta(days=1))]
        )
    return [column >= value] if end == "from" else [column <= value]


def _begin(session: Session, day: date) -> datetime:
    database: Database = session.info["database"]
    return datetime.combine(day, time.min, tzinfo=database.zone)


def _has_tag(session: Session, sort: RecordType[Any], name: str, tag: str) -> ColumnElement[bool]:
    column = sort.column(name)
    if dialect_of(session) == "postgresql":
        contains: ColumnElement[bool] = column.bool_op("@>")(literal([tag], column.type))
        return contains
    each = func.json_each(column).table_valued("value")
    return select(each.c.value).where(each.c.value == tag).exists()


def _exists(sort: RecordType[Any], session: Session, by: Actor, record_id: int) -> bool:
    return session.scalar(select(sort.model.id).where(sort.model.id == record_id, may_see(sort, by))) is not None


def titles_of(session: Session, wanted: Iterable[tuple[str, int | None]]) -> dict[tuple[str, int], str]:
    """Titles by (sort, number), one statement a sort, for rows that the reader may see already. Deleted records keep theirs."""
    by_sort: dict[str, set[int]] = {}
    for key, record_id in wanted:
        if record_id is not None:
            by_sort.setdefault(key, set()).add(record_id)
    found: dict[tuple[str, int], str] = {}
    for key, ids in by_sort.items():
        sort = record_type(key)
        rows = session.execute(select(sort.model.id, sort.column(sort.title)).where(sort.model.id.in_(ids)))
        found |= {(key, record_id): str(title) for record_id, title in rows}
    return found


def suggest(
    sort: RecordType[Any],
    session: Session,
    *,
    by: Actor,
    now: datetime,
    words: str,
    filters: Mapping[str, object] | None = None,
) -> list[tuple[int, str, str]]:
    """Records that fit what is being typed: key, number and title, in the usual order of their list."""
    page = find_many(sort, session, by=by, now=now, query=words, filters=filters, limit=MOST_SUGGESTIONS)
    return [(record.id, record.number, sort.title_of(record)) for record in page.rows]


def typed_record(sort: RecordType[Any], session: Session, *, by: Actor, typed: str) -> int | None:
    """The record that somebody named by its number (with or without the rest of the line), key, or whole title.

    None if there is none that they may see; of several with one title the reader must give the number.
    """
    first = typed.strip().split(maxsplit=1)[0] if typed.strip() else ""
    record_id = key_of(sort.model.PREFIX, first) or typed_key(typed.strip())
    if record_id is not None:
        return record_id if _exists(sort, session, by, record_id) else None
    same = select(sort.model.id).where(may_see(sort, by), sort.column(sort.title) == typed.strip()).limit(2)
    found = session.scalars(same).all()
    return found[0] if len(found) == 1 else None
