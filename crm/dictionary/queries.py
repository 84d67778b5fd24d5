"""Reading the pick-lists: choices for a form, keys for a check, names for a page."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.errors import NotFound
from crm.core.numbers import is_key
from crm.core.prepared import Prepared
from crm.dictionary.models import DictionaryEntry, name_for
from crm.permissions import Actor, check_may


def choices(session: Session, category: str, locale: str) -> list[tuple[str, str]]:
    """Key and name of every entry that may be chosen, in order."""
    return choices_of(session, [category], locale)[category]


def choices_of(session: Session, categories: Collection[str], locale: str) -> dict[str, list[tuple[str, str]]]:
    """The choices of several pick-lists, in one statement."""
    found: dict[str, list[tuple[str, str]]] = {category: [] for category in categories}
    for category, key, name, name_en in _choosable(tuple(categories)).rows(session, {}):
        found[category].append((key, name_for(name, name_en, locale)))
    return found


def active_keys(session: Session, categories: Collection[str]) -> dict[str, set[str]]:
    """The keys that may be chosen, by pick-list."""
    found: dict[str, set[str]] = {category: set() for category in categories}
    for category, key, *_ in _choosable(tuple(categories)).rows(session, {}):
        found[category].add(key)
    return found


@lru_cache(maxsize=200)
def _choosable(categories: tuple[str, ...]) -> Prepared:
    """The entries that may be chosen, in order."""
    return Prepared(
        select(DictionaryEntry.category, DictionaryEntry.key, DictionaryEntry.name, DictionaryEntry.name_en)
        .where(DictionaryEntry.category.in_(categories), DictionaryEntry.active)
        .order_by(DictionaryEntry.category, DictionaryEntry.position, DictionaryEntry.id)
    )


class Names(dict[tuple[str, str], str]):
    """Names for the reader by (pick-list, key)."""

    def of(self, category: str, key: str | None) -> str:
        """The name, nothing for nothing, and the key itself where the entry is unknown."""
        return self.get((category, key), key) if key else ""


def names(session: Session, locale: str, categories: Collection[str] | None = None) -> Names:
    """Names of all entries, those switched off too: old records still show them."""
    return Names({(e.category, e.key): e.shown_name(locale) for e in _ordered(session, categories)})


def entries(session: Session, *, by: Actor, category: str) -> list[DictionaryEntry]:
    """All entries of a pick-list, for the administrator."""
    check_may(by, "dictionary", "view")
    return _ordered(session, [category])


def find_entry(session: Session, *, by: Actor, entry_id: int) -> DictionaryEntry:
    """One entry. NotFound if there is none."""
    check_may(by, "dictionary", "view")
    entry = session.get(DictionaryEntry, entry_id) if is_key(entry_id) else None
    if entry is None:
        raise NotFound()
    return entry


def _ordered(session: Session, categories: Collection[str] | None) -> list[DictionaryEntry]:
    query = select(DictionaryEntry).order_by(DictionaryEntry.category, DictionaryEntry.position, DictionaryEntry.id)
    if categories is not None:
        query = query.where(DictionaryEntry.category.in_(categories))
    return list(session.scalars(query))
