"""Takes decisions: DMN tables with FEEL cells, all hit policies with their aggregators, tables that require tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import feel
from workflows.engine.decision_model import (
    ANY,
    COLLECT,
    FIRST,
    OUTPUT_ORDER,
    PRIORITY,
    SINGLE_HIT,
    UNIQUE,
    Decision,
    Outcome,
    Rule,
    Table,
    Taken,
)
from workflows.engine.errors import EngineError
from workflows.engine.expressions import cause_of
from workflows.engine.texts import N_


class DecisionError(EngineError):
    """The decision cannot be taken with these values."""


class Decisions:
    """All decisions of a bundle, by id."""

    def __init__(self, decisions: Mapping[str, Decision]) -> None:
        self._decisions = dict(decisions)

    def __contains__(self, decision_id: object) -> bool:
        return decision_id in self._decisions

    def __iter__(self) -> Any:
        return iter(self._decisions.values())

    def get(self, decision_id: str) -> Decision | None:
        return self._decisions.get(decision_id)

    def decide(self, decision_id: str, data: Mapping[str, Any], *, now: datetime) -> Outcome:
        """Raises DecisionError when rules contradict each other or a cell cannot be computed."""
        taking = _Taking(self._decisions, dict(data), now)
        value = taking.take(decision_id)
        return Outcome(value, taking.named, tuple(taking.taken))


class _Taking:
    def __init__(self, decisions: Mapping[str, Decision], data: dict[str, Any], now: datetime) -> None:
        self.decisions, self.data, self.now = decisions, data, now
        self.done: dict[str, Any] = {}
        self.taken: list[Taken] = []
        self.named: Mapping[str, Any] | None = None

    def take(self, decision_id: str) -> Any:
        if decision_id in self.done:
            return self.done[decision_id]
        decision = self.decisions[decision_id]
        context = dict(self.data)
        for required in decision.requires:
            context[self.decisions[required].variable] = self.take(required)
        try:
            self._compute(decision, context)
        except feel.FeelError as fault:
            message = N_("The decision {decision} cannot be computed: {cause}")
            raise DecisionError(message, {"decision": decision.name, "cause": cause_of(fault)}) from fault
        return self.done[decision_id]

    def _compute(self, decision: Decision, context: dict[str, Any]) -> None:
        if decision.table is None:
            assert decision.literal is not None  # noqa: S101 -- the reader makes either a table or an expression
            value = decision.literal.evaluate(context, now=self.now)
            self._keep(decision, {}, (), value, {decision.variable: value})
            return
        table = decision.table
        values = [column.expression.evaluate(context, now=self.now) for column in table.inputs]
        inputs = {column.label: value for column, value in zip(table.inputs, values, strict=True)}
        hits = self._hits(table, values, context)
        rules, rows = self._by_policy(decision, table, hits, context)
        value, named = self._result(table, rows)
        self._keep(decision, inputs, tuple(rules), value, named)

    def _keep(self, decision: Decision, inputs: dict[str, Any], rules: tuple[int, ...], value: Any, named: Any) -> None:
        self.done[decision.id] = value
        self.named = named
        self.taken.append(Taken(decision.id, inputs, rules, value))

    def _hits(self, table: Table, values: list[Any], context: dict[str, Any]) -> list[int]:
        found = []
        for number, rule in enumerate(table.rules, 1):
            pairs = zip(rule.tests, values, strict=True)
            if all(test.matches(value, context, now=self.now) for test, value in pairs):
                found.append(number)
                if table.hit_policy == FIRST:
                    break
        return found

    def _by_policy(
        self, decision: Decision, table: Table, hits: list[int], context: dict[str, Any]
    ) -> tuple[list[int], list[dict[str, Any]]]:
        """The rules that count, and their answers in the order that counts."""
        rows = [self._answer(table, table.rules[number - 1], context) for number in hits]
        policy = table.hit_policy
        if policy == UNIQUE and len(hits) > 1:
            raise self._contradiction(N_("In the decision {decision} the rules {rules} hold at once."), decision, hits)
        if policy == ANY and any(row != rows[0] for row in rows[1:]):
            raise self._contradiction(N_("In the decision {decision} the rules {rules} differ."), decision, hits)
        if policy in (PRIORITY, OUTPUT_ORDER):
            pairs = sorted(zip(hits, rows, strict=True), key=lambda pair: self._rank(table, pair[1], context))
            hits, rows = [number for number, _ in pairs], [row for _, row in pairs]
        if policy in SINGLE_HIT:
            hits, rows = hits[:1], rows[:1]
            if not rows and any(output.default for output in table.outputs):
                rows = [self._defaults(table, context)]
        return hits, rows

    def _answer(self, table: Table, rule: Rule, context: dict[str, Any]) -> dict[str, Any]:
        return {
            output.name: None if cell is None else cell.evaluate(context, now=self.now)
            for output, cell in zip(table.outputs, rule.answers, strict=True)
        }

    def _defaults(self, table: Table, context: dict[str, Any]) -> dict[str, Any]:
        return {
            output.name: None if output.default is None else output.default.evaluate(context, now=self.now)
            for output in table.outputs
        }

    def _rank(self, table: Table, row: dict[str, Any], context: dict[str, Any]) -> list[int]:
        ranks = []
        for output in table.outputs:
            order = [value.evaluate(context, now=self.now) for value in output.order]
            if order:
                ranks.append(order.index(row[output.name]) if row[output.name] in order else len(order))
        return ranks

    def _contradiction(self, message: str, decision: Decision, hits: list[int]) -> DecisionError:
        return DecisionError(message, {"decision": decision.name, "rules": ", ".join(map(str, hits))})

    def _result(self, table: Table, rows: list[dict[str, Any]]) -> tuple[Any, Mapping[str, Any] | None]:
        single = len(table.outputs) == 1
        name = table.outputs[0].name
        if table.hit_policy in SINGLE_HIT:
            row = rows[0] if rows else dict.fromkeys((output.name for output in table.outputs), None)
            return (row[name] if single else (row if rows else None)), row
        if table.hit_policy == COLLECT and table.aggregation is not None:
            value = _aggregate(table.aggregation, [row[name] for row in rows])
            return value, {name: value}
        return [row[name] if single else row for row in rows], None


def _aggregate(aggregation: str, values: list[Any]) -> Any:
    if aggregation == "COUNT":
        return Decimal(len(values))
    if not values:
        return None
    # As FEEL's own functions answer null for mixed values, so does an aggregate of them.
    try:
        return {"SUM": sum, "MIN": min, "MAX": max}[aggregation](values)  # type: ignore[operator]
    except TypeError:
        return None
