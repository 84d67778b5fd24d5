"""Sentences in a JSON column: source and values, so that everybody reads them in their own language later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crm.core.i18n import Text


@dataclass(frozen=True)
class Named(Text):
    """What an element is called: as drawn, and in the languages into which its version translates it."""

    spoken: Mapping[str, str] = field(default_factory=dict)

    def in_language(self, locale: str) -> str:
        return self.spoken.get(locale) or super().in_language(locale)


def keep_sentences(sentences: Iterable[Text]) -> list[Any]:
    """The sentences as a JSON column takes them."""
    return [_kept(sentence) for sentence in sentences]


def sentences_of(kept: Sequence[Any]) -> list[Text]:
    """The sentences that `keep_sentences` stored."""
    return [_restored(each) for each in kept]


def _kept(sentence: Text) -> dict[str, Any]:
    values = {name: _kept(value) if isinstance(value, Text) else str(value) for name, value in sentence.values.items()}
    spoken = {"spoken": dict(sentence.spoken)} if isinstance(sentence, Named) else {}
    return {"source": sentence.source, "values": values, **spoken}


def _restored(kept: dict[str, Any]) -> Text:
    values = {name: _restored(value) if isinstance(value, dict) else value for name, value in kept["values"].items()}
    if "spoken" in kept:
        return Named(kept["source"], values, spoken=kept["spoken"])
    return Text(kept["source"], values)
