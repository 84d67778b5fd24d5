"""The verbs of all records: create, change, delete; and `store`, by which a room's own verbs change a record.

Each checks permission and scope, the fields, the version; each is audited, told on the timeline of the record and of its
customer, kept in the search index, and told as an event. The version is checked before anything else is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.activity.operations import record as tell_timeline
from crm.core.audit import differences, write_audit
from crm.core.errors import Conflict, Denied, Fault, Invalid, NotFound, RuleBroken
from crm.core.events import tell
from crm.core.fields import Field, Kind, read
from crm.core.i18n import Text, text
from crm.core.search import forget, index
from crm.dictionary.queries import active_keys
from crm.permissions import PERMISSIONS, Actor, check_may
from crm.records.events import RecordChanged, RecordCreated, RecordDeleted
from crm.records.models import OwnedRow
from crm.records.queries import find_one, may_do_below, titles_of
from crm.records.telling import told_changes
from crm.records.types import Check, Owned, R, RecordType, Through, categories_of, record_type

# Rooms above say what keeps a record from being deleted: a sentence, or None.
Hold = Callable[[Session, int], Text | None]
_holds: dict[str, list[Hold]] = {}


def hold(key: str, question: Hold) -> None:
    """From now on this question is asked before a record of this sort is deleted."""
    asked = _holds.setdefault(key, [])
    if question not in asked:
        asked.append(question)


def named_by(sort: RecordType[Any], field: str) -> Hold:
    """A hold: the record stays while living records of `sort` name it in `field`."""

    def question(session: Session, record_id: int) -> Text | None:
        rows = select(func.count()).where(sort.column(field) == record_id, sort.column("deleted_at").is_(None))
        count = session.scalar(rows.select_from(sort.model)) or 0
        return text("{count} × {sort}: they name it, so it stays.", count=count, sort=sort.plural) if count else None

    return question


def create_record(
    sort: RecordType[R], session: Session, *, by: Actor, now: datetime, values: Mapping[str, object]
) -> R:
    """There is a new record. Refuses wrong fields and what the creator may not reach; tells RecordCreated."""
    return insert_record(sort, session, by=by, now=now, kept=read_new(sort, session, by=by, now=now, values=values))


def read_new(
    sort: RecordType[R], session: Session, *, by: Actor, now: datetime, values: Mapping[str, object]
) -> dict[str, Any]:
    """The values of a new record, checked: permission, fields, scope, the room's own rules."""
    check_may(by, sort.module, "create")
    kept = read_values(sort, session, by=by, now=now, values=values)
    if isinstance(sort.reach, Owned):
        if kept.get("owner_id") is None:
            kept["owner_id"] = by.id
        elif kept["owner_id"] != by.id:
            _check_may_assign(sort, by)
    return kept


def insert_record(sort: RecordType[R], session: Session, *, by: Actor, now: datetime, kept: Mapping[str, Any]) -> R:
    """Store what `read_new` has read, for rooms that look at it in between or add columns of their own."""
    columns = {**kept, **_derived(sort, session, kept, None), "created_by_id": by.id, "updated_by_id": by.id}
    record = sort.model(**columns, version=1, created_at=now, updated_at=now)  # type: ignore[call-arg]  # the mapper makes it
    session.add(record)
    session.flush()
    put_in_index(sort, session, record)
    given = {name: value for name, value in kept.items() if value not in (None, [], False)}
    name = sort.title_of(record)
    message, detail = text("{sort} “{name}” was created", sort=sort.name, name=name), None
    if sort.told is not None:
        message, detail = sort.told(record)
    note(sort, session, record, by=by, now=now, kind=f"{sort.key}.created", message=message, detail=detail, new=given)
    _tell(sort, session, "created", record, tuple(given), by=by, now=now)
    return record


def change_record(
    sort: RecordType[R],
    session: Session,
    *,
    by: Actor,
    now: datetime,
    record_id: int,
    version: int,
    values: Mapping[str, object],
) -> R:
    """The named fields hold the new values. Refuses a stale version with the newer values; tells RecordChanged."""
    record = find_one(sort, session, by=by, record_id=record_id, action="edit", lock=True)
    check_version(sort, record, version)
    kept = read_values(sort, session, by=by, now=now, values=values, before=record)
    if isinstance(record, OwnedRow) and kept.get("owner_id", record.owner_id) != record.owner_id:
        _check_may_assign(sort, by)
    return store(sort, session, record, by=by, now=now, values=kept)


