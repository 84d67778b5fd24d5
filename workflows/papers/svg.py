"""Writes a paper as one SVG picture: no script, no style, nothing from elsewhere, every text escaped.

Colours and fonts are attributes, since our pages forbid styles inside of a document; it looks the same when it is opened here,
in a text processor, or in an old browser.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from workflows.papers.layout import Box, Point
from workflows.papers.lettering import clean, named_letters
from workflows.papers.marks import GREY, WHITE, Circle, Frame, Ink, Line, Mark, Words
from workflows.papers.paper import Paper, Sheet, legend, sheets

FONTS = "Helvetica, Arial, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'WenQuanYi Micro Hei', sans-serif"
HEAD, FOOT = 26.0, 30.0


def svg_of(paper: Paper) -> bytes:
    """The pictures of a paper below each other. Raises BundleRefused for a diagram that may not be read."""
    found = sheets(paper, named_letters().width)
    width = max(sheet.box.width for sheet in found)
    height = FOOT
    parts = []
    for number, sheet in enumerate(found):
        head = HEAD if number else 0.0
        parts.append(_placed(sheet, height - FOOT, head))
        height += sheet.box.height + head
    marks, breadth = legend(paper, named_letters().width)
    if marks:
        parts.append(_group(marks, 12, height - FOOT + 2))
        width = max(width, breadth + 24)
        height += 22
    foot = Words(12, height - 12, clean(f"{paper.title} · {paper.about}"), 11, GREY, middle=False)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(width)}" height="{_n(height)}" viewBox="0 0 {_n(width)} {_n(height)}"'
        f' role="img" aria-labelledby="title told" xml:lang={quoteattr(paper.locale.replace("_", "-"))} font-family={quoteattr(FONTS)}>',
        f'<title id="title">{escape(clean(paper.title))}</title>',
        f'<desc id="told">{escape(clean(paper.told))}</desc>',
        f'<rect width="{_n(width)}" height="{_n(height)}" fill="{WHITE}"/>',
        *parts,
        _drawn(foot),
        "</svg>",
    ]
    return "\n".join(lines).encode()


def _placed(sheet: Sheet, y: float, head: float) -> str:
    """A picture moved to its place, under its title where it is not the first one."""
    title = [_drawn(Words(12, y + HEAD - 8, clean(sheet.title), 14, bold=True, middle=False))] if head else []
    return "\n".join([*title, _group(sheet.marks, -sheet.box.x, y + head - sheet.box.y)])


def _group(marks: Iterable[Mark], x: float, y: float) -> str:
    return "\n".join([f'<g transform="translate({_n(x)} {_n(y)})">', *(_drawn(mark) for mark in marks), "</g>"])


def _drawn(mark: Mark) -> str:
    if isinstance(mark, Frame):
        round_ = f' rx="{_n(mark.radius)}"' if mark.radius else ""
        return f"<rect{_box(mark.box)}{round_}{_ink(mark.ink)}/>"
    if isinstance(mark, Circle):
        return f'<circle cx="{_n(mark.x)}" cy="{_n(mark.y)}" r="{_n(mark.radius)}"{_ink(mark.ink)}/>'
    if isinstance(mark, Line):
        return f'<{"polygon" if mark.closed else "polyline"} points="{_points(mark.points)}"{_ink(mark.ink)}/>'
    return f"<text{''.join(_writing(mark))}>{escape(mark.text)}</text>"


def _writing(words: Words) -> Iterator[str]:
    yield f' x="{_n(words.x)}" y="{_n(words.y)}" font-size="{_n(words.size)}" fill="{words.colour}"'
    if words.bold:
        yield ' font-weight="bold"'
    if words.middle:
        yield ' text-anchor="middle"'
    if words.turned:
        yield f' transform="rotate(-90 {_n(words.x)} {_n(words.y)})"'


def _ink(ink: Ink) -> str:
    fill = f' fill="{ink.fill or "none"}"'
    if ink.stroke is None:
        return fill
    dash = f' stroke-dasharray="{" ".join(_n(length) for length in ink.dash)}"' if ink.dash else ""
    return f'{fill} stroke="{ink.stroke}" stroke-width="{_n(ink.width)}" stroke-linejoin="round"{dash}'


def _box(box: Box) -> str:
    return f' x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.width)}" height="{_n(box.height)}"'


def _points(points: tuple[Point, ...]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _n(number: float) -> str:
    """A number with at most one decimal place, as short as it goes."""
    return f"{number:.1f}".removesuffix(".0")
