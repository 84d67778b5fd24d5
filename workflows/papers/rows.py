"""Sets facts and tables onto pages: broken into lines, parted between rows, heads repeated on each page."""

from __future__ import annotations

from collections.abc import Sequence

from workflows.papers.layout import Box
from workflows.papers.lettering import Letters, wrap
from workflows.papers.marks import GREY, Frame, Ink, Line, Mark, Words
from workflows.papers.paper import Table

SIZE, TITLE = 9.0, 12.0
LINE = SIZE * 1.35
PAD, GAP = 4.0, 18.0
# Lines of a cell; a longer text is cut, so that a row always has room on a page.
MOST_LINES = 12
FACTS_BESIDE = 3
HEAD_FILL, RULE = "#eef2f5", "#cbd5db"


class Rows:
    """Fills the given box of one page after another. `pages` are the marks of each, y running down from the page's top."""

    def __init__(self, letters: Letters, box: Box) -> None:
        self.letters, self.box = letters, box
        self.pages: list[list[Mark]] = [[]]
        self._y = box.y

    def facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Names and values, three beside each other."""
        width = self.box.width / FACTS_BESIDE
        for begin in range(0, len(facts), FACTS_BESIDE):
            beside = facts[begin : begin + FACTS_BESIDE]
            cells = [wrap(value, width - 2 * PAD, SIZE + 1, 3, self.letters.width) for _, value in beside]
            self._make_room(LINE * 1.2 + max(len(cell) for cell in cells) * LINE + PAD)
            for number, ((name, _), cell) in enumerate(zip(beside, cells, strict=True)):
                x = self.box.x + number * width
                self._write(
                    x, self._y + SIZE, wrap(name, width - 2 * PAD, SIZE - 1, 1, self.letters.width), SIZE - 1, GREY
                )
                self._write(x, self._y + SIZE + LINE, cell, SIZE + 1)
            self._y += LINE * 1.2 + max(len(cell) for cell in cells) * LINE + PAD

    def table(self, table: Table) -> None:
        """A table under its title. It never leaves the title, or its head, alone at the foot of a page."""
        widths = [share * self.box.width for _, share in table.columns]
        rows = [self._cells(row, widths) for row in table.rows]
        self._y += GAP if self.pages[-1] else 0
        self._make_room(TITLE * 2 + self._height([[""]]) + (self._height(rows[0]) if rows else 0))
        self._write(self.box.x, self._y + TITLE, [table.title], TITLE, bold=True)
        self._y += TITLE * 1.8
        self._head(table, widths)
        for cells in rows:
            if self._y + self._height(cells) > self.box.bottom:
                self._turn()
                self._head(table, widths)
            self._row(cells, widths)

    def _head(self, table: Table, widths: Sequence[float]) -> None:
        self.pages[-1].append(Frame(Box(self.box.x, self._y, self.box.width, LINE + 2 * PAD), Ink(None, HEAD_FILL)))
        self._row(self._cells([name for name, _ in table.columns], widths, bold=True), widths, bold=True)

    def _row(self, cells: Sequence[Sequence[str]], widths: Sequence[float], *, bold: bool = False) -> None:
        x = self.box.x
        for cell, width in zip(cells, widths, strict=True):
            self._write(x + PAD, self._y + PAD + SIZE, cell, SIZE, bold=bold)
            x += width
        self._y += self._height(cells)
        self.pages[-1].append(Line(((self.box.x, self._y), (self.box.right, self._y)), Ink(RULE, None, 0.5)))

    def _cells(self, row: Sequence[str], widths: Sequence[float], *, bold: bool = False) -> list[list[str]]:
        return [
            wrap(cell, width - 2 * PAD, SIZE, MOST_LINES, self.letters.width, bold=bold)
            for cell, width in zip(row, widths, strict=True)
        ]

    def _height(self, cells: Sequence[Sequence[str]]) -> float:
        return max(1, *(len(cell) for cell in cells)) * LINE + 2 * PAD

    def _write(
        self, x: float, y: float, lines: Sequence[str], size: float, colour: str = "#1f2933", *, bold: bool = False
    ) -> None:
        for number, line in enumerate(lines):
            self.pages[-1].append(Words(x, y + number * LINE, line, size, colour, bold, middle=False))

    def _make_room(self, height: float) -> None:
        if self._y + height > self.box.bottom:
            self._turn()

    def _turn(self) -> None:
        self.pages.append([])
        self._y = self.box.y
