"""Sentences for people that are written where no reader is known yet.

Operations, rules and mails speak in `Text`: an English source sentence with its values. The door that knows the reader's
language turns it into words with `translate`. Templates use Flask-Babel on the same catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from babel.support import NullTranslations, Translations

CATALOGUES = Path(__file__).resolve().parent.parent / "translations"
LOCALES = ("zh_CN", "en")
DEFAULT_LOCALE = "zh_CN"


@dataclass(frozen=True)
class Text:
    """A sentence to be translated later; `str()` gives the English source with its values filled in."""

    source: str
    values: Mapping[str, object] = field(default_factory=dict)
    context: str | None = None

    def __str__(self) -> str:
        return fill(self.source, self.values)

    def in_language(self, locale: str) -> str:
        """The sentence in the given language; values that are sentences themselves are translated too."""
        catalogue = catalogue_of(locale)
        if self.context is None:
            source = str(catalogue.gettext(self.source))
        else:
            source = str(catalogue.pgettext(self.context, self.source))
        return fill(source, {name: translate(value, locale) for name, value in self.values.items()})


def text(source: str, /, **values: object) -> Text:
    """A sentence with `{name}` places, wrapped at birth so that it is found for the catalogue."""
    return Text(source, values)


def ctext(context: str, source: str, /, **values: object) -> Text:
    """Like `text`, for a short word whose meaning depends on where it stands."""
    return Text(source, values, context)


def fill(source: str, values: Mapping[str, object]) -> str:
    """Put values into `{name}` places and nothing else: no format specifications, no attribute access."""
    for name, value in values.items():
        source = source.replace("{" + name + "}", str(value))
    return source


def translate(value: object, locale: str) -> str:
    """Words for the reader: a `Text` in their language, anything else as it stands."""
    return value.in_language(locale) if isinstance(value, Text) else str(value)


@cache
def catalogue_of(locale: str) -> NullTranslations:
    """The catalogue of a language, loaded once per process; English is the source and needs none."""
    return NullTranslations() if locale == "en" else Translations.load(str(CATALOGUES), [locale])
