"""Forms that are said as a JSON schema, with or without a second one for their look: their fields, and what has no counterpart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from crm.core.i18n import Text, text
from workflows.studio.exchange.made_forms import Field
from workflows.studio.exchange.writing import PLAIN

KINDS = {"string": "line", "integer": "whole", "number": "number", "boolean": "flag"}
FORMATS = {"date": "date", "date-time": "moment", "data-url": "file"}
RULES = {"minimum": "min", "maximum": "max", "minLength": "minLength", "maxLength": "maxLength", "pattern": "pattern"}
# Rules that form-js has no word for.
UNSAID = ("exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems", "const")
# Choices that a variable of the case holds, as SpiffArena writes them.
FROM_VARIABLE = "options_from_task_data_var:"
WHOLE_FORM = ("dependencies", "dependentSchemas", "if", "allOf", "anyOf", "oneOf")

Left = tuple[str, Text]


def fields_of(schema: Mapping[str, Any], look: Mapping[str, Any]) -> tuple[list[Field], list[Left]]:
    """The fields in their order, and what a person has to draw: its name, and why."""
    properties = schema.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    required = schema.get("required")
    wanted = required if isinstance(required, list) else []
    fields: list[Field] = []
    left: list[Left] = []
    for key in _in_order(properties, look):
        said, shown = properties[key], look.get(key)
        shown = shown if isinstance(shown, dict) else {}
        kind = _kind(said, shown) if isinstance(said, dict) else None
        if kind is None:
            left.append((key, text("This field has no counterpart; draw it in the form.")))
            continue
        fields.append(_field(key, said, shown, kind, required=key in wanted))
        left += [(key, why) for why in _unsaid(said, shown)]
    if found := [word for word in WHOLE_FORM if word in schema]:
        cure = text("Fields that depend on others are drawn with a condition here.")
        left.append((", ".join(found), cure))
    return fields, left


def _field(key: str, said: Mapping[str, Any], look: Mapping[str, Any], kind: str, *, required: bool) -> Field:
    named = said.get("enumNames")
    labels = named if isinstance(named, list) else []
    default = said.get("default")
    plain = isinstance(default, str | bool | int | float) and kind not in ("date", "moment", "many", "file")
    return Field(
        key=key,
        label=str(said.get("title") or key)[:300],
        kind=kind,
        required=required,
        readonly=said.get("readOnly") is True or look.get("ui:readonly") is True or look.get("ui:disabled") is True,
        default=default if plain else None,
        options=tuple(
            (value, str(labels[at]) if at < len(labels) else label) for at, (value, label) in enumerate(_values(said))
        ),
        help=str(said.get("description") or look.get("ui:help") or "")[:1000],
        source=_variable(said),
        rules={ours: said[theirs] for theirs, ours in RULES.items() if _is_rule(theirs, said, kind)},
    )


def _in_order(properties: Mapping[str, Any], look: Mapping[str, Any]) -> list[str]:
    """The order of the schema for the look; what it does not name stands where its star is, or at the end."""
    said = look.get("ui:order")
    order = [key for key in said if isinstance(key, str)] if isinstance(said, list) else []
    named = [key for key in dict.fromkeys(order) if key in properties]
    rest = [key for key in properties if key not in named]
    star = (
        sum(1 for key in dict.fromkeys(order[: order.index("*")]) if key in properties) if "*" in order else len(named)
    )
    return [*named[:star], *rest, *named[star:]]


def _is_rule(word: str, said: Mapping[str, Any], kind: str) -> bool:
    value = said.get(word)
    if word in ("minimum", "maximum"):
        return kind in ("whole", "number") and isinstance(value, int | float) and not isinstance(value, bool)
    if word == "pattern":
        return kind == "line" and isinstance(value, str)
    return kind in ("line", "text") and isinstance(value, int) and not isinstance(value, bool)


def _unsaid(said: Mapping[str, Any], look: Mapping[str, Any]) -> list[Text]:
    found = []
    if words := [word for word in UNSAID if word in said]:
        found.append(
            text("Its rule ({rule}) has no counterpart; write it as a check of the form.", rule=", ".join(words))
        )
    if any("{{" in str(said.get(word, "")) for word in ("title", "description", "default")):
        found.append(text("Write its words anew, without the places in braces."))
    if _widget(look) == "hidden":
        found.append(text("It was hidden; take it out of the form if nobody shall see it."))
    return found


def _widget(look: Mapping[str, Any]) -> str:
    options = look.get("ui:options")
    return str(look.get("ui:widget") or (options.get("widget") if isinstance(options, dict) else "") or "")


def _kind(said: Mapping[str, Any], look: Mapping[str, Any]) -> str | None:
    kind = said.get("type")
    if isinstance(kind, list):
        # Something, or nothing.
        kind = next((each for each in kind if each != "null"), None)
    if _values(said) or _variable(said):
        return "many" if kind == "array" else "choice"
    if kind == "string":
        if said.get("oneOf") or said.get("anyOf"):
            return None
        plain = FORMATS.get(str(said.get("format")), "line")
        return "text" if plain == "line" and _widget(look) == "textarea" else plain
    return KINDS.get(kind) if isinstance(kind, str) else None


def _place(said: Mapping[str, Any]) -> Mapping[str, Any]:
    place = said.get("items") if said.get("type") == "array" else said
    return place if isinstance(place, dict) else {}


def _variable(said: Mapping[str, Any]) -> str:
    """The variable of the case in which the choices are."""
    for word in ("anyOf", "oneOf", "enum"):
        found = _place(said).get(word)
        if isinstance(found, list) and len(found) == 1 and str(found[0]).startswith(FROM_VARIABLE):
            name = str(found[0]).removeprefix(FROM_VARIABLE).strip()
            return name if PLAIN.fullmatch(name) else ""
    return ""


def _values(said: Mapping[str, Any]) -> list[tuple[str, str]]:
    place = _place(said)
    if _variable(said):
        return []
    if isinstance(place.get("enum"), list):
        return [(_plain(value), _plain(value)) for value in place["enum"]]
    found = place.get("oneOf") or place.get("anyOf")
    if not isinstance(found, list):
        return []
    options = [each for each in found if isinstance(each, dict) and ("const" in each or each.get("enum"))]
    values = [_plain(each["const"] if "const" in each else each["enum"][0]) for each in options]
    return [(value, str(each.get("title") or value)) for value, each in zip(values, options, strict=True)]


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
