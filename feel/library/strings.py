"""Functions of text. Positions count characters (code points) from 1, or from the end when negative.

Patterns run in the matcher of `patterns`, which no pattern can make slow.
"""

from __future__ import annotations

from decimal import Decimal

from feel.budget import Run
from feel.patterns import Pattern, compile_pattern
from feel.values import Value

from .registry import builtin


def _read(run: Run, *texts: str) -> None:
    """Pay for reading texts from end to end."""
    run.spend(sum(map(len, texts)) // 64)


def _made(run: Run, text: str) -> str:
    run.make(len(text))
    return text


@builtin("substring(string: string, start position: number, length: number?)")
def substring(run: Run, text: str, start: Decimal, length: Decimal | None = None) -> str | None:
    if not start or abs(start) > len(text) + 1 or (length is not None and length < 0):
        return None if not start else ""
    first = int(start) - 1 if start > 0 else len(text) + int(start)
    if first < 0:
        return ""
    end = len(text) if length is None or length > len(text) else first + int(length)
    return _made(run, text[first:end])


@builtin("string length(string: string)")
def string_length(_run: Run, text: str) -> Decimal:
    return Decimal(len(text))


@builtin("upper case(string: string)")
def upper_case(run: Run, text: str) -> str:
    run.make(len(text) * 3)  # some letters become three, as in a ligature
    return text.upper()


@builtin("lower case(string: string)")
def lower_case(run: Run, text: str) -> str:
    run.make(len(text) * 3)
    return text.lower()


@builtin("trim(string: string)")
def trim(run: Run, text: str) -> str:
    return _made(run, text.strip())


@builtin("is blank(string: string)")
def is_blank(run: Run, text: str) -> bool:
    _read(run, text)
    return not text.strip()


@builtin("substring before(string: string, match: string)")
def substring_before(run: Run, text: str, match: str) -> str:
    _read(run, text)
    found = text.find(match)
    return _made(run, text[:found]) if found >= 0 else ""


@builtin("substring after(string: string, match: string)")
def substring_after(run: Run, text: str, match: str) -> str:
    _read(run, text)
    found = text.find(match)
    return _made(run, text[found + len(match) :]) if found >= 0 else ""


@builtin("contains(string: string, match: string)")
def contains_text(run: Run, text: str, match: str) -> bool:
    _read(run, text, match)
    return match in text


@builtin("starts with(string: string, match: string)")
def starts_with(run: Run, text: str, match: str) -> bool:
    _read(run, match)
    return text.startswith(match)


@builtin("ends with(string: string, match: string)")
def ends_with(run: Run, text: str, match: str) -> bool:
    _read(run, match)
    return text.endswith(match)


@builtin("string join(list: list, delimiter: string?, prefix: string?, suffix: string?)")
def string_join(
    run: Run, items: list[Value], delimiter: str | None = None, prefix: str | None = None, suffix: str | None = None
) -> str | None:
    """The texts of a list in one; nulls are passed over, anything else gives null."""
    if any(item is not None and not isinstance(item, str) for item in items):
        return None
    texts = [item for item in items if item is not None]
    run.make(sum(map(len, texts)) + len(delimiter or "") * len(texts) + len(prefix or "") + len(suffix or ""))
    return (prefix or "") + (delimiter or "").join(texts) + (suffix or "")


@builtin("matches(input: string, pattern: string, flags: string?)")
def matches(run: Run, text: str, pattern: str, flags: str | None = None) -> bool | None:
    """Whether the pattern is found anywhere in the text."""
    compiled = compile_pattern(pattern, flags or "")
    return None if compiled is None else compiled.search(text, 0, run) is not None


@builtin("replace(input: string, pattern: string, replacement: string, flags: string?)")
def replace(run: Run, text: str, pattern: str, replacement: str, flags: str | None = None) -> str | None:
    """The text with every match replaced; $1 stands for what the first bracket matched, $0 for all."""
    compiled = compile_pattern(pattern, flags or "")
    if compiled is None:
        return None
    pieces, last = [], 0
    for spans in compiled.find_all(text, run):
        pieces += [text[last : spans[0]], _made(run, expand(replacement, text, spans))]
        last = spans[1]
    return _made(run, "".join([*pieces, text[last:]]))


def expand(replacement: str, text: str, spans: list[int]) -> str:
    """The replacement with $0 … $9 filled in; `$$` and `\\$` are a dollar sign."""
    made, at = [], 0
    while at < len(replacement):
        sign, following = replacement[at], replacement[at + 1 : at + 2]
        if sign in "$\\" and following and following in "$\\" and (sign == "\\" or following == "$"):
            made.append(following)
            at += 2
        elif sign == "$" and following.isascii() and following.isdigit() and int(following) < len(spans) // 2:
            group = int(following)
            made.append(text[spans[2 * group] : spans[2 * group + 1]] if spans[2 * group] >= 0 else "")
            at += 2
        else:
            made.append(sign)
            at += 1
    return "".join(made)


@builtin("split(string: string, delimiter: string)")
def split(run: Run, text: str, delimiter: str) -> list[str] | None:
    """The parts between the matches of a pattern."""
    compiled = compile_pattern(delimiter, "")
    if compiled is None:
        return None
    parts, last = [], 0
    for spans in _cuts(compiled, text, run):
        parts.append(_made(run, text[last : spans[0]]))
        last = spans[1]
    parts.append(_made(run, text[last:]))
    run.make(len(parts))
    return parts


def _cuts(compiled: Pattern, text: str, run: Run) -> list[list[int]]:
    """The matches that part a text: empty ones at its two ends part nothing."""
    return [spans for spans in compiled.find_all(text, run) if spans[1] > spans[0] or 0 < spans[0] < len(text)]


@builtin("extract(string: string, pattern: string, flags: string?)")
def extract(run: Run, text: str, pattern: str, flags: str | None = None) -> list[str] | None:
    """All matches of a pattern."""
    compiled = compile_pattern(pattern, flags or "")
    if compiled is None:
        return None
    found = [_made(run, text[spans[0] : spans[1]]) for spans in compiled.find_all(text, run)]
    run.make(len(found))
    return found
