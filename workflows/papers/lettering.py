"""Measures and breaks texts, and says which font writes which part of one.

Without a font of the installation's own the fonts stand in every reader of PDF: Helvetica for Latin, STSong for Chinese. Both
are named only, not embedded. `Letters` of an embedded font write everything with that one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

CHINESE = "STSong-Light"
LATIN = ("Helvetica", "Helvetica-Bold")
EMBEDDED = "HeliuPaper"
# Signs that the Latin fonts write with a font of signs beside them.
SIGNS = frozenset("✓✗")
# What stands for a letter that the named fonts cannot write.
UNKNOWN = "□"
WIDEST_PLANE = 0xFFFF
LONGEST = 2000
# A word of letters with what follows it, or one Chinese letter with the signs that must not begin a line.
PIECE = re.compile("[^\\s\u2e80-\uffef]+\\s*|[\u2e80-\uffef][，。、；：？！）》】”’…,.;:?!)]*\\s*|\\s+")

Measure = Callable[[str, float, bool], float]


@dataclass(frozen=True)
class Letters:
    """The fonts of a paper. `embedded` is the name of a font that writes everything, or None."""

    embedded: str | None = None

    def runs(self, text: str, bold: bool = False) -> Iterator[tuple[str, str]]:
        """The parts of a text with the name of the font that writes each."""
        if self.embedded is not None:
            yield self.embedded, text
            return
        for latin, letters in groupby(text, key=_is_latin):
            part = "".join(letters)
            if latin:
                yield LATIN[bold], part
            else:
                yield CHINESE, "".join(UNKNOWN if ord(letter) > WIDEST_PLANE else letter for letter in part)

    def width(self, text: str, size: float, bold: bool = False) -> float:
        """How wide a text is in this size."""
        return _width(self, text, bold) * size


@lru_cache(maxsize=4096)
def _width(letters: Letters, text: str, bold: bool) -> float:
    return sum(float(pdfmetrics.stringWidth(part, font, 1)) for font, part in letters.runs(text, bold))


@cache
def named_letters() -> Letters:
    """The fonts that every reader of PDF has."""
    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
    return Letters()


@cache
def embedded_letters(font: Path) -> Letters:
    """A font of the installation's own, read once; papers carry the letters that they use."""
    named_letters()
    pdfmetrics.registerFont(TTFont(EMBEDDED, str(font)))
    return Letters(EMBEDDED)


@cache
def _is_latin(letter: str) -> bool:
    if letter in SIGNS:
        return True
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def clean(text: str) -> str:
    """A text in one line, without what is no letter: control signs, and marks that turn the direction of writing."""
    kept = (letter for letter in " ".join(text[:LONGEST].split()) if unicodedata.category(letter)[0] != "C")
    return "".join(kept)


def wrap(text: str, width: float, size: float, most: int, measure: Measure, *, bold: bool = False) -> list[str]:
    """The lines of a text that is this wide at most; what does not fit into `most` of them is cut with an ellipsis."""
    lines: list[str] = []
    line = ""
    for piece in (part for whole in PIECE.findall(clean(text)) for part in _parts(whole, width, size, measure, bold)):
        if line and measure((line + piece).rstrip(), size, bold) > width:
            lines.append(line.rstrip())
            line = ""
            if len(lines) == most:
                return [*lines[:-1], _cut(lines[-1], width, size, measure, bold)]
        line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()] if line.strip() else lines


def _parts(word: str, width: float, size: float, measure: Measure, bold: bool) -> Iterator[str]:
    """A word that is wider than a line comes in parts that are not."""
    while measure(word.rstrip(), size, bold) > width and len(word) > 1:
        fits = next((n for n in range(1, len(word)) if measure(word[: n + 1], size, bold) > width), len(word) - 1)
        yield word[:fits]
        word = word[fits:]
    yield word


def _cut(line: str, width: float, size: float, measure: Measure, bold: bool) -> str:
    while line and measure(line.rstrip() + "…", size, bold) > width:
        line = line[:-1]
    return line.rstrip() + "…"
