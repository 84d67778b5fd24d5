"""Draws shapes and arrows as BPMN has them, and what a case did on its way, in the colours of the pages.

Behind lies what holds other things: pools, lanes, opened sub-processes; then halos, arrows, steps, and events at borders last.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

from workflows.papers.arrows import LABEL_WIDTH, arrow_marks, beside
from workflows.papers.drawing import POOLS, Picture, Shape
from workflows.papers.layout import INNER, Box, Point
from workflows.papers.lettering import Measure, wrap
from workflows.papers.marks import BLACK, WHITE, Circle, Frame, Ink, Line, Mark, Words, lines_of_words
from workflows.papers.symbols import event_sign, gateway_sign, step_signs, task_sign

PATH, LIVE, OVERDUE, FAILED = "path", "live", "overdue", "failed"
TEAL, RED = "#0b7285", "#c02c28"
HALOS: Mapping[str, Ink] = {
    PATH: Ink("#79b2bd", "#e7f1f3", 2),
    LIVE: Ink(TEAL, "#c4dce0", 5),
    OVERDUE: Ink(RED, "#f6e1e1", 4),
    FAILED: Ink(RED, "#f6e1e1", 4, (8, 5)),
}
POOL_HEAD = 30
NAME_SIZE, LABEL_SIZE = 12.0, 11.0
NAME_LINES, LABEL_LINES = 6, 4
OUTSIDE = ("dataObjectReference", "dataStoreReference", "dataInput", "dataOutput")

Namer = Callable[[str], str]


def figures(picture: Picture, words: Namer, parts: Mapping[str, str], measure: Measure) -> list[Mark]:
    """The marks of a picture. `words` translates names, `parts` tells by id what a case did: path, live, overdue, failed."""
    holds = [shape for shape in picture.shapes if _holds(shape)]
    holds.sort(key=lambda shape: (shape.kind not in POOLS, -shape.box.width * shape.box.height))
    others = [shape for shape in picture.shapes if not _holds(shape)]
    others.sort(key=lambda shape: shape.kind == "boundaryEvent")
    marks: list[Mark] = []
    for shape in holds:
        marks += [*_halo(shape, parts), *_drawn(shape, words, measure)]
    for shape in others:
        marks += _halo(shape, parts)
    for arrow in picture.arrows:
        marks += arrow_marks(arrow, TEAL if arrow.id in parts else arrow.stroke or BLACK, passed=arrow.id in parts)
    for shape in others:
        marks += _drawn(shape, words, measure)
    for arrow in picture.arrows:
        if arrow.name:
            marks += _label(arrow.label or beside(arrow), words(arrow.name), measure)
    return marks


def _holds(shape: Shape) -> bool:
    return shape.kind in POOLS or shape.kind == "group" or (shape.kind in INNER and shape.expanded)


def _drawn(shape: Shape, words: Namer, measure: Measure) -> Iterator[Mark]:
    colour, name = shape.stroke or BLACK, words(shape.name)
    if shape.kind in POOLS:
        yield from _pool(shape, name, colour, measure)
    elif shape.kind.endswith("Event"):
        yield from _event(shape, colour)
        yield from event_sign(shape, colour)
        yield from _label(shape.label or _below(shape), name, measure)
    elif shape.kind.endswith("Gateway"):
        box = shape.box
        corners = ((box.centre, box.y), (box.right, box.middle), (box.centre, box.bottom), (box.x, box.middle))
        yield Line(corners, Ink(colour, shape.fill or WHITE, 2), closed=True)
        yield from gateway_sign(shape, colour)
        yield from _label(shape.label or _below(shape), name, measure)
    elif shape.kind in OUTSIDE:
        yield from _data(shape, colour)
        yield from _label(shape.label or _below(shape), name, measure)
    elif shape.kind == "textAnnotation":
        yield from _note(shape, name, colour, measure)
    elif shape.kind == "group":
        yield Frame(shape.box, Ink(colour, None, 1.5, (8, 5, 1, 5)), 10)
        yield from _label(shape.label or Box(shape.box.x, shape.box.y - 18, shape.box.width, 14), name, measure)
    else:
        yield from _step(shape, name, colour, measure)


def _halo(shape: Shape, parts: Mapping[str, str]) -> Iterator[Mark]:
    """What the case did there, around the shape. It lies below the arrows, so that their heads are seen."""
    if shape.id not in parts or shape.kind in POOLS:
        return
    box, is_round = shape.box, shape.box.width == shape.box.height and shape.box.width < 60
    gap = 6 if is_round else 7
    around_it = Box(box.x - gap, box.y - gap, box.width + 2 * gap, box.height + 2 * gap)
    yield Frame(around_it, HALOS[parts[shape.id]], around_it.width / 2 if is_round else 16)


def _step(shape: Shape, name: str, colour: str, measure: Measure) -> Iterator[Mark]:
    box = shape.box
    dash = (2.0, 3.0) if shape.by_event else ()
    ink = Ink(colour, shape.fill or WHITE, 4 if shape.kind == "callActivity" else 1.5, dash)
    if shape.expanded and not shape.fill:
        # The halo of an opened sub-process must not be hidden from what lies inside of it.
        ink = Ink(colour, None, 1.5, dash)
    yield Frame(box, ink, 10)
    if shape.kind == "transaction":
        yield Frame(Box(box.x + 3, box.y + 3, box.width - 6, box.height - 6), Ink(colour, None, 1), 8)
    yield from task_sign(shape, colour)
    yield from step_signs(shape, colour)
    if shape.expanded:
        lines = wrap(name, box.width - 16, NAME_SIZE, 1, measure)
        yield from lines_of_words(lines, box.centre, box.y + 16, NAME_SIZE)
    else:
        most = min(NAME_LINES, max(1, int((box.height - 6) / (NAME_SIZE * 1.2))))
        yield from lines_of_words(wrap(name, box.width - 12, NAME_SIZE, most, measure), box.centre, box.middle, NAME_SIZE)  # fmt: skip


def _event(shape: Shape, colour: str) -> Iterator[Mark]:
    x, y, radius = shape.box.centre, shape.box.middle, min(shape.box.width, shape.box.height) / 2
    dash = () if shape.interrupting else (4.0, 3.0)
    yield Circle(x, y, radius, Ink(colour, shape.fill or WHITE, 4 if shape.kind == "endEvent" else 1.6, dash))
    if shape.kind not in ("startEvent", "endEvent"):
        yield Circle(x, y, max(radius - 3.5, 1), Ink(colour, None, 1.3, dash))


def _pool(shape: Shape, name: str, colour: str, measure: Measure) -> Iterator[Mark]:
    box = shape.box
    yield Frame(box, Ink(colour, shape.fill or None, 1.5))
    if shape.kind == "participant" and not shape.expanded:
        yield from lines_of_words(wrap(name, box.width - 12, NAME_SIZE, 2, measure), box.centre, box.middle, NAME_SIZE)
        return
    if shape.kind == "participant":
        down = ((box.x + POOL_HEAD, box.y), (box.x + POOL_HEAD, box.bottom))
        across = ((box.x, box.y + POOL_HEAD), (box.right, box.y + POOL_HEAD))
        yield Line(across if shape.upright else down, Ink(colour, None, 1.5))
    if shape.upright:
        lines = wrap(name, box.width - 8, NAME_SIZE, 1, measure)
        yield from lines_of_words(lines, box.centre, box.y + POOL_HEAD / 2, NAME_SIZE)
    else:
        for line in wrap(name, box.height - 8, NAME_SIZE, 1, measure):
            yield Words(box.x + POOL_HEAD / 2 + NAME_SIZE * 0.36, box.middle, line, NAME_SIZE, turned=True)


def _data(shape: Shape, colour: str) -> Iterator[Mark]:
    box, ink = shape.box, Ink(colour, shape.fill or WHITE, 1.5)
    if shape.kind == "dataStoreReference":
        rim = box.height / 8
        yield Line(_cylinder(box, rim), ink, closed=True)
        yield Line(_half(box, box.y + rim, rim, 1), Ink(colour, None, 1.5))
        return
    fold = min(box.width, box.height) / 4
    corners = ((box.x, box.y), (box.right - fold, box.y), (box.right, box.y + fold), (box.right, box.bottom), (box.x, box.bottom))  # fmt: skip
    yield Line(corners, ink, closed=True)
    yield Line(((box.right - fold, box.y), (box.right - fold, box.y + fold), (box.right, box.y + fold)), Ink(colour, None, 1.2))  # fmt: skip


def _cylinder(box: Box, rim: float) -> tuple[Point, ...]:
    return (*_half(box, box.y + rim, rim, -1), *reversed(_half(box, box.bottom - rim, rim, 1)))


def _half(box: Box, y: float, rim: float, way: int) -> tuple[Point, ...]:
    """Half of an ellipse as wide as the box, bulging upwards (-1) or downwards (1)."""
    steps = [math.pi * number / 12 for number in range(13)]
    return tuple((box.centre - math.cos(step) * box.width / 2, y + way * math.sin(step) * rim) for step in steps)


def _note(shape: Shape, name: str, colour: str, measure: Measure) -> Iterator[Mark]:
    box = shape.box
    yield Line(((box.x + 10, box.y), (box.x, box.y), (box.x, box.bottom), (box.x + 10, box.bottom)), Ink(colour, None, 1.5))  # fmt: skip
    most = max(1, int(box.height / (LABEL_SIZE * 1.2)))
    for number, line in enumerate(wrap(name, max(box.width - 12, 30), LABEL_SIZE, most, measure)):
        yield Words(box.x + 8, box.y + 14 + number * LABEL_SIZE * 1.2, line, LABEL_SIZE, middle=False)


def _below(shape: Shape) -> Box:
    return Box(shape.box.centre - LABEL_WIDTH / 2, shape.box.bottom + 6, LABEL_WIDTH, 14)


def _label(box: Box, name: str, measure: Measure) -> Iterator[Mark]:
    """A name outside of what it belongs to, on white, so that no line runs through it."""
    lines = wrap(name, max(box.width, LABEL_WIDTH), LABEL_SIZE, LABEL_LINES, measure)
    for number, line in enumerate(lines):
        words = Words(box.centre, box.y + LABEL_SIZE + number * LABEL_SIZE * 1.2, line, LABEL_SIZE)
        length = measure(line, LABEL_SIZE, False)
        yield Frame(Box(words.x - length / 2, words.y - LABEL_SIZE * 0.8, length, LABEL_SIZE), Ink(None, WHITE))
        yield words
