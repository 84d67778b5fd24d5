"""Reading the pick-lists: choices for a form, keys for a check, names for a page."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.core.errors import NotFound
from crm.core.kept import Kept
from crm.core.numbers import is_key
from crm.dictionary.models import DictionaryEntry, name_for
from crm.permissions import Actor, check_may

STAMP = select(func.count(), func.coalesce(func.sum(DictionaryEntry.version), 0))


@dataclass(frozen=True)
class Entry:
    """An entry of a pick-list as it is kept in memory."""

    key: str
    name: str
    name_en: str
    active: bool

    def shown_name(self, locale: str) -> str:
        """The name in the reader's language."""
        return name_for(self.name, self.name_en, locale)


Listed = Mapping[str, Sequence[Entry]]


def choices(session: Session, category: str, locale: str) -> list[tuple[str, str]]:
    """Key and name of every entry that may be chosen, in order."""
    return [(each.key, each.shown_name(locale)) for each in _KEPT.get(session).get(category, ()) if each.active]


def choices_of(session: Session, categories: Collection[str], locale: str) -> dict[str, list[tuple[str, str]]]:
    """The choices of several pick-lists."""
    return {category: choices(session, category, locale) for category in categories}


def active_keys(session: Session, categories: Collection[str]) -> dict[str, set[str]]:
    """The keys that may be chosen, by pick-list."""
    listed = _KEPT.get(session)
    return {category: {each.key for each in listed.get(category, ()) if each.active} for category in categories}


def entries_changed(session: Session) -> None:
    """Pick-lists are different from now on; to be called by each operation that changes them."""
    _KEPT.changed(session)


class Names(dict[tuple[str, str], str]):
    """Names for the reader by (pick-list, key)."""

    def of(self, category: str, key: str | None) -> str:
        """The name, nothing for nothing, and the key itself where the entry is unknown."""
        return self.get((category, key), key) if key else ""


def names(session: Session, locale: str, categories: Collection[str] | None = None) -> Names:
    """Names of all entries, those switched off too: old records still show them."""
    listed = _KEPT.get(session)
    return Names(
        {
            (category, each.key): each.shown_name(locale)
            for category in (listed if categories is None else categories)
            for each in listed.get(category, ())
        }
    )


def entries(session: Session, *, by: Actor, category: str) -> list[DictionaryEntry]:
    """All entries of a pick-list, for the administrator."""
    check_may(by, "dictionary", "view")
    return _ordered(session, category)


def find_entry(session: Session, *, by: Actor, entry_id: int) -> DictionaryEntry:
    """One entry. NotFound if there is none."""
    check_may(by, "dictionary", "view")
    entry = session.get(DictionaryEntry, entry_id) if is_key(entry_id) else None
    if entry is None:
        raise NotFound()
    return entry


def _read(session: Session) -> Listed:
    found: dict[str, list[Entry]] = {}
    for each in _ordered(session):
        entry = Entry(each.key, each.name, each.name_en, each.active)
        found.setdefault(each.category, []).append(entry)
    return found


def _ordered(session: Session, category: str | None = None) -> list[DictionaryEntry]:
    query = select(DictionaryEntry).order_by(DictionaryEntry.category, DictionaryEntry.position, DictionaryEntry.id)
    return list(session.scalars(query if category is None else query.where(DictionaryEntry.category == category)))


_KEPT: Kept[Listed] = Kept(lambda session: tuple(session.execute(STAMP).one()), _read)
