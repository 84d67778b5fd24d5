"""What differs between two JSON files of a process: forms by component, texts by language, anything else by its path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crm.core.i18n import Text, text
from workflows.engine.bundle import read_json
from workflows.studio.publishing.found import (
    ADDED,
    MOVED,
    REMOVED,
    Found,
    changed,
    flattened,
    order_changed,
    written,
)
from workflows.studio.publishing.words import FORM_WORDS, property_called


def form_differences(file: str, old: bytes, new: bytes) -> Iterator[Found]:
    """Raises BundleRefused where one of the two is no JSON object."""
    before, after = read_json(file, old), read_json(file, new)
    was, now = dict(_components(before, "")), dict(_components(after, ""))
    for ident, component in now.items():
        if ident not in was:
            yield Found(ADDED, ident, _sort(component), "", _label(ident, component), _label(ident, component))
            continue
        yield from _properties(ident, was[ident], component, _label(ident, component))
    for ident, component in was.items():
        if ident not in now:
            yield Found(REMOVED, ident, _sort(component), _label(ident, component), "", _label(ident, component))
    if order_changed(list(was), list(now)):
        yield Found(MOVED, None, text("Order of the fields"))
    yield from _properties(None, {**before, "components": None}, {**after, "components": None}, "")


def text_differences(file: str, old: bytes, new: bytes) -> Iterator[Found]:
    """Translations, by language and text as drawn."""
    before, after = read_json(file, old), read_json(file, new)
    for locale in sorted({*before, *after}):
        was, now = (each.get(locale) for each in (before, after))
        was, now = (each if isinstance(each, Mapping) else {} for each in (was, now))
        for source in {**now, **was}:
            yield from _one(None, text("Text ({language})", language=locale), was.get(source), now.get(source), source)


def other_differences(file: str, old: bytes, new: bytes) -> Iterator[Found]:
    """Values of any JSON file by their path; lists of named things by these names."""
    was, now = (flattened(_by_name(read_json(file, raw))) for raw in (old, new))
    for path in {**now, **was}:
        yield from _one(None, property_called(path), was.get(path), now.get(path), "")


def _one(element: str | None, what: Text, before: object, after: object, name: str) -> Iterator[Found]:
    if before is None and after is not None:
        yield Found(ADDED, element, what, "", written(after), name)
    elif before is not None and after is None:
        yield Found(REMOVED, element, what, written(before), "", name)
    else:
        yield from changed(element, what, before, after, name)


def _by_name(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _by_name(inner) for key, inner in value.items()}
    if isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
        names = [str(each.get("name") or each.get("key") or index) for index, each in enumerate(value)]
        if len(set(names)) == len(names):
            return {name: _by_name(each) for name, each in zip(names, value, strict=True)}
    return value


def _components(schema: Mapping[str, Any], within: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The components of a form with what holds them, by id or key, in their order."""
    inner = schema.get("components")
    for index, component in enumerate(inner if isinstance(inner, list) else ()):
        if not isinstance(component, Mapping):
            continue
        ident = str(component.get("id") or component.get("key") or f"{within}[{index}]")
        yield ident, {**component, "components": None, "within": within}
        yield from _components(component, ident)


def _properties(ident: str | None, was: Mapping[str, Any], now: Mapping[str, Any], name: str) -> Iterator[Found]:
    old, new = flattened(was), flattened(now)
    for path in {**new, **old}:
        what = text("Inside of") if path == "within" else FORM_WORDS.get(path) or property_called(path)
        yield from changed(ident, what, _options(old.get(path)), _options(new.get(path)), name)


def _options(value: object) -> object:
    """Options of a choice, in words."""
    if isinstance(value, list) and value and all(isinstance(each, Mapping) and "value" in each for each in value):
        return ", ".join(f"{each.get('label') or each['value']} ({each['value']})" for each in value)
    return value


def _label(ident: str, component: Mapping[str, Any]) -> str:
    return str(component.get("label") or component.get("key") or component.get("text") or ident)[:200]


def _sort(component: Mapping[str, Any]) -> Text:
    if component.get("key") or component.get("path"):
        return text("Field")
    return text("Part of the form")
