"""What a step leaves of a form: fields that it hides or only shows. Rights only tighten what the form itself allows.

A right names the path of a field as `FieldDescription.path` spells it (`address.city`, `items[].name`), or the path of a list.
A hidden field is not in the page at all; a hidden or read-only one keeps its value, whatever a request says of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

Right = Literal["hide", "read"]
Rights = Mapping[str, Right]

# The number of a row in a path, or what stands for it in the row that a script copies.
ROW = re.compile(r"\.(?:\d+|__row\d+__)(?=\.|$)")


def rights_from(hidden: str, read_only: str) -> dict[str, Right]:
    """Rights from two lists of paths with commas between them; what is in both is hidden."""
    found: dict[str, Right] = dict.fromkeys(paths_in(read_only), "read")
    return {**found, **dict.fromkeys(paths_in(hidden), "hide")}


def paths_in(listed: str) -> list[str]:
    """The paths of a list with commas between them, each once."""
    return list(dict.fromkeys(path for part in listed.split(",") if (path := part.strip())))


def path_of(place: str) -> str:
    """The path that a right names, of a field in its row: `items.0.name` is `items[].name`."""
    return ROW.sub("[]", place)


def right_of(path: str, rights: Rights) -> Right | None:
    """What a step leaves of the field with this path: by a right of its own, or of the group or list that it lies in."""
    return tighter(
        *(right for named, right in rights.items() if path == named or path.startswith((f"{named}.", f"{named}[].")))
    )


def tighter(*rights: Right | None) -> Right | None:
    """The strictest of several rights."""
    return "hide" if "hide" in rights else "read" if "read" in rights else None


def visible(values: Mapping[str, Any], shape: Mapping[str, Any], rights: Rights, within: str = "") -> dict[str, Any]:
    """Values as a person may read them whom the form shows its fields, and no others: what it does not ask for is left out
    as well, since rows and groups carry along what was known beside their fields."""
    return {
        key: _visible(values[key], inner, rights, within + key)
        for key, inner in shape.items()
        if key in values and rights.get(within + key) != "hide"
    }


def _visible(value: Any, shape: Any, rights: Rights, path: str) -> Any:
    if value is None or shape is None:
        return value
    if isinstance(shape, Mapping):
        return visible(value, shape, rights, f"{path}.") if isinstance(value, Mapping) else None
    rows = value if isinstance(value, list) else []
    return [visible(row, shape[0], rights, f"{path}[].") for row in rows if isinstance(row, Mapping)]


def without_hidden(schema: Mapping[str, Any], rights: Rights) -> Mapping[str, Any]:
    """The schema as a person may know of it who does not see the hidden fields."""
    if "hide" not in rights.values():
        return schema
    return {**schema, "components": list(_left(schema.get("components") or (), "", rights))}


def _left(components: Iterable[Any], prefix: str, rights: Rights) -> Iterable[Any]:
    for spec in components:
        own = spec.get("key") or spec.get("path") or ""
        path = prefix + own
        if own and rights.get(path) == "hide":
            continue
        if spec.get("components"):
            inner = f"{path}[]." if spec.get("type") == "dynamiclist" else f"{path}." if own else prefix
            yield {**spec, "components": list(_left(spec["components"], inner, rights))}
        else:
            yield spec
