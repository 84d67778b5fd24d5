"""Which variables an element of a diagram can count on, as far as the files tell it: what forms, decisions, scripts,
operations and messages before it leave behind.

More is named than may be there in every case, because a step may be passed by; nothing is left out that a file tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import feel
import forms
from feel import parser, tree
from workflows.engine import Bundle, BundleRefused, Node, expressions
from workflows.engine.decision_reading import read_decisions
from workflows.engine.decisions import Decisions
from workflows.engine.diagram import NESTED_KINDS, Diagram
from workflows.engine.timers import LOOKS_ISO
from workflows.registry import registry

# What every case knows from its first moment.
OWN = (("initiator_id", "number"), ("started_at", "date and time"))
TYPES = {
    "number": "number",
    "checkbox": "boolean",
    "checklist": "list",
    "taglist": "list",
    "filepicker": "list",
    "dynamiclist": "list",
}
# Fields whose answer is one of their options.
ONE_OF = frozenset({"radio", "select"})
MOMENTS = {"time": "time", "datetime": "date and time"}


@dataclass(frozen=True)
class Variable:
    """A name that expressions may read. `type` is FEEL's word, or "any"; `origin` the element that leaves it behind, or ""
    where it comes with the case. An answer of a form has the `label` of its field, and where it is one of a few the `values`
    with their labels."""

    name: str
    type: str
    origin: str
    label: str = field(default="", compare=False)
    values: tuple[tuple[str | bool, str], ...] = field(default=(), compare=False)


def known_variables(diagram: Diagram, bundle: Bundle, element: str | None) -> list[Variable]:
    """The variables before an element (a node or a flow), by name; without an element those of the whole process."""
    decisions, _ = read_decisions(bundle.dmn)
    before = list(diagram.nodes) if element is None else nodes_before(diagram, element)
    found: dict[str, Variable] = {name: Variable(name, kind, "") for name, kind in OWN}
    for ident in before:
        node = diagram.nodes[ident]
        for name, kind in _left_by(node, bundle, decisions):
            if name not in found or (found[name].type == "any" and kind != "any"):
                label, values = _asked(bundle, node.form_key, name)
                found[name] = Variable(name, kind, ident, label, values)
    for process in diagram.processes.values():
        for name in process.inputs or ():
            found.setdefault(name, Variable(name, "any", process.id))
    return sorted(found.values(), key=lambda variable: variable.name)


def nodes_before(diagram: Diagram, element: str) -> list[str]:
    """The nodes from which an element can be reached, and the element's own node, nearest first."""
    flow = diagram.flows.get(element)
    first = flow.source if flow is not None else element
    callers: dict[str, list[str]] = {}
    for node in diagram.nodes.values():
        if node.kind == "callActivity" and node.called:
            callers.setdefault(node.called, []).append(node.id)
    ways = {ident: diagram.flows[ident].source for ident in diagram.flows}
    seen: dict[str, None] = {}
    queue = [first] if first in diagram.nodes else []
    while queue:
        ident = queue.pop(0)
        if ident in seen:
            continue
        seen[ident] = None
        node = diagram.nodes[ident]
        queue += [ways[arrow] for arrow in node.incoming if arrow in ways and ways[arrow] in diagram.nodes]
        if node.attached_to in diagram.nodes:
            queue.append(str(node.attached_to))
        if node.kind in NESTED_KINDS and ident != first:
            queue += _inside(diagram, node)
        # What is inside of another step knows what that step knew.
        if node.process in diagram.nodes:
            queue.append(node.process)
        queue += callers.get(node.process, [])
    return list(seen)


def names_read(diagram: Diagram, decisions: Mapping[str, bytes] | None = None) -> set[str]:
    """The names that the expressions of a diagram read. In a process that runs, each of them comes from somewhere."""
    found: set[str] = set()
    for text in _expressions(diagram):
        # Times stand as they are where a formula could; so do their letters, which are no names.
        if LOOKS_ISO.match(expressions.source(text)):
            continue
        try:
            found |= expressions.parse(text).names
        except feel.FeelError:
            continue
    for decision in read_decisions(decisions or {})[0]:
        if decision.table is not None:
            for column in decision.table.inputs:
                found |= column.expression.names
    return found


