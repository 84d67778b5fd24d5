"""The shape of the diagram: ids, flows that lead somewhere, nodes that are reached, loops that wait, lanes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from workflows.engine.diagram import INNER_KINDS, NESTED_KINDS, USER_KINDS, Diagram, Node, Process
from workflows.engine.linting.report import Report, label
from workflows.engine.texts import N_

RESERVED = frozenset({"Start", "End", "Root", "StartEventSplit", "StartEventJoin"})
RESERVED_ENDINGS = (".EndJoin", ".BoundaryEventSplit", ".BoundaryEventJoin", "[child]")
ID = re.compile(r"[^\W\d][\w.\-]*")
LONGEST_KEY, LONGEST_ID = 80, 120
MAX_NODES = 2_000
WAITING_KINDS = USER_KINDS | {"receiveTask", "intermediateCatchEvent", "eventBasedGateway"}


def check_structure(diagram: Diagram, report: Report) -> None:
    main = diagram.processes.get(diagram.main or "")
    if main is None:
        report.error(None, N_("No process can be started: mark one as executable (isExecutable)."))
    else:
        others = [p for p in diagram.processes.values() if p.parent is None and p.executable and p.id != main.id]
        called = {node.called for node in diagram.nodes.values()}
        for other in others:
            if other.id not in called:
                message = N_(
                    "The process {element} is executable but {main} already is the one that starts; a bundle has one."
                )
                report.error(other.id, message, main=main.id)
    if len(diagram.nodes) > MAX_NODES:
        report.error(None, N_("The diagram has more than {limit} elements; split the process."), limit=MAX_NODES)
    _check_ids(diagram, report)
    used = diagram.used()
    waiting = _waiting_processes(used)
    for process in used:
        _check_process(process, waiting, report, is_main=process.id == diagram.main)
    _check_lanes(diagram, report)
    _check_calls(diagram, report)


def _check_ids(diagram: Diagram, report: Report) -> None:
    for ident in (*diagram.processes, *diagram.nodes, *diagram.flows):
        longest = LONGEST_KEY if ident in diagram.processes else LONGEST_ID
        if ident in RESERVED or ident.endswith(RESERVED_ENDINGS):
            report.error(ident, N_("The engine keeps the id {element} for itself; give the element another one."))
        elif len(ident) > longest:
            report.error(
                ident, N_("An id has at most {longest} characters; give the element a shorter one."), longest=longest
            )
        elif not ID.fullmatch(ident):
            report.error(ident, N_("{element} cannot be an id; use letters, digits, _ and -, and begin with a letter."))


def _waiting_processes(processes: list[Process]) -> set[str]:
    """Those in which something waits, be it in a process inside."""
    waiting: set[str] = set()
    found = True
    while found:
        found = False
        for process in processes:
            # What an event starts beside the others is on no loop of theirs.
            inside = (node for node in process.nodes.values() if not node.triggered_by_event)
            if process.id not in waiting and any(waits(node, waiting) for node in inside):
                waiting.add(process.id)
                found = True
    return waiting


def _check_process(process: Process, waiting: set[str], report: Report, *, is_main: bool) -> None:
    nodes, flows = process.nodes, process.flows
    for flow in flows.values():
        if flow.source not in nodes:
            message = N_("The flow {element} comes from nowhere ({end}); connect it or remove it.")
            report.error(flow.id, message, end=flow.source or "?")
        if flow.target not in nodes:
            message = N_("The flow {element} leads nowhere ({end}); connect it or remove it.")
            report.error(flow.id, message, end=flow.target or "?")
    starts = process.beginnings()
    events = [node.id for node in nodes.values() if node.kind in ("startEvent", "endEvent")]
    if process.ad_hoc is not None and not starts:
        report.error(process.id, N_("{element} has no step to begin with; draw one to which nothing leads."))
    elif process.ad_hoc is not None and events:
        message = N_("{element} stands among steps without order, which have no start and no end; remove it.")
        report.error(events[0], message)
    elif process.ad_hoc is None:
        _check_borders_of(process, starts, report, is_main=is_main)
    for node in nodes.values():
        _check_ends(node, report, may_end=process.ad_hoc is not None)
    if all(flow.source in nodes and flow.target in nodes for flow in flows.values()):
        reached = _reached(process, starts)
        for node in nodes.values():
            if node.id not in reached and not node.triggered_by_event:
                message = N_("{element} is never reached from the start event; connect it or remove it.")
                report.error(node.id, message, element=label(node))
        _check_loops(process, waiting, report)


def _check_borders_of(process: Process, starts: list[Node], report: Report, *, is_main: bool) -> None:
    if not starts:
        report.error(process.id, N_("The process {element} has no start event; add one."), element=process.name)
    if sum(not start.events for start in starts) > 1 or (len(starts) > 1 and not is_main):
        message = N_("The process {element} has several start events; keep one and choose the way by a gateway.")
        report.error(process.id, message, element=process.name)
    if not any(node.kind == "endEvent" for node in process.nodes.values()):
        report.error(process.id, N_("The process {element} has no end event; add one."), element=process.name)


def _check_ends(node: Node, report: Report, *, may_end: bool) -> None:
    if node.kind == "startEvent" and node.incoming:
        report.error(
            node.id,
            N_("A flow leads into the start event {element}, which only begins; let it lead to the step behind."),
        )
    if node.kind == "endEvent":
        if node.outgoing:
            report.error(
                node.id,
                N_(
                    "A flow leads out of the end event {element}, which only ends; remove the flow, or draw an intermediate event there."
                ),
            )
    elif not node.outgoing and not node.triggered_by_event and not may_end:
        report.error(node.id, N_("Nothing follows {element}; draw a flow to the next step or to an end event."))
    if node.kind == "boundaryEvent" and node.incoming:
        report.error(
            node.id,
            N_("A flow leads into the boundary event {element}, which only begins a branch; let it lead to a step."),
        )


def _successors(process: Process, node_id: str) -> Iterable[str]:
    node = process.nodes[node_id]
    yield from (process.flows[flow].target for flow in node.outgoing)


def _reached(process: Process, starts: list[Node]) -> set[str]:
    borders: dict[str, list[str]] = {}
    for node in process.nodes.values():
        if node.attached_to:
            borders.setdefault(node.attached_to, []).append(node.id)
    reached: set[str] = set()
    stack = [node.id for node in starts]
    while stack:
        node_id = stack.pop()
        if node_id not in reached:
            reached.add(node_id)
            stack.extend(_successors(process, node_id))
            stack.extend(borders.get(node_id, ()))
    return reached


def waits(node: Node, waiting: set[str]) -> bool:
    """Does a token stop here until something happens outside? `waiting`: the processes in which something does."""
    inner = node.called if node.kind == "callActivity" else node.id
    return node.kind in WAITING_KINDS or (node.kind in NESTED_KINDS and inner in waiting)


def _check_loops(process: Process, waiting: set[str], report: Report) -> None:
    """A circle of flows on which nothing waits would run until the budget of a step is spent."""
    left = {
        node.id: {target for target in _successors(process, node.id) if not waits(process.nodes[target], waiting)}
        for node in process.nodes.values()
        if not waits(node, waiting)
    }
    # What has no predecessor or no successor among the automatic nodes is on no circle; peel until only circles stay.
    before: dict[str, set[str]] = {node_id: set() for node_id in left}
    for node_id, targets in left.items():
        for target in targets:
            before[target].add(node_id)
    peel = [node_id for node_id in left if not left[node_id] or not before[node_id]]
    while peel:
        node_id = peel.pop()
        if node_id not in left:
            continue
        for target in left.pop(node_id):
            before[target].discard(node_id)
            if target in left and not before[target]:
                peel.append(target)
        for source in before.pop(node_id):
            left[source].discard(node_id)
            if not left[source]:
                peel.append(source)
    if left:
        names = ", ".join(list(left)[:6])
        message = N_("The loop over {nodes} never waits; put a task of a person or a timer into it.")
        report.error(next(iter(left)), message, nodes=names)


def _check_lanes(diagram: Diagram, report: Report) -> None:
    placed = Counter(ref for lane in diagram.lanes for ref in lane.nodes)
    inner = set(diagram.flows)
    for lane in diagram.lanes:
        if not lane.name and not lane.role:
            report.error(lane.id, N_("The lane {element} has no name; name it after those who work in it."))
        for ref in lane.nodes:
            if ref not in diagram.nodes and ref not in inner:
                message = N_("The lane {element} names {node}, which is not in the diagram; remove the reference.")
                report.error(lane.id, message, node=ref)
    by_name: dict[str, set[str | None]] = {}
    for lane in diagram.lanes:
        by_name.setdefault(lane.name, set()).add(lane.role)
    if any(name and len(roles) > 1 for name, roles in by_name.items()):
        twice = next(name for name, roles in by_name.items() if name and len(roles) > 1)
        report.warn(None, N_("Two lanes are called {name} but have different roles; rename one of them."), name=twice)
    # A nested lane repeats the references of the one around it, so that twice is usual there and no fault elsewhere.
    for ref, count in placed.items():
        if count > 2:
            report.error(ref, N_("{element} stands in {count} lanes; keep it in one."), count=count)


def _check_calls(diagram: Diagram, report: Report) -> None:
    calls: dict[str, set[str]] = {process: set() for process in diagram.processes}
    for node in diagram.nodes.values():
        if node.kind == "callActivity" and node.called in diagram.processes:
            calls[node.process].add(node.called or "")
        elif node.kind in INNER_KINDS:
            calls[node.process].add(node.id)
    for node in diagram.nodes.values():
        if node.kind != "callActivity":
            continue
        stack, seen = [node.called or ""], set()
        while stack:
            ident = stack.pop()
            if ident == node.process:
                message = N_(
                    "{element} calls its own process again, and no process may contain itself; draw a flow back instead."
                )
                report.error(node.id, message, element=label(node))
                break
            if ident not in seen:
                seen.add(ident)
                stack.extend(calls.get(ident, ()))
