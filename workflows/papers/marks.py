"""What a picture is put together from: lines, boxes, circles and words. `svg` and `pages` each know how to draw them.

Lengths are those of the diagram, y runs downwards.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workflows.papers.layout import Box, Point
from workflows.papers.lettering import Measure

BLACK, WHITE, GREY = "#1f2933", "#ffffff", "#6b7280"


@dataclass(frozen=True)
class Ink:
    """How a line is drawn and what it encloses is filled with; None: not at all."""

    stroke: str | None = BLACK
    fill: str | None = None
    width: float = 1.5
    dash: tuple[float, ...] = ()


@dataclass(frozen=True)
class Line:
    """A line through points, closed where it ends in its beginning."""

    points: tuple[Point, ...]
    ink: Ink = Ink()
    closed: bool = False


@dataclass(frozen=True)
class Frame:
    """A rectangle, its corners rounded by `radius`."""

    box: Box
    ink: Ink = Ink()
    radius: float = 0


@dataclass(frozen=True)
class Circle:
    x: float
    y: float
    radius: float
    ink: Ink = Ink()


@dataclass(frozen=True)
class Words:
    """A line of text on its ground line. `middle` tells that x is its middle; `turned`, that it runs upwards."""

    x: float
    y: float
    text: str
    size: float = 12
    colour: str = BLACK
    bold: bool = False
    middle: bool = True
    turned: bool = False


Mark = Line | Frame | Circle | Words


def extent(marks: Iterable[Mark], measure: Measure) -> Box:
    """The box around all of them."""
    boxes = [around(mark, measure) for mark in marks]
    if not boxes:
        return Box(0, 0, 1, 1)
    x, y = min(box.x for box in boxes), min(box.y for box in boxes)
    return Box(x, y, max(box.right for box in boxes) - x, max(box.bottom for box in boxes) - y)


def around(mark: Mark, measure: Measure) -> Box:
    """The box around one of them, the breadth of its line left aside."""
    if isinstance(mark, Frame):
        return mark.box
    if isinstance(mark, Circle):
        return Box(mark.x - mark.radius, mark.y - mark.radius, 2 * mark.radius, 2 * mark.radius)
    if isinstance(mark, Line):
        across, down = [x for x, _ in mark.points], [y for _, y in mark.points]
        return Box(min(across), min(down), max(across) - min(across), max(down) - min(down))
    length = measure(mark.text, mark.size, mark.bold)
    begin = -length / 2 if mark.middle else 0
    if mark.turned:
        return Box(mark.x - mark.size, mark.y - begin - length, mark.size * 1.25, length)
    return Box(mark.x + begin, mark.y - mark.size, length, mark.size * 1.25)


def lines_of_words(
    lines: Sequence[str], x: float, middle: float, size: float, *, colour: str = BLACK, bold: bool = False
) -> list[Mark]:
    """Lines of text under each other, around a point."""
    first = middle - (len(lines) - 1) * size * 0.6 + size * 0.36
    return [Words(x, first + number * size * 1.2, line, size, colour, bold) for number, line in enumerate(lines)]


def ring(x: float, y: float, radius: float, corners: int, *, turned: float = -math.pi / 2) -> tuple[Point, ...]:
    """The corners of a regular figure; the first one is above its middle."""
    steps = (turned + 2 * math.pi * number / corners for number in range(corners))
    return tuple((x + radius * math.cos(step), y + radius * math.sin(step)) for step in steps)


def arc(x: float, y: float, radius: float, begin: float, end: float, parts: int = 12) -> tuple[Point, ...]:
    """A part of a circle, angles in degrees clockwise from three o'clock."""
    steps = (math.radians(begin + (end - begin) * number / parts) for number in range(parts + 1))
    return tuple((x + radius * math.cos(step), y + radius * math.sin(step)) for step in steps)
