"""Draws the arrows of a diagram: flows of steps, of messages, and the dotted lines to data and notes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from workflows.papers.drawing import Arrow
from workflows.papers.layout import Box, Point
from workflows.papers.marks import BLACK, GREY, WHITE, Circle, Ink, Line, Mark

# The least room that a name beside a line is given.
LABEL_WIDTH = 90.0


def arrow_marks(arrow: Arrow, colour: str, *, passed: bool) -> Iterator[Mark]:
    """A line with its heads; thicker where a case passed."""
    points, width = arrow.points, 2.75 if passed else 1.5
    if arrow.kind == "messageFlow":
        yield Line(points, Ink(colour, None, width, (10, 8)))
        yield Circle(*points[0], 3.5, Ink(colour, WHITE, 1.3))
        yield Line(_head(points, 11, 5), Ink(colour, WHITE, 1.3), closed=True)
    elif arrow.kind == "sequenceFlow":
        yield Line(points, Ink(colour, None, width))
        yield Line(_head(points, 10 + width, 4 + width / 2), Ink(colour, colour, 1), closed=True)
        if arrow.start == "default":
            yield Line(_slash(points), Ink(colour, None, 1.5))
        elif arrow.start == "condition":
            yield Line(_diamond(points), Ink(colour, WHITE, 1.3), closed=True)
    else:
        # Arrows to and from data and notes.
        yield Line(points, Ink(GREY if colour == BLACK else colour, None, 1.5, (1.5, 4)))
        if arrow.kind.startswith("data") or arrow.directions in ("One", "Both"):
            yield Line(_open_head(points), Ink(colour, None, 1.3))
        if arrow.directions == "Both":
            yield Line(_open_head(points[::-1]), Ink(colour, None, 1.3))


def _way(a: Point, b: Point) -> Point:
    """The direction from one point to another, of length one; to the right where they are the same."""
    length = math.hypot(b[0] - a[0], b[1] - a[1])
    return ((b[0] - a[0]) / length, (b[1] - a[1]) / length) if length else (1.0, 0.0)


def _at(origin: Point, way: Point, along: float, aside: float) -> Point:
    return (origin[0] + way[0] * along - way[1] * aside, origin[1] + way[1] * along + way[0] * aside)


def _head(points: tuple[Point, ...], length: float, half: float) -> tuple[Point, ...]:
    end, way = points[-1], _way(points[-2], points[-1])
    return (end, _at(end, way, -length, half), _at(end, way, -length, -half))


def _open_head(points: tuple[Point, ...]) -> tuple[Point, ...]:
    tip, left, right = _head(points, 8, 5)
    return (left, tip, right)


def _slash(points: tuple[Point, ...]) -> tuple[Point, ...]:
    begin, way = points[0], _way(points[0], points[1])
    return (_at(begin, way, 8, 6), _at(begin, way, 14, -6))


def _diamond(points: tuple[Point, ...]) -> tuple[Point, ...]:
    begin, way = points[0], _way(points[0], points[1])
    return (begin, _at(begin, way, 9, 5), _at(begin, way, 18, 0), _at(begin, way, 9, -5))


def beside(arrow: Arrow) -> Box:
    """Above the middle of an arrow whose author put its name nowhere; beside it where the arrow runs down."""
    pairs = list(pairwise(arrow.points))
    (ax, ay), (bx, by) = pairs[(len(pairs) - 1) // 2]
    x, y = (ax + bx) / 2, (ay + by) / 2
    if abs(bx - ax) >= abs(by - ay):
        return Box(x - LABEL_WIDTH / 2, y - 18, LABEL_WIDTH, 14)
    return Box(x + 6, y - 7, LABEL_WIDTH, 14)
