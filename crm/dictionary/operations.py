"""Keeping the pick-lists: add, rename, switch off and on, reorder. Every change is audited."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.core.audit import write_audit
from crm.core.errors import Conflict, Fault, Invalid
from crm.core.fields import read
from crm.core.i18n import text
from crm.dictionary.models import DictionaryEntry
from crm.dictionary.queries import entries_changed, find_entry
from crm.dictionary.rules import ENTRY_FIELDS, NAME_FIELDS, check_can_switch_off, check_category, check_key
from crm.permissions import Actor, check_may


def add_entry(
    session: Session, *, by: Actor, now: datetime, category: str, key: str, name: str, name_en: str = ""
) -> DictionaryEntry:
    """The pick-list offers one entry more, at its end. Refuses a key that is taken."""
    check_may(by, "dictionary", "administer")
    check_category(category)
    values = read(ENTRY_FIELDS, {"key": key, "name": name, "name_en": name_en}, options={})
    check_key(values["key"])
    taken = session.scalar(
        select(DictionaryEntry.id).where(DictionaryEntry.category == category, DictionaryEntry.key == values["key"])
    )
    if taken is not None:
        raise Invalid([Fault("key", text("The key {key} is already in this list.", key=values["key"]))])
    last = session.scalar(select(func.max(DictionaryEntry.position)).where(DictionaryEntry.category == category))
    entry = DictionaryEntry(
        category=category,
        key=values["key"],
        name=values["name"],
        name_en=values["name_en"] or "",
        position=0 if last is None else last + 1,
        active=True,
        version=1,
    )
    session.add(entry)
    session.flush()
    _note(session, by=by, now=now, entry=entry, action="dictionary.added", old={}, new={"name": entry.name})
    return entry


def rename_entry(
    session: Session, *, by: Actor, now: datetime, entry_id: int, version: int, name: str, name_en: str
) -> DictionaryEntry:
    """The entry is shown with other names everywhere, in old records too."""
    entry = _held(session, by=by, entry_id=entry_id, version=version)
    values = read(NAME_FIELDS, {"name": name, "name_en": name_en}, options={})
    old = {"name": entry.name, "name_en": entry.name_en}
    entry.name, entry.name_en = values["name"], values["name_en"] or ""
    new = {"name": entry.name, "name_en": entry.name_en}
    _note(session, by=by, now=now, entry=entry, action="dictionary.renamed", old=old, new=new)
    return entry


def switch_entry(
    session: Session, *, by: Actor, now: datetime, entry_id: int, version: int, active: bool
) -> DictionaryEntry:
    """The entry can be chosen again, or no more; records that hold it keep it."""
    entry = _held(session, by=by, entry_id=entry_id, version=version)
    if not active:
        check_can_switch_off(entry.category, entry.key)
    old = {"active": entry.active}
    entry.active = active
    _note(session, by=by, now=now, entry=entry, action="dictionary.switched", old=old, new={"active": active})
    return entry


def move_entry(session: Session, *, by: Actor, now: datetime, entry_id: int, version: int, up: bool) -> DictionaryEntry:
    """The entry changes places with its neighbour; at the end of the list nothing happens."""
    entry = _held(session, by=by, entry_id=entry_id, version=version)
    listed = list(
        session.scalars(
            select(DictionaryEntry)
            .where(DictionaryEntry.category == entry.category)
            .order_by(DictionaryEntry.position, DictionaryEntry.id)
        )
    )
    place = listed.index(entry)
    other = place - 1 if up else place + 1
    if 0 <= other < len(listed):
        listed[place], listed[other] = listed[other], listed[place]
        for position, each in enumerate(listed):
            each.position = position
        _note(session, by=by, now=now, entry=entry, action="dictionary.moved", old={}, new={"position": other})
    return entry


def _held(session: Session, *, by: Actor, entry_id: int, version: int) -> DictionaryEntry:
    """The entry, locked for a change and of the version that the person saw."""
    check_may(by, "dictionary", "administer")
    entry = find_entry(session, by=by, entry_id=entry_id)
    session.refresh(entry, with_for_update=True)
    if entry.version != version:
        raise Conflict(
            text("The entry {key} has been changed by somebody else meanwhile.", key=entry.key),
            current={"name": entry.name, "name_en": entry.name_en, "active": entry.active},
        )
    entry.version += 1
    return entry


def _note(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    entry: DictionaryEntry,
    action: str,
    old: Mapping[str, object],
    new: Mapping[str, object],
) -> None:
    entries_changed(session)
    write_audit(
        session,
        at=now,
        actor_id=by.id,
        actor_name=by.name,
        action=action,
        subject_type="dictionary_entry",
        subject_id=entry.id,
        subject_name=f"{entry.category}/{entry.key}",
        old=old,
        new=new,
    )
