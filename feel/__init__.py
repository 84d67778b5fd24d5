"""FEEL, the expression language of DMN 1.5: conditions, decision-table cells, computed fields and timers.

Expressions have no side effects and no way out: they read the context they are given and make values (see `values`).
Every evaluation ends within its `Budget`, whatever the text. What an expression cannot do is null, as the standard
says and as the FEEL library inside form-js does; only a text that cannot be read and a budget that is exceeded raise
`FeelError`. This package knows nothing of the rest of the system and imports the standard library only.

Where the standard leaves room or browsers decide otherwise, the library inside form-js is followed, so that a form
gives the same answer in the browser and here (`comparison`, `access` and `operators` tell the details): values of different
types differ (`!=` is true, `=` is null); `null in [1..3]` is false; a list of one element equals its element;
unknown names are null. Not followed: comparing text with numbers, `if` on values that are not truths, and the
functions that library does not have; `tests/unit/feel` holds the list with reasons.
"""

from __future__ import annotations

from .budget import Budget
from .errors import FeelError
from .expression import Expression, UnaryTests, evaluate, parse, parse_unary_tests
from .text_form import format_value, to_iso_duration
from .values import Function, Range, YearsMonths

__all__ = [
    "Budget",
    "Expression",
    "FeelError",
    "Function",
    "Range",
    "UnaryTests",
    "YearsMonths",
    "evaluate",
    "format_value",
    "parse",
    "parse_unary_tests",
    "to_iso_duration",
]
