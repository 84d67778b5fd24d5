"""The field types, by the name that form-js gives them. To add one: a class in this folder and a row in the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forms.fields.base import Asking, Entry, FieldType, Spec
from forms.fields.choosing import Checklist, Chooser, Radio, Rating, Taglist
from forms.fields.dates import moment_for
from forms.fields.files import FileEntry, Files
from forms.fields.numbers import Number
from forms.fields.text import LongText, Text
from forms.fields.ticks import Tick

__all__ = ["FIELD_TYPES", "Asking", "Entry", "FieldType", "FileEntry", "Spec", "type_for"]

FIELD_TYPES: Mapping[str, type[FieldType] | None] = {
    "textfield": Text,
    "textarea": LongText,
    "number": Number,
    "datetime": None,  # one class for each subtype
    "checkbox": Tick,
    "checklist": Checklist,
    "taglist": Taglist,
    "radio": Radio,
    "select": Chooser,
    "filepicker": Files,
}


def type_for(spec: Spec) -> type[FieldType] | None:
    """The class that handles a component, or None when the component is no field."""
    name = spec.get("type")
    properties: Any = spec.get("properties")
    if name == "number" and isinstance(properties, Mapping) and properties.get("widget") == "rating":
        return Rating
    if name == "datetime":
        return moment_for(spec)
    return FIELD_TYPES.get(name) if isinstance(name, str) else None
