"""Turns the XML of a diagram into `Diagram`. Reads whatever is drawn; only what cannot be read at all is refused here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree

from workflows.engine.diagram import (
    INNER_KINDS,
    AdHoc,
    Diagram,
    EventMark,
    Flow,
    Lane,
    Node,
    Operator,
    Process,
    Repetition,
)
from workflows.engine.errors import BundleRefused, Problem
from workflows.engine.safe_xml import read_xml
from workflows.engine.texts import N_

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
SPIFF = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"

# Elements of a process that are neither nodes nor flows: they are drawing, or are read together with their owner.
SILENT = frozenset({
    "documentation", "extensionElements", "laneSet", "dataObject", "dataObjectReference", "dataStoreReference",
    "textAnnotation", "association", "group", "incoming", "outgoing", "ioSpecification", "property",
    "multiInstanceLoopCharacteristics", "standardLoopCharacteristics", "dataInputAssociation", "dataOutputAssociation",
    "artifact", "auditing", "monitoring", "supportedInterfaceRef", "correlationSubscription", "resourceRole",
    "performer", "humanPerformer", "potentialOwner", "completionCondition",
})  # fmt: skip
_TIMERS = ("timeDate", "timeDuration", "timeCycle")
_DATA_ARROWS = ("dataInputAssociation", "dataOutputAssociation", "ioSpecification")
_EVENT_END = "EventDefinition"

# Flows by their target, and by their source.
_Arrows = tuple[dict[str, list[str]], dict[str, list[str]]]


def read_diagram(raw: bytes, file: str) -> Diagram:
    """Raises BundleRefused for XML that is unsafe, malformed or no BPMN, and for ids that are missing or used twice."""
    root = read_xml(raw, file)
    if root.tag != f"{BPMN}definitions":
        message = N_(
            "{file} is not a BPMN diagram: its outermost element must be bpmn:definitions; "
            "save it as BPMN 2.0 in the tool that it comes from."
        )
        raise BundleRefused([Problem(None, message, {"file": file}, file=file)])
    _check_ids(root, file)
    return _Reader(root, file).read()


def _check_ids(root: Any, file: str) -> None:
    # inputDataItem and outputDataItem carry a variable's name as their id: two tasks may well use the same variable.
    exempt = {f"{BPMN}inputDataItem", f"{BPMN}outputDataItem"}
    ids = [e.get("id") for e in root.iter(f"{BPMN}*") if e.get("id") is not None and e.tag not in exempt]
    message = N_("The id {element} is used {count} times; give each element an id of its own.")
    twice = [
        Problem(ident, message, {"element": ident, "count": count}, file=file)
        for ident, count in Counter(ids).items()
        if count > 1
    ]
    if twice:
        raise BundleRefused(twice)


class _Reader:
    def __init__(self, root: Any, file: str) -> None:
        self.root, self.file = root, file
        self.processes: dict[str, Process] = {}
        self.nodes: dict[str, Node] = {}
        self.flows: dict[str, Flow] = {}
        self.lanes: list[Lane] = []
        self.lane_of: dict[str, tuple[str, str | None]] = {}
        self.names = {
            tag: {e.get("id"): e for e in root.iterchildren(f"{BPMN}{tag}")}
            for tag in ("message", "signal", "error", "escalation")
        }

    def read(self) -> Diagram:
        tops = list(self.root.iterchildren(f"{BPMN}process"))
        for top in tops:
            for lane_set in top.iter(f"{BPMN}laneSet"):
                for lane in lane_set.iterchildren(f"{BPMN}lane"):
                    self._lane(lane, None)
        for top in tops:
            self._process(top, None, None)
        pools = {
            pool.get("id"): (pool.get("name") or "").strip()
            for pool in self.root.iter(f"{BPMN}participant")
            if pool.get("id")
        }
        lanes = tuple(self.lanes)
        return Diagram(self.file, self._main(), self.processes, self.nodes, self.flows, lanes, pools)

    def _main(self) -> str | None:
        called = {node.called for node in self.nodes.values() if node.kind == "callActivity"}
        able = [p for p in self.processes.values() if p.parent is None and p.executable]
        # A process that calls itself counts as called; it is then still the one to look at, and refused for its loop.
        first = [p.id for p in able if p.id not in called] or [p.id for p in able]
        return first[0] if first else None

    def _lane(self, element: Any, outer_role: str | None) -> None:
        role = _properties(element).get("role") or outer_role
        name = (element.get("name") or "").strip()
        refs = tuple((ref.text or "").strip() for ref in element.iterchildren(f"{BPMN}flowNodeRef"))
        for ref in refs:
            self.lane_of[ref] = (name or element.get("id") or "", role)
        self.lanes.append(Lane(element.get("id") or "", name, role, refs))
        for inner in element.iterchildren(f"{BPMN}childLaneSet"):
            for lane in inner.iterchildren(f"{BPMN}lane"):
                self._lane(lane, role)

    def _process(self, element: Any, parent: str | None, lane: tuple[str, str | None] | None) -> None:
        ident = self._id(element)
        nodes: dict[str, Node] = {}
        flows: dict[str, Flow] = {}
        self.processes[ident] = Process(
            id=ident,
            name=(element.get("name") or "").strip() or ident,
            documentation=_documentation(element),
            executable=element.get("isExecutable", "true") == "true",
            parent=parent,
            inputs=_variables(element, "dataInput"),
            outputs=_variables(element, "dataOutput"),
            ad_hoc=_ad_hoc(element),
            nodes=nodes,
            flows=flows,
        )
        for child in element.iterchildren(f"{BPMN}sequenceFlow"):
            flow = self._flow(child, ident)
            flows[flow.id] = self.flows[flow.id] = flow
        arrows: _Arrows = ({}, {})
        for flow in flows.values():
            arrows[0].setdefault(flow.target, []).append(flow.id)
            arrows[1].setdefault(flow.source, []).append(flow.id)
        for child in element.iterchildren(f"{BPMN}*"):
            kind = etree.QName(child).localname
            if kind == "sequenceFlow" or kind in SILENT:
                continue
            node = self._node(child, kind, ident, lane, arrows)
            nodes[node.id] = self.nodes[node.id] = node
            if kind in INNER_KINDS:
                self._process(child, ident, self.lane_of.get(node.id, lane))

    def _flow(self, element: Any, process: str) -> Flow:
        condition = element.find(f"{BPMN}conditionExpression")
        return Flow(
            id=self._id(element),
            name=(element.get("name") or "").strip(),
            source=(element.get("sourceRef") or "").strip(),
            target=(element.get("targetRef") or "").strip(),
            condition=_text(condition),
            process=process,
        )

    def _node(
        self, element: Any, kind: str, process: str, outer: tuple[str, str | None] | None, arrows: _Arrows
    ) -> Node:
        ident = self._id(element)
        properties = _properties(element)
        lane, lane_role = self.lane_of.get(ident, outer or (None, None))
        operator = _operator(element)
        return Node(
            id=ident,
            name=(element.get("name") or "").strip(),
            kind=kind,
            process=process,
            lane=lane,
            role=(properties.get("role") or "").strip() or lane_role,
            form_key=(properties.get("formKey") or "").strip() or None,
            documentation=_documentation(element),
            incoming=tuple(arrows[0].get(ident, ())),
            outgoing=tuple(arrows[1].get(ident, ())),
            properties=properties,
            extensions=_words(element, properties),
            default_flow=element.get("default"),
            attached_to=element.get("attachedToRef") if kind == "boundaryEvent" else None,
            interrupting=element.get("isInterrupting" if kind == "startEvent" else "cancelActivity", "true").lower()
            == "true",
            all_events=element.get("parallelMultiple") == "true",
            events=tuple(self._events(element)),
            repetition=_repetition(element),
            operator=operator,
            called=_called(element, kind),
            result_variable=properties.get("resultVariable") or (operator.result if operator else None),
            script=_text(element.find(f"{BPMN}script")),
            script_format=element.get("scriptFormat"),
            pre_script=_extension_text(element, "preScript"),
            post_script=_extension_text(element, "postScript"),
            moves_data=any(element.find(BPMN + tag) is not None for tag in _DATA_ARROWS),
            triggered_by_event=element.get("triggeredByEvent") == "true",
        )

    def _events(self, element: Any) -> Iterator[EventMark]:
        if element.get("messageRef") is not None:
            yield self._named("message", element, element)
        for child in element.iterchildren(f"{BPMN}*"):
            local = etree.QName(child).localname
            if not local.endswith(_EVENT_END):
                continue
            kind = local.removesuffix(_EVENT_END)
            if kind == "timer":
                yield _timer(child)
            elif kind == "conditional":
                yield EventMark(kind, text=_text(child.find(f"{BPMN}condition")) or "")
            elif kind in self.names:
                yield self._named(kind, child, element)
            else:
                yield EventMark(kind)

    def _named(self, kind: str, mark: Any, owner: Any) -> EventMark:
        ref = mark.get(f"{kind}Ref")
        declared = self.names[kind].get(ref)
        name: str | None = None
        if kind in ("message", "signal"):
            name = declared.get("name") if declared is not None else (owner.get("name") if ref is None else None)
        elif declared is not None:
            name = declared.get(f"{kind}Code") or declared.get("name")
        places = [place for place in (mark, declared) if place is not None]
        return EventMark(
            kind,
            name=(name or "").strip() or None,
            text=ref or "",
            variable=_first(places, ("messageVariable", "variableName")),
            payload=_first(places, ("messagePayload", "payloadExpression")),
        )

    def _id(self, element: Any) -> str:
        ident = (element.get("id") or "").strip()
        if not ident:
            message = N_("An element of the kind {kind} ({name}) has no id; give it one.")
            params = {"kind": etree.QName(element).localname, "name": element.get("name") or "?"}
            raise BundleRefused([Problem(None, message, params, file=self.file)])
        return ident


def _text(element: Any) -> str | None:
    if element is None:
        return None
    return (element.text or "").strip() or None


def _documentation(element: Any) -> str:
    return _text(element.find(f"{BPMN}documentation")) or ""


def _extensions(element: Any) -> Any:
    found = element.find(f"{BPMN}extensionElements")
    return () if found is None else found


def _properties(element: Any) -> dict[str, str]:
    return {
        (prop.get("name") or ""): (prop.get("value") or "")
        for group in _extensions(element)
        if group.tag == f"{SPIFF}properties"
        for prop in group.iterchildren(f"{SPIFF}property")
    }


def _variables(process: Any, tag: str) -> tuple[str, ...] | None:
    """Ids of what a process says that it takes in or gives back; None where it says nothing."""
    found = [
        part.get("id") or ""
        for spec in process.iterchildren(f"{BPMN}ioSpecification")
        for part in spec.iterchildren(BPMN + tag)
    ]
    return tuple(found) or None


def _ad_hoc(element: Any) -> AdHoc | None:
    if element.tag != f"{BPMN}adHocSubProcess":
        return None
    return AdHoc(
        condition=_text(element.find(f"{BPMN}completionCondition")),
        cancels_rest=element.get("cancelRemainingInstances", "true") == "true",
        in_turn=element.get("ordering") == "Sequential",
    )


def _words(element: Any, properties: dict[str, str]) -> dict[str, str]:
    """What is said at the element beyond BPMN, by name. The tags of BPMN and of drawing tools' structures say nothing."""
    attributes = {etree.QName(name).localname: value for name, value in element.attrib.items() if name.startswith("{")}
    texts = {
        etree.QName(child).localname: text
        for child in _extensions(element)
        if isinstance(child.tag, str) and not len(child) and (text := _text(child))
    }
    return {**attributes, **texts, **properties}