def read_form(bundle: Bundle, key: str | None) -> forms.FormDescription | None:
    """A form of a bundle; None while it cannot be read."""
    try:
        schema = bundle.forms.get(key or "")
        return forms.read(schema) if schema is not None else None
    except (BundleRefused, forms.FormRefused):
        return None


def _inside(diagram: Diagram, node: Node) -> list[str]:
    process = diagram.processes.get((node.called if node.kind == "callActivity" else node.id) or "")
    return list(process.nodes) if process is not None else []


def _left_by(node: Node, bundle: Bundle, decisions: Decisions) -> Iterator[tuple[str, str]]:
    yield from _of_form(bundle, node.form_key)
    for script in (node.script, node.pre_script, node.post_script):
        yield from ((name, "any") for name in _entries(script or ""))
    if node.result_variable:
        yield node.result_variable, "any"
    if node.kind == "businessRuleTask" and not node.result_variable:
        yield from ((name, "any") for name in _outputs(decisions, node.called))
    if node.operator is not None and not node.operator.result:
        operation = registry().operations.get(node.operator.name)
        yield from ((name, "any") for name in (operation.results if operation is not None else ()))
    for event in node.events:
        if event.variable:
            yield event.variable, "any"
    if node.repetition is not None:
        yield from ((name, "any") for name in (node.repetition.item,) if name)
        yield from ((name, "list") for name in (node.repetition.output,) if name)
    if agreed := node.properties.get("countersignResult", "").strip():
        yield agreed, "boolean"


def _of_form(bundle: Bundle, key: str | None) -> Iterator[tuple[str, str]]:
    described = read_form(bundle, key)
    if described is None:
        return
    for entry in described.fields:
        name, *below = entry.path.split(".")
        if below or name.endswith("[]"):
            yield name.removesuffix("[]"), "list" if name.endswith("[]") else "context"
        elif entry.type == "datetime":
            yield name, MOMENTS.get(str(entry.spec.get("subtype")), "date")
        else:
            yield name, TYPES.get(entry.type, "text")


def _asked(bundle: Bundle, key: str | None, name: str) -> tuple[str, tuple[tuple[str | bool, str], ...]]:
    """What a form calls this variable, and what it offers for it: the options of a choice of one, yes and no."""
    described = read_form(bundle, key)
    entry = next((each for each in described.fields if each.path == name), None) if described is not None else None
    if entry is None:
        return "", ()
    if entry.type == "checkbox":
        return entry.label, ((True, ""), (False, ""))
    options = entry.spec.get("values")
    if entry.type not in ONE_OF or entry.choice_source is not None or not isinstance(options, list):
        return entry.label, ()
    pairs = ((each.get("value"), each.get("label")) for each in options if isinstance(each, dict))
    return entry.label, tuple((value, str(label or value)) for value, label in pairs if isinstance(value, str))


def _entries(script: str) -> tuple[str, ...]:
    """The names that a script gives values to."""
    try:
        root = parser.parse_expression(script) if script else None
    except (feel.FeelError, RecursionError):
        return ()
    return root.keys if isinstance(root, tree.ContextLiteral) else ()


def _outputs(decisions: Decisions, ident: str | None) -> tuple[str, ...]:
    decision = decisions.get(ident or "")
    if decision is None:
        return ()
    return (decision.variable,) if decision.table is None else tuple(column.name for column in decision.table.outputs)


def _expressions(diagram: Diagram) -> Iterator[str]:
    for flow in diagram.flows.values():
        yield flow.condition or ""
    for node in diagram.nodes.values():
        yield from (text or "" for text in (node.script, node.pre_script, node.post_script))
        yield from (node.properties.get(name, "") for name in ("assignee", "candidates", "priority", "dueDate"))
        yield from (event.payload or event.text for event in node.events)
        if node.operator is not None:
            yield from (text for _, text in node.operator.parameters)
        if node.repetition is not None:
            yield from (node.repetition.collection or "", node.repetition.condition or "")
