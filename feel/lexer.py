"""Cuts a text into tokens. Words stay single here; the parser joins those that make one name.

Beyond the standard, `==`, single-quoted text and names in backticks are understood, and full-width punctuation, which
a Chinese keyboard makes easily, is named in the error with its cure.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from .errors import FeelError
from .values import NUMBERS

MAX_LENGTH = 50_000
FULL_WIDTH = dict(zip("（），：；＝＞＜！＋－＊／［］｛｝“”‘’。？", "(),:;=><!+-*/[]{}\"\"''.?", strict=True))
FOREIGN = {"&&": "and", "||": "or", "<>": "!=", "!": "not(…)"}
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}

TOKEN = re.compile(
    r"""(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<quoted>`[^`]+`)
    |(?P<word>[^\W\d]\w*)
    |(?P<foreign>&&|\|\||(?<!function)<>|!(?!=))
    |(?P<sign>\.\.|!=|<=|>=|==|\*\*|->|[-+*/=<>()\[\]{},.:?@])""",
    re.VERBOSE | re.DOTALL,
)
BLANK = re.compile(r"[\s\ufeff]+")
ESCAPE = re.compile(r"\\(?:u\{?([0-9a-fA-F]{4,6})\}?|U([0-9a-fA-F]{6})|(.))", re.DOTALL)


class Token(NamedTuple):
    """kind: number, text, quoted (a name in backticks), known (a name given to the parser), word, sign or end."""

    kind: str
    text: str
    start: int
    end: int
    value: Any = None


def tokenize(text: str, known: re.Pattern[str] | None = None) -> list[Token]:
    """The tokens of a text, closed by one of kind "end". `known` matches names that hold blanks or signs."""
    if len(text) > MAX_LENGTH:
        raise FeelError("The expression is longer than {limit} characters", limit=MAX_LENGTH)
    found: list[Token] = []
    at = _skip_blanks(text, 0)
    while at < len(text):
        match = known.match(text, at) if known else None
        kind = "known"
        if match is None:
            match = TOKEN.match(text, at)
            if match is None:
                raise _unreadable(text, at)
            kind = str(match.lastgroup)
        word = match.group()
        if kind == "foreign":
            raise FeelError("Write “{right}” instead of “{wrong}”", position=at, right=FOREIGN[word], wrong=word)
        found.append(Token(kind, word, at, match.end(), _value(kind, word, at)))
        at = _skip_blanks(text, match.end())
    found.append(Token("end", "", len(text), len(text)))
    return found


def _skip_blanks(text: str, at: int) -> int:
    while at < len(text):
        if blank := BLANK.match(text, at):
            at = blank.end()
        elif text.startswith("//", at):
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        elif text.startswith("/*", at):
            end = text.find("*/", at + 2)
            if end < 0:
                raise FeelError("The comment that begins here is not closed with “*/”", position=at)
            at = end + 2
        else:
            break
    return at


def _value(kind: str, word: str, at: int) -> object:
    if kind == "number":
        try:
            return NUMBERS.create_decimal(word)
        except ArithmeticError:
            raise FeelError("The number {number} is too large", position=at, number=word[:40]) from None
    if kind == "text":
        return unescape(word[1:-1])
    if kind == "quoted":
        return word[1:-1]
    if kind == "known":
        return " ".join(word.split())
    return word


def unescape(text: str) -> str:
    """The text that a string literal stands for; escapes that are unknown stay as they are."""
    if "\\" not in text:
        return text
    plain = ESCAPE.sub(_escape, text)
    # Two escapes may make one character beyond the first plane, as JSON writes it; a lone half cannot be stored.
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _escape(match: re.Match[str]) -> str:
    code = match.group(1) or match.group(2)
    if code:
        if len(code) in (5, 6) and int(code, 16) > 0x10FFFF:
            return "\ufffd"
        return chr(int(code, 16))
    return ESCAPES.get(match.group(3), match.group())


def _unreadable(text: str, at: int) -> FeelError:
    sign = text[at]
    if sign in "\"'`":
        return FeelError("The text that begins here is not closed with “{quote}”", position=at, quote=sign)
    if sign in FULL_WIDTH:
        return FeelError(
            "Write “{ascii}” instead of the full-width “{found}”", position=at, ascii=FULL_WIDTH[sign], found=sign
        )
    return FeelError("“{found}” has no meaning here", position=at, found=sign)
