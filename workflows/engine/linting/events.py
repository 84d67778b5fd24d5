"""Events: which may stand where, what they must say, and what they belong to."""

from __future__ import annotations

from workflows.engine.diagram import INNER_KINDS, NESTED_KINDS, Diagram, EventMark, Node, Process
from workflows.engine.linting.beginnings import check_beginning
from workflows.engine.linting.report import Report, label
from workflows.engine.texts import N_

EVENTS_OF = {
    "endEvent": frozenset({"message", "signal", "error", "escalation", "terminate", "cancel"}),
    "boundaryEvent": frozenset({"timer", "message", "signal", "error", "escalation", "conditional", "cancel"}),
    "intermediateCatchEvent": frozenset({"timer", "message", "signal", "conditional"}),
    "intermediateThrowEvent": frozenset({"message", "signal", "escalation"}),
    "sendTask": frozenset({"message"}),
    "receiveTask": frozenset({"message"}),
}
BEGINNINGS = frozenset({"timer", "message", "signal"})
SCOPE_EVENTS = BEGINNINGS | {"error", "escalation", "conditional"}
BORDERED = frozenset({
    "userTask", "manualTask", "task", "scriptTask", "serviceTask", "sendTask", "receiveTask", "businessRuleTask",
    *NESTED_KINDS,
})  # fmt: skip
# What SpiffWorkflow 3.2.0 does not have either, with what does the same.
CURES = {
    "complexGateway": N_("{element} is a complex gateway, which cannot run; use inclusive gateways with conditions."),
    "link": N_("{element} links to another place, which cannot run; draw the flow to where it goes on."),
    "compensate": N_(
        "{element} compensates, which cannot run; draw the steps that undo the work behind an error or cancel event."
    ),
}


def check_events(node: Node, process: Process, diagram: Diagram, report: Report) -> None:
    """Everything about the events of one element, and about those that it must have."""
    if node.kind == "startEvent" and process.id == diagram.main and node.events:
        check_beginning(node, process, report)
    _check_marks(node, _allowed_events(node, process, diagram), report)
    if node.kind == "boundaryEvent":
        _check_border(node, process, report)
    elif node.kind in INNER_KINDS:
        _check_inner(node, diagram, report)
    elif node.kind == "eventBasedGateway":
        _check_race(node, process, report)


def _allowed_events(node: Node, process: Process, diagram: Diagram) -> frozenset[str] | None:
    """None where no event may stand at all."""
    if node.kind != "startEvent":
        return EVENTS_OF.get(node.kind)
    owner = diagram.nodes.get(process.id)
    if owner is not None and owner.triggered_by_event:
        return SCOPE_EVENTS
    return BEGINNINGS if process.id == diagram.main else frozenset()


def _check_marks(node: Node, allowed: frozenset[str] | None, report: Report) -> None:
    if allowed is None:
        if node.events:
            report.error(node.id, N_("{element} cannot carry an event; remove it."), element=label(node))
        return
    kinds = [event.kind for event in node.events]
    if kinds.count("timer") > 1 or kinds.count("conditional") > 1:
        message = N_("{element} has several timers or several conditions; keep one of each.")
        report.error(node.id, message, element=label(node))
    for event in node.events:
        if event.kind in CURES:
            report.error(node.id, CURES[event.kind], element=label(node))
        elif event.kind not in allowed:
            message = N_("{element} has an event of the kind {kind}, which is not supported there; choose another one.")
            report.error(node.id, message, element=label(node), kind=event.kind)
        else:
            _check_event_name(node, event, report)
    needs_event = {"boundaryEvent", "intermediateCatchEvent", "receiveTask"}
    if not node.events and (node.kind in needs_event or (node.kind == "sendTask" and node.operator is None)):
        message = N_("{element} waits for nothing or sends nothing; give it a timer, message or signal.")
        report.error(node.id, message, element=label(node))


