"""The texts of a draft in a reader's language: one source for forms, tables, conditions and the editors.

An editor in the browser gets the draft's own texts, which are changed there, and what the catalogue says for the names in its file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from crm.core.i18n import catalogue_of
from workflows.engine import Bundle, BundleRefused


def words_of(bundle: Bundle, locale: str) -> Callable[[str], str]:
    """Texts of the draft in a language, as its readers will see them: its own, then the catalogue's."""
    try:
        given: object = bundle.texts.get(locale)
    except BundleRefused:
        given = None
    own = given if isinstance(given, dict) else {}
    catalogue = catalogue_of(locale)

    def said(source: str) -> str:
        known = own.get(source)
        return known if isinstance(known, str) and known else str(catalogue.gettext(source)) if source else ""

    return said


def own_texts(bundle: Bundle) -> dict[str, dict[str, str]] | None:
    """The texts of the draft by language; None while they cannot be read."""
    try:
        texts = bundle.texts
    except BundleRefused:
        return None
    return texts if all(isinstance(words, dict) for words in texts.values()) else None


def catalogued(names: Iterable[str], locale: str) -> dict[str, str]:
    """What the program itself calls these names in a language, where it calls them otherwise."""
    catalogue = catalogue_of(locale)
    told = {name: str(catalogue.gettext(name)) for name in names if name}
    return {name: words for name, words in told.items() if words != name}
