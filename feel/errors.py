"""The one exception of this package: what is wrong with an expression, where, and in words that can be translated."""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802 -- the customary name for "collect this text, translate it later"
    """Mark a text for people and hand it back unchanged. What FeelError gets as its first is collected as well."""
    return text


# How cause and place are put together; `number` counts characters from 1.
PLACED = N_("{cause} (character {number})")


class FeelError(Exception):
    """An expression cannot be read, or its evaluation went beyond its budget.

    `template` is the English message with {placeholders}, `params` fills them, `position` is the 0-based offset in
    the text (None where no single place is to blame). Nothing else ever leaves this package as an exception.
    """

    def __init__(self, template: str, *, position: int | None = None, **params: object) -> None:
        super().__init__(template)
        self.template = template
        self.params = params
        self.position = position

    def __str__(self) -> str:
        cause = self.template.format(**self.params)
        return cause if self.position is None else PLACED.format(cause=cause, number=self.position + 1)
