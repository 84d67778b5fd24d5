"""Patterns of form authors: searched for with FEEL's matcher, whose work grows with length times size and no faster.

No pattern can therefore keep a server busy, whatever is nested in it; what such a matcher cannot do (look-around, references
to earlier groups) is refused at publish with a reason. The syntax is JavaScript's, as in the form designer, and a pattern may
match anywhere in the value.
"""

from __future__ import annotations

from feel import Budget, FeelError, parse
from forms.expressions import cause_of
from forms.problems import N_

LONGEST_PATTERN = 500
SEARCH = parse("matches(value, pattern)")
# Enough for the longest pattern on a text of several thousand characters.
ENOUGH = Budget(steps=1_000_000)


class PatternRefused(ValueError):
    """The pattern cannot be used; message and params as in a FormProblem."""

    def __init__(self, message: str, **params: object) -> None:
        super().__init__(message)
        self.message = message
        self.params = params


class Pattern:
    """A pattern ready to be searched for in values."""

    def __init__(self, source: object) -> None:
        if not isinstance(source, str) or len(source) > LONGEST_PATTERN:
            raise PatternRefused(N_("The pattern must be text of at most {limit} characters"), limit=LONGEST_PATTERN)
        try:
            found = SEARCH.evaluate({"value": "", "pattern": source})
        except FeelError as error:
            raise PatternRefused(N_("The pattern cannot be used: {reason}"), reason=cause_of(error)) from None
        if found is None:
            raise PatternRefused(N_("The pattern is not a regular expression"))
        self.source = source

    def found_in(self, value: str) -> bool:
        """Does the pattern occur in the value? A search beyond all measure counts as not found."""
        try:
            return SEARCH.evaluate({"value": value, "pattern": self.source}, budget=ENOUGH) is True
        except FeelError:
            return False
