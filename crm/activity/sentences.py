"""Sentences that are stored now and read later, each reader in their own language.

A `Text` is kept as its English source with plain values; names of people and of entries of the data dictionary are looked
up when it is read, for all sentences of a page at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from crm.accounts.queries import names_of
from crm.core.db import Database
from crm.core.i18n import Text
from crm.dictionary.queries import Names, names


@dataclass(frozen=True)
class Person:
    """A value in a sentence that stands for a user: the reader sees the name in their own language."""

    id: int | None

    def __str__(self) -> str:
        return "" if self.id is None else f"#{self.id}"


@dataclass(frozen=True)
class Entry:
    """A value in a sentence that stands for an entry of the data dictionary."""

    category: str
    key: str | None

    def __str__(self) -> str:
        return self.key or ""


@dataclass(frozen=True)
class Spoken:
    """A value in a sentence that has its own words in each language, such as the name of a step in a diagram."""

    words: Mapping[str, str]

    def __str__(self) -> str:
        return self.words.get("en", "")


def keep(message: Text) -> tuple[str, dict[str, object]]:
    """The sentence as two columns: its source and its values as JSON."""
    if message.context is not None:
        message = Text("{words}", {"words": message})
    return message.source, {name: _kept(value) for name, value in message.values.items()}


def _kept(value: object) -> object:
    """A value as JSON that `in_words` can turn back into words for any reader."""
    if isinstance(value, Person):
        return {"user": value.id}
    if isinstance(value, Entry):
        return {"category": value.category, "key": value.key}
    if isinstance(value, Spoken):
        return {"spoken": dict(value.words)}
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, Text):
        inner = {name: _kept(each) for name, each in value.values.items()}
        return {"source": value.source, "values": inner, "context": value.context}
    return value if isinstance(value, str | int | float) else str(value)


def in_words(session: Session, kept: Sequence[tuple[str, Mapping[str, object]]], locale: str) -> list[str]:
    """Kept sentences in the reader's language; people and pick-lists are looked up once for all of them. Moments are shown
    as the company's clock shows them."""
    database: Database = session.info["database"]
    people: set[int | None] = set()
    categories: set[str] = set()
    for _, values in kept:
        _collect(values, people, categories)
    who = names_of(session, people, locale)
    terms = names(session, locale, categories) if categories else Names()
    return [_sentence(source, values, who, terms, locale, database.zone) for source, values in kept]


def _collect(values: Mapping[str, object], people: set[int | None], categories: set[str]) -> None:
    """Find every user and pick-list that the values name, so that each is looked up once."""
    for value in values.values():
        match value:
            case {"user": int(user_id)}:
                people.add(user_id)
            case {"category": str(category)}:
                categories.add(category)
            case {"source": str(), "values": dict(inner)}:
                _collect(inner, people, categories)


def _sentence(
    source: str,
    values: Mapping[str, object],
    who: Mapping[int, str],
    terms: Names,
    locale: str,
    zone: ZoneInfo,
    context: str | None = None,
) -> str:
    filled: dict[str, object] = {}
    for name, value in values.items():
        match value:
            case {"user": user_id}:
                filled[name] = who.get(user_id, "") if isinstance(user_id, int) else ""
            case {"category": str(category), "key": key}:
                filled[name] = terms.of(category, key if isinstance(key, str) else None)
            case {"spoken": dict(words)}:
                filled[name] = words.get(locale, "")
            case {"moment": str(moment)}:
                filled[name] = f"{datetime.fromisoformat(moment).astimezone(zone):%Y-%m-%d %H:%M}"
            case {"source": str(inner_source), "values": dict(inner), "context": inner_context}:
                filled[name] = _sentence(inner_source, inner, who, terms, locale, zone, inner_context)
            case _:
                filled[name] = value
    return Text(source, filled, context).in_language(locale)
