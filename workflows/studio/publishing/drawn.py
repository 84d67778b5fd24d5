"""The XML of a diagram beside what the engine reads of it: its drawing, and elements that only explain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
BOUNDS = "{http://www.omg.org/spec/DD/20100524/DC}Bounds"
WAYPOINT = "{http://www.omg.org/spec/DD/20100524/DI}waypoint"
# The default flow is told with where it leads; one that was drawn anew leads where it did.
UNTOLD = frozenset({"id", "default"})
# Written by the editors from the arrows themselves.
ARROWS = frozenset({f"{BPMN}incoming", f"{BPMN}outgoing"})

Canonical = tuple[Any, ...]
Place = tuple[Canonical, Canonical]


def meaning(element: Any, leave: frozenset[str] = frozenset()) -> Canonical:
    """An element without spelling: no blanks, no order of attributes, no ids of its parts, none of the elements to `leave`."""
    attributes = {name: value for name, value in element.attrib.items() if name not in UNTOLD}
    inner = tuple(
        meaning(child, leave) for child in element if child.tag not in ARROWS and child.get("id") not in leave
    )
    return (element.tag, tuple(sorted(attributes.items())), (element.text or "").strip(), inner)


def by_id(root: Any) -> dict[str, Any]:
    """The elements of the diagram that have an id, without those of its drawing."""
    return {element.get("id"): element for element in root.iter(f"{BPMN}*") if element.get("id")}


def explaining(root: Any, known: frozenset[str]) -> Iterator[tuple[str, Any]]:
    """Elements with an id that are no part of a `known` one, but for what is inside of known processes and sub-processes:
    notes, groups, data objects, declared messages, message flows."""
    stack = list(reversed(root))
    while stack:
        element = stack.pop()
        if not isinstance(element.tag, str) or not element.tag.startswith(BPMN):
            continue
        ident, local = element.get("id"), etree.QName(element).localname
        holds = local in ("collaboration", "laneSet") or local.endswith(("rocess", "ubProcess", "transaction"))
        if holds:
            stack.extend(reversed(element))
        elif ident and ident not in known:
            yield ident, element


def places(root: Any) -> dict[str, Place]:
    """Where each element is drawn, and how it looks beyond that, by the id of the element."""
    found: dict[str, Place] = {}
    for shape in root.iter(f"{DI}BPMNShape", f"{DI}BPMNEdge"):
        ident = shape.get("bpmnElement")
        if ident is None:
            continue
        spots = tuple(
            tuple(sorted(part.attrib.items()))
            for part in shape.iter(BOUNDS, WAYPOINT)
        )  # fmt: skip
        look = {name: value for name, value in shape.attrib.items() if name not in ("id", "bpmnElement")}
        found[ident] = (spots, tuple(sorted(look.items())))
    return found
