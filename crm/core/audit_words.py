"""What the kinds of records in the audit log are called, with their fields: rooms say it when they are imported.

The log itself keeps stable words and never asks a room; only the page that shows it to people looks here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from crm.core.fields import Field
from crm.core.i18n import Text


@dataclass(frozen=True)
class Words:
    """How a kind of record is called, and its fields."""

    name: Text
    fields: Mapping[str, Field]


_known: dict[str, Words] = {}


def call(subject_type: str, words: Words) -> None:
    """From now on records of this kind are called so."""
    _known[subject_type] = words


def words_of(subject_type: str) -> Words | None:
    """How records of this kind are called, if a room has said so."""
    return _known.get(subject_type)
