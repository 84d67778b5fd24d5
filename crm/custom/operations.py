"""What processes do to the records that they open: open, stand in another state, keep values, give to somebody.

These are acts of the process, not of the person whose step led to them: who may do the step may do what it does to its record.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.core.errors import Invalid, NotFound, RuleBroken
from crm.core.events import tell
from crm.core.fields import read
from crm.core.i18n import Text, text
from crm.custom.description import CUSTOM
from crm.custom.events import CustomRecordOpened
from crm.custom.models import CustomRecord, CustomSort
from crm.custom.types import CustomType, read_type, with_texts
from crm.permissions import Actor
from crm.records.operations import insert_record, store
from crm.records.telling import told_changes


def open_record(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    key: str,
    described: Mapping[str, Any],
    answers: Mapping[str, Any],
    texts: Mapping[str, Mapping[str, str]] | None = None,
    customer_id: int | None = None,
) -> CustomRecord:
    """A new record of the sort that the process `key` describes, in its first state, with those answers that are its fields;
    `texts` are the translations of the process, language by language. Tells CustomRecordOpened. Invalid names answers that do not fit."""
    sort = read_type(described)
    _keep_sort(session, key, with_texts(described, texts or {}), now=now)
    values = _values(sort, answers)
    state = sort.states[0]
    kept = {
        "sort_key": key,
        "sort_name": sort.name,
        "title": str(values.get(sort.title) or sort.name)[:300],
        "state": state.key,
        "state_name": state.label,
        "customer_id": customer_id if sort.customer else None,
        "owner_id": by.id,
        "values": values,
    }
    record = insert_record(CUSTOM, session, by=by, now=now, kept=kept)
    tell(session, CustomRecordOpened(record.id, key, dict(answers), now, by))
    return record


def set_state(session: Session, *, by: Actor, now: datetime, record_id: int, state: str) -> CustomRecord:
    """The record stands in another state of its sort."""
    record = locked(session, record_id)
    wanted = sort_of(session, record).state(state)
    if wanted is None:
        raise RuleBroken(text("{sort} has no state “{state}”.", sort=record.sort_name, state=state[:40]))
    if wanted.key == record.state:
        return record
    message = text("{sort} “{title}”: {old} → {new}", sort=record.sort_name, title=record.title,
                   old=Text(record.state_name), new=Text(wanted.label))  # fmt: skip
    values = {"state": wanted.key, "state_name": wanted.label}
    return store(CUSTOM, session, record, by=by, now=now, values=values, kind="custom.state", message=message)


def keep_values(
    session: Session, *, by: Actor, now: datetime, record_id: int, values: Mapping[str, Any]
) -> CustomRecord:
    """The named fields hold these values. RuleBroken names a value that does not fit or a field that is not there."""
    record = locked(session, record_id)
    sort = sort_of(session, record)
    unknown = values.keys() - {each.name for each in sort.fields}
    if unknown:
        raise RuleBroken(text("{sort} has no field “{name}”.", sort=record.sort_name, name=min(unknown)[:40]))
    try:
        new = _values(sort, values)
    except Invalid as wrong:
        message = wrong.faults[0].message
        raise RuleBroken(message if isinstance(message, Text) else Text(message)) from None
    merged = {**record.values, **new}
    if merged == record.values:
        return record
    before = {name: record.values.get(name) for name in new}
    changed: dict[str, Any] = {"values": merged}
    if sort.title in new:
        changed["title"] = str(new[sort.title] or sort.name)[:300]
    message = text("{sort} “{title}”: {changes}", sort=record.sort_name, title=record.title,
                   changes=told_changes(sort.fields, before, new))  # fmt: skip
    return store(CUSTOM, session, record, by=by, now=now, values=changed, kind="custom.kept", message=message)


def give_to(session: Session, *, by: Actor, now: datetime, record_id: int, user_id: int) -> CustomRecord:
    """Somebody else is responsible for the record; it belongs to their department."""
    record = locked(session, record_id)
    user = session.get(User, user_id)
    if user is None or not user.active:
        raise RuleBroken(text("There is no active user with this number."))
    values = {"owner_id": user.id}
    return store(CUSTOM, session, record, by=by, now=now, values=values)


def locked(session: Session, record_id: int) -> CustomRecord:
    """The record, kept from others until the end of the unit of work."""
    record = session.get(CustomRecord, record_id, with_for_update=True, populate_existing=True)
    if record is None or record.deleted_at is not None:
        raise NotFound
    return record


def sort_of(session: Session, record: CustomRecord) -> CustomType:
    """What sort of record it is, as the newest of its sort says."""
    return read_type(session.get_one(CustomSort, record.sort_key).described)


def _keep_sort(session: Session, key: str, described: Mapping[str, Any], *, now: datetime) -> None:
    kept = session.get(CustomSort, key, with_for_update=True)
    if kept is None:
        session.add(CustomSort(key=key, described=dict(described), updated_at=now))
        session.flush()
    elif kept.described != described:
        kept.described, kept.updated_at = dict(described), now
        session.flush()


def _values(sort: CustomType, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of fields, checked and as JSON."""
    mine = {each.name: given[each.name] for each in sort.fields if each.name in given}
    return {name: _plain(value) for name, value in read(sort.fields, mine, options={}, partial=True).items()}


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
