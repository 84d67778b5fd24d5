"""The drawn half of a diagram (BPMN DI): where shapes stand, and new ones beside them."""

from __future__ import annotations

from typing import Any

from lxml import etree

from workflows.papers.layout import Box

DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
DD = "{http://www.omg.org/spec/DD/20100524/DI}"


class Picture:
    """Shapes and edges by the element that they draw. What is not drawn stays undrawn: then nothing is added beside it."""

    def __init__(self, root: Any) -> None:
        self.shapes = {shape.get("bpmnElement"): shape for shape in root.iter(f"{DI}BPMNShape")}
        self.edges = {edge.get("bpmnElement"): edge for edge in root.iter(f"{DI}BPMNEdge")}

    def bounds(self, ident: str) -> Box | None:
        shape = self.shapes.get(ident)
        found = None if shape is None else shape.find(f"{DC}Bounds")
        if found is None:
            return None
        try:
            return Box(*(float(found.get(name, "0")) for name in ("x", "y", "width", "height")))
        except ValueError:
            return None

    def beside(self, ident: str, new: str, *, x: float, size: float) -> None:
        """A new round or square shape at `x`, at the height of the middle of another one."""
        place = self.bounds(ident)
        if place is None:
            return
        shape = etree.SubElement(self.shapes[ident].getparent(), f"{DI}BPMNShape", id=f"{new}_di", bpmnElement=new)
        _bounds(shape, Box(x, place.middle - size / 2, size, size))
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
        place, edge = self.bounds(source), self.edges.get(flow)
        points = [] if edge is None else edge.findall(f"{DD}waypoint")
        if place is None or len(points) < 2:
            return
        try:
            next_y = float(points[1].get("y", "0"))
        except ValueError:
            return
        x, y = place.right, place.middle
        if abs(next_y - place.middle) > place.height / 2:
            x, y = place.x + place.width / 2, place.y if next_y < place.middle else place.y + place.height
        points[0].set("x", _figure(x))
        points[0].set("y", _figure(y))


def _bounds(shape: Any, bounds: Box) -> None:
    figures = {name: _figure(getattr(bounds, name)) for name in ("x", "y", "width", "height")}
    etree.SubElement(shape, f"{DC}Bounds", **figures)


def _figure(number: float) -> str:
    return str(round(number))
