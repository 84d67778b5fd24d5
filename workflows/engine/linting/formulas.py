"""Every formula of the diagram must be FEEL, every timer a time, every script a context. Python is named as such."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import feel
from workflows.engine import expressions, timers
from workflows.engine.diagram import Diagram, EventMark, Node
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
_SAMPLE_TIME = datetime(2026, 1, 31, 12, tzinfo=UTC)


def check_formulas(diagram: Diagram, report: Report) -> None:
    for node in diagram.nodes.values():
        for what, text in _formulas(node):
            parse(node.id, label(node), what, text, report)
        for event in node.events:
            if event.kind == "timer":
                _check_timer(node, event, report)
        _check_script(node, report)
        _check_priority(node, report)
        _check_rounds(node, report)
    for flow in diagram.flows.values():
        if flow.condition:
            parse(flow.id, flow.name or flow.id, N_("condition"), flow.condition, report)


def _formulas(node: Node) -> Iterator[tuple[str, str]]:
    for name in ("assignee", "candidates", "priority"):
        if node.properties.get(name, "").strip():
            yield name, node.properties[name]
    due = expressions.source(node.properties.get("dueDate", ""))
    if due and not timers.DURATION.fullmatch(due) and not timers.MOMENT.fullmatch(due):
        yield "dueDate", due
    if node.operator is not None:
        yield from node.operator.parameters
    for event in node.events:
        if event.payload:
            yield N_("payload"), event.payload
    repetition = node.repetition
    if repetition is not None:
        for what, text in (
            (N_("list"), repetition.collection),
            (N_("number of rounds"), repetition.cardinality),
            (N_("condition"), repetition.condition),
        ):
            if text:
                yield what, text


def parse(element: str, name: str, what: str, text: str, report: Report) -> feel.Expression | None:
    """The expression, or None with the fault reported."""
    if len(text) > MAX_FORMULA:
        report.error(element, N_("{element}: the {what} is too long."), element=name, what=what)
        return None
    if not expressions.source(text):
        report.error(
            element, N_("{element}: the {what} is empty; write an expression or remove it."), element=name, what=what
        )
        return None
    if JUEL.match(text):
        message = N_("{element}: write the {what} {text} in FEEL, without the braces.")
        report.error(element, message, element=name, what=what, text=text[:100])
        return None
    try:
        return expressions.parse(text)
    except feel.FeelError as fault:
        message = N_("{element}: the {what} {text} is not FEEL: {cause}")
        report.error(element, message, element=name, what=what, text=text[:100], cause=str(fault))
        return None


def _check_script(node: Node, report: Report) -> None:
    for what, text in (
        (N_("script"), node.script),
        (N_("script before"), node.pre_script),
        (N_("script after"), node.post_script),
    ):
        if not text or (what == "script" and node.kind != "scriptTask"):
            continue
        source = expressions.source(text)
        if not source.startswith("{") and PYTHON.search(source):
            message = N_("{element}: the {what} is Python; write a FEEL context instead, such as {example}.")
            report.error(node.id, message, element=label(node), what=what, example="{ total: price * quantity }")
            continue
        expression = parse(node.id, label(node), what, text, report)
        if expression is not None and not source.startswith("{"):
            message = N_("{element}: the {what} must be a FEEL context such as {example}.")
            report.error(node.id, message, element=label(node), what=what, example="{ total: price * quantity }")


def _check_timer(node: Node, event: EventMark, report: Report) -> None:
    text = expressions.source(event.text)
    if not event.timer_kind or not text:
        message = N_("The timer {element} has no time; write for example PT2H or R3/PT1H.")
        report.error(node.id, message, element=label(node))
        return
    if event.timer_kind == "timeCycle" and node.kind == "boundaryEvent" and node.interrupting:
        report.warn(node.id, N_("The timer {element} interrupts its task and so fires only once."), element=label(node))
    value: object = text
    if not timers.LOOKS_ISO.match(text):
        expression = parse(node.id, label(node), N_("timer"), text, report)
        if expression is None or expression.names:
            return  # what depends on data is judged when the data are there
        try:
            value = expressions.evaluate(expression, {}, now=_SAMPLE_TIME, element=node.id)
        except StepRefused as refused:
            report.error(node.id, N_("{element}: {cause}"), element=label(node), cause=str(refused))
            return
    try:
        timers.first_due(event.timer_kind, value, _SAMPLE_TIME)
    except timers.BadTimer as fault:
        message = N_(
            "The timer {element} is no usable time: {value}. Write for example PT2H, R3/PT1H or 2026-01-31T08:00:00+08:00."
        )
        report.error(node.id, message, element=label(node), value=fault.value)


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