def _check_event_name(node: Node, event: EventMark, report: Report) -> None:
    if event.kind in ("message", "signal") and not event.name:
        message = N_("{element} has no name for its message or signal; choose or create one.")
        report.error(node.id, message, element=label(node))
    if event.kind == "conditional" and not event.text:
        report.error(node.id, N_("{element} waits for a condition but has none; write one."), element=label(node))
    if event.kind == "error" and node.kind == "endEvent" and not event.name:
        report.error(node.id, N_("{element} throws an error without code; choose or create one."), element=label(node))


def _check_border(node: Node, process: Process, report: Report) -> None:
    owner = process.nodes.get(node.attached_to or "")
    if owner is None or owner.kind not in BORDERED or owner.triggered_by_event:
        message = N_("The boundary event {element} is attached to no task or sub-process; attach it to one.")
        report.error(node.id, message, element=label(node))
        return
    kinds = {event.kind for event in node.events}
    if kinds & {"error", "escalation"} and owner.kind not in NESTED_KINDS:
        message = N_("{element} waits for an error that {owner} never throws; attach it to a sub-process.")
        report.error(node.id, message, element=label(node), owner=label(owner))
    if kinds & {"error", "cancel"} and not node.interrupting:
        message = N_("The error or cancel event {element} must interrupt; draw it with a solid border.")
        report.error(node.id, message, element=label(node))
    if "cancel" in kinds and owner.kind != "transaction":
        message = N_("{element} waits for a cancellation, which only a transaction knows; attach it to one.")
        report.error(node.id, message, element=label(node))


def _check_inner(node: Node, diagram: Diagram, report: Report) -> None:
    process = diagram.processes[node.process]
    inner = diagram.processes[node.id].nodes.values()
    cancels = next(
        (end for end in inner if any(event.kind == "cancel" for event in end.events) and end.kind == "endEvent"), None
    )
    caught = any(
        other.attached_to == node.id and any(e.kind == "cancel" for e in other.events)
        for other in process.nodes.values()
    )
    if cancels is not None and node.kind != "transaction":
        message = N_("{element} cancels a transaction but stands in none; make {owner} a transaction.")
        report.error(cancels.id, message, element=label(cancels), owner=label(node))
    elif cancels is not None and not caught:
        message = N_("{element} can be cancelled, and nothing says how it goes on then; attach a cancel event.")
        report.error(node.id, message, element=label(node))
    ad_hoc = diagram.processes[node.id].ad_hoc
    if ad_hoc is not None and ad_hoc.in_turn:
        message = N_("{element} does its steps in turn, which cannot run without an order; draw the order instead.")
        report.error(node.id, message, element=label(node))
    if not node.triggered_by_event:
        return
    if node.incoming or node.outgoing or node.repetition is not None:
        message = N_(
            "{element} is started by an event: no flow leads in or out, and it is not repeated; remove those flows and the mark of repetition."
        )
        report.error(node.id, message, element=label(node))
    for start in inner:
        if start.kind == "startEvent" and not start.events:
            message = N_(
                "{element} must say which event starts {owner}: a timer, a message, a signal, an error or a condition."
            )
            report.error(start.id, message, element=label(start), owner=label(node))
        elif start.kind == "startEvent" and not start.interrupting and any(e.kind == "error" for e in start.events):
            message = N_("The error event {element} must interrupt; draw it with a solid border.")
            report.error(start.id, message, element=label(start))


def _check_race(node: Node, process: Process, report: Report) -> None:
    for ident in node.outgoing:
        target = process.nodes.get(process.flows[ident].target)
        if target is not None and target.kind not in ("intermediateCatchEvent", "receiveTask"):
            message = N_("The flow {element} out of {gateway} must lead to an event that waits.")
            report.error(ident, message, gateway=label(node))
        elif target is not None and len(target.incoming) > 1:
            message = N_(
                "{element} follows an event-based gateway and may have no other flow into it; remove the others."
            )
            report.error(target.id, message, element=label(target))
        elif target is not None and any(other.attached_to == target.id for other in process.nodes.values()):
            message = N_("{element} follows an event-based gateway and may have no boundary event; remove it.")
            report.error(target.id, message, element=label(target))
