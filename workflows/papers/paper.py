"""What is put on paper: a diagram with what a case did on it, facts and tables. Values only; `svg` and `pages` write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from workflows.papers.drawing import read_pictures
from workflows.papers.figures import HALOS, figures
from workflows.papers.layout import Box
from workflows.papers.lettering import Measure
from workflows.papers.marks import Frame, Mark, Words, extent

SIGN, GAP, SMALL = 11.0, 16.0, 9.0
MARGIN = 12.0


@dataclass(frozen=True)
class Table:
    """Rows under a title. `columns` are their heads with the share of the width that each has."""

    title: str
    columns: tuple[tuple[str, float], ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Paper:
    """`name` is that of the file, `about` a line below the title, `told` the same story for who cannot see, `said` a line at
    the foot of each page. `parts` and `legend` tell what a case did: by element, and in words.
    """

    name: str
    title: str
    about: str
    told: str
    said: str
    locale: str
    file: str
    raw: bytes
    words: Callable[[str], str]
    parts: Mapping[str, str] = field(default_factory=dict)
    legend: Mapping[str, str] = field(default_factory=dict)
    facts: tuple[tuple[str, str], ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """A picture ready to be drawn, in the box that it needs."""

    title: str
    marks: tuple[Mark, ...]
    box: Box


def sheets(paper: Paper, measure: Measure) -> list[Sheet]:
    """The pictures of a paper, the main one first."""
    found = []
    for picture in read_pictures(paper.raw, paper.file):
        marks = tuple(figures(picture, paper.words, paper.parts, measure))
        box = extent(marks, measure)
        whole = Box(box.x - MARGIN, box.y - MARGIN, box.width + 2 * MARGIN, box.height + 2 * MARGIN)
        found.append(Sheet(paper.words(picture.name), marks, whole))
    return found


def legend(paper: Paper, measure: Measure) -> tuple[list[Mark], float]:
    """What the colours mean, as far as they are used: a row of marks from the origin, and how wide it is."""
    marks: list[Mark] = []
    x, used = 0.0, set(paper.parts.values())
    for part, words in paper.legend.items():
        if part in used:
            ink = replace(HALOS[part], width=2, dash=HALOS[part].dash and (2, 1.5))
            marks.append(Frame(Box(x, 0, SIGN, SIGN), ink, 3))
            marks.append(Words(x + SIGN + 6, SIGN - 2, words, SMALL, middle=False))
            x += SIGN + 6 + measure(words, SMALL, False) + GAP
    return marks, max(x - GAP, 0)
