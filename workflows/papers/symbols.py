"""The small signs of BPMN: what kind a task is, what an event waits for, how a gateway decides, whether a step is repeated."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.papers.drawing import Shape
from workflows.papers.layout import Box, Point
from workflows.papers.marks import WHITE, Circle, Frame, Ink, Line, Mark, arc, ring

THIN = 1.2


def task_sign(shape: Shape, colour: str) -> list[Mark]:
    """The sign in the upper left corner of a task; nothing for one that is of no kind."""
    x, y = shape.box.x + 6, shape.box.y + 6
    ink, full = Ink(colour, None, THIN), Ink(colour, colour, THIN)
    if shape.kind == "userTask":
        shoulders = (*arc(x + 8, y + 16, 7, 180, 360), (x + 1, y + 16))
        return [Line(shoulders, ink, closed=True), Circle(x + 8, y + 5, 4, Ink(colour, WHITE, THIN))]
    if shape.kind == "manualTask":
        hand = ((1, 9), (6, 3), (8, 4), (6, 7), (15, 7), (15, 9), (9, 9), (14, 11), (13, 13), (9, 12), (12, 15), (4, 15), (1, 13))  # fmt: skip
        return [Line(_moved(hand, x, y), ink, closed=True)]
    if shape.kind == "serviceTask":
        return [Line(_gear(x + 8, y + 8, 8), ink, closed=True), Circle(x + 8, y + 8, 2.6, ink)]
    if shape.kind == "scriptTask":
        sheet = ((4, 1), (15, 1), (12, 5), (14, 10), (12, 15), (1, 15), (4, 10), (2, 5))
        rows = [Line(_moved(((5, row), (11, row)), x, y), ink) for row in (5, 8.5, 12)]
        return [Line(_moved(sheet, x, y), ink, closed=True), *rows]
    if shape.kind == "businessRuleTask":
        head = Frame(Box(x + 1, y + 2, 15, 4), full)
        rows = [Line(_moved(line, x, y), ink) for line in (((1, 10), (16, 10)), ((6, 6), (6, 14)))]
        return [Frame(Box(x + 1, y + 2, 15, 12), ink), head, *rows]
    if shape.kind in ("sendTask", "receiveTask"):
        return _letter(x + 9, y + 8, 16, 11, colour, full=shape.kind == "sendTask")
    return []


def event_sign(shape: Shape, colour: str) -> list[Mark]:
    """The sign inside of an event; filled where the event throws it."""
    x, y, r = shape.box.centre, shape.box.middle, min(shape.box.width, shape.box.height) / 2
    full = shape.throws
    ink = Ink(colour, colour if full else None, THIN)
    if shape.event == "message":
        return _letter(x, y, r * 1.1, r * 0.75, colour, full=full)
    if shape.event == "timer":
        ticks = [Line((inner, outer), Ink(colour, None, 1)) for inner, outer in zip(ring(x, y, r * 0.5, 12), ring(x, y, r * 0.6, 12), strict=True)]  # fmt: skip
        hands = Line(((x + r * 0.08, y - r * 0.42), (x, y), (x + r * 0.34, y + r * 0.1)), Ink(colour, None, THIN))
        return [Circle(x, y, r * 0.6, Ink(colour, None, THIN)), *ticks, hands]
    if shape.event == "terminate":
        return [Circle(x, y, r * 0.62, Ink(colour, colour, THIN))]
    if shape.event == "conditional":
        sheet = Frame(Box(x - r * 0.4, y - r * 0.5, r * 0.8, r), Ink(colour, None, THIN))
        rows = [Line(((x - r * 0.28, y + r * at), (x + r * 0.28, y + r * at)), Ink(colour, None, THIN)) for at in (-0.3, -0.1, 0.1, 0.3)]  # fmt: skip
        return [sheet, *rows]
    if shape.event == "compensate":
        arrows = [((0, 0), (0.5, -0.4), (0.5, 0.4)), ((-0.5, 0), (0, -0.4), (0, 0.4))]
        return [Line(_scaled(arrow, x, y, r), ink, closed=True) for arrow in arrows]
    corners: dict[str, tuple[Point, ...]] = {
        "signal": ((0, -0.55), (0.55, 0.4), (-0.55, 0.4)),
        "escalation": ((0, -0.6), (0.42, 0.5), (0, 0.1), (-0.42, 0.5)),
        "error": ((-0.55, 0.5), (-0.2, -0.4), (0.12, 0.05), (0.5, -0.55), (0.2, 0.45), (-0.12, 0)),
        "link": ((-0.55, -0.2), (0.15, -0.2), (0.15, -0.45), (0.6, 0), (0.15, 0.45), (0.15, 0.2), (-0.55, 0.2)),
        "multiple": ring(0, 0, 0.6, 5),
    }
    if shape.event in corners:
        return [Line(_scaled(corners[shape.event], x, y, r), ink, closed=True)]
    if shape.event in ("cancel", "parallelMultiple"):
        return [Line(_cross(x, y, r * 0.6, r * 0.14, turned=shape.event == "cancel"), ink, closed=True)]
    return []


def gateway_sign(shape: Shape, colour: str) -> list[Mark]:
    """How a gateway decides."""
    x, y, r = shape.box.centre, shape.box.middle, shape.box.width / 2
    full = Ink(colour, colour, 0.5)
    if shape.kind == "exclusiveGateway":
        return [Line(_cross(x, y, r * 0.5, r * 0.08, turned=True), full, closed=True)] if shape.marked else []
    if shape.kind == "parallelGateway":
        return [Line(_cross(x, y, r * 0.52, r * 0.08), full, closed=True)]
    if shape.kind == "inclusiveGateway":
        return [Circle(x, y, r * 0.45, Ink(colour, None, 2.5))]
    if shape.kind == "complexGateway":
        return [Line(_cross(x, y, r * 0.52, r * 0.07, turned=turned), full, closed=True) for turned in (False, True)]
    rings: list[Mark] = [Circle(x, y, r * part, Ink(colour, None, 1)) for part in (0.56, 0.46)]
    return [*rings, Line(ring(x, y, r * 0.32, 5), Ink(colour, None, THIN), closed=True)]


def step_signs(shape: Shape, colour: str) -> Iterator[Mark]:
    """The signs at the lower edge of a step: closed sub-process, repetition, steps without order."""
    signs = _signs_of(shape)
    y, ink = shape.box.bottom - 11, Ink(colour, None, THIN)
    for number, sign in enumerate(signs):
        x = shape.box.centre + (number - (len(signs) - 1) / 2) * 18
        if sign == "closed":
            yield Frame(Box(x - 7, y - 7, 14, 14), ink)
            yield Line(_cross(x, y, 5, 0.5), Ink(colour, colour, 0.5), closed=True)
        elif sign == "loop":
            yield Line(arc(x, y, 6, -220, 90), ink)
            yield Line(((x - 8, y - 3), (x - 5, y + 2), (x, y - 1)), ink)
        elif sign == "adhoc":
            wave = ((-7, 2), (-4, -2), (-1, -1), (2, 1), (5, 1), (7, -2))
            yield Line(_moved(wave, x, y), Ink(colour, None, 2.2))
        else:
            for at in (-4, 0, 4):
                bar = ((at, -6), (at, 6)) if sign == "parallel" else ((-6, at), (6, at))
                yield Line(_moved(bar, x, y), Ink(colour, None, 2))


def _signs_of(shape: Shape) -> list[str]:
    signs = [shape.repeats] if shape.repeats else []
    if shape.kind in ("subProcess", "transaction", "adHocSubProcess", "callActivity") and not shape.expanded:
        signs.append("closed")
    return [*signs, "adhoc"] if shape.kind == "adHocSubProcess" else signs


def _letter(x: float, y: float, width: float, height: float, colour: str, *, full: bool) -> list[Mark]:
    left, top = x - width / 2, y - height / 2
    flap = Line(((left, top), (x, y + height * 0.08), (left + width, top)), Ink(WHITE if full else colour, None, THIN))
    return [Frame(Box(left, top, width, height), Ink(colour, colour if full else None, THIN)), flap]


def _gear(x: float, y: float, radius: float) -> tuple[Point, ...]:
    """Eight teeth."""
    outer, inner = ring(x, y, radius, 32, turned=0), ring(x, y, radius * 0.72, 32, turned=0)
    return tuple((outer if number % 4 < 2 else inner)[number] for number in range(32))


def _cross(x: float, y: float, length: float, half: float, *, turned: bool = False) -> tuple[Point, ...]:
    corners: tuple[Point, ...] = ((-half, -length), (half, -length), (half, -half), (length, -half), (length, half), (half, half), (half, length), (-half, length), (-half, half), (-length, half), (-length, -half), (-half, -half))  # fmt: skip
    if turned:
        corners = tuple(((a - b) * 0.7071, (a + b) * 0.7071) for a, b in corners)
    return _moved(corners, x, y)


def _moved(points: tuple[Point, ...], x: float, y: float) -> tuple[Point, ...]:
    return tuple((a + x, b + y) for a, b in points)


def _scaled(points: tuple[Point, ...], x: float, y: float, size: float) -> tuple[Point, ...]:
    return tuple((x + a * size, y + b * size) for a, b in points)
