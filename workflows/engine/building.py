"""Turns a checked diagram into SpiffWorkflow specs. Everything is parsed here, once; at run time nothing is read again."""

from __future__ import annotations

from collections.abc import Mapping

import feel
from workflows.engine import expressions, timers
from workflows.engine.decisions import Decisions
from workflows.engine.diagram import USER_KINDS, AdHoc, Diagram, EventMark, Node, Process, Repetition
from workflows.engine.specs.activities import Activity, RuleTask, ScriptTask, ServiceTask
from workflows.engine.specs.base import BoundarySplit, ElementSpec, Way, split_name
from workflows.engine.specs.countersign import read_countersign
from workflows.engine.specs.ends import EndEvent
from workflows.engine.specs.event_definitions import Condition, Occurrence, Several, Timer
from workflows.engine.specs.events import BoundaryEvent, CatchSpec, EventGateway, ReceiveTask, ScopeEvent, ThrowSpec
from workflows.engine.specs.gateways import ExclusiveGateway, InclusiveGateway, ParallelGateway
from workflows.engine.specs.nested import EventSubprocess, NestedProcess
from workflows.engine.specs.people import HumanTask
from workflows.engine.specs.process import ProcessSpec
from workflows.engine.specs.repetition import MAX_ROUNDS, ForEach, Repeated, StandardLoop

CHILD = " [child]"


def build_specs(diagram: Diagram, decisions: Decisions) -> tuple[ProcessSpec, dict[str, ProcessSpec]]:
    """The main process and all others by id. The diagram must have passed the linter."""
    assert diagram.main is not None  # noqa: S101 -- checked by the linter
    specs = {process.id: _Builder(diagram, process, decisions).build() for process in diagram.used()}
    main = specs.pop(diagram.main)
    return main, specs


class _Builder:
    def __init__(self, diagram: Diagram, process: Process, decisions: Decisions) -> None:
        self.diagram, self.process, self.decisions = diagram, process, decisions
        self.spec = ProcessSpec(process.id, process.name)
        self.bordered = {node.attached_to for node in process.nodes.values() if node.attached_to}

    def build(self) -> ProcessSpec:
        for node in self.process.nodes.values():
            self._add(node)
        for node in self.process.nodes.values():
            self._connect(node)
        # The plain one first: a case begins there unless something else is said.
        starts = sorted(self.process.beginnings(), key=lambda node: node.kind == "startEvent" and bool(node.events))
        self.spec.start.beginnings = {node.id: Way(None, self._entry(node.id)) for node in starts}
        if self.process.ad_hoc is not None:
            self._leave_open(self.process.ad_hoc)
        events = (node for node in self.process.nodes.values() if node.triggered_by_event)
        self.spec.start.watching = tuple(Way(None, self._watch(node).name) for node in events)
        for spec in self.spec.task_specs.values():
            if isinstance(spec, InclusiveGateway):
                spec.reach = _reach(self.process, spec.element)
        return self.spec

    def _leave_open(self, ad_hoc: AdHoc) -> None:
        """Let the process begin everywhere, and end wherever nothing follows."""
        self.spec.start.at_once = True
        if ad_hoc.cancels_rest:
            self.spec.end.condition = _optional(ad_hoc.condition)
        for node in self.process.nodes.values():
            if not node.outgoing:
                self.spec.task_specs[node.id].ways = (Way(None, self.spec.end.name),)

    def _watch(self, sub_process: Node) -> ScopeEvent:
        """What waits, in this process, to start the event sub-process."""
        inner = self.diagram.processes[sub_process.id].nodes.values()
        start = next(node for node in inner if node.kind == "startEvent")
        event = ScopeEvent(self.spec, start, _definition(start))
        event.ways = (Way(None, sub_process.id),)
        nested = self.spec.task_specs[sub_process.id]
        nested.ways = (Way(None, self.spec.end.name),)
        nested.interrupting = start.interrupting
        return event

    def _add(self, node: Node) -> None:
        if node.id in self.bordered:
            BoundarySplit(self.spec, node)
        if node.repetition is not None:
            child = self._element(node, node.id + CHILD)
            child.repeated_by = self._repeated(node, node.repetition, child.name)
        else:
            self._element(node, node.id)

    def _connect(self, node: Node) -> None:
        spec = self.spec.task_specs[node.id]
        ways = []
        for ident in node.outgoing:
            flow = self.process.flows[ident]
            is_default = ident == node.default_flow
            condition = expressions.parse(flow.condition) if flow.condition and not is_default else None
            ways.append(Way(ident, self._entry(flow.target), condition, is_default))
        if ways:
            spec.ways = tuple(ways)
        if node.id in self.bordered:
            events = [Way(None, other.id) for other in self.process.nodes.values() if other.attached_to == node.id]
            # The events first: they must be waiting before the element itself may do anything.
            self.spec.task_specs[split_name(node.id)].ways = (*events, Way(None, node.id))

    def _entry(self, node_id: str) -> str:
        return split_name(node_id) if node_id in self.bordered else node_id

    def _element(self, node: Node, name: str) -> ElementSpec:
        kind = node.kind
        if kind == "startEvent":
            return CatchSpec(self.spec, node, Occurrence())  # by which it begins, has happened
        if kind == "endEvent":
            return EndEvent(self.spec, node, _definition(node))
        if kind == "boundaryEvent":
            return BoundaryEvent(self.spec, node, _definition(node))
        if kind == "intermediateCatchEvent":
            return CatchSpec(self.spec, node, _definition(node))
        if kind == "intermediateThrowEvent" or (kind == "sendTask" and node.operator is None):
            return ThrowSpec(self.spec, node, _definition(node))
        if kind == "receiveTask":
            return ReceiveTask(self.spec, node, _definition(node))
        if kind == "exclusiveGateway":
            return ExclusiveGateway(self.spec, node.id, node=node)
        if kind == "inclusiveGateway":
            return InclusiveGateway(self.spec, node)
        if kind == "parallelGateway":
            return ParallelGateway(self.spec, node)
        if kind == "eventBasedGateway":
            return EventGateway(self.spec, node.id, node=node)
        activity = self._activity(node, name)
        activity.before = _optional(node.pre_script)
        activity.after = _optional(node.post_script)
        return activity

    def _activity(self, node: Node, name: str) -> Activity:
        kind = node.kind
        if kind in USER_KINDS:
            return _human(HumanTask(self.spec, name, node), node.properties)
        if kind == "scriptTask":
            script = ScriptTask(self.spec, name, node)
            script.script = expressions.parse(node.script or "{}")
            return script
        if kind in ("serviceTask", "sendTask") and node.operator is not None:
            service = ServiceTask(self.spec, name, node)
            service.operation = node.operator.name
            service.parameters = tuple((key, expressions.parse(text)) for key, text in node.operator.parameters)
            service.result = node.result_variable
            return service
        if kind == "businessRuleTask":
            rule = RuleTask(self.spec, name, node)
            rule.decisions, rule.decision, rule.result = self.decisions, node.called or "", node.result_variable
            return rule
        if node.triggered_by_event:
            return EventSubprocess(self.spec, name, node, node.id)
        inner = (node.called or "") if kind == "callActivity" else node.id
        nested = NestedProcess(self.spec, name, node, inner)
        if kind == "callActivity":
            called = self.diagram.processes[inner]
            nested.inputs, nested.outputs = called.inputs, called.outputs
        return nested

    def _repeated(self, node: Node, repetition: Repetition, child: str) -> Repeated:
        condition = _optional(repetition.condition)
        if repetition.kind == "loop":
            loop = StandardLoop(self.spec, node, child)
            loop.condition, loop.test_before = condition, repetition.test_before
            loop.maximum = min(int(repetition.maximum or MAX_ROUNDS), MAX_ROUNDS)
            return loop
        each = ForEach(self.spec, node, child)
        each.condition, each.sequential = condition, repetition.kind == "sequential"
        each.collection, each.cardinality = _optional(repetition.collection), _optional(repetition.cardinality)
        each.countersign = read_countersign(node.properties)
        each.item, each.output, each.output_item = repetition.item, repetition.output, repetition.output_item
        return each


