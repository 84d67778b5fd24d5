"""What other tools reckon at events and gateways: it stands in a script of its own, for only steps have scripts here."""

from __future__ import annotations

from typing import Any

from crm.core.i18n import text
from workflows.studio.exchange.building import Builder
from workflows.studio.exchange.document import BPMN, Document, local

LONGEST_NAME = 60


def place(document: Document, builder: Builder) -> None:
    """Put the scripts that wait for it before or behind their elements."""
    if not document.beside:
        return
    leaving: dict[str, list[Any]] = {}
    entering: dict[str, list[Any]] = {}
    for flow in document.root.iter(f"{BPMN}sequenceFlow"):
        leaving.setdefault(flow.get("sourceRef", ""), []).append(flow)
        entering.setdefault(flow.get("targetRef", ""), []).append(flow)
    races = {gateway.get("id") for gateway in document.root.iter(f"{BPMN}eventBasedGateway")}
    for (element, name), entries in document.beside.items():
        ident = element.get("id")
        ahead = name == "preScript" and local(element) != "startEvent"
        flows = (entering if ahead else leaving).get(ident, [])
        if not flows or (ahead and any(flow.get("sourceRef") in races for flow in flows)):
            cure = text("Draw a script step where these values are needed.")
            document.by_hand(element, text("Values at an event"), cure, entries)
            continue
        wanted = f"{ident}_before" if ahead else f"{ident}_after"
        made = (builder.before if ahead else builder.after)(element, "scriptTask", wanted, flows)
        made.set("scriptFormat", "feel")
        made.set("name", element.get("name") or entries.strip("{ }")[:LONGEST_NAME])
        document.set_condition(made, "script", entries)
        document.translated(element, text("A script step of its own"), "", f"{made.get('id')}: {entries}")
