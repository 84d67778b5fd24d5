"""All texts that people read of a process, with their translations: names in the diagram and the decision tables, words of the forms.

`texts.json` holds, for each language, the text as drawn and its translation. What was drawn in a language needs none for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crm.core.i18n import LOCALES, Text, catalogue_of, text
from crm.custom.types import words_of
from workflows.engine import Bundle, BundleRefused
from workflows.engine.bundle import FORM_SUFFIX, read_json
from workflows.studio.surroundings import diagram_of
from workflows.studio.tables.naming import names_in

HAN = re.compile(r"[\u3400-\u9fff]")
# What forms show of a component, by the name of the property.
SHOWN = ("label", "dateLabel", "timeLabel", "description", "text", "title")
MOST_ROWS = 1_000


@dataclass(frozen=True)
class TextRow:
    """One text as drawn, where it stands, and its translations by language; `missing` are the languages that lack one, and
    `known` what readers see where nothing is written here."""

    number: int
    source: str
    place: Text
    translations: Mapping[str, str]
    missing: frozenset[str]
    known: Mapping[str, str]

    @property
    def language(self) -> str:
        """In which it was drawn, as pages name languages."""
        return "zh-CN" if HAN.search(self.source) else "en"


def rows_of(bundle: Bundle) -> tuple[list[TextRow], bool]:
    """The texts of a bundle in the order in which they are drawn, each once; and whether `texts.json` can be read."""
    try:
        kept: Mapping[str, Any] = bundle.texts
        readable = all(isinstance(each, dict) for each in kept.values())
    except BundleRefused:
        kept, readable = {}, False
    rows: dict[str, TextRow] = {}
    for source, place in _texts(bundle):
        if source.strip() and source not in rows and len(rows) < MOST_ROWS:
            rows[source] = _row(len(rows), source, place, kept if readable else {})
    return list(rows.values()), readable


def _row(number: int, source: str, place: Text, kept: Mapping[str, Mapping[str, str]]) -> TextRow:
    own = {locale: str(kept.get(locale, {}).get(source, "")) for locale in LOCALES}
    known = {locale: "" if own[locale] else _elsewhere(source, locale) for locale in LOCALES}
    missing = frozenset(locale for locale in LOCALES if not own[locale] and not known[locale])
    return TextRow(number, source, place, own, missing, known)


def _elsewhere(source: str, locale: str) -> str:
    """What readers of a language see without a translation here, where that is in their language."""
    told = str(catalogue_of(locale).gettext(source))
    if told != source:
        return told
    return source if (locale == "zh_CN") == bool(HAN.search(source)) else ""


def _texts(bundle: Bundle) -> Iterator[tuple[str, Text]]:
    yield from drawn_texts(bundle)
    for file, raw in sorted(bundle.dmn.items()):
        yield from ((name, text("Decision table {name}", name=file)) for name in names_in(raw))
    for name in sorted(bundle.form_files.values()):
        try:
            schema = read_json(name, bundle.files[name])
        except BundleRefused:
            continue
        place = text("Form {name}", name=name.removesuffix(FORM_SUFFIX))
        yield from ((words, place) for words in _of_form(schema))
    try:
        described = bundle.record or {}
    except BundleRefused:
        return
    yield from ((words, text("Record")) for words in words_of(described))


def drawn_texts(bundle: Bundle) -> Iterator[tuple[str, Text]]:
    """The texts of the diagram, each with what it belongs to; none while it cannot be read."""
    diagram = diagram_of(bundle)
    if diagram is not None:
        for process in diagram.processes.values():
            yield process.name, text("Process")
            yield process.documentation, text("Process")
        for lane in diagram.lanes:
            yield lane.name, text("Lane")
        for pool in diagram.participants.values():
            yield pool, text("Pool")
        for node in diagram.nodes.values():
            yield node.name, text("Element")
            yield node.documentation, text("Explanation of an element")
        for flow in diagram.flows.values():
            yield flow.name, text("Flow")


def _of_form(part: object) -> Iterator[str]:
    # How deep a form may be nested is bounded where it is read.
    if isinstance(part, dict):
        yield from (part[name] for name in SHOWN if isinstance(part.get(name), str))
        for inner in part.values():
            yield from _of_form(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _of_form(inner)
