"""A single box to tick."""

from __future__ import annotations

from typing import Any

import wtforms
from wtforms.widgets import CheckboxInput

from forms.fields.base import Asking, Entry, FieldType
from forms.problems import N_, Refusal

# What browsers and earlier drafts say for a ticked box.
TICKED = ("true", "y", "yes", "on", "1")


class TickEntry(Entry, wtforms.BooleanField):
    """Ticked or not; a browser sends nothing for an empty box."""

    widget = CheckboxInput()

    def _value(self) -> str:
        return "true"


class Tick(FieldType):
    """A required one must be ticked."""

    entry = TickEntry
    look = "checkbox"
    missing = N_("{label} must be ticked.")

    def empty(self) -> bool:
        return False

    def parse(self, texts: list[Any], asking: Asking) -> bool:
        return bool(texts) and (texts[0] is True or (isinstance(texts[0], str) and texts[0] in TICKED))

    def accept(self, value: object, asking: Asking) -> bool:
        if value is None or isinstance(value, bool):
            return value is True
        raise Refusal(N_("{label} must be true or false."))

    def recall(self, value: object, asking: Asking) -> tuple[object, object]:
        ticked = self.parse([value], asking)
        return ticked, ticked

    def typed_in(self, texts: list[Any]) -> object:
        return bool(texts) and (texts[0] is True or (isinstance(texts[0], str) and texts[0] in TICKED))

    def check(self, value: bool, asking: Asking) -> None:
        """Ticked or not, either is fine."""

    def is_empty(self, value: object) -> bool:
        return value is not True
