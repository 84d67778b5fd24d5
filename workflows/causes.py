"""Why a case has stopped, in the reader's language.

An incident keeps what the engine or a program said as one English sentence with its values filled in: that is what programs
read and what like causes are counted by. Here the sentence is found again among those of the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from babel.messages.mofile import read_mo

from crm.core.i18n import CATALOGUES, Text, catalogue_of
from workflows.engine import EngineError

PLACE = re.compile(r"\{(\w+)\}")
# The kind of fault before the sentence, which says something to programmers only.
KIND = re.compile(r"(?:[A-Z]\w+: )(?=.)")
# Whatever has fewer letters of its own would fit nearly every sentence.
LEAST = 10
DEEPEST = 3

# A template as its fixed parts, and the names of the places between them.
Parts = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class Cause(Text):
    """A message as a sentence for whoever reads it."""

    def in_language(self, locale: str) -> str:
        return in_words(self.source, locale)


def in_words(message: str, locale: str) -> str:
    """The message in the reader's language; as it stands where nobody has such a sentence, and for readers of English."""
    if locale == "en":
        return message
    return _said(KIND.sub("", message, count=1), locale, DEEPEST) or message


def describe(cause: Exception) -> str:
    """The fault as an administrator reads it, without customers' data: its own words, and the kind of fault where those are
    not meant for people."""
    if isinstance(cause, EngineError):
        return str(cause)[:2000]
    return f"{type(cause).__name__}: {cause}"[:2000]


@lru_cache(maxsize=2_000)
def _said(sentence: str, locale: str, depth: int) -> str:
    """The sentence translated; nothing where it is unknown."""
    if len(sentence) >= LEAST and (plain := str(catalogue_of(locale).gettext(sentence))) != sentence:
        return plain
    fitting = (
        (template, values) for template, parts in _templates(locale) if (values := _values(sentence, parts)) is not None
    )
    template, values = next(fitting, ("", {}))
    if not template:
        return ""
    deeper = {name: (_said(value, locale, depth - 1) if depth else "") or value for name, value in values.items()}
    return Text(template, deeper).in_language(locale)


def _values(sentence: str, parts: Parts) -> Mapping[str, str] | None:
    """What stands in the places of a template, if the sentence is made of it. The fixed parts are looked for one after the
    other, so that it takes no longer for a hostile text."""
    (first, *others), names = parts
    if not sentence.startswith(first) or not sentence.endswith(others[-1]):
        return None
    at = len(first)
    values: dict[str, str] = {}
    for number, (name, part) in enumerate(zip(names, others, strict=True)):
        end = len(sentence) - len(part) if number == len(names) - 1 else sentence.find(part, at + 1)
        if end <= at or values.setdefault(name, sentence[at:end]) != sentence[at:end]:
            return None
        at = end + len(part)
    return values


@cache
def _templates(locale: str) -> tuple[tuple[str, Parts], ...]:
    """The sentences with places that the catalogue translates, those that say most first."""
    with (CATALOGUES / locale / "LC_MESSAGES" / "messages.mo").open("rb") as file:
        sources = [each.id for each in read_mo(file) if isinstance(each.id, str) and each.context is None]
    found = []
    for source in sources:
        fixed, names = PLACE.split(source)[::2], PLACE.findall(source)
        own = sum(map(len, fixed))
        # Places that touch each other cannot be told apart.
        if names and own >= LEAST and all(fixed[1:-1]):
            found.append((own, source, (tuple(fixed), tuple(names))))
    return tuple((source, parts) for _, source, parts in sorted(found, reverse=True))
