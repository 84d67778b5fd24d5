"""What text may enter at all: characters that a database, a spreadsheet or another program could not hold are refused.

Emoji, Chinese and joined characters are ordinary text. NUL and other control characters, and halves of surrogate pairs
(which JSON can spell but PostgreSQL cannot store), are not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time
from typing import Any

from forms.problems import N_, Refusal

# Tab and line feed are the only control characters that people type.
UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# What a rule may allow a text at most; a longer one belongs in a file.
LONGEST = 200_000
NAME = re.compile(r"[^\W\d]\w{0,99}")
# Words that FEEL keeps for itself: a field named so could not be asked for in a condition.
FEEL_WORDS = frozenset(
    [
        "if",
        "then",
        "else",
        "for",
        "in",
        "return",
        "some",
        "every",
        "satisfies",
        "and",
        "or",
        "not",
        "between",
        "instance",
        "of",
        "true",
        "false",
        "null",
        "function",
        "external",
    ]
)
# `typename` marks typed values in the engine's stored state: a field of that name would make a case unreadable.
RESERVED = frozenset({"typename", "csrf_token"})


def tidy(text: str) -> str:
    """Line ends as one character; raises Refusal for what cannot be stored."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if found := UNSTORABLE.search(text):
        raise Refusal(
            N_("{label} contains a character that cannot be stored (U+{code}); delete it and type it again."),
            code=f"{ord(found[0]):04X}",
        )
    return text


def quotable(name: object) -> str:
    """A foreign name as it may stand in a sentence or a log: short, printable, no halves of characters."""
    text = name if isinstance(name, str) else type(name).__name__
    return text[:60].encode("ascii" if UNSTORABLE.search(text[:60]) else "utf-8", "backslashreplace").decode()


def is_name(text: str) -> bool:
    """Can FEEL and a field name both be spelled so?"""
    return NAME.fullmatch(text) is not None and text not in FEEL_WORDS


def for_json(value: Any, depth: int = 8) -> Any:
    """A stored value as JSON can spell it: exact numbers, dates and times as the text that a field reads again."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return UNSTORABLE.sub("\ufffd", value)
        case Mapping():
            return (
                {key: for_json(item, depth - 1) for key, item in value.items() if isinstance(key, str)} if depth else {}
            )
        case list() | tuple():
            return [for_json(item, depth - 1) for item in value] if depth else []
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)
