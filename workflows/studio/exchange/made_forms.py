"""Forms made of what other tools say of their fields: generated forms, form properties, JSON schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crm.core.i18n import text
from workflows.engine.bundle import FORM_SUFFIX
from workflows.studio.exchange.document import Document
from workflows.studio.exchange.writing import PLAIN, WORDS

# A kind of field: the form-js component and its settings beside key and label.
KINDS: dict[str, dict[str, Any]] = {
    "line": {"type": "textfield"},
    "text": {"type": "textarea"},
    "whole": {"type": "number", "decimalDigits": 0},
    "number": {"type": "number"},
    "flag": {"type": "checkbox"},
    "date": {"type": "datetime", "subtype": "date"},
    "moment": {"type": "datetime", "subtype": "datetime"},
    "choice": {"type": "select"},
    "many": {"type": "checklist"},
    "file": {"type": "filepicker"},
}
MOST_FIELDS = 200


@dataclass(frozen=True)
class Field:
    """One field; `options` are value and label, `source` a formula for them. `rules`: what the answer must be, as form-js says it."""

    key: str
    label: str
    kind: str = "line"
    required: bool = False
    readonly: bool = False
    default: str | bool | int | float | None = None
    options: tuple[tuple[str, str], ...] = ()
    help: str = ""
    source: str = ""
    rules: Mapping[str, object] = field(default_factory=dict)


def form_of(ident: str, fields: Sequence[Field], words: str = "") -> bytes:
    """A form-js form as a file. Keys that cannot be names of variables are written otherwise."""
    components = [{"type": "text", "id": f"{ident}_words", "text": words}] if words else []
    taken: set[str] = set()
    for said in fields[:MOST_FIELDS]:
        key = _key(said.key, taken)
        component: dict[str, Any] = {**KINDS[said.kind], "id": f"{ident}_{key}", "key": key}
        labels = {"date": ("dateLabel",), "moment": ("dateLabel", "timeLabel")}.get(said.kind, ("label",))
        component |= dict.fromkeys(labels, said.label or said.key)
        if said.help:
            component["description"] = said.help
        if said.source:
            component["valuesExpression"] = f"={said.source}"
        elif said.options:
            component["values"] = [{"value": value, "label": label} for value, label in said.options]
        if rules := {**said.rules, **({"required": True} if said.required and said.kind != "flag" else {})}:
            component["validate"] = rules
        if said.readonly:
            component["readonly"] = True
        if said.default is not None:
            component["defaultValue"] = said.default
        components.append(component)
    form = {"type": "default", "id": ident, "schemaVersion": 19, "components": components}
    return (json.dumps(form, ensure_ascii=False, indent=2) + "\n").encode()


def add_form(document: Document, element: Any, wanted: str, content: bytes) -> str:
    """The form becomes a file beside the diagram and the form of the step; answers its key."""
    key = free_key(document, wanted, content)
    document.files[key + FORM_SUFFIX] = content
    document.set_property(element, "formKey", key)
    return key


def use_form(document: Document, element: Any, said: str, wanted: str, *, by_id: bool = False) -> None:
    """The step names a form that should be among the files: by the name of the file, or by the id that stands in it."""
    named = [wanted, form_key(wanted)]
    keys = [*document.forms_by_id.get(wanted, ()), *named] if by_id else named
    key = next((key for key in keys if key + FORM_SUFFIX in document.files), None)
    if key is None:
        cure = text("The form is not among the files; upload it too, or draw it.")
        document.by_hand(element, text("Form"), cure, said)
        document.set_property(element, "formKey", form_key(wanted))
        return
    document.set_property(element, "formKey", key)
    document.translated(element, text("Form"), said, f"formKey = {key}")


def free_key(document: Document, wanted: str, content: bytes) -> str:
    """A key that no other form has."""
    base = form_key(wanted)
    for number in range(1, 10_000):
        key = base if number == 1 else f"{base}_{number}"
        if document.files.get(key + FORM_SUFFIX, content) == content:
            return key
    return base


def form_key(wanted: str) -> str:
    """The wanted name as a key that can be part of a file's name."""
    return re.sub(r"[^\w.\-]+", "_", wanted).strip("._")[:80] or "form"


def _key(wanted: str, taken: set[str]) -> str:
    base = re.sub(r"\W+", "_", wanted)[:60] or "field"
    if not PLAIN.fullmatch(base) or base in WORDS:
        base = f"field_{base}"
    key = next(
        key for number in range(1, MOST_FIELDS + 2) if (key := base if number == 1 else f"{base}_{number}") not in taken
    )
    taken.add(key)
    return key
