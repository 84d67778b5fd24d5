"""Link events: a flow that is cut in two on the paper. The engine wants it whole, so that it is drawn through again."""

from __future__ import annotations

from typing import Any

from crm.core.i18n import text
from workflows.studio.exchange.building import Builder
from workflows.studio.exchange.document import BPMN, Document, local

LINK = f"{BPMN}linkEventDefinition"


def lead_on(document: Document, builder: Builder) -> None:
    """Each link that goes off leads by a flow to the one of its name at which it comes on again."""
    for mark in list(document.root.iter(LINK)):
        event = mark.getparent()
        if event is None or local(event) != "intermediateThrowEvent" or not _is_only(event, mark):
            continue
        arrivals = [other for other in event.getparent().iterchildren() if _arrives(other, _name(event, mark))]
        if len(arrivals) == 1:
            builder.flow(event.getparent(), event.get("id"), arrivals[0].get("id"))
            _end_of_link(document, event, mark)
            document.translated(event, text("A link to another place"), _name(event, mark), arrivals[0].get("id"))
    led_to = {flow.get("targetRef") for flow in document.root.iter(f"{BPMN}sequenceFlow")}
    for mark in list(document.root.iter(LINK)):
        event = mark.getparent()
        if event is not None and local(event) == "intermediateCatchEvent" and event.get("id") in led_to:
            event.tag = f"{BPMN}intermediateThrowEvent"
            _end_of_link(document, event, mark)


def _arrives(element: Any, name: str) -> bool:
    mark = element.find(LINK)
    return local(element) == "intermediateCatchEvent" and _is_only(element, mark) and _name(element, mark) == name


def _is_only(event: Any, mark: Any) -> bool:
    return mark is not None and sum(local(part).endswith("EventDefinition") for part in event) == 1


def _name(event: Any, mark: Any) -> str:
    return (mark.get("name") or event.get("name") or "").strip()


def _end_of_link(document: Document, event: Any, mark: Any) -> None:
    """From now on it is an event that only stands on the way."""
    event.remove(mark)
    document.changed = True