def store(
    sort: RecordType[R],
    session: Session,
    record: R,
    *,
    by: Actor,
    now: datetime,
    values: Mapping[str, Any],
    kind: str = "",
    message: Text | None = None,
    detail: str | None = None,
) -> R:
    """The record holds these values, which the caller has checked; nothing happens where they are the same.

    A room's verb names itself: `kind` ("opportunity.won") for timeline and audit, `message` for people, `detail` for what
    somebody wrote. Without a message the changed fields are told with old and new value.
    """
    old, new = differences({name: getattr(record, name) for name in values}, values)
    if not new and not kind:
        return record
    for name, value in {**new, **_derived(sort, session, new, record)}.items():
        setattr(record, name, value)
    record.version += 1
    record.updated_at, record.updated_by_id = max(now, record.created_at), by.id
    session.flush()
    if {*sort.searched, sort.title} & new.keys():
        put_in_index(sort, session, record)
    if message is None:
        message = _changes(sort, session, old, new)
        if sort.customer and not sort.is_customer:
            # It stands on the customer's timeline, too, among the news of other records.
            message = text("{sort} “{name}”: {changes}", sort=sort.name, name=sort.title_of(record), changes=message)
    note(
        sort,
        session,
        record,
        by=by,
        now=now,
        kind=kind or f"{sort.key}.changed",
        message=message,
        detail=detail,
        old=old,
        new=new,
    )
    _tell(sort, session, "changed", record, tuple(new), by=by, now=now)
    return record


def delete_record(
    sort: RecordType[R], session: Session, *, by: Actor, now: datetime, record_id: int, version: int
) -> R:
    """The record is hidden everywhere. Refuses a stale version, and while something needs it; tells RecordDeleted."""
    record = find_one(sort, session, by=by, record_id=record_id, action="delete", lock=True)
    check_version(sort, record, version)
    for question in _holds.get(sort.key, ()):
        reason = question(session, record.id)
        if reason is not None:
            raise RuleBroken(reason)
    if sort.leave is not None:
        sort.leave(session, record, now)
    record.deleted_at, record.version = now, record.version + 1
    session.flush()
    forget(session, sort.key, record.id)
    name = sort.title_of(record)
    message = text("{sort} “{name}” was deleted", sort=sort.name, name=name)
    note(sort, session, record, by=by, now=now, kind=f"{sort.key}.deleted", message=message, old={sort.title: name})
    _tell(sort, session, "deleted", record, (), by=by, now=now)
    return record


def read_values(
    sort: RecordType[R],
    session: Session,
    *,
    by: Actor,
    now: datetime,
    values: Mapping[str, object],
    before: R | None = None,
) -> dict[str, Any]:
    """The values checked: each field, the pick-lists, that named people and records exist and are open to this person, and
    the room's own `check`. With `before` only what is given is read, and what the record holds already may stay."""
    fields = sort.fields if before is None else sort.writable
    options = active_keys(session, categories_of(fields))
    if before is not None:
        for each in fields:
            present = getattr(before, each.name) if each.category else None
            if present:
                options[each.category].add(present)
    kept = read(fields, values, options=options, partial=before is not None)
    faults = [
        Fault(each.name, reason)
        for each in fields
        if kept.get(each.name) is not None
        and (before is None or getattr(before, each.name) != kept[each.name])
        and (reason := _why_not_there(session, by, sort, each, kept[each.name])) is not None
    ]
    if faults:
        raise Invalid(faults)
    if sort.check is not None:
        sort.check(Check(session=session, by=by, now=now, values=kept, record=before))
    return kept


def check_version(sort: RecordType[R], record: R, seen: int) -> None:
    """Refuse to overwrite what somebody else has changed since it was looked at."""
    if record.version != seen:
        current = {each.name: _as_told(getattr(record, each.name)) for each in sort.fields}
        raise Conflict(
            text("{name} has been changed by somebody else meanwhile.", name=sort.title_of(record)),
            current={**current, "version": record.version},
        )


