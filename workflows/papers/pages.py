"""Writes a paper as PDF: its pictures on as many pages as they need to be read, then facts and tables.

A picture that would be too small on one sheet is shown whole for a view, with the parts marked that follow one a page. It is
kept in the file once, however many pages show a part of it.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from reportlab.pdfgen.canvas import Canvas

from crm.core.i18n import text
from workflows.papers.layout import Box
from workflows.papers.lettering import Letters, clean, wrap
from workflows.papers.marks import GREY, Frame, Ink, Mark, Words
from workflows.papers.paper import Paper, Sheet, legend, sheets
from workflows.papers.pen import Pen
from workflows.papers.rows import Rows

# Points: a sheet across, and the next larger one.
A4, A3 = (841.9, 595.3), (1190.6, 841.9)
EDGE, HEAD, FOOT = 36.0, 46.0, 24.0
# Points for a unit of the diagram: never larger than this, smaller than that nobody reads it, and as it is in parts.
LARGEST, LEGIBLE, IN_PARTS = 0.9, 0.5, 0.62
# Units of the diagram that two parts share, so that what stands at their border is whole on one of them.
SHARED = 60.0
MOST_PARTS, MOST_PARTS_INSIDE = 40, 4


@dataclass(frozen=True)
class Page:
    """A sheet of paper: its size, what stands at the right of its head, whether colours need their legend, how it is drawn."""

    size: tuple[float, float]
    note: str
    shows_picture: bool
    draw: Callable[[Pen], None]


def pdf_of(paper: Paper, letters: Letters) -> bytes:
    """The whole paper. Raises BundleRefused for a diagram that may not be read."""
    written = io.BytesIO()
    canvas = Canvas(written, pagesize=A4, pageCompression=1, lang=paper.locale.replace("_", "-"))
    canvas.setTitle(clean(paper.title))
    canvas.setSubject(clean(paper.about))
    canvas.setCreator("Heliu CRM")
    pen = Pen(canvas, letters)
    pages: list[Page] = []
    for number, sheet in enumerate(sheets(paper, letters.width)):
        pages += _picture(pen, sheet, f"picture{number}", sheet.title if number else "", paper.locale)
    if paper.facts or paper.tables:
        rows = Rows(letters, Box(EDGE, EDGE + HEAD, A4[0] - 2 * EDGE, A4[1] - 2 * EDGE - HEAD - FOOT))
        rows.facts(paper.facts)
        for table in paper.tables:
            rows.table(table)
        pages += [Page(A4, "", False, partial(_marks, marks=marks, x=0, y=A4[1])) for marks in rows.pages]
    for number, page in enumerate(pages, 1):
        canvas.setPageSize(page.size)
        page.draw(pen)
        _edges(
            pen, page, paper, text("Page {number} of {all}", number=number, all=len(pages)).in_language(paper.locale)
        )
        canvas.showPage()
    canvas.save()
    return written.getvalue()


def _marks(pen: Pen, *, marks: list[Mark], x: float, y: float) -> None:
    """Marks with their origin at this point of the page."""
    pen.canvas.saveState()
    pen.canvas.translate(x, y)
    pen.draw(marks)
    pen.canvas.restoreState()


def _edges(pen: Pen, page: Page, paper: Paper, number: str) -> None:
    """Title and note above, who printed it and the number of the page below."""
    width, height = page.size
    measure = pen.letters.width
    room = width - 2 * EDGE - measure(page.note, 9, False) - 12
    for line in wrap(paper.title, room, 14, 1, measure, bold=True):
        pen.write(line, EDGE, height - EDGE - 12, 14, bold=True)
    marks, breadth = legend(paper, measure) if page.shows_picture else ([], 0)
    _marks(pen, marks=marks, x=width - EDGE - breadth, y=height - EDGE - 19)
    for line in wrap(paper.about, width - 2 * EDGE - breadth - 12, 9, 1, measure):
        pen.write(line, EDGE, height - EDGE - 27, 9, colour=GREY)
    pen.write(page.note, width - EDGE - measure(page.note, 9, False), height - EDGE - 12, 9, colour=GREY)
    for line in wrap(paper.said, width - 2 * EDGE - measure(number, 8, False) - 12, 8, 1, measure):
        pen.write(line, EDGE, EDGE, 8, colour=GREY)
    pen.write(number, width - EDGE - measure(number, 8, False), EDGE, 8, colour=GREY)


def _picture(pen: Pen, sheet: Sheet, name: str, title: str, locale: str) -> list[Page]:
    """The pages that show a picture. What they have in common is put into the file at once."""
    box = sheet.box
    pen.canvas.beginForm(name, box.x, -box.bottom, box.right, -box.y)
    pen.draw(sheet.marks)
    pen.canvas.endForm()
    for size in (A4, A3):
        if _fit(box, size) >= LEGIBLE:
            return [Page(size, title, True, partial(_part, name=name, part=box, size=size))]
    parts = _parts(box, MOST_PARTS_INSIDE if title else MOST_PARTS)
    pages = [Page(A4, title, True, partial(_overview, name=name, box=box, parts=parts))]
    for number, part in enumerate(parts, 1):
        words = text("Part {number} of {all}", number=number, all=len(parts)).in_language(locale)
        note = f"{title} · {words}" if title else words
        pages.append(Page(A4, note, True, partial(_part, name=name, part=part, size=A4)))
    return pages


def _room(size: tuple[float, float]) -> tuple[float, float]:
    return size[0] - 2 * EDGE, size[1] - 2 * EDGE - HEAD - FOOT


def _fit(box: Box, size: tuple[float, float]) -> float:
    width, height = _room(size)
    return min(width / box.width, height / box.height, LARGEST)


def _parts(box: Box, most: int) -> list[Box]:
    """The picture in parts of one size, row by row: as few as can be read, or, where that would still be too many, as small as
    need be."""
    scale = IN_PARTS
    columns, rows = _number(box, scale)
    for smaller in (0.58, 0.54, LEGIBLE):
        if math.prod(_number(box, smaller)) < columns * rows:
            scale = smaller
            columns, rows = _number(box, scale)
    while columns * rows > most:
        scale /= 1.25
        columns, rows = _number(box, scale)
    width = (box.width + (columns - 1) * SHARED) / columns
    height = (box.height + (rows - 1) * SHARED) / rows
    return [
        Box(box.x + column * (width - SHARED), box.y + row * (height - SHARED), width, height)
        for row in range(rows)
        for column in range(columns)
    ]


def _number(box: Box, scale: float) -> tuple[int, int]:
    """In how many columns and rows a picture is parted when it is drawn in this size."""
    width, height = (length / scale for length in _room(A4))
    columns = math.ceil((box.width - SHARED) / (width - SHARED))
    rows = math.ceil((box.height - SHARED) / (height - SHARED))
    return max(1, columns), max(1, rows)


def _part(pen: Pen, *, name: str, part: Box, size: tuple[float, float]) -> None:
    """A part of a picture in the upper middle of the page."""
    width, height = _room(size)
    scale = min(width / part.width, height / part.height, LARGEST)
    left, top = EDGE + (width - part.width * scale) / 2, size[1] - EDGE - HEAD
    with pen.within(left, top - part.height * scale, part.width * scale, part.height * scale):
        pen.canvas.translate(left, top)
        pen.canvas.scale(scale, scale)
        pen.canvas.translate(-part.x, part.y)
        pen.canvas.doForm(name)


def _overview(pen: Pen, *, name: str, box: Box, parts: list[Box]) -> None:
    """The whole picture, with the borders and numbers of its parts."""
    _part(pen, name=name, part=box, size=A4)
    scale = _fit(box, A4)
    left, top = EDGE + (_room(A4)[0] - box.width * scale) / 2, A4[1] - EDGE - HEAD
    pen.canvas.saveState()
    pen.canvas.translate(left, top)
    for number, part in enumerate(parts, 1):
        at = Box((part.x - box.x) * scale, (part.y - box.y) * scale, part.width * scale, part.height * scale)
        pen.draw(
            [Frame(at, Ink(GREY, None, 0.6, (3, 3))), Words(at.x + 4, at.y + 11, str(number), 9, GREY, middle=False)]
        )
    pen.canvas.restoreState()
