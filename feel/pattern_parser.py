"""Reads a regular expression into the parts of `pattern_program`."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from typing import TypeAlias

from .errors import FeelError
from .pattern_program import Character, Choice, Group, Part, Place, Repeat, Sequence

MAX_PATTERN = 1_000
MAX_GROUP_DEPTH = 30
MAX_REPEAT = 1_000
MAX_CLASSES = 20

Accepts: TypeAlias = Callable[[str], bool]
DIGITS = frozenset("0123456789")
WORDS = DIGITS | frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
CLASSES: dict[str, Accepts] = {
    "d": lambda c: c in DIGITS,
    "D": lambda c: c not in DIGITS,
    "w": lambda c: c in WORDS,
    "W": lambda c: c not in WORDS,
    "s": str.isspace,
    "S": lambda c: not c.isspace(),
}
CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "0": "\0"}
SYNTAX = frozenset("^$\\.*+?()[]{}|/-")
LONG_CATEGORIES = {"Letter": "L", "Number": "N", "Punctuation": "P", "Symbol": "S", "Separator": "Z", "Mark": "M"}
HAN = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0xF900, 0xFAFF), (0x20000, 0x323AF), (0x3005, 0x3007))


class BadPattern(Exception):
    """The pattern is not a regular expression."""


def _closed_up(pattern: str) -> str:
    """The pattern without its blanks, as the flag x wants it: also behind a backslash, but not in square brackets."""
    kept: list[str] = []
    brackets, escaped = 0, False
    for sign in pattern:
        if sign.isspace() and not brackets:
            continue
        brackets += (sign == "[") - (sign == "]" and brackets > 0) if not escaped else 0
        escaped = sign == "\\" and not escaped
        kept.append(sign)
    return "".join(kept)


class PatternParser:
    """One reading of one pattern; `groups` counts its capturing brackets."""

    def __init__(self, pattern: str, flags: str) -> None:
        if set(flags) - set("smix"):
            raise BadPattern
        if len(pattern) > MAX_PATTERN:
            raise FeelError("The pattern is longer than {limit} characters", limit=MAX_PATTERN)
        self.text = _closed_up(pattern) if "x" in flags else pattern
        self.at = 0
        self.groups = 0
        self.depth = 0
        self.flags = flags

    def whole(self) -> Part:
        part = self.choice()
        if self.at < len(self.text):
            raise BadPattern
        return part

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def next(self) -> str:
        if self.at >= len(self.text):
            raise BadPattern
        self.at += 1
        return self.text[self.at - 1]

    def take(self, text: str) -> bool:
        if self.text.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def choice(self) -> Part:
        self.depth += 1
        if self.depth > MAX_GROUP_DEPTH:
            raise FeelError("The pattern is too large")
        options = [self.sequence()]
        while self.take("|"):
            options.append(self.sequence())
        self.depth -= 1
        return Choice(tuple(options)) if len(options) > 1 else options[0]

    def sequence(self) -> Part:
        parts: list[Part] = []
        while self.peek() not in ("", "|", ")"):
            parts.append(self.repeated(self.atom()))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def repeated(self, part: Part) -> Part:
        if self.take("*"):
            least, most = 0, None
        elif self.take("+"):
            least, most = 1, None
        elif self.take("?"):
            least, most = 0, 1
        elif self.take("{"):
            least, most = self.counts()
        else:
            return part
        if isinstance(part, Place):
            raise BadPattern
        return Repeat(part, least, most, not self.take("?"))

    def counts(self) -> tuple[int, int | None]:
        least = self.number()
        most: int | None = least
        if self.take(","):
            most = None if self.peek() == "}" else self.number()
        if not self.take("}") or (most is not None and most < least):
            raise BadPattern
        return least, most

    def number(self) -> int:
        start = self.at
        while self.peek() in DIGITS and self.peek():
            self.at += 1
        if not start < self.at < start + 10:
            raise BadPattern
        found = int(self.text[start : self.at])
        if found > MAX_REPEAT:
            raise FeelError("The pattern is too large")
        return found

    def atom(self) -> Part:
        sign = self.next()
        if sign == "(":
            return self.group()
        if sign == "[":
            return self.character(self.bracket())
        if sign == ".":
            everything = "s" in self.flags
            return Character(lambda c: everything or c not in "\n\r\u2028\u2029")
        if sign in "^$":
            return Place(self.edge(sign))
        if sign == "\\":
            return self.escape()
        if sign in "*+?{}]":
            raise BadPattern
        return self.character(_exactly(sign))

    def character(self, accepts: Accepts) -> Character:
        if "i" not in self.flags:
            return Character(accepts)
        return Character(lambda c: any(accepts(form) for form in (c, c.lower(), c.upper()) if len(form) == 1))

    def edge(self, sign: str) -> Callable[[str, int], bool]:
        lines = "m" in self.flags
        if sign == "^":
            return lambda text, at: at == 0 or (lines and text[at - 1] in "\n\r")
        return lambda text, at: at == len(text) or (lines and text[at] in "\n\r")

    def group(self) -> Part:
        number = None
        if self.take("?"):
            if self.take("="):
                raise _unsupported("(?=")
            if self.take("!"):
                raise _unsupported("(?!")
            if self.take("<=") or self.take("<!"):
                raise _unsupported("(?<")
            if self.take("<"):
                while self.next() != ">":
                    pass
                self.groups += 1
                number = self.groups
            elif not self.take(":"):
                raise BadPattern
        else:
            self.groups += 1
            number = self.groups
        part = self.choice()
        if not self.take(")"):
            raise BadPattern
        return part if number is None else Group(number, part)

    def escape(self) -> Part:
        sign = self.next()
        if sign in "bB":
            wanted = sign == "b"
            return Place(lambda text, at: _at_word_edge(text, at) is wanted)
        if sign in "123456789k":
            raise _unsupported(f"\\{sign}")
        self.at -= 1
        return self.character(self.escaped())

    def escaped(self) -> Accepts:
        """What follows a backslash, as a class or a single character."""
        sign = self.next()
        if sign in CLASSES:
            return CLASSES[sign]
        if sign in "pP":
            category = self.category()
            return category if sign == "p" else lambda c: not category(c)
        if sign in "ux":
            return _exactly(self.code(2 if sign == "x" else 4))
        if sign in CONTROLS:
            return _exactly(CONTROLS[sign])
        if sign not in SYNTAX:
            raise BadPattern
        return _exactly(sign)

    def code(self, length: int) -> str:
        if length == 4 and self.take("{"):
            digits = ""
            while (sign := self.next()) != "}":
                digits += sign
        else:
            digits = "".join(self.next() for _ in range(length))
        if not 1 <= len(digits) <= 6 or any(d not in "0123456789abcdefABCDEF" for d in digits):
            raise BadPattern
        code = int(digits, 16)
        if code > 0x10FFFF:
            raise BadPattern
        return chr(code)

    def category(self) -> Accepts:
        if not self.take("{"):
            raise BadPattern
        name = ""
        while (sign := self.next()) != "}":
            name += sign
        if name in ("Script=Han", "sc=Han"):
            return lambda c: any(low <= ord(c) <= high for low, high in HAN)
        name = LONG_CATEGORIES.get(name, name)
        if not 1 <= len(name) <= 2 or name[0] not in "LMNPSZC":
            raise _unsupported(f"\\p{{{name[:20]}}}")
        return lambda c: unicodedata.category(c).startswith(name)

    def bracket(self) -> Accepts:
        """A class such as [^a-z\\d], after its opening bracket."""
        negated = self.take("^")
        tests: list[Accepts] = []
        ranges: list[tuple[str, str]] = []
        while not self.take("]"):
            low = self.member()
            if self.peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                high = self.member()
                if not isinstance(low, str) or not isinstance(high, str) or low > high:
                    raise BadPattern
                ranges.append((low, high))
            elif isinstance(low, str):
                ranges.append((low, low))
            else:
                tests.append(low)
        if len(tests) > MAX_CLASSES:
            raise FeelError("The pattern is too large")
        inside = _in_ranges(ranges)
        if negated:
            return lambda c: not inside(c) and not any(test(c) for test in tests)
        return lambda c: inside(c) or any(test(c) for test in tests)

    def member(self) -> str | Accepts:
        sign = self.next()
        if sign != "\\":
            return sign
        following = self.peek()
        if following == "b":
            self.at += 1
            return "\b"
        if following in ("u", "x"):
            self.at += 1
            return self.code(2 if following == "x" else 4)
        if following in CONTROLS or (following in SYNTAX and following):
            self.at += 1
            return CONTROLS.get(following, following)
        return self.escaped()


def _exactly(wanted: str) -> Accepts:
    return lambda c: c == wanted


def _in_ranges(ranges: list[tuple[str, str]]) -> Accepts:
    """Whether a character lies in one of the ranges; they are joined, so that one look-up tells it."""
    starts: list[str] = []
    ends: list[str] = []
    for low, high in sorted(ranges):
        if ends and low <= ends[-1]:
            ends[-1] = max(ends[-1], high)
        else:
            starts.append(low)
            ends.append(high)

    def accepts(character: str) -> bool:
        at = bisect_right(starts, character) - 1
        return at >= 0 and character <= ends[at]

    return accepts


def _at_word_edge(text: str, at: int) -> bool:
    before = at > 0 and text[at - 1] in WORDS
    after = at < len(text) and text[at] in WORDS
    return before != after


def _unsupported(construct: str) -> FeelError:
    return FeelError("Patterns with “{construct}” are not supported", construct=construct)
