"""Start events that begin a case by themselves: by a message, a signal or the clock, without anybody who answers a form."""

from __future__ import annotations

from workflows.engine.assignees import AssigneeKind, Base
from workflows.engine.diagram import USER_KINDS, Node, Process
from workflows.engine.linting.report import Report, label
from workflows.engine.texts import N_

LONGEST_NAME = 120
BY_INITIATOR = frozenset({AssigneeKind.INITIATOR, AssigneeKind.SUPERIOR, AssigneeKind.DEPARTMENT_HEAD})


def check_beginning(node: Node, process: Process, report: Report) -> None:
    """What the event itself says, whether another one listens to the same, and what a case misses that begins there."""
    if len(node.events) > 1:
        message = N_("{element} begins a case by several events at once; draw a start event for each of them.")
        report.error(node.id, message, element=label(node))
        return
    event = node.events[0]
    if event.name and len(event.name) > LONGEST_NAME:
        message = N_("The name of the message or signal of {element} has more than {longest} characters; shorten it.")
        report.error(node.id, message, element=label(node), longest=LONGEST_NAME)
    if node.form_key:
        message = N_("{element} begins a case by itself, and nobody answers its form; take the form away.")
        report.error(node.id, message, element=label(node))
    others = [other for other in process.nodes.values() if other.kind == "startEvent" and other.id != node.id]
    for other in others:
        if event.name and any(mark.kind == event.kind and mark.name == event.name for mark in other.events):
            message = N_(
                "{element} and {other} begin a case by the same event; keep one, and choose the way by a gateway."
            )
            report.error(node.id, message, element=label(node), other=label(other))
        elif other.form_key and not other.events:
            message = N_(
                "A case that begins at {element} has no answers of the form {form}; do not rely on them there."
            )
            report.warn(node.id, message, element=label(node), form=other.form_key)
    if event.kind == "timer":
        _check_without_initiator(node, process, report)


def _check_without_initiator(node: Node, process: Process, report: Report) -> None:
    """The clock is nobody: steps for whoever began the case go to a role."""
    for task in process.nodes.values():
        if task.kind not in USER_KINDS:
            continue
        said = {name: value.strip() for name, value in task.extensions.items()}
        by_rule = said.get("assign") in BY_INITIATOR and said.get("assignOf", "") in ("", Base.INITIATOR)
        if by_rule or "initiator_id" in said.get("assignee", ""):
            message = N_(
                "{task} is for whoever began the case, which nobody did when the clock does it at {element}; its role gets it then."
            )
            report.warn(task.id, message, element=label(node), task=label(task))
