"""What two files differ in, before it is put into words of a language."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crm.core.i18n import Text, text

ADDED, REMOVED, CHANGED, MOVED = "added", "removed", "changed", "moved"
KINDS = (ADDED, REMOVED, CHANGED, MOVED)
# Longer values are cut; nobody compares two novels in a table.
LONGEST_VALUE = 2000
YES, NO = text("yes"), text("no")

Value = str | Text


class Way(str):
    """From where to where something leads, as one text of which each end has a name of its own."""

    ends: tuple[str, ...]

    def __new__(cls, *ends: str) -> Way:
        made = super().__new__(cls, " → ".join(ends))
        made.ends = ends
        return made


@dataclass(frozen=True)
class Found:
    """One difference. `element` is an id, `name` what it is called as drawn, `what` the property or the sort of element."""

    kind: str
    element: str | None
    what: Text
    before: Value = ""
    after: Value = ""
    name: Value = ""


def written(value: object) -> Value:
    """A value of a file as people read it; nothing is an empty text."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return YES if value else NO
    told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return told if len(told) <= LONGEST_VALUE else f"{told[:LONGEST_VALUE]}…"


def changed(element: str | None, what: Text, before: object, after: object, name: Value = "") -> Iterator[Found]:
    """A property that is not the same on both sides, if so."""
    if before != after:
        yield Found(CHANGED, element, what, written(before), written(after), name)


def flattened(value: object, path: str = "") -> dict[str, Any]:
    """The single values of nested objects by their path, as `validate.required`. Lists count as one value."""
    if not isinstance(value, Mapping):
        return {path: value}
    found: dict[str, Any] = {}
    for key, inner in value.items():
        found.update(flattened(inner, f"{path}.{key}" if path else str(key)))
    return found


def order_changed(old: list[str], new: list[str]) -> bool:
    """Whether those that stand on both sides come in another order."""
    both = set(old) & set(new)
    return [each for each in old if each in both] != [each for each in new if each in both]
