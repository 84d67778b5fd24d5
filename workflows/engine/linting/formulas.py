"""Every formula of the diagram must be FEEL, every timer a time, every script a context. Python is named as such."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import feel
from workflows.engine import expressions, timers
from workflows.engine.diagram import Diagram, EventMark, Node, Process
from workflows.engine.errors import StepRefused
from workflows.engine.linting.report import Report, label
from workflows.engine.specs.repetition import MAX_ROUNDS
from workflows.engine.texts import N_

MAX_FORMULA = 20_000
PYTHON = re.compile(
    r"(^|\n)\s*(import |from \w+ import|def |for .*:\s*$|while |if .*:\s*$|\w+\s*=\s*[^=]|print\s*\()|__|\blambda\b",
    re.M,
)
JUEL = re.compile(r"^\s*[$#]\{.*\}\s*$", re.S)
EXAMPLE = "{ total: price * quantity }"
_SAMPLE_TIME = datetime(2026, 1, 31, 12, tzinfo=UTC)


def check_formulas(diagram: Diagram, report: Report) -> None:
    for process in diagram.used():
        _check_process(process, report)


def _check_process(process: Process, report: Report) -> None:
    if process.ad_hoc is not None and process.ad_hoc.condition:
        parse(process.id, process.name, process.ad_hoc.condition, report)
    for node in process.nodes.values():
        for what, text in _formulas(node):
            parse(node.id, f"{label(node)} · {what}" if what else label(node), text, report)
        for event in node.events:
            if event.kind == "timer":
                _check_timer(node, event, report)
        for script in (node.script if node.kind == "scriptTask" else None, node.pre_script, node.post_script):
            if script:
                _check_script(node, script, report)
        _check_priority(node, report)
        _check_rounds(node, report)
    for flow in process.flows.values():
        if flow.condition:
            parse(flow.id, f"{flow.name} ({flow.id})" if flow.name else flow.id, flow.condition, report)


def _formulas(node: Node) -> Iterator[tuple[str, str]]:
    """The formulas of an element, each with the name of its property or parameter where it has one."""
    for name in ("assignee", "candidates", "priority", "countersignAgree"):
        if node.properties.get(name, "").strip():
            yield name, node.properties[name]
    due = expressions.source(node.properties.get("dueDate", ""))
    if due and not timers.DURATION.fullmatch(due) and not timers.MOMENT.fullmatch(due):
        yield "dueDate", due
    if node.operator is not None:
        yield from node.operator.parameters
    for event in node.events:
        if event.payload:
            yield "", event.payload
        if event.kind == "conditional" and event.text:
            yield "", event.text
    repetition = node.repetition
    if repetition is not None:
        for text in (repetition.collection, repetition.cardinality, repetition.condition):
            if text:
                yield "", text


def parse(element: str, name: str, text: str, report: Report) -> feel.Expression | None:
    """The expression, or None with the fault reported. `name` is how people call the place."""
    if len(text) > MAX_FORMULA:
        message = N_("{element}: the expression is too long; shorten it to at most {limit} characters.")
        report.error(element, message, element=name, limit=MAX_FORMULA)
    elif not expressions.source(text):
        report.error(element, N_("{element}: the expression is empty; write one or remove it."), element=name)
    elif JUEL.match(text):
        message = N_("{element}: write {text} in FEEL, without the braces.")
        report.error(element, message, element=name, text=text[:100])
    else:
        try:
            return expressions.parse(text)
        except feel.FeelError as fault:
            message = N_("{element}: {text} is not FEEL; correct it: {cause}")
            cause = expressions.cause_of(fault)
            report.error(element, message, element=name, text=text[:100], cause=cause)
    return None


def _check_script(node: Node, text: str, report: Report) -> None:
    source = expressions.source(text)
    is_context = source.startswith("{")
    if not is_context and PYTHON.search(source):
        message = N_("{element}: the script is Python; write a FEEL context instead, such as {example}.")
        report.error(node.id, message, element=label(node), example=EXAMPLE)
    elif parse(node.id, label(node), text, report) is not None and not is_context:
        message = N_("{element}: the script must be a FEEL context such as {example}.")
        report.error(node.id, message, element=label(node), example=EXAMPLE)


def _check_timer(node: Node, event: EventMark, report: Report) -> None:
    text = expressions.source(event.text)
    if not event.timer_kind or not text:
        message = N_("The timer {element} has no time; write for example PT2H or R3/PT1H.")
        report.error(node.id, message, element=label(node))
        return
    if event.timer_kind == "timeCycle" and node.kind == "boundaryEvent" and node.interrupting:
        message = N_(
            "The timer {element} interrupts its task and so fires only once; draw it with a dashed border, or write a single time."
        )
        report.warn(node.id, message, element=label(node))
    _check_working_time(node, event, report)
    value: object = text
    if not timers.LOOKS_ISO.match(text):
        expression = parse(node.id, label(node), text, report)
        if expression is None or expression.names:
            return  # what depends on data is judged when the data are there
        try:
            value = expressions.evaluate(expression, {}, now=_SAMPLE_TIME, element=node.id)
        except StepRefused as refused:
            report.error(node.id, refused.template, **{**refused.params, "element": label(node)})
            return
    try:
        timers.first_due(event.timer_kind, value, _SAMPLE_TIME)
    except timers.BadTimer as fault:
        message = N_("The timer {element} has no usable time; correct it: {cause}")
        report.error(node.id, message, element=label(node), cause=fault.cause)


def _check_working_time(node: Node, event: EventMark, report: Report) -> None:
    said = node.properties.get("workingTime", "").strip()
    if said not in ("", "true", "false"):
        message = N_("The property workingTime of {element} must be true or false, not {value}.")
        report.error(node.id, message, element=label(node), value=said[:80])
    elif said == "true" and event.timer_kind != "timeDuration":
        message = N_("Only a duration can be counted in working time; give the timer {element} one, or leave it out.")
        report.error(node.id, message, element=label(node))


def _check_priority(node: Node, report: Report) -> None:
    text = expressions.source(node.properties.get("priority", ""))
    if text.isdecimal() and text not in ("0", "1", "2", "3"):
        report.error(node.id, N_("The priority of {element} must be 0, 1, 2 or 3."), element=label(node))


def _check_rounds(node: Node, report: Report) -> None:
    repetition = node.repetition
    if repetition is None or not repetition.cardinality:
        return
    try:
        expression = expressions.parse(repetition.cardinality)
        if expression.names:
            return
        count = expressions.evaluate(expression, {}, now=_SAMPLE_TIME, element=node.id)
    except (feel.FeelError, StepRefused):
        return  # reported as a formula
    if type(count) is not int or not 0 <= count <= MAX_ROUNDS:
        message = N_("{element} is repeated {count} times; the number must be between 0 and {limit}.")
        report.error(node.id, message, element=label(node), count=str(count)[:40], limit=MAX_ROUNDS)
