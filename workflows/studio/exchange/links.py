"""Link events: a flow that is cut in two on the paper. The engine wants it whole, so that it is drawn through again."""

from __future__ import annotations

from typing import Any

from crm.core.i18n import text
from workflows.studio.exchange.building import Builder
from workflows.studio.exchange.document import BPMN, Document, local

LINK = f"{BPMN}linkEventDefinition"


def lead_on(document: Document, builder: Builder) -> None:
    """Each link that goes off leads by a flow to the one of its name at which it comes on again."""
    marks = [(mark, mark.getparent()) for mark in document.root.iter(LINK)]
    marks = [(mark, event) for mark, event in marks if _is_only(event)]
    arrivals: dict[tuple[Any, str], list[tuple[Any, Any]]] = {}
    for mark, event in marks:
        if local(event) == "intermediateCatchEvent":
            arrivals.setdefault((event.getparent(), _name(event, mark)), []).append((mark, event))
    reached: dict[Any, Any] = {}
    for mark, event in marks:
        found = arrivals.get((event.getparent(), _name(event, mark)), ())
        if local(event) == "intermediateThrowEvent" and len(found) == 1:
            arrival_mark, arrival = found[0]
            builder.flow(event.getparent(), event.get("id"), arrival.get("id"))
            event.remove(mark)
            reached[arrival] = arrival_mark
            document.translated(event, text("A link to another place"), _name(event, mark), arrival.get("id"))
    for arrival, mark in reached.items():
        # From now on it is an event that only stands on the way.
        arrival.tag = f"{BPMN}intermediateThrowEvent"
        arrival.remove(mark)


def _is_only(event: Any) -> bool:
    return event is not None and sum(local(part).endswith("EventDefinition") for part in event) == 1


def _name(event: Any, mark: Any) -> str:
    return (mark.get("name") or event.get("name") or "").strip()