def _extension_text(element: Any, name: str) -> str | None:
    for child in _extensions(element):
        if child.tag == SPIFF + name:
            return _text(child)
    return None


def _first(places: list[Any], names: tuple[str, ...]) -> str | None:
    for place in places:
        for name in names:
            found = place.find(f".//{SPIFF}{name}")
            if found is not None and _text(found):
                return _text(found)
    return None


def _called(element: Any, kind: str) -> str | None:
    if kind == "callActivity":
        return element.get("calledElement") or None
    if kind == "businessRuleTask":
        return _extension_text(element, "calledDecisionId")
    return None


def _operator(element: Any) -> Operator | None:
    for child in _extensions(element):
        if child.tag == f"{SPIFF}serviceTaskOperator":
            parameters = tuple(
                ((p.get("id") or "").strip(), p.get("value") or "") for p in child.iter(f"{SPIFF}parameter")
            )
            return Operator(
                (child.get("id") or "").strip(), parameters, (child.get("resultVariable") or "").strip() or None
            )
    return None


def _timer(element: Any) -> EventMark:
    for kind in _TIMERS:
        found = element.find(BPMN + kind)
        if found is not None:
            return EventMark("timer", text=_text(found) or "", timer_kind=kind)
    return EventMark("timer")


def _repetition(element: Any) -> Repetition | None:
    many = element.find(f"{BPMN}multiInstanceLoopCharacteristics")
    if many is not None:
        part: Callable[[str], str | None] = lambda name: _text(many.find(BPMN + name))  # noqa: E731 -- read eight times
        return Repetition(
            "sequential" if many.get("isSequential") == "true" else "parallel",
            collection=part("loopDataInputRef"),
            cardinality=part("loopCardinality"),
            item=_item_name(many.find(f"{BPMN}inputDataItem")),
            output=part("loopDataOutputRef"),
            output_item=_item_name(many.find(f"{BPMN}outputDataItem")),
            condition=part("completionCondition"),
        )
    loop = element.find(f"{BPMN}standardLoopCharacteristics")
    if loop is not None:
        return Repetition(
            "loop",
            condition=_text(loop.find(f"{BPMN}loopCondition")),
            maximum=loop.get("loopMaximum"),
            test_before=loop.get("testBefore") == "true",
        )
    return None


def _item_name(element: Any) -> str | None:
    return None if element is None else (element.get("name") or element.get("id"))
