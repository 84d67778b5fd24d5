"""What editors draw and engines refuse: understood as BPMN means it, or left with the cure. Nothing is guessed.

Several flows out of a task, no default flow, no start or end event, unnamed lanes, executable flags, data objects.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from crm.core.i18n import text
from workflows.studio.exchange import beside, links
from workflows.studio.exchange.building import Builder
from workflows.studio.exchange.document import BPMN, FLOW_NODE, Document, content, local
from workflows.studio.exchange.foreign import guarded
from workflows.studio.exchange.opposites import opposite_of

CHOOSING = ("exclusiveGateway", "inclusiveGateway")
SCOPES = ("process", "subProcess", "transaction")
DATA = ("dataObjectReference", "dataStoreReference", "dataInputAssociation", "dataOutputAssociation")


def make_runnable(document: Document) -> None:
    """All of it; each part for itself, so that a fault in one leaves the others."""
    guarded(document, None, _choose_process, document)
    guarded(document, None, _name_lanes, document)
    builder = Builder(document)
    guarded(document, None, links.lead_on, document, builder)
    guarded(document, None, _complete_scopes, document, builder)
    guarded(document, None, beside.place, document, builder)
    guarded(document, None, _split, document, builder)
    guarded(document, None, _choose_defaults, document)
    guarded(document, None, _tell_data, document)


def _choose_process(document: Document) -> None:
    """Which process a case runs: the one that is marked; else the only one that could."""
    able = [process for process in document.processes() if any(True for _ in _nodes(process))]
    marked = [process for process in able if process.get("isExecutable", "true") == "true"]
    called = {element.get("calledElement") for element in document.root.iter(f"{BPMN}callActivity")}
    first = [process for process in (marked or able) if process.get("id") not in called] or marked or able
    if not first:
        return
    # One that waits for a message of another is begun by it; the one that begins by itself is the business of a case.
    main = next((process for process in first if any(document.is_plain_start(each) for each in process)), first[0])
    if not marked:
        main.set("isExecutable", "true")
        document.translated(main, text("Executable process"), "isExecutable = false", "isExecutable = true")
    others = [process for process in first if process is not main and process.get("isExecutable", "true") == "true"]
    for other in others:
        other.set("isExecutable", "false")
        document.changed = True
        cure = text(
            "A bundle has one process that starts: “{main}”. This one is only drawn; import it by itself if it shall run.",
            main=main.get("name") or main.get("id"),
        )
        document.by_hand(other, text("Another executable process"), cure, other.get("name") or other.get("id"))


def _name_lanes(document: Document) -> None:
    for number, lane in enumerate(document.root.iter(f"{BPMN}lane"), start=1):
        if not (lane.get("name") or "").strip():
            lane.set("name", f"Lane {number}")
            document.translated(lane, text("The lane had no name"), "", f"Lane {number}")


def _complete_scopes(document: Document, builder: Builder) -> None:
    """Steps to which nothing leads begin by themselves, steps from which nothing leads end: BPMN says so, engines want it drawn."""
    for scope in [element for element in document.root.iter(f"{BPMN}*") if local(element) in SCOPES]:
        if scope.get("triggeredByEvent") != "true" and any(True for _ in _nodes(scope)):
            _begin(document, scope, builder)
            _end(document, scope, builder)


def _begin(document: Document, scope: Any, builder: Builder) -> None:
    nodes = list(_nodes(scope))
    if any(local(node) == "startEvent" for node in nodes):
        return
    led_to = {flow.get("targetRef") for flow in scope.iterchildren(f"{BPMN}sequenceFlow")}
    first = [
        node
        for node in nodes
        if node.get("id") not in led_to
        and local(node) not in ("boundaryEvent", "endEvent")
        and node.get("triggeredByEvent") != "true"
        and node.get("instantiate") != "true"
        and node.get("isForCompensation") != "true"
    ]
    if not first:
        return
    target = first[0].get("id")
    if len(first) > 1:
        target = builder.node(
            scope, "parallelGateway", "begin_together", beside=first[0].get("id"), distance=-80, width=50, height=50
        )
        for node in first:
            builder.flow(scope, target, node.get("id"))
    start = builder.node(scope, "startEvent", "begin", beside=target, distance=-70, width=36, height=36)
    builder.flow(scope, start, target)
    named = ", ".join(node.get("name") or node.get("id") for node in first)
    document.translated(first[0], text("There was no start event"), named, f"{start} → {named}")


def _end(document: Document, scope: Any, builder: Builder) -> None:
    flows = list(scope.iterchildren(f"{BPMN}sequenceFlow"))
    left, led_to = {flow.get("sourceRef") for flow in flows}, {flow.get("targetRef") for flow in flows}
    for node in list(_nodes(scope)):
        ident = node.get("id")
        connected = ident in led_to or local(node) in ("boundaryEvent", "startEvent")
        silent = node.get("triggeredByEvent") == "true" or node.get("isForCompensation") == "true"
        catches_compensation = node.find(f"{BPMN}compensateEventDefinition") is not None
        if (
            ident in left
            or local(node) in ("endEvent", "eventBasedGateway")
            or silent
            or catches_compensation
            or not connected
        ):
            continue
        end = builder.node(scope, "endEvent", f"{ident}_end", beside=ident, distance=40, width=36, height=36)
        builder.flow(scope, ident, end)
        document.translated(node, text("Nothing followed it"), "", f"{ident} → {end}")


def _split(document: Document, builder: Builder) -> None:
    """Several flows out of a step: all are taken, or those whose condition holds."""
    leaving = _leaving(document)
    for node in document.nodes():
        flows = [] if local(node).endswith("Gateway") else leaving.get(node.get("id"), [])
        if len(flows) < 2:
            continue
        conditional = [flow for flow in flows if _condition(flow)]
        kind = "inclusiveGateway" if conditional else "parallelGateway"
        made = builder.after(node, kind, f"{node.get('id')}_ways", flows)
        gateway = made.get("id")
        for flow in flows:
            if conditional and flow not in conditional and flow.get("id") != node.get("default"):
                # It is taken whatever becomes of the others.
                etree.SubElement(flow, f"{BPMN}conditionExpression").text = "true"
        if conditional and node.get("default"):
            made.set("default", node.get("default"))
        document.drop(node, "default")
        document.translated(node, text("{count} flows left it", count=len(flows)), "", f"{kind} {gateway}")


def _choose_defaults(document: Document) -> None:
    """The one flow without condition out of a gateway is taken when no other is."""
    leaving = _leaving(document)
    for gateway in document.nodes():
        if local(gateway) not in CHOOSING:
            continue
        flows = leaving.get(gateway.get("id"), [])
        if gateway.get("default") and gateway.get("default") not in {flow.get("id") for flow in flows}:
            document.drop(gateway, "default")
        if len(flows) < 2 or gateway.get("default"):
            continue
        free = [flow for flow in flows if not _condition(flow)]
        if len(free) == 1:
            gateway.set("default", free[0].get("id"))
            document.translated(
                gateway, text("There was no default flow"), "", free[0].get("name") or free[0].get("id")
            )
        elif not free and len(flows) == 2 and (other := opposite_of(*map(_condition, flows))) is not None:
            gateway.set("default", flows[other].get("id"))
            document.translated(
                gateway,
                text("There was no default flow; the condition of this one is the opposite of the other"),
                _condition(flows[other]),
                flows[other].get("name") or flows[other].get("id"),
            )
        elif not free:
            cure = text("Choose the flow that is taken when no condition holds.")
            document.by_hand(gateway, text("There is no default flow"), cure)
        for flow in free if len(free) > 1 else ():
            cure = text(
                "Write a condition, or make it the default flow of “{gateway}”.",
                gateway=gateway.get("name") or gateway.get("id"),
            )
            document.by_hand(flow, text("The flow has no condition"), cure, flow.get("name") or "")


def _tell_data(document: Document) -> None:
    drawn = [element for element in document.root.iter(f"{BPMN}*") if local(element) in DATA]
    if drawn:
        names = dict.fromkeys(element.get("name") or "" for element in drawn if element.get("name"))
        what = text("Data objects and stores are drawing only; all variables are visible to every step")
        document.understood(drawn[0], what, ", ".join(names))


def _nodes(scope: Any) -> Any:
    return (child for child in scope.iterchildren(f"{BPMN}*") if FLOW_NODE.fullmatch(local(child)))


def _leaving(document: Document) -> dict[str, list[Any]]:
    """The flows out of each element, as they are now."""
    found: dict[str, list[Any]] = {}
    for flow in document.root.iter(f"{BPMN}sequenceFlow"):
        found.setdefault(flow.get("sourceRef", ""), []).append(flow)
    return found


def _condition(flow: Any) -> str:
    return content(flow.find(f"{BPMN}conditionExpression"))
