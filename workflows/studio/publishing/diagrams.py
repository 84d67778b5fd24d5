"""What differs between two diagrams: every field that the engine reads, what only explains, and where it is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from lxml import etree

from crm.core.i18n import Text, text
from workflows.engine.diagram import Diagram, EventMark, Flow, Node, Operator, Process, Repetition
from workflows.engine.reading import read_diagram
from workflows.engine.safe_xml import read_xml
from workflows.studio.publishing import drawn
from workflows.studio.publishing.found import ADDED, CHANGED, MOVED, REMOVED, Found, Value, Way, changed
from workflows.studio.publishing.words import (
    EVENT_WORDS,
    NODE_WORDS,
    PROPERTY_WORDS,
    REPETITION_WORDS,
    TIMER_WORDS,
    kind_of,
    property_called,
)

T = TypeVar("T")
# Said by fields of the node itself.
READ_AS_FIELDS = frozenset({"role", "formKey", "resultVariable"})
PLACE = text("Place in the drawing")
LOOK = text("Look in the drawing")
OTHER = text("Other details")
AMONG = text("Name")


def diagram_differences(old: tuple[str, bytes], new: tuple[str, bytes]) -> Iterator[Found]:
    """Raises BundleRefused where one of the two cannot be read."""
    before, after = read_diagram(old[1], old[0]), read_diagram(new[1], new[0])
    roots = read_xml(old[1], old[0]), read_xml(new[1], new[0])
    said: set[str] = set()
    for each in _meant(before, after):
        if each.element is not None:
            said.add(each.element)
        yield each
    for each in _beside(before, after, *roots, said):
        yield each
    yield from _drawn(before, after, *roots)


def _meant(before: Diagram, after: Diagram) -> Iterator[Found]:
    for was, now in _pairs(before.processes, after.processes):
        if was is not None and now is not None:
            yield from _process(was, now, sub=now.parent is not None)
        elif (one := now or was) is not None and one.parent is None:
            yield _one_side(one.id, text("Process"), one.name, was is None)
    for name, was_pool, now_pool in _named(before.participants, after.participants):
        if was_pool is None or now_pool is None:
            yield _one_side(name, text("Pool"), now_pool or was_pool or "", was_pool is None)
        else:
            yield from changed(name, AMONG, was_pool, now_pool, now_pool)
    for was_lane, now_lane in _pairs({e.id: e for e in before.lanes}, {e.id: e for e in after.lanes}):
        if was_lane is not None and now_lane is not None:
            yield from changed(now_lane.id, AMONG, was_lane.name, now_lane.name, now_lane.name)
            yield from changed(now_lane.id, NODE_WORDS["role"], was_lane.role, now_lane.role, now_lane.name)
        elif (lane := now_lane or was_lane) is not None:
            yield _one_side(lane.id, text("Lane"), lane.name, was_lane is None)
    for was_node, now_node in _pairs(before.nodes, after.nodes):
        if was_node is not None and now_node is not None:
            yield from _node(was_node, now_node, before, after)
        elif (node := now_node or was_node) is not None:
            yield _one_side(node.id, kind_of(node), node.name, was_node is None)
    for was_flow, now_flow in _pairs(before.flows, after.flows):
        if was_flow is not None and now_flow is not None:
            yield from _flow(was_flow, now_flow, before, after)
        elif now_flow is not None:
            yield Found(ADDED, now_flow.id, text("Flow"), "", _way(now_flow, after), _flow_name(now_flow, after))
        elif was_flow is not None:
            yield Found(REMOVED, was_flow.id, text("Flow"), _way(was_flow, before), "", _flow_name(was_flow, before))


def _pairs(old: Mapping[str, T], new: Mapping[str, T]) -> Iterator[tuple[T | None, T | None]]:
    """What stands on both sides or on one, in the order of the new side, what is gone last."""
    for ident, value in new.items():
        yield old.get(ident), value
    for ident, value in old.items():
        if ident not in new:
            yield value, None


def _named(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[tuple[str, str | None, str | None]]:
    for ident in {**new, **old}:
        yield ident, old.get(ident), new.get(ident)


def _one_side(ident: str, what: Text, name: str, is_new: bool) -> Found:
    told = name or ident
    return Found(ADDED, ident, what, "", told, told) if is_new else Found(REMOVED, ident, what, told, "", told)


def _process(was: Process, now: Process, *, sub: bool) -> Iterator[Found]:
    if not sub:
        yield from changed(now.id, AMONG, was.name, now.name, now.name)
        yield from changed(now.id, NODE_WORDS["documentation"], was.documentation, now.documentation, now.name)
        yield from changed(now.id, text("Can run"), was.executable, now.executable, now.name)
    yield from changed(now.id, text("Variables handed in"), _list(was.inputs), _list(now.inputs), now.name)
    yield from changed(now.id, text("Variables given back"), _list(was.outputs), _list(now.outputs), now.name)
    if was.ad_hoc is not None and now.ad_hoc is not None:
        yield from changed(now.id, text("Over as soon as"), was.ad_hoc.condition, now.ad_hoc.condition, now.name)
        yield from changed(now.id, text("Withdraw what is still open then"), was.ad_hoc.cancels_rest, now.ad_hoc.cancels_rest, now.name)  # fmt: skip
        yield from changed(now.id, text("One after the other"), was.ad_hoc.in_turn, now.ad_hoc.in_turn, now.name)


def _list(names: tuple[str, ...] | None) -> str:
    return ", ".join(names or ())


def _node(was: Node, now: Node, before: Diagram, after: Diagram) -> Iterator[Found]:
    name = now.name or was.name or now.id
    if kind_of(was) != kind_of(now):
        yield Found(CHANGED, now.id, text("Kind"), kind_of(was), kind_of(now), name)
    plain = ("name", "lane", "form_key", "documentation", "interrupting", "all_events", "called", "result_variable",
             "script", "script_format", "pre_script", "post_script")  # fmt: skip
    for field in plain:
        yield from changed(now.id, NODE_WORDS[field], getattr(was, field), getattr(now, field), name)
    yield from changed(now.id, NODE_WORDS["role"], was.properties.get("role"), now.properties.get("role"), name)
    if was.process != now.process:
        scopes = _called(was.process, before), _called(now.process, after)
        yield from changed(now.id, text("Inside of"), *scopes, name)
    if was.attached_to != now.attached_to:
        yield from changed(now.id, text("Attached to"), _called(was.attached_to, before), _called(now.attached_to, after), name)  # fmt: skip
    ways = _default(was, before), _default(now, after)
    if was.default_flow != now.default_flow:
        if ways[0] == ways[1] and was.default_flow in after.flows:
            # Two flows lead the same way: only their ids tell them apart.
            ways = was.default_flow or "", now.default_flow or ""
        yield from changed(now.id, text("The way when no condition holds"), ways[0], ways[1], name)
    yield from _events(now.id, was.events, now.events, name)
    yield from _repetition(now.id, was.repetition, now.repetition, name)
    yield from _operator(now.id, was.operator, now.operator, name)
    yield from _words(now.id, was, now, name)


def _default(node: Node, diagram: Diagram) -> str:
    flow = diagram.flows.get(node.default_flow or "")
    return _way(flow, diagram) if flow is not None else ""


def _called(ident: str | None, diagram: Diagram) -> str:
    if ident is None:
        return ""
    node, process = diagram.nodes.get(ident), diagram.processes.get(ident)
    lanes = {lane.id: lane.name for lane in diagram.lanes}
    drawn = (node.name if node is not None else "") or (process.name if process is not None else "")
    return drawn or lanes.get(ident) or diagram.participants.get(ident) or ident


def _events(ident: str, was: tuple[EventMark, ...], now: tuple[EventMark, ...], name: str) -> Iterator[Found]:
    for index in range(max(len(was), len(now))):
        old = was[index] if index < len(was) else EventMark("")
        new = now[index] if index < len(now) else EventMark("")
        if old.kind == new.kind == "timer" and old.timer_kind != new.timer_kind:
            kind, other = (TIMER_WORDS.get(each.timer_kind, text("Timer")) for each in (old, new))
            yield Found(CHANGED, ident, text("Kind of the timer"), kind, other, name)
        for field in fields(EventMark):
            if field.name in ("kind", "timer_kind"):
                continue
            if field.name == "text" and new.kind not in ("timer", "conditional"):
                # The id of a declaration: what it says is compared by its name.
                continue
            what = TIMER_WORDS.get(new.timer_kind) if field.name == "text" and new.timer_kind else None
            yield from changed(
                ident, what or EVENT_WORDS[field.name], getattr(old, field.name) or "", getattr(new, field.name) or "", name
            )  # fmt: skip


def _repetition(ident: str, was: Repetition | None, now: Repetition | None, name: str) -> Iterator[Found]:
    for field in fields(Repetition):
        old, new = (None if each is None else getattr(each, field.name) or None for each in (was, now))
        yield from changed(ident, REPETITION_WORDS[field.name], old, new, name)


def _operator(ident: str, was: Operator | None, now: Operator | None, name: str) -> Iterator[Found]:
    old, new = was or Operator(""), now or Operator("")
    yield from changed(ident, text("Operation"), old.name, new.name, name)
    for parameter, before, after in _named(dict(old.parameters), dict(new.parameters)):
        yield from changed(ident, text("Value of {parameter}", parameter=parameter), before or "", after or "", name)


def _words(ident: str, was: Node, now: Node, name: str) -> Iterator[Found]:
    """Words of our own and of other tools at an element that no field has said."""
    said = {(getattr(was, field), getattr(now, field)) for field in ("pre_script", "post_script", "called", "script")}
    for key, before, after in _named(was.extensions, now.extensions):
        if key not in READ_AS_FIELDS and (before, after) not in said:
            yield from changed(ident, PROPERTY_WORDS.get(key) or property_called(key), before or "", after or "", name)


def _flow(was: Flow, now: Flow, before: Diagram, after: Diagram) -> Iterator[Found]:
    name = _flow_name(now, after)
    yield from changed(now.id, AMONG, was.name, now.name, name)
    yield from changed(now.id, EVENT_WORDS["text"], was.condition, now.condition, name)
    if (was.source, was.target) != (now.source, now.target):
        yield Found(CHANGED, now.id, text("Leads"), _way(was, before), _way(now, after), name)


def _way(flow: Flow, diagram: Diagram) -> Way:
    return Way(_called(flow.source, diagram), _called(flow.target, diagram))


def _flow_name(flow: Flow, diagram: Diagram) -> str:
    return flow.name or _way(flow, diagram)


def _beside(before: Diagram, after: Diagram, old: Any, new: Any, said: set[str]) -> Iterator[Found]:
    """What the fields do not say: notes, declarations, and details at elements that none of our fields reads."""
    known = frozenset(
        {*before.nodes, *after.nodes, *before.flows, *after.flows, *before.participants, *after.participants}
        | {lane.id for lane in (*before.lanes, *after.lanes)}
        | {*before.processes, *after.processes}
    )
    was, now = dict(drawn.explaining(old, known)), dict(drawn.explaining(new, known))
    for one, other in _pairs(was, now):
        element = other if other is not None else one
        if element is None:
            continue
        ident, what = element.get("id"), _sort(element)
        if one is None or other is None:
            yield _one_side(ident, what, _spoken(element) or ident, one is None)
        elif drawn.meaning(one) != drawn.meaning(other):
            yield Found(CHANGED, ident, what, _spoken(one), _spoken(other), _spoken(other) or ident)
    elements = drawn.by_id(old), drawn.by_id(new)
    for ident in (*after.nodes, *after.flows):
        if ident in said or ident not in elements[0] or ident not in elements[1]:
            continue
        leave = known - {ident}
        if drawn.meaning(elements[0][ident], leave) != drawn.meaning(elements[1][ident], leave):
            yield Found(CHANGED, ident, OTHER, name=_called(ident, after))


def _sort(element: Any) -> Text:
    words: dict[str, Text] = {
        "textAnnotation": text("Note"),
        "association": text("Line to a note"),
        "group": text("Group"),
        "dataObject": text("Data object"),
        "dataObjectReference": text("Data object"),
        "dataStore": text("Data store"),
        "dataStoreReference": text("Data store"),
        "message": text("Message"),
        "signal": text("Signal"),
        "error": text("Error"),
        "escalation": text("Escalation"),
        "messageFlow": text("Message flow"),
    }
    return words.get(etree.QName(element).localname) or text("Other element")


def _spoken(element: Any) -> str:
    """What an element that only explains says."""
    note = element.find(f"{drawn.BPMN}text")
    words = (note.text or "") if note is not None else element.get("name") or element.get("errorCode") or ""
    return str(words).strip()


def _drawn(before: Diagram, after: Diagram, old: Any, new: Any) -> Iterator[Found]:
    was, now = drawn.places(old), drawn.places(new)
    for ident, (spots, look) in now.items():
        if ident not in was:
            continue
        flow = after.flows.get(ident)
        name: Value = _flow_name(flow, after) if flow is not None else _called(ident, after)
        if spots != was[ident][0]:
            yield Found(MOVED, ident, PLACE, name=name)
        elif look != was[ident][1]:
            yield Found(MOVED, ident, LOOK, name=name)
