"""Reads DMN files into decisions. Every fault becomes a Problem that names the decision, the rule and the cure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

import feel
from workflows.engine import expressions
from workflows.engine.decision_model import (
    AGGREGATIONS,
    COLLECT,
    HIT_POLICIES,
    OUTPUT_ORDER,
    PRIORITY,
    UNIQUE,
    Decision,
    Input,
    Output,
    Rule,
    Table,
)
from workflows.engine.decisions import Decisions
from workflows.engine.errors import BundleRefused, Problem
from workflows.engine.safe_xml import read_xml
from workflows.engine.texts import N_

MAX_FORMULA = 20_000


def read_decisions(files: Mapping[str, bytes]) -> tuple[Decisions, list[Problem]]:
    """All decisions that can be read, and what is wrong with the others."""
    found: dict[str, Decision] = {}
    problems: list[Problem] = []
    for file, raw in sorted(files.items()):
        try:
            root = read_xml(raw, file)
        except BundleRefused as refused:
            problems.extend(refused.problems)
            continue
        for element in _children(root, "decision"):
            reader = _Reader(file, problems)
            decision = reader.decision(element)
            if decision.id in found:
                reader.fault(N_("The decision {element} exists twice; give one of them another id."))
            found[decision.id] = decision
    problems.extend(_requirements(found))
    return Decisions(found), problems


def _requirements(found: Mapping[str, Decision]) -> Iterator[Problem]:
    for decision in found.values():
        for required in decision.requires:
            if required not in found:
                message = N_(
                    "The decision {element} requires {required}, which is not in the bundle; add it, or remove the arrow that leads from it."
                )
                params = {"element": _called(decision.name, decision.id), "required": required}
                yield Problem(decision.id, message, params, file=decision.file)
        if _requires_itself(decision.id, found):
            message = N_("The decision {element} requires itself; remove one of the arrows of the circle.")
            params = {"element": _called(decision.name, decision.id)}
            yield Problem(decision.id, message, params, file=decision.file)


def _requires_itself(start: str, found: Mapping[str, Decision]) -> bool:
    stack, seen = list(found[start].requires), set()
    while stack:
        ident = stack.pop()
        if ident == start:
            return True
        if ident not in seen and ident in found:
            seen.add(ident)
            stack.extend(found[ident].requires)
    return False


class _Reader:
    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.file, self.problems = file, problems
        self.ident = self.called = ""

    def fault(self, message: str, **params: object) -> None:
        """A fault of the decision that is read."""
        self.problems.append(Problem(self.ident, message, {"element": self.called, **params}, file=self.file))

    def decision(self, element: Any) -> Decision:
        self.ident = element.get("id") or element.get("name") or "?"
        name = element.get("name") or self.ident
        self.called = _called(name, self.ident)
        variable = next((v.get("name") for v in _children(element, "variable") if v.get("name")), name)
        requires = []
        for need in _children(element, "informationRequirement"):
            requires += [_href(r) for r in _children(need, "requiredDecision")]
        if any(True for _ in _children(element, "knowledgeRequirement")):
            self.fault(N_("The decision {element} uses a knowledge model; write its logic as a decision."))
        tables = list(_children(element, "decisionTable"))
        literals = list(_children(element, "literalExpression"))
        table = literal = None
        if tables:
            table = self._table(tables[0])
        elif literals:
            literal = self._expression(_text(literals[0]), name)
        else:
            message = N_("The decision {element} has neither a decision table nor a literal expression; add one.")
            self.fault(message)
        return Decision(self.ident, name, variable, self.file, tuple(requires), table, literal)

    def _table(self, element: Any) -> Table:
        policy = (element.get("hitPolicy") or UNIQUE).upper()
        if policy not in HIT_POLICIES:
            message = N_("The decision {element} has the unknown hit policy {policy}; choose one of {known}.")
            self.fault(message, policy=policy, known=", ".join(sorted(HIT_POLICIES)))
        aggregation = element.get("aggregation") if policy == COLLECT else None
        inputs = tuple(self._input(number, e) for number, e in enumerate(_children(element, "input"), 1))
        elements = list(_children(element, "output"))
        outputs = tuple(self._output(number, e, len(elements)) for number, e in enumerate(elements, 1))
        if not outputs:
            self.fault(N_("The decision {element} has no output column; add one."))
        names = [output.name for output in outputs]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            message = N_("Two output columns of the decision {element} have the same name, {name}; rename one of them.")
            self.fault(message, name=twice)
        if aggregation is not None and (aggregation not in AGGREGATIONS or len(outputs) > 1):
            message = N_(
                "The decision {element} cannot aggregate ({aggregation}); use one output column and SUM, MIN, MAX or COUNT."
            )
            self.fault(message, aggregation=aggregation)
        if policy in (PRIORITY, OUTPUT_ORDER) and not any(output.order for output in outputs):
            message = N_("The decision {element} orders by its output values; list them, the most important first.")
            self.fault(message)
        rules = []
        for number, rule in enumerate(_children(element, "rule"), 1):
            cells = [_text(e) for e in _children(rule, "inputEntry")]
            answers = [_text(e) for e in _children(rule, "outputEntry")]
            if len(cells) != len(inputs) or len(answers) != len(outputs):
                message = N_(
                    "Rule {rule} of the decision {element} has a different number of cells than there are columns; give it one for each column, or remove the rule."
                )
                self.fault(message, rule=number)
                continue
            rules.append(
                Rule(
                    tuple(self._test(cell, number, i.label) for cell, i in zip(cells, inputs, strict=True)),
                    tuple(self._cell(answer, number, o.name) for answer, o in zip(answers, outputs, strict=True)),
                )
            )
        return Table(policy, aggregation, inputs, outputs, tuple(rules))

    def _input(self, number: int, element: Any) -> Input:
        text = next((_text(e) for e in _children(element, "inputExpression")), "")
        label = element.get("label") or text or str(number)
        if not text:
            message = N_("Input column {column} of the decision {element} has no expression; write what it looks at.")
            self.fault(message, column=number)
        return Input(label, self._expression(text or "null", label))

    def _output(self, number: int, element: Any, count: int) -> Output:
        name = element.get("name") or (element.get("label") if count > 1 else None)
        if not name:
            if count > 1:
                message = N_("Output column {column} of the decision {element} has no name; give it one.")
                self.fault(message, column=number)
            name = self.ident if count == 1 else str(number)
        order = next((_text(e) for e in _children(element, "outputValues")), "")
        default = next((_text(e) for e in _children(element, "defaultOutputEntry")), "")
        return Output(
            name,
            tuple(self._expression(part, name) for part in _list_parts(order)),
            self._expression(default, name) if default else None,
        )

    def _test(self, text: str, rule: int, column: str) -> feel.UnaryTests:
        if not self._is_too_long(text, rule, column):
            try:
                return feel.parse_unary_tests(text)
            except feel.FeelError as fault:
                self._bad_cell(text, rule, column, fault)
        return feel.parse_unary_tests("-")

    def _cell(self, text: str, rule: int, column: str) -> feel.Expression | None:
        if text in ("", "-") or self._is_too_long(text, rule, column):
            return None
        try:
            return expressions.parse(text)
        except feel.FeelError as fault:
            self._bad_cell(text, rule, column, fault)
            return None

    def _is_too_long(self, text: str, rule: int, column: str) -> bool:
        if len(text) <= MAX_FORMULA:
            return False
        message = N_(
            "Rule {rule} of the decision {element}, column {column}: the cell is too long; shorten it to at most {limit} characters."
        )
        self.fault(message, rule=rule, column=column, limit=MAX_FORMULA)
        return True

    def _bad_cell(self, text: str, rule: int, column: str, fault: feel.FeelError) -> None:
        message = N_(
            "Rule {rule} of the decision {element}, column {column}: {text} is not FEEL; correct the cell ({cause})."
        )
        self.fault(message, rule=rule, column=column, text=text[:100], cause=expressions.cause_of(fault))

    def _expression(self, text: str, where: str) -> feel.Expression:
        if len(text) > MAX_FORMULA:
            message = N_(
                "The decision {element}, {where}: the expression is too long; shorten it to at most {limit} characters."
            )
            self.fault(message, where=where, limit=MAX_FORMULA)
            return feel.parse("null")
        try:
            return expressions.parse(text)
        except feel.FeelError as fault:
            message = N_("The decision {element}, {where}: {text} is not FEEL; correct it ({cause}).")
            self.fault(message, where=where, text=text[:100], cause=expressions.cause_of(fault))
            return feel.parse("null")


def _called(name: str, ident: str) -> str:
    """How people call a decision: by its name, and by the id that tells it from others."""
    return f"{name} ({ident})" if name != ident else ident


def _children(element: Any, local: str) -> Iterator[Any]:
    # By local name: the namespaces of DMN 1.1 to 1.5 differ, what is read here does not.
    return (child for child in element if etree.QName(child).localname == local)


def _text(element: Any) -> str:
    return next(((e.text or "").strip() for e in _children(element, "text")), "")


def _href(element: Any) -> str:
    return (element.get("href") or "").rpartition("#")[2]


def _list_parts(text: str) -> list[str]:
    """The expressions of a list as written in output values, with commas inside of quotes left alone."""
    parts, start, quoted = [], 0, False
    for at, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif char == "," and not quoted:
            parts.append(text[start:at])
            start = at + 1
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip()]
