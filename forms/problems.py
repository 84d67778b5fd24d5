"""What can be wrong: with a description (told to its author at publish) and with what somebody entered (told to them).

Sentences are English sources with `{name}` places. Whoever shows a problem translates its sentence; a fault is already
in the reader's language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


def N_(source: str) -> str:  # noqa: N802 - the catalogue tools look for this name
    """Mark a sentence for the catalogue where it is written; it is translated where its reader is known."""
    return source


def fill(source: str, values: Mapping[str, object]) -> str:
    """Put values into the `{name}` places of a sentence and nothing else: no format rules, no attribute access."""
    parts = source.split("{")
    filled = [parts[0]]
    for part in parts[1:]:
        name, closed, rest = part.partition("}")
        filled.append(f"{values[name]}{rest}" if closed and name in values else "{" + part)
    return "".join(filled)


@dataclass(frozen=True)
class Cause:
    """A sentence inside of another one, as one of its values; to be translated like the one around it."""

    template: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return fill(self.template, self.params)


@dataclass(frozen=True)
class FormProblem:
    """Why a description cannot be published: the component (its id or key, None for the whole form), a sentence, its values.

    The values are text, numbers and causes.
    """

    element: str | None
    message: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return fill(self.message, self.params)


class FormRefused(ValueError):
    """The description is not a form; `problems` says all that was found."""

    def __init__(self, problems: Iterable[FormProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.element or 'form'}: {p}" for p in self.problems))


class Refusal(ValueError):
    """A value cannot be accepted. The sentence may use `{label}`, the field's name, besides its own values."""

    def __init__(self, message: str, **values: object) -> None:
        self.message = message
        self.values = values
        super().__init__(message)


@dataclass(frozen=True)
class Fault:
    """One thing to correct: where (`items.0.name`), the field's label, and a sentence in the reader's language."""

    path: str
    label: str
    message: str
