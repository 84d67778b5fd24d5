"""Each element for itself: is its kind supported, and has it what its kind needs?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from workflows.engine.decision_model import SINGLE_HIT
from workflows.engine.decisions import Decisions
from workflows.engine.diagram import NESTED_KINDS, USER_KINDS, Diagram, Node, Process
from workflows.engine.linting.events import BORDERED, CURES, check_events
from workflows.engine.linting.report import Report, label
from workflows.engine.specs.countersign import PROPERTIES, percent_of
from workflows.engine.texts import N_

NODE_KINDS = frozenset({
    "startEvent", "endEvent", "boundaryEvent", "intermediateCatchEvent", "intermediateThrowEvent", "userTask",
    "manualTask", "task", "scriptTask", "serviceTask", "sendTask", "receiveTask", "businessRuleTask",
    "exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway", *NESTED_KINDS,
})  # fmt: skip
MANY_WAYS = frozenset({"exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway"})
REPEATABLE = BORDERED - {"receiveTask"}

# Those that reckon something before and after what they do.
SCRIPTED = frozenset({*USER_KINDS, "scriptTask", "serviceTask", "businessRuleTask", *NESTED_KINDS})


@dataclass(frozen=True)
class Operation:
    """An operation that service tasks may call: `service/record_handling` with the names of what goes in and out."""

    name: str
    parameters: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    results: tuple[str, ...] = ()


@dataclass(frozen=True)
class Surroundings:
    """What the bundle may refer to. None where it is not known and therefore not checked."""

    forms: Collection[str]
    decisions: Decisions
    operations: Mapping[str, Operation] | None = None
    roles: Collection[str] | None = None


def check_elements(diagram: Diagram, around: Surroundings, report: Report) -> None:
    for process in diagram.used():
        for node in process.nodes.values():
            if not _check_kind(node, report):
                continue
            if node.moves_data:
                message = N_("The data arrows at {element} are drawing only; all variables are visible to every step.")
                report.warn(node.id, message, element=label(node))
            _check_scripts_beside(node, report)
            _check_ways(node, process, report)
            check_events(node, process, diagram, report)
            _check_repetition(node, report)
            _check_countersign(node, report)
            if node.kind in USER_KINDS:
                _check_human(node, around, report)
            elif node.kind == "startEvent":
                _check_start(node, process, diagram, around, report)
            elif node.kind == "serviceTask" or (node.kind == "sendTask" and node.operator is not None):
                _check_service(node, around, report)
            elif node.kind == "businessRuleTask":
                _check_rule(node, around, report)
            elif node.kind == "callActivity":
                _check_call(node, diagram, report)
            elif node.kind == "scriptTask":
                _check_script(node, report)


def _check_kind(node: Node, report: Report) -> bool:
    if node.kind == "task":
        message = N_("The task {element} has no kind and is for a person; choose a kind if the machine should do it.")
        report.warn(node.id, message, element=label(node))
    if node.kind in CURES:
        report.error(node.id, CURES[node.kind], element=label(node))
    elif node.kind not in NODE_KINDS:
        message = N_(
            "{element} is of the kind {kind}, which is not supported; draw it with tasks, events and gateways."
        )
        report.error(node.id, message, element=label(node), kind=node.kind)
    else:
        return True
    return False


def _check_scripts_beside(node: Node, report: Report) -> None:
    runs = node.kind in SCRIPTED or (node.kind == "sendTask" and node.operator is not None)
    if (node.pre_script or node.post_script) and not runs:
        message = N_("{element} has a script before or after it, which runs at tasks only; draw a script task for it.")
        report.warn(node.id, message, element=label(node))


def _check_ways(node: Node, process: Process, report: Report) -> None:
    if len(node.outgoing) > 1 and node.kind not in MANY_WAYS:
        message = N_("{count} flows leave {element}; let one flow lead to a gateway and the others leave from there.")
        report.error(node.id, message, element=label(node), count=len(node.outgoing))
    if node.default_flow is not None and node.default_flow not in node.outgoing:
        message = N_("The default flow {flow} of {element} does not leave it; choose one that does.")
        report.error(node.id, message, element=label(node), flow=node.default_flow)
    if node.kind in ("exclusiveGateway", "inclusiveGateway") and len(node.outgoing) > 1:
        if node.default_flow is None:
            message = N_("The gateway {element} has no default flow; choose the one to take when no condition holds.")
            report.error(node.id, message, element=label(node))
        for ident in node.outgoing:
            if ident != node.default_flow and not process.flows[ident].condition:
                message = N_(
                    "The flow {element} out of {gateway} has no condition; write one, or make it the default flow."
                )
                report.error(ident, message, gateway=label(node))
    elif node.kind not in ("exclusiveGateway", "inclusiveGateway"):
        for ident in node.outgoing:
            if process.flows[ident].condition:
                message = N_(
                    "The flow {element} has a condition but leaves {node}, which is no gateway that chooses; add one."
                )
                report.error(ident, message, node=label(node))


def _check_repetition(node: Node, report: Report) -> None:
    repetition = node.repetition
    if repetition is None:
        return
    if node.kind not in REPEATABLE:
        report.error(
            node.id, N_("{element} cannot be repeated; take the mark of repetition away."), element=label(node)
        )
    elif repetition.kind == "loop":
        if repetition.condition is None and repetition.maximum is None:
            message = N_("{element} repeats without end; write a condition or a maximum.")
            report.error(node.id, message, element=label(node))
        if repetition.maximum is not None and not (repetition.maximum.isdecimal() and int(repetition.maximum[:9]) > 0):
            report.error(node.id, N_("The maximum of {element} must be a whole number."), element=label(node))
    elif (repetition.collection is None) == (repetition.cardinality is None):
        message = N_("{element} needs either a list or a number of rounds to be repeated for.")
        report.error(node.id, message, element=label(node))


def _check_countersign(node: Node, report: Report) -> None:
    said = {name for name in PROPERTIES if name in node.properties}
    repetition = node.repetition
    if not said:
        return
    if "countersign" not in said:
        message = N_("{element} says who agrees, but without countersign: write all, any or a share such as 60%.")
        report.error(node.id, message, element=label(node))
    elif percent_of(node.properties["countersign"]) is None:
        message = N_("countersign of {element} must be all, any or a share such as 60%.")
        report.error(node.id, message, element=label(node))
    elif repetition is None or repetition.kind == "loop":
        message = N_("{element} has a countersign rule but is not repeated for several people; draw it as repeated.")
        report.error(node.id, message, element=label(node))
    elif repetition.condition is not None:
        message = N_("{element} has a completion condition and a countersign rule; keep one of them.")
        report.error(node.id, message, element=label(node))


def _check_human(node: Node, around: Surroundings, report: Report) -> None:
    if not node.role:
        message = N_("The task {element} has no role; give it one, or give its lane a role.")
        report.error(node.id, message, element=label(node))
    elif around.roles is not None and node.role not in around.roles:
        message = N_("The task {element} is for the role {role}, which does not exist; choose another one.")
        report.error(node.id, message, element=label(node), role=node.role)
    if node.form_key is None:
        if node.kind == "userTask":
            report.error(node.id, N_("The task {element} has no form; choose one."), element=label(node))
    else:
        _check_form(node, around, report)


def _check_form(node: Node, around: Surroundings, report: Report) -> None:
    if node.form_key not in around.forms:
        message = N_("{element} uses the form {form}, which is not in the bundle; add it or choose another one.")
        report.error(node.id, message, element=label(node), form=node.form_key)


def _check_start(node: Node, process: Process, diagram: Diagram, around: Surroundings, report: Report) -> None:
    if process.id != diagram.main:
        return
    if node.form_key is not None:
        _check_form(node, around, report)
    for role in (node.properties.get("role") or "").split(","):
        if role.strip() and around.roles is not None and role.strip() not in around.roles:
            message = N_("The role {role} that may start the process at {element} does not exist; choose another one.")
            report.error(node.id, message, element=label(node), role=role.strip())


def _check_service(node: Node, around: Surroundings, report: Report) -> None:
    operator = node.operator
    if operator is None or not operator.name:
        report.error(node.id, N_("The service task {element} has no operation; choose one."), element=label(node))
        return
    given = [name for name, _ in operator.parameters]
    if len(set(given)) < len(given):
        report.error(node.id, N_("A parameter of {element} is given twice; remove one."), element=label(node))
    if around.operations is None:
        return
    operation = around.operations.get(operator.name)
    if operation is None:
        message = N_("{element} calls the operation {operation}, which does not exist; choose another one.")
        report.error(node.id, message, element=label(node), operation=operator.name)
        return
    for name in given:
        if name not in operation.parameters:
            message = N_("{element} gives {parameter} to {operation}, which does not know it; use one of {known}.")
            known = ", ".join(operation.parameters) or "-"
            params = {"parameter": name, "operation": operator.name, "known": known}
            report.error(node.id, message, element=label(node), **params)
    for name in operation.required:
        if name not in given:
            message = N_("{element} calls {operation} without {parameter}; add this parameter.")
            report.error(node.id, message, element=label(node), operation=operator.name, parameter=name)


def _check_rule(node: Node, around: Surroundings, report: Report) -> None:
    if not node.called:
        report.error(node.id, N_("The business rule task {element} has no decision; choose one."), element=label(node))
        return
    decision = around.decisions.get(node.called)
    if decision is None:
        message = N_(
            "{element} asks for the decision {decision}, which is not in the bundle; add it or choose another one."
        )
        report.error(node.id, message, element=label(node), decision=node.called)
        return
    table = decision.table
    many = table is not None and table.hit_policy not in SINGLE_HIT and table.aggregation is None
    if many and node.result_variable is None:
        message = N_("{element} gets a list from {decision}; name a result variable for it.")
        report.error(node.id, message, element=label(node), decision=node.called)


def _check_call(node: Node, diagram: Diagram, report: Report) -> None:
    called = diagram.processes.get(node.called or "")
    if called is None or called.parent is not None:
        message = N_("{element} calls the process {called}, which is not in the bundle; add it or choose another one.")
        report.error(node.id, message, element=label(node), called=node.called or "?")


def _check_script(node: Node, report: Report) -> None:
    if (node.script_format or "feel").lower() not in ("feel", "application/feel"):
        message = N_("The script of {element} is written in {language}; write it in FEEL, as a context.")
        report.error(node.id, message, element=label(node), language=node.script_format)
    elif not node.script:
        report.error(node.id, N_("The script task {element} has no script; write one."), element=label(node))
