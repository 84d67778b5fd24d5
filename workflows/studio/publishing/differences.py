"""What a version changes, file by file and element by element, in the reader's language.

One comparison for the pages and for programs, on the server: timers, conditions and extensions count like everything else. A file
whose bytes differ is never without a difference, be it only its spelling.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from crm.core.i18n import Text, catalogue_of, ctext, text, translate
from workflows.engine import Bundle, BundleRefused
from workflows.engine.bundle import FORM_SUFFIX, TEXTS_NAME
from workflows.studio.publishing.descriptions import form_differences, other_differences, text_differences
from workflows.studio.publishing.diagrams import diagram_differences
from workflows.studio.publishing.found import ADDED, CHANGED, MOVED, REMOVED, Found, Value, Way
from workflows.studio.publishing.tables import table_differences

MOST = 5000
SPELLING = text("Only the spelling of the file, nothing that it means")
UNREADABLE = text("The file has changed; it cannot be read in one of the versions")


@dataclass(frozen=True)
class Difference:
    """One difference. `kind` is added, removed, changed or moved; `element` an id in the file, `name` what it is called; `what`
    the property, or the sort of the element; `before` and `after` its values."""

    kind: str
    element: str | None
    file: str
    what: str
    before: str = ""
    after: str = ""
    name: str = ""


def differences(old: Bundle, new: Bundle, *, locale: str) -> list[Difference]:
    """What is in `new` and not in `old`, and the other way round: the diagram first, then tables, forms and the rest. At most
    5,000 are told."""
    words = _translator(new, old, locale)
    told = (_told(found, file, words, locale) for file, found in _all(old, new))
    return list(islice(told, MOST))


def _all(old: Bundle, new: Bundle) -> Iterator[tuple[str, Found]]:
    diagrams = _diagram_of(old), _diagram_of(new)
    names = sorted({*old.files, *new.files}, key=_rank)
    for name in names:
        if name == diagrams[1]:
            before, after = old.files.get(diagrams[0] or ""), new.files[name]
            if before is not None and diagrams[0] != name:
                yield name, Found(CHANGED, None, text("Name of the file"), diagrams[0] or "", name)
        elif name == diagrams[0] and diagrams[1] is not None:
            continue
        else:
            before, after = old.files.get(name), new.files.get(name)  # type: ignore[assignment]
        yield from ((name, found) for found in _file(name, before, after))


def _rank(name: str) -> tuple[int, str]:
    for rank, suffix in enumerate((".bpmn", ".dmn", FORM_SUFFIX)):
        if name.endswith(suffix):
            return rank, name
    return 9, name


def _diagram_of(bundle: Bundle) -> str | None:
    try:
        return bundle.bpmn[0]
    except BundleRefused:
        return None


def _file(name: str, before: bytes | None, after: bytes | None) -> Iterator[Found]:
    if before is None or after is None:
        yield (
            Found(ADDED, None, _sort(name), "", name, name)
            if before is None
            else Found(REMOVED, None, _sort(name), name, "", name)
        )
        return
    if before == after:
        return
    try:
        found = list(_inside(name, before, after))
    except BundleRefused:
        yield Found(CHANGED, None, UNREADABLE, name=name)
        return
    yield from found or [Found(CHANGED, None, SPELLING, name=name)]


def _inside(name: str, before: bytes, after: bytes) -> Iterable[Found]:
    if name.endswith(".bpmn"):
        return diagram_differences((name, before), (name, after))
    if name.endswith(".dmn"):
        return table_differences(name, before, after)
    if name.endswith(FORM_SUFFIX):
        return form_differences(name, before, after)
    if name == TEXTS_NAME:
        return text_differences(name, before, after)
    return other_differences(name, before, after)


def _sort(name: str) -> Text:
    sorts: Mapping[str, Text] = {
        ".bpmn": text("Diagram"),
        ".dmn": text("Decision table"),
        FORM_SUFFIX: text("Form"),
        TEXTS_NAME: text("Translations"),
    }
    return next((words for suffix, words in sorts.items() if name.endswith(suffix)), ctext("bundle", "File"))


def _translator(new: Bundle, old: Bundle, locale: str) -> Callable[[str], str]:
    own: dict[str, str] = {}
    for bundle in (old, new):
        try:
            kept = bundle.texts.get(locale, {})
        except BundleRefused:
            continue
        if isinstance(kept, Mapping):
            own.update({source: words for source, words in kept.items() if isinstance(words, str) and words})
    catalogue = catalogue_of(locale)
    return lambda source: own.get(source) or (str(catalogue.gettext(source)) if source else "")


def _told(found: Found, file: str, words: Callable[[str], str], locale: str) -> Difference:
    def say(value: Value) -> str:
        if isinstance(value, Way):
            return Way(*(words(end) for end in value.ends))
        return translate(value, locale) if isinstance(value, Text) else value

    # The file of translations names each text as it is drawn.
    name = say(found.name) if isinstance(found.name, Text | Way) or file == TEXTS_NAME else words(found.name)
    what = translate(found.what, locale)
    # Names are told as people read them; what is compared letter by letter stays as it is written.
    named = found.kind in (ADDED, REMOVED)
    before, after = (
        words(value)
        if isinstance(value, str) and not isinstance(value, Way) and named and value == found.name
        else say(value)
        for value in (found.before, found.after)
    )
    return Difference(found.kind, found.element, file, what, before, after, name)


def counted(found: Iterable[Difference]) -> dict[str, int]:
    """How many of each kind."""
    numbers = dict.fromkeys((ADDED, REMOVED, CHANGED, MOVED), 0)
    for each in found:
        numbers[each.kind] += 1
    return numbers
