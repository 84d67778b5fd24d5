"""The texts of a draft in a reader's language: one source for forms, tables, conditions and the editors."""

from __future__ import annotations

from collections.abc import Callable

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
