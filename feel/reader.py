"""Walks over the tokens of a text for the parser: looks, takes, joins words to names, and says what is wrong where."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .errors import FeelError
from .lexer import Token, tokenize

MAX_NESTING = 90
LITERALS = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}
# Words that end a name of several words.
STOPS = frozenset({"and", "or", "in", "between", "then", "else", "return", "satisfies", "not", *LITERALS})
HARD_NAME = re.compile(r"[^\W\d][\w /'+*-]*")
RESERVED = STOPS | {"if", "for", "some", "every", "function"}


def is_hard(name: str) -> bool:
    """Whether a name holds signs or key words, but could stand in an expression. A lone key word stays a key word."""
    words = name.split()
    if all(word.isidentifier() and word not in RESERVED for word in words) or words[0] in RESERVED:
        return False
    return HARD_NAME.fullmatch(name) is not None


def known_names(names: Iterable[str]) -> re.Pattern[str] | None:
    """A pattern for those of the names that cannot be told from the text alone; the longest is tried first."""
    hard = sorted((name for name in names if is_hard(name)), key=len, reverse=True)
    if not hard:
        return None
    return re.compile(
        "(?:" + "|".join(r"\s+".join(re.escape(word) for word in name.split()) for name in hard) + r")(?!\w)"
    )


class Reader:
    """The tokens of one text and the place reached."""

    def __init__(self, text: str, names: Iterable[str]) -> None:
        self.tokens = tokenize(text, known_names(names))
        self.index = 0
        self.nesting = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def ahead(self, count: int) -> Token:
        return self.tokens[min(self.index + count, len(self.tokens) - 1)]

    def sees(self, *texts: str) -> bool:
        token = self.token
        return token.kind in ("sign", "word") and token.text in texts

    def take(self, *texts: str) -> Token | None:
        if self.sees(*texts):
            self.index += 1
            return self.tokens[self.index - 1]
        return None

    def need(self, *texts: str) -> Token:
        found = self.take(*texts)
        if found is None:
            raise self.unexpected(" / ".join(texts))
        return found

    def unexpected(self, wanted: str | None = None) -> FeelError:
        token = self.token
        if token.kind == "end":
            if wanted is None:
                return FeelError("The expression ends too early", position=token.start)
            return FeelError("The expression ends where “{wanted}” is expected", position=token.start, wanted=wanted)
        found = token.text[:40]
        if wanted is None:
            return FeelError("“{found}” has no meaning here", position=token.start, found=found)
        return FeelError("“{wanted}” is expected before “{found}”", position=token.start, wanted=wanted, found=found)

    def no_name(self) -> FeelError:
        token = self.token
        if token.kind == "end":
            return FeelError("The expression ends where a name is expected", position=token.start)
        return FeelError("A name is expected before “{found}”", position=token.start, found=token.text[:40])

    def go_down(self) -> None:
        """Counts one more level of nesting; FeelError at the limit."""
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise self.too_deep()

    def too_deep(self) -> FeelError:
        return FeelError("The expression is nested too deeply", position=min(self.token.start, self.tokens[-1].start))

    def name_in_front(self) -> str:
        """The name before a colon; key words are allowed in it."""
        words = []
        while self.token.kind in ("word", "quoted", "known"):
            words.append(str(self.token.value))
            self.index += 1
        if not words:
            raise self.no_name()
        return " ".join(words)

    def name(self) -> str:
        """A name of one or several words."""
        token = self.token
        if token.kind not in ("word", "quoted", "known"):
            raise self.no_name()
        words = [str(token.value)]
        self.index += 1
        if token.kind == "word":
            while self.token.kind == "word" and self.token.text not in STOPS and not self.sees_instance_of():
                words.append(self.token.text)
                self.index += 1
        return " ".join(words)

    def sees_instance_of(self) -> bool:
        return self.token.text == "instance" and self.ahead(1).text == "of"

    def sees_words(self, words: tuple[str, ...]) -> bool:
        return all(self.ahead(i).kind == "word" and self.ahead(i).text == word for i, word in enumerate(words))
