"""Marks texts for people. The catalogue is filled elsewhere: this room keeps English sources with {placeholders}."""

from __future__ import annotations

from collections.abc import Mapping


def N_(text: str) -> str:  # noqa: N802 -- the customary name for "collect this text, translate it later"
    """Mark `text` for the catalogue and hand it back unchanged."""
    return text


def fill(template: str, params: Mapping[str, object]) -> str:
    """The English sentence. Placeholders without a value stay as they are, so that a message never fails."""
    for name, value in params.items():
        template = template.replace("{" + name + "}", str(value))
    return template
