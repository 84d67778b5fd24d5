"""What is wrong with the record that a process describes, and with what its steps do to it, told like everything else that
stands in the way of publishing."""

from __future__ import annotations

from collections.abc import Iterator

import feel
from crm.custom.types import CustomType, faults_of, read_type
from feel import parser, tree
from workflows.engine import Bundle, BundleRefused, Node, Problem, expressions
from workflows.engine.bundle import RECORD_NAME
from workflows.engine.linting.report import label
from workflows.engine.reading import read_diagram
from workflows.engine.texts import N_

# Operations on the record of the process itself begin so.
OWN = "records/"
# A larger diagram is only looked at where time and memory are bounded; its steps then tell what is wrong when they are done.
LARGEST = 300_000


def record_problems(bundle: Bundle) -> list[Problem]:
    """The faults of `record.json`, and of the steps that write to the record; none where no step does and none is described."""
    try:
        described = bundle.record
    except BundleRefused as refused:
        return list(refused.problems)
    if described is None:
        return list(_writing_to(bundle, None))
    faults = [Problem(None, fault.source, dict(fault.values), file=RECORD_NAME) for fault in faults_of(described)]
    return faults or list(_writing_to(bundle, read_type(described)))


def _writing_to(bundle: Bundle, sort: CustomType | None) -> Iterator[Problem]:
    """What steps of the machine do to the record that cannot be done."""
    try:
        name, raw = bundle.bpmn
        if OWN.encode() not in raw or len(raw) > LARGEST:
            return
        nodes = read_diagram(raw, name).nodes.values()
    except BundleRefused:
        return
    for node in nodes:
        operation = node.operator.name if node.operator is not None else ""
        if not operation.startswith(OWN):
            continue
        if sort is None:
            message = N_("{element} writes to a record, but the process describes none; describe one under “Record”.")
            yield Problem(node.id, message, {"element": label(node)})
        elif operation == "records/set_state":
            yield from _in_state(node, sort)
        elif operation == "records/keep":
            yield from _kept(node, sort)


def _in_state(node: Node, sort: CustomType) -> Iterator[Problem]:
    root = _formula(node, "state")
    if not isinstance(root, tree.Literal) or not isinstance(root.value, str) or sort.state(root.value) is not None:
        return
    message = N_("{element} puts the record into the state “{state}”, which it does not have; choose one of {known}.")
    known = ", ".join(each.key for each in sort.states)
    yield Problem(node.id, message, {"element": label(node), "state": root.value[:40], "known": known})


def _kept(node: Node, sort: CustomType) -> Iterator[Problem]:
    root = _formula(node, "values")
    if not isinstance(root, tree.ContextLiteral):
        return
    for name in sorted({*root.keys} - {each.name for each in sort.fields}):
        message = N_("{element} keeps “{field}” in the record, which has no such field; describe it under “Record”.")
        yield Problem(node.id, message, {"element": label(node), "field": name[:40]})


def _formula(node: Node, parameter: str) -> tree.Node | None:
    """What stands in a parameter; None where it cannot be read, which is told elsewhere."""
    given = dict(node.operator.parameters).get(parameter, "") if node.operator is not None else ""
    try:
        return parser.parse_expression(expressions.source(given))
    except (feel.FeelError, RecursionError):
        return None