def _optional(text: str | None) -> feel.Expression | None:
    return expressions.parse(text) if text and text.strip() else None


def _human(task: HumanTask, properties: Mapping[str, str]) -> HumanTask:
    task.assignee = _optional(properties.get("assignee"))
    task.candidates = _optional(properties.get("candidates"))
    task.priority = _optional(properties.get("priority"))
    due = expressions.source(properties.get("dueDate", ""))
    if due:
        task.due = due if timers.DURATION.fullmatch(due) or timers.MOMENT.fullmatch(due) else expressions.parse(due)
    return task


def _definition(node: Node) -> Occurrence:
    parts = tuple(_occurrence(node, event) for event in node.events)
    if len(parts) > 1:
        return Several(parts, every=node.all_events)
    return parts[0] if parts else Occurrence()


def _occurrence(node: Node, event: EventMark) -> Occurrence:
    if event.kind == "conditional":
        return Condition(expressions.parse(event.text))
    if event.kind == "timer":
        text = expressions.source(event.text)
        is_plain = any(pattern.fullmatch(text) for pattern in (timers.DURATION, timers.MOMENT, timers.CYCLE))
        in_working_time = node.properties.get("workingTime", "").strip() == "true"
        value = text if is_plain else expressions.parse(text)
        return Timer(event.timer_kind, value, in_working_time=in_working_time)
    return Occurrence(event.kind, event.name, variable=event.variable, payload=_optional(event.payload))


def _reach(process: Process, gateway: str) -> dict[str, frozenset[str]]:
    """Node -> incoming flows of `gateway` that can be reached from there without passing it."""
    before: dict[str, set[str]] = {}
    for flow in process.flows.values():
        before.setdefault(flow.target, set()).add(flow.source)
    for node in process.nodes.values():
        if node.attached_to:
            before.setdefault(node.id, set()).add(node.attached_to)
    reach: dict[str, set[str]] = {}
    for ident in process.nodes[gateway].incoming:
        stack, seen = [process.flows[ident].source], {gateway}
        while stack:
            node_id = stack.pop()
            if node_id not in seen:
                seen.add(node_id)
                reach.setdefault(node_id, set()).add(ident)
                stack.extend(before.get(node_id, ()))
    return {node_id: frozenset(flows) for node_id, flows in reach.items()}
