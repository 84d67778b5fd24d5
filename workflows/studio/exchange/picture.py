"""The drawn half of a diagram (BPMN DI): where shapes stand, and new ones beside them."""

from __future__ import annotations

from typing import Any

from lxml import etree

from workflows.papers.layout import Box
from workflows.studio.exchange.document import local

DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
DD = "{http://www.omg.org/spec/DD/20100524/DI}"
FARTHEST = 1_000_000
# What is wider is a pool, a lane or an opened sub-process.
WIDEST_STEP = 200


class Picture:
    """Shapes and edges by the element that they draw. What is not drawn stays undrawn: then nothing is added beside it."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self.shapes = {shape.get("bpmnElement"): shape for shape in root.iter(f"{DI}BPMNShape")}
        self.edges = {edge.get("bpmnElement"): edge for edge in root.iter(f"{DI}BPMNEdge")}

    def bounds(self, ident: str) -> Box | None:
        shape = self.shapes.get(ident)
        found = None if shape is None else shape.find(f"{DC}Bounds")
        if found is None:
            return None
        figures = [_number(found.get(name, "0")) for name in ("x", "y", "width", "height")]
        return None if None in figures else Box(*(figure or 0.0 for figure in figures))

    def make_room(self, at: float, width: float) -> None:
        """Everything to the right of `at` moves on by `width`; what reaches across it (pools, lanes) becomes wider."""
        for bounds in self.root.iter(f"{DC}Bounds"):
            x, reach = _number(bounds.get("x", "")), _number(bounds.get("width", ""))
            if x is None or reach is None:
                continue
            if x >= at:
                bounds.set("x", _figure(x + width))
            elif x + reach > at and reach > WIDEST_STEP and local(bounds.getparent()) == "BPMNShape":
                bounds.set("width", _figure(reach + width))
        for point in self.root.iter(f"{DD}waypoint"):
            x = _number(point.get("x", ""))
            if x is not None and x >= at:
                point.set("x", _figure(x + width))

    def move(self, right: float, down: float) -> None:
        """Everything moves on by so much."""
        for place in self.root.iter(f"{DC}Bounds", f"{DD}waypoint"):
            for name, by in (("x", right), ("y", down)):
                number = _number(place.get(name, ""))
                if number is not None:
                    place.set(name, _figure(number + by))

    def beside(self, ident: str, new: str, *, x: float, width: float, height: float) -> None:
        """A new shape at `x`, at the height of the middle of another one."""
        place = self.bounds(ident)
        if place is None:
            return
        shape = etree.SubElement(self.shapes[ident].getparent(), f"{DI}BPMNShape", id=f"{new}_di", bpmnElement=new)
        put_bounds(shape, Box(x, place.middle - height / 2, width, height))
        self.shapes[new] = shape

    def arrow(self, flow: str, source: str, target: str) -> None:
        """A straight edge from the right side of one shape to the left side of another."""
        start, end = self.bounds(source), self.bounds(target)
        if start is None or end is None:
            return
        edge = etree.SubElement(self.shapes[source].getparent(), f"{DI}BPMNEdge", id=f"{flow}_di", bpmnElement=flow)
        for x, y in ((start.right, start.middle), (end.x, end.middle)):
            etree.SubElement(edge, f"{DD}waypoint", x=_figure(x), y=_figure(y))
        self.edges[flow] = edge

    def begins_at(self, flow: str, source: str) -> None:
        """An edge begins at another shape from now on: to its right, or where its next bend is, above or below."""
        self._moved_end(flow, source, 0, 1)

    def ends_at(self, flow: str, target: str) -> None:
        """An edge ends at another shape from now on: to its left, or where its last bend is, above or below."""
        self._moved_end(flow, target, -1, -2)

    def _moved_end(self, flow: str, ident: str, end: int, bend: int) -> None:
        place, edge = self.bounds(ident), self.edges.get(flow)
        points = [] if edge is None else edge.findall(f"{DD}waypoint")
        near = _number(points[bend].get("y", "0")) if len(points) > 1 else None
        if place is None or near is None:
            return
        x, y = place.right if end == 0 else place.x, place.middle
        if abs(near - place.middle) > place.height / 2:
            x, y = place.x + place.width / 2, place.y if near < place.middle else place.y + place.height
        points[end].set("x", _figure(x))
        points[end].set("y", _figure(y))


def put_bounds(shape: Any, bounds: Box) -> None:
    """Where a shape stands that has no place yet."""
    figures = {name: _figure(getattr(bounds, name)) for name in ("x", "y", "width", "height")}
    etree.SubElement(shape, f"{DC}Bounds", **figures)


def _number(said: str) -> float | None:
    """A figure of the picture; None for what is none, or so far away that nobody could see it."""
    try:
        number = float(said)
    except ValueError:
        return None
    return number if abs(number) < FARTHEST else None


def _figure(number: float) -> str:
    return str(round(number))
