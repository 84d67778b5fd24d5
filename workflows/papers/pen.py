"""Draws marks on a page of a PDF. Text is drawn letter by letter: nothing in it can become a link, a form or an act."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from reportlab.lib.colors import HexColor

from workflows.papers.layout import Box, Point
from workflows.papers.lettering import Letters
from workflows.papers.marks import BLACK, Circle, Frame, Ink, Mark, Words


class Pen:
    """Writes on a canvas of reportlab, whose y runs upwards: marks are drawn mirrored at the ground line, texts upright."""

    def __init__(self, canvas: Any, letters: Letters) -> None:
        self.canvas, self.letters = canvas, letters

    def draw(self, marks: Iterable[Mark]) -> None:
        """All of them in their order."""
        self.canvas.setLineJoin(1)
        for mark in marks:
            if isinstance(mark, Words):
                self._words(mark)
            elif isinstance(mark, Frame):
                self._frame(mark.box, mark.radius, mark.ink)
            elif isinstance(mark, Circle):
                self._ink(mark.ink)
                self.canvas.circle(mark.x, -mark.y, mark.radius, **_painted(mark.ink))
            else:
                self._line(mark.points, mark.ink, closed=mark.closed)

    def write(self, text: str, x: float, y: float, size: float, *, bold: bool = False, colour: str = BLACK) -> None:
        """A line of text on its ground line, from the left."""
        self.canvas.setFillColor(_colour(colour))
        for font, part in self.letters.runs(text, bold):
            self.canvas.setFont(font, size)
            self.canvas.drawString(x, y, part)
            x += self.letters.width(part, size, bold)

    @contextmanager
    def within(self, x: float, y: float, width: float, height: float) -> Iterator[None]:
        """What is drawn meanwhile is seen in this part of the page alone."""
        self.canvas.saveState()
        outline = self.canvas.beginPath()
        outline.rect(x, y, width, height)
        self.canvas.clipPath(outline, stroke=0, fill=0)
        yield
        self.canvas.restoreState()

    def _words(self, words: Words) -> None:
        begin = -self.letters.width(words.text, words.size, words.bold) / 2 if words.middle else 0.0
        if not words.turned:
            self.write(words.text, words.x + begin, -words.y, words.size, bold=words.bold, colour=words.colour)
            return
        self.canvas.saveState()
        self.canvas.translate(words.x, -words.y)
        self.canvas.rotate(90)
        self.write(words.text, begin, 0, words.size, bold=words.bold, colour=words.colour)
        self.canvas.restoreState()

    def _frame(self, box: Box, radius: float, ink: Ink) -> None:
        self._ink(ink)
        corner = min(radius, box.width / 2, box.height / 2)
        self.canvas.roundRect(box.x, -box.bottom, box.width, box.height, corner, **_painted(ink))

    def _line(self, points: tuple[Point, ...], ink: Ink, *, closed: bool) -> None:
        self._ink(ink)
        path = self.canvas.beginPath()
        path.moveTo(points[0][0], -points[0][1])
        for x, y in points[1:]:
            path.lineTo(x, -y)
        if closed:
            path.close()
        self.canvas.drawPath(path, **_painted(ink))

    def _ink(self, ink: Ink) -> None:
        if ink.fill is not None:
            self.canvas.setFillColor(_colour(ink.fill))
        if ink.stroke is not None:
            self.canvas.setStrokeColor(_colour(ink.stroke))
            self.canvas.setLineWidth(ink.width)
            self.canvas.setDash(list(ink.dash))


@lru_cache(maxsize=256)
def _colour(colour: str) -> Any:
    return HexColor(colour)


def _painted(ink: Ink) -> dict[str, int]:
    return {"stroke": int(ink.stroke is not None), "fill": int(ink.fill is not None)}
