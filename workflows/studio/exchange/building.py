"""New elements in a diagram that is being imported: in the model, in the lanes of their neighbour and in the picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from lxml import etree

from workflows.studio.exchange.document import BPMN, Document
from workflows.studio.exchange.idents import free_id, ids
from workflows.studio.exchange.picture import Picture

GAP = 30.0
SIZES = {"scriptTask": (100.0, 80.0), "parallelGateway": (50.0, 50.0), "inclusiveGateway": (50.0, 50.0)}
# So many new elements move the others aside; where more are put in, the picture is anyway beyond saving.
MOST_ASIDE = 40


class Builder:
    """New elements in the model and, where their neighbour is drawn, in the picture."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.picture = Picture(document.root)
        self.taken = ids(document.root)
        self.made: dict[str, Any] = {}
        self.lanes: dict[str, list[Any]] = {}
        self.aside = 0
        for reference in document.root.iter(f"{BPMN}flowNodeRef"):
            self.lanes.setdefault((reference.text or "").strip(), []).append(reference.getparent())

    def after(self, element: Any, kind: str, wanted: str, flows: Iterable[Any]) -> Any:
        """A new element behind one that is there: the flows out of that one leave the new one from now on."""
        made = self._beside(element, kind, wanted, behind=True)
        self._turn(element, made, flows, "sourceRef", "outgoing", self.picture.begins_at)
        self.flow(element.getparent(), element.get("id"), made.get("id"))
        return made

    def before(self, element: Any, kind: str, wanted: str, flows: Iterable[Any]) -> Any:
        """A new element ahead of one that is there: the flows into that one lead to the new one from now on."""
        made = self._beside(element, kind, wanted, behind=False)
        self._turn(element, made, flows, "targetRef", "incoming", self.picture.ends_at)
        self.flow(element.getparent(), made.get("id"), element.get("id"))
        return made

    def _turn(
        self, element: Any, made: Any, flows: Iterable[Any], end: str, listed: str, draw: Callable[[str, str], None]
    ) -> None:
        """These flows have one end at the new element from now on, in the model and in the picture."""
        for flow in flows:
            flow.set(end, made.get("id"))
            draw(flow.get("id"), made.get("id"))
        for reference in element.findall(BPMN + listed):
            element.remove(reference)

    def _beside(self, element: Any, kind: str, wanted: str, *, behind: bool) -> Any:
        width, height = SIZES[kind]
        neighbour = element.get("id")
        place = self.picture.bounds(neighbour)
        # What begins at a border goes on below it, where there is room.
        if place is not None and self.aside < MOST_ASIDE and element.get("attachedToRef") is None:
            self.aside += 1
            self.picture.make_room(place.right if behind else place.x, width + 2 * GAP)
        distance = GAP if behind else -width - GAP
        ident = self.node(
            element.getparent(), kind, wanted, beside=neighbour, distance=distance, width=width, height=height
        )
        return self.made[ident]

    def node(
        self, scope: Any, kind: str, wanted: str, *, beside: str, distance: float, width: float, height: float
    ) -> str:
        """`distance`: to the right of the neighbour, or to its left where it is negative."""
        ident = free_id(self.document, wanted, self.taken)
        self.made[ident] = etree.SubElement(scope, BPMN + kind, id=ident)
        place = self.picture.bounds(beside)
        if place is not None:
            x = place.x + distance if distance < 0 else place.right + distance
            self.picture.beside(beside, ident, x=x, width=width, height=height)
        self.lanes[ident] = list(self.lanes.get(beside, ()))
        for lane in self.lanes[ident]:
            etree.SubElement(lane, f"{BPMN}flowNodeRef").text = ident
        self.document.changed = True
        return ident

    def flow(self, scope: Any, source: str, target: str) -> str:
        """A flow without condition."""
        ident = free_id(self.document, f"{source}_to_{target}", self.taken)
        etree.SubElement(scope, f"{BPMN}sequenceFlow", id=ident, sourceRef=source, targetRef=target)
        self.picture.arrow(ident, source, target)
        self.document.changed = True
        return ident
