"""FEEL written from parts: each part knows how tightly it binds, so that brackets stand where they are needed and only there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from crm.core.i18n import Text, text
from feel import FeelError
from feel import parse as parse_feel
from feel.errors import PLACED

CHOICE, OR, AND, COMPARE, ADD, MULTIPLY, POWER, SIGN, WHOLE = range(9)
LONGEST = 5_000
DEEPEST = 40
PLAIN = re.compile(r"[^\W\d]\w*")
# Words of FEEL: a variable that is called so stands in backticks.
WORDS = frozenset({
    "and", "or", "not", "if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "between", "instance",
    "of", "function", "external", "true", "false", "null", "date", "time", "duration", "years", "days", "get", "string",
    "number", "list", "context", "item", "partial", "is",
})  # fmt: skip


UNPRINTED = re.compile(r'[\\"\x00-\x1f]')
ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


class Untranslatable(Exception):
    """The text says something that FEEL does not; `why` tells it to whoever imports."""

    def __init__(self, why: Text) -> None:
        super().__init__(str(why))
        self.why = why


@dataclass(frozen=True)
class Part:
    """A piece of FEEL.

    `sure`: it is true or false whatever the data are, never null. `moment`: it is a date with time. `opposite`: what says the
    contrary and is sure, with its rank.
    """

    text: str
    rank: int = WHOLE
    sure: bool = False
    moment: bool = False
    opposite: tuple[str, int] | None = None

    def inside(self, rank: int) -> str:
        """The text where something of this rank stands around it."""
        return self.text if self.rank >= rank else f"({self.text})"


NULL = Part("null")


def quoted(value: str) -> Part:
    """A text; FEEL knows fewer escapes than JSON."""
    return Part(f'"{UNPRINTED.sub(_escaped, value)}"')


def _escaped(sign: re.Match[str]) -> str:
    return ESCAPES.get(sign[0]) or f"\\U{ord(sign[0]):06x}"


def truth(value: bool) -> Part:
    return Part("true" if value else "false", sure=True)


def name(word: str) -> Part:
    """A variable, in backticks where FEEL would read it otherwise."""
    if "`" in word:
        raise Untranslatable(text("“{name}” cannot be the name of a variable", name=word))
    return Part(word if PLAIN.fullmatch(word) and word not in WORDS else f"`{word}`")


def member(of: Part, key: str) -> Part:
    """What an object holds under a name."""
    if PLAIN.fullmatch(key) and key not in WORDS:
        return Part(f"{of.inside(WHOLE)}.{key}")
    return called("get value", of, quoted(key))


def called(function: str, *given: Part) -> Part:
    return Part(f"{function}({', '.join(part.text for part in given)})")


def joined(word: str, parts: Sequence[Part]) -> Part:
    """Parts with `and` or `or` between them."""
    rank = AND if word == "and" else OR
    return Part(f" {word} ".join(part.inside(rank + 1) for part in parts), rank, all(part.sure for part in parts))


def compared(sign: str, left: Part, right: Part) -> Part:
    """A comparison; only inequality, and equality with null, are true or false whatever is compared."""
    sure = sign == "!=" or (sign == "=" and NULL in (left, right))
    opposite = (f"{left.inside(ADD)} != {right.inside(ADD)}", COMPARE) if sign == "=" else None
    return Part(f"{left.inside(ADD)} {sign} {right.inside(ADD)}", COMPARE, sure, opposite=opposite)


def reckoned(sign: str, left: Part, right: Part) -> Part:
    rank = {"+": ADD, "-": ADD, "*": MULTIPLY, "/": MULTIPLY, "**": POWER}[sign]
    if sign == "**":
        return Part(f"{left.inside(WHOLE)} ** {right.inside(WHOLE)}", POWER)
    return Part(f"{left.inside(rank)} {sign} {right.inside(rank + 1)}", rank, moment=left.moment)


def negative(part: Part) -> Part:
    return Part(f"-{part.inside(WHOLE)}", SIGN)


def negated(part: Part) -> Part:
    """Not so. FEEL makes null of the opposite of null, other languages truth; `!= true` says what they mean."""
    if part.opposite:
        return Part(*part.opposite, sure=True)
    if part.sure:
        return Part(f"not({part.text})", sure=True)
    return Part(f"{part.inside(ADD)} != true", COMPARE, sure=True)


def chosen(condition: Part, yes: Part, no: Part) -> Part:
    return Part(
        f"if {condition.inside(OR)} then {yes.inside(OR)} else {no.inside(CHOICE)}", CHOICE, yes.sure and no.sure
    )


def empty(part: Part) -> Part:
    """Null, an empty text or an empty list."""
    kinds = ("null", '""', "[]")
    equal, other = ([f"{part.inside(ADD)} {sign} {kind}" for kind in kinds] for sign in ("=", "!="))
    return Part(" or ".join(equal), OR, opposite=(" and ".join(other), AND))


def holds(whole: Part, part: Part) -> Part:
    """Does a list or a text contain something? Which of both it is shows only when it runs."""
    in_text, in_list = called("contains", whole, part), called("list contains", whole, part)
    return chosen(Part(f"{whole.inside(ADD)} instance of string", COMPARE, True), in_text, in_list)


def length(whole: Part) -> Part:
    """How long a text is, how many a list holds."""
    is_text = Part(f"{whole.inside(ADD)} instance of string", COMPARE, True)
    return chosen(is_text, called("string length", whole), called("count", whole))


def context(entries: Sequence[tuple[str, str]]) -> str:
    """A FEEL context of names and the text of their values; dotted names become contexts inside. Names twice are refused."""
    tree: dict[str, object] = {}
    for path, value in entries:
        *outer, last = path.split(".")
        place = tree
        for key in outer:
            inner = place.setdefault(key, {})
            if not isinstance(inner, dict):
                raise Untranslatable(text("“{name}” is set twice", name=path))
            place = inner
        if last in place:
            raise Untranslatable(text("“{name}” is set twice", name=path))
        place[last] = value
    return _context(tree)


def _context(tree: dict[str, object]) -> str:
    entries = (
        f"{key if PLAIN.fullmatch(key) and key not in WORDS else quoted(key).text}: "
        f"{_context(value) if isinstance(value, dict) else value}"
        for key, value in tree.items()
    )
    return "{ " + ", ".join(entries) + " }"


def proved(written: str) -> str:
    """The text itself, once FEEL has read it. Raises Untranslatable with what FEEL says."""
    source = written.strip()
    try:
        parse_feel(source)
    except FeelError as fault:
        cause = Text(fault.template, fault.params)
        placed = cause if fault.position is None else Text(PLACED, {"cause": cause, "number": fault.position + 1})
        raise Untranslatable(placed) from None
    return source


def measured(source: str) -> str:
    """The text, if it is short and flat enough to be read here. Raises Untranslatable."""
    if len(source) > LONGEST:
        raise Untranslatable(text("the expression is longer than {limit} characters", limit=LONGEST))
    depth = deepest = 0
    for sign in source:
        depth += (sign in "([{") - (sign in ")]}")
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        raise Untranslatable(text("the expression nests its brackets more than {limit} levels deep", limit=DEEPEST))
    return source
