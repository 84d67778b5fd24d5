"""Marks texts for people. The catalogue is filled elsewhere: this room keeps English sources with {placeholders}."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


def N_(text: str) -> str:  # noqa: N802 -- the customary name for "collect this text, translate it later"
    """Mark `text` for the catalogue and hand it back unchanged."""
    return text


def fill(template: str, params: Mapping[str, object]) -> str:
    """The English sentence. Placeholders without a value stay as they are, so that a message never fails."""
    for name, value in params.items():
        template = template.replace("{" + name + "}", str(value))
    return template


@dataclass(frozen=True)
class Phrase:
    """A sentence inside of another one, as the value of a placeholder; translated like the one around it."""

    template: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return fill(self.template, self.params)