def _as_told(value: object) -> object:
    """A value as the API writes it."""
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def put_in_index(sort: RecordType[R], session: Session, record: R) -> None:
    """The record is found by its number, its title and the words of its searched fields."""
    if sort.index is not None:
        sort.index(session, record)
        return
    own: list[Any] = [record.number, sort.title_of(record), *(getattr(record, name) for name in sort.searched)]
    words = [" ".join(each) if isinstance(each, list) else str(each) for each in own if each]
    words += [each for each in (sort.words(session, record) if sort.words else ()) if each]
    index(session, sort.key, record.id, " ".join(words))


def note(
    sort: RecordType[R],
    session: Session,
    record: R,
    *,
    by: Actor,
    now: datetime,
    kind: str,
    message: Text,
    detail: str | None = None,
    old: Mapping[str, object] | None = None,
    new: Mapping[str, object] | None = None,
) -> None:
    """Write the act into the audit log, and onto the timeline of the record and of its customer."""
    write_audit(
        session,
        at=now,
        actor_id=by.id,
        actor_name=by.name,
        action=kind,
        subject_type=sort.key,
        subject_id=record.id,
        subject_name=sort.title_of(record),
        old=old,
        new=new,
    )
    tell_timeline(
        session,
        at=now,
        actor=by,
        record_type=sort.key,
        record_id=record.id,
        customer_id=getattr(record, sort.customer) if sort.customer else None,
        kind=kind,
        message=message,
        detail=detail,
        link=None if sort.is_customer else sort.link(record.id),
    )


def _changes(sort: RecordType[Any], session: Session, old: Mapping[str, object], new: Mapping[str, object]) -> Text:
    links = [each for each in sort.shown.values() if each.kind is Kind.RECORD and each.name in new]
    wanted = [(each.target, values[each.name]) for each in links for values in (old, new)]
    titles = titles_of(session, [(target, value) for target, value in wanted if isinstance(value, int)])
    return told_changes(tuple(sort.shown.values()), old, new, titles)


def _derived(sort: RecordType[R], session: Session, kept: Mapping[str, Any], record: R | None) -> dict[str, object]:
    derived = dict(sort.derive(session, kept, record)) if sort.derive else {}
    if isinstance(sort.reach, Owned) and "owner_id" in kept:
        owner_id = kept["owner_id"]
        derived["department_id"] = None if owner_id is None else session.get_one(User, owner_id).department_id
    return derived


def _why_not_there(session: Session, by: Actor, sort: RecordType[Any], field: Field, value: Any) -> Text | None:
    """Why the person or record that a field names cannot be named there."""
    if field.kind is Kind.PERSON:
        user = session.get(User, value)
        return None if user is not None and user.active else text("There is no active user with this number.")
    if field.kind is not Kind.RECORD:
        return None
    target = record_type(field.target)
    is_above = isinstance(sort.reach, Through) and sort.reach.field == field.name
    try:
        # What a record belongs to must not be deleted meanwhile.
        found = find_one(target, session, by=by, record_id=value, lock=is_above)
    except NotFound as missing:
        if is_above:
            raise
        return missing.message
    if is_above and not may_do_below(sort, session, by=by, parent_id=value, action="create"):
        raise Denied(
            text("You may see {name}, but not add this to it: {sort}.", name=target.title_of(found), sort=sort.name)
        )
    return None


def _check_may_assign(sort: RecordType[Any], by: Actor) -> None:
    if (sort.module, "assign") in PERMISSIONS:
        check_may(by, sort.module, "assign")


def _tell(
    sort: RecordType[R], session: Session, act: str, record: R, fields: tuple[str, ...], *, by: Actor, now: datetime
) -> None:
    if sort.event is not None:
        tell(session, sort.event(act, record, fields, now, by))
    elif act == "created":
        tell(session, RecordCreated(sort.key, record.id, now, by))
    elif act == "changed":
        tell(session, RecordChanged(sort.key, record.id, fields, now, by))
    else:
        tell(session, RecordDeleted(sort.key, record.id, now, by))
