"""Reads where a diagram draws what (BPMN DI) into shapes and arrows. How these look is said in `figures`.

A file may hold several pictures: what a closed sub-process contains can be drawn on a plane of its own. A file that says
nothing of places is laid out first. Names stay as the author wrote them; numbers that no paper has room for are cut.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from workflows.engine.safe_xml import read_xml
from workflows.papers.layout import BPMN, DC, DD, DI, INNER, Box, Point, draw

# Farther from the origin nobody draws; a file that says so is out to stretch the paper.
FARTHEST = 200_000.0
# No process that a person drew has so many closed sub-processes; of a file that says so the first ones are read.
MOST_PICTURES = 40
LONGEST_NAME = 300
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
POOLS = frozenset({"participant", "lane"})
MARK = "EventDefinition"


@dataclass(frozen=True)
class Shape:
    """Something with a box. `kind` is the element's name in BPMN; the rest says what is drawn in it.

    `event` names what an event waits for or throws, "" none, `multiple` several. `repeats` is loop, parallel or sequential.
    `label` is where the author put the name, if anywhere; `fill` and `stroke` are colours of the author's choice, or "".
    """

    id: str
    kind: str
    name: str
    box: Box
    label: Box | None = None
    event: str = ""
    throws: bool = False
    interrupting: bool = True
    repeats: str = ""
    expanded: bool = False
    upright: bool = False
    by_event: bool = False
    marked: bool = True
    fill: str = ""
    stroke: str = ""


@dataclass(frozen=True)
class Arrow:
    """A line with its bends, from its source to its target. `start` is what stands at its beginning: "", default or condition."""

    id: str
    kind: str
    name: str
    points: tuple[Point, ...]
    label: Box | None = None
    start: str = ""
    directions: str = ""
    stroke: str = ""


@dataclass(frozen=True)
class Picture:
    """One plane: what is drawn on it, in the order of the file. `name` is that of what it shows."""

    name: str
    shapes: tuple[Shape, ...]
    arrows: tuple[Arrow, ...]


def read_pictures(raw: bytes, file: str = "diagram.bpmn") -> list[Picture]:
    """All pictures of a diagram, the main one first; none is empty. Raises BundleRefused for what may not be read."""
    root = read_xml(raw, file)
    pictures = _pictures(root)
    if not pictures:
        draw(root)
        pictures = _pictures(root)
    return pictures


def _pictures(root: Any) -> list[Picture]:
    elements = {ident: element for element in root.iter(f"{BPMN}*") if (ident := element.get("id"))}
    planes: dict[str | None, Any] = {}
    for plane in root.iter(f"{DI}BPMNPlane"):
        planes.setdefault(plane.get("bpmnElement"), plane)
    found = [_picture(plane, elements) for plane in list(planes.values())[:MOST_PICTURES]]
    return [picture for picture in found if picture.shapes]


def _picture(plane: Any, elements: dict[str, Any]) -> Picture:
    shapes = [shape for drawn in plane.iterchildren(f"{DI}BPMNShape") for shape in _shape(drawn, elements)]
    arrows = [arrow for drawn in plane.iterchildren(f"{DI}BPMNEdge") for arrow in _arrow(drawn, elements)]
    return Picture(_name_of(_meant(plane, elements), elements), tuple(shapes), tuple(arrows))


def _meant(drawn: Any, elements: dict[str, Any]) -> Any:
    """The element that is drawn here, None for one that the file does not hold. Some tools write a prefix before its id."""
    ident = drawn.get("bpmnElement") or ""
    return elements.get(ident, elements.get(ident.rpartition(":")[2]))


def _shape(drawn: Any, elements: dict[str, Any]) -> Iterator[Shape]:
    element, box = _meant(drawn, elements), _box(drawn.find(f"{DC}Bounds"))
    if element is None or box is None:
        return
    kind = _kind(element)
    marks = [str(etree.QName(child).localname) for child in element if _kind(child).endswith(MARK)]
    many = ("parallelMultiple" if element.get("parallelMultiple") == "true" else "multiple",)
    event = (many if len(marks) > 1 else [mark.removesuffix(MARK) for mark in marks] or [""])[0]
    yield Shape(
        id=element.get("id"),
        kind=kind,
        name=_name_of(element, elements),
        box=box,
        label=_box(drawn.find(f"{DI}BPMNLabel/{DC}Bounds")),
        event=event,
        throws=kind in ("endEvent", "intermediateThrowEvent"),
        interrupting=element.get("cancelActivity" if kind == "boundaryEvent" else "isInterrupting") != "false",
        repeats=_repeats(element),
        expanded=_is_expanded(drawn, element, kind),
        upright=drawn.get("isHorizontal") == "false",
        by_event=element.get("triggeredByEvent") == "true",
        marked=kind != "exclusiveGateway" or drawn.get("isMarkerVisible") == "true",
        fill=_colour(drawn, "background-color", "fill"),
        stroke=_colour(drawn, "border-color", "stroke"),
    )


def _arrow(drawn: Any, elements: dict[str, Any]) -> Iterator[Arrow]:
    element = _meant(drawn, elements)
    points = [_point(waypoint) for waypoint in drawn.iterchildren(f"{DD}waypoint")]
    if element is None or None in points or len(points) < 2:
        return
    source = elements.get(element.get("sourceRef") or "")
    start = ""
    if source is not None and source.get("default") == element.get("id"):
        start = "default"
    elif element.find(f"{BPMN}conditionExpression") is not None and not _kind(source).endswith("Gateway"):
        start = "condition"
    yield Arrow(
        id=element.get("id"),
        kind=_kind(element),
        name=_name_of(element, elements),
        points=tuple(point for point in points if point is not None),
        label=_box(drawn.find(f"{DI}BPMNLabel/{DC}Bounds")),
        start=start,
        directions=element.get("associationDirection") or "",
        stroke=_colour(drawn, "border-color", "stroke"),
    )


def _kind(element: Any) -> str:
    return str(etree.QName(element).localname) if element is not None and isinstance(element.tag, str) else ""


def _name_of(element: Any, elements: dict[str, Any]) -> str:
    """What an element is called; a note says its text instead. A group is called what its category is."""
    if element is None:
        return ""
    name = element.get("name") or element.findtext(f"{BPMN}text") or ""
    if _kind(element) == "group":
        category = elements.get((element.get("categoryValueRef") or "").rpartition(":")[2])
        name = category.get("value") or "" if category is not None else name
    return str(name)[:LONGEST_NAME]


def _repeats(element: Any) -> str:
    many = element.find(f"{BPMN}multiInstanceLoopCharacteristics")
    if many is not None:
        return "sequential" if many.get("isSequential") == "true" else "parallel"
    return "loop" if element.find(f"{BPMN}standardLoopCharacteristics") is not None else ""


def _is_expanded(drawn: Any, element: Any, kind: str) -> bool:
    if kind == "participant":
        return bool(element.get("processRef")) and drawn.get("isExpanded") != "false"
    return kind in INNER and drawn.get("isExpanded") != "false"


def _colour(drawn: Any, *names: str) -> str:
    """A colour that the author chose. Two vocabularies are in use; anything but six digits is left aside."""
    for attribute, value in drawn.attrib.items():
        if etree.QName(attribute).localname in names and COLOUR.fullmatch(value):
            return str(value)
    return ""


def _box(bounds: Any) -> Box | None:
    if bounds is None:
        return None
    figures = [_number(bounds.get(name)) for name in ("x", "y", "width", "height")]
    x, y, width, height = (figure if figure is not None else math.nan for figure in figures)
    return Box(x, y, max(width, 1), max(height, 1)) if not math.isnan(x + y + width + height) else None


def _point(waypoint: Any) -> Point | None:
    x, y = _number(waypoint.get("x")), _number(waypoint.get("y"))
    return (x, y) if x is not None and y is not None else None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return min(max(number, -FARTHEST), FARTHEST) if math.isfinite(number) else None
