"""Decision tables: every hit policy, aggregators, tables that require tables. H17: the library knows few of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from workflows.engine import StepRefused
from workflows.engine.decision_reading import read_decisions
from workflows.engine.decisions import DecisionError, Decisions

from .case import NOW, Case
from .drawing import Drawing
from .tables import definitions, literal, requires, table

LEVELS = [("< 10", '"low"'), ("< 100", '"middle"'), ("> 50", '"high"')]
ORDER = '"high", "middle", "low"'


def read(*decisions: str) -> Decisions:
    found, problems = read_decisions({"rules.dmn": definitions(*decisions).encode()})
    assert problems == []
    return found


def level(
    policy: str, amount: Any, *, order: str = "", rules: Any = None, default: str = "", aggregation: str = ""
) -> Any:
    rows = rules or LEVELS
    decisions = read(
        table("level", policy, ["amount"], {"level": order}, rows, default=default, aggregation=aggregation)
    )
    return decisions.decide("level", {"amount": amount}, now=NOW)


def test_unique_answers_by_the_one_rule_that_holds() -> None:
    outcome = level("UNIQUE", 20)
    assert outcome.value == "middle"
    assert outcome.named == {"level": "middle"}
    assert outcome.taken[0].rules == (2,)
    assert outcome.taken[0].inputs == {"amount": 20}


def test_unique_refuses_two_rules_at_once() -> None:
    with pytest.raises(DecisionError, match="the rules 2, 3 hold at once"):
        level("UNIQUE", 60)


def test_no_rule_means_null_or_the_default() -> None:
    rules = [("< 10", '"low"')]
    assert level("UNIQUE", 20, rules=rules).value is None
    assert level("UNIQUE", 20, rules=rules, default='"other"').value == "other"
    assert level("FIRST", 5, rules=rules, default='"other"').value == "low"


def test_any_accepts_rules_that_agree_and_refuses_others() -> None:
    agreeing = [("< 100", '"ok"'), ("> 50", '"ok"'), ("> 90", '"no"')]
    assert level("ANY", 60, rules=agreeing).value == "ok"
    with pytest.raises(DecisionError, match="differ"):
        level("ANY", 95, rules=agreeing)


def test_priority_takes_the_value_that_is_listed_first() -> None:
    outcome = level("PRIORITY", 60, order=ORDER)
    assert (outcome.value, outcome.taken[0].rules) == ("high", (3,))
    assert level("PRIORITY", 5, order=ORDER).value == "middle"


def test_first_takes_the_first_rule() -> None:
    outcome = level("FIRST", 5)
    assert (outcome.value, outcome.taken[0].rules) == ("low", (1,))


def test_rule_order_and_output_order_answer_lists() -> None:
    assert level("RULE ORDER", 60).value == ["middle", "high"]
    assert level("OUTPUT ORDER", 60, order=ORDER).value == ["high", "middle"]
    assert level("RULE ORDER", 60).named is None
    assert level("RULE ORDER", None, rules=[("< 10", '"low"')]).value == []


@pytest.mark.parametrize(
    ("aggregation", "value"), [("", [10, 20, 20]), ("SUM", 50), ("MIN", 10), ("MAX", 20), ("COUNT", 3)]
)
def test_collect_and_its_aggregators(aggregation: str, value: Any) -> None:
    rules = [("> 1", "10"), ("> 2", "20"), ("> 3", "20"), ("> 100", "99")]
    assert level("COLLECT", 5, rules=rules, aggregation=aggregation).value == value


@pytest.mark.parametrize(("aggregation", "value"), [("", []), ("SUM", None), ("MIN", None), ("COUNT", 0)])
def test_collect_without_any_hit(aggregation: str, value: Any) -> None:
    assert level("COLLECT", 5, rules=[("> 100", "1")], aggregation=aggregation).value == value


def test_collect_of_what_cannot_be_added_is_null() -> None:
    assert level("COLLECT", 5, rules=[("> 1", "1"), ("> 2", '"a"')], aggregation="SUM").value is None


def test_several_outputs_come_as_a_context() -> None:
    rules = [('"repair"', "-", '"field"', "48"), ("-", "> 1000", '"sales"', "8"), ("-", "-", '"desk"', "72")]
    decisions = read(table("team", "FIRST", ["kind", "amount"], {"team": "", "hours": ""}, rules))
    outcome = decisions.decide("team", {"kind": "question", "amount": 5_000}, now=NOW)
    assert outcome.value == {"team": "sales", "hours": 8}
    assert outcome.named == {"team": "sales", "hours": 8}


def test_cells_are_feel() -> None:
    rules = [('date("2026-01-01")', "-", "1"), ("-", "[10..20], > 100", "2"), ("-", "not(5)", "3"), ("-", "-", "4")]
    decisions = read(table("t", "FIRST", ["day", "n"], {"answer": ""}, rules))
    values = [
        decisions.decide("t", {"day": day, "n": n}, now=NOW).value
        for day, n in ((date(2026, 1, 1), 0), (None, 15), (None, 101), (None, 6), (None, 5))
    ]
    assert values == [1, 2, 2, 3, 4]


def test_a_table_may_require_tables_and_expressions_across_files() -> None:
    risk = table("risk", "UNIQUE", ["age"], {"level": ""}, [("< 30", '"high"'), (">= 30", '"low"')], variable="danger")
    rate = literal("rate", 'if danger = "high" then base * 2 else base', before=requires("risk"), variable="charge")
    price = table(
        "price", "FIRST", ["charge"], {"price": ""}, [("> 15", "charge + 1"), ("-", "charge")], before=requires("rate")
    )
    files = {"a.dmn": definitions(price, risk).encode(), "b.dmn": definitions(rate).encode()}
    decisions, problems = read_decisions(files)
    assert problems == []
    outcome = decisions.decide("price", {"age": 20, "base": 10}, now=NOW)
    assert outcome.value == 21
    assert [taken.decision for taken in outcome.taken] == ["risk", "rate", "price"]


@pytest.mark.parametrize(
    "namespace",
    [
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    ],
)
def test_all_versions_of_the_format_are_read(namespace: str) -> None:
    text = definitions(literal("one", "1"), namespace=namespace)
    decisions, problems = read_decisions({"a.dmn": text.encode()})
    assert problems == []
    assert decisions.decide("one", {}, now=NOW).value == 1


BROKEN = {
    "requires a ghost": (literal("a", "1", before=requires("ghost")), "ghost"),
    "a circle": (literal("a", "1", before=requires("b")) + literal("b", "1", before=requires("a")), "requires itself"),
    "no logic": ('<decision id="a" name="a"/>', "neither"),
    "too few cells": (table("a", "FIRST", ["x", "y"], {"z": ""}, [("1", "2")]), "number of cells"),
    "two outputs of one name": (
        '<decision id="a"><decisionTable><output name="x"/><output name="x"/></decisionTable></decision>',
        "same name",
    ),
    "no output": ('<decision id="a"><decisionTable/></decision>', "no output column"),
    "priority without order": (table("a", "PRIORITY", ["x"], {"z": ""}, [("1", "2")]), "list them"),
    "two outputs to add": (table("a", "COLLECT", ["x"], {"y": "", "z": ""}, [], aggregation="SUM"), "cannot aggregate"),
    "an input without expression": (table("a", "FIRST", [""], {"z": ""}, []), "has no expression"),
    "a knowledge model": (
        '<decision id="a"><knowledgeRequirement/><literalExpression><text>1</text></literalExpression></decision>',
        "knowledge model",
    ),
    "a cell of 16,000 question marks": (table("a", "FIRST", ["x"], {"z": ""}, [("?" * 16_000, "1")]), "not FEEL"),
    "a cell that is too long": (table("a", "FIRST", ["x"], {"z": ""}, [("1," * 16_000, "1")]), "too long"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_decision_is_named(name: str) -> None:
    text, words = BROKEN[name]
    _, problems = read_decisions({"a.dmn": definitions(text).encode()})
    assert any(problem.element == "a" and words in problem.text for problem in problems), [p.text for p in problems]
    assert all(";" in problem.message for problem in problems), "each fault comes with its cure"


def deciding(result: str | None, *decisions: str) -> Case:
    d = Drawing().start().rule("rule", "level", result).user("a").end().chain("start", "rule", "a", "end")
    return Case(d.bundle(rules=definitions(*decisions)), amount=20)


def test_a_rule_task_writes_its_result_where_the_diagram_says() -> None:
    drawn = table("level", "UNIQUE", ["amount"], {"level": ""}, LEVELS)
    assert deciding("found", drawn).data("a")["found"] == "middle"
    assert deciding(None, drawn).data("a")["level"] == "middle"


def test_a_rule_task_tells_the_history_what_was_decided_and_why() -> None:
    case = deciding("found", table("level", "UNIQUE", ["amount"], {"level": ""}, LEVELS))
    mark = next(mark for mark in case.path if mark.kind == "decision")
    assert (mark.element_id, mark.detail) == (
        "rule",
        {"decision": "level", "inputs": {"amount": 20}, "rules": [2], "outputs": "middle"},
    )


def test_a_contradiction_stops_the_step_at_the_rule_task() -> None:
    with pytest.raises(StepRefused) as refused:
        deciding("found", table("level", "UNIQUE", ["amount"], {"level": ""}, [("> 1", "1"), ("> 2", "2")]))
    assert refused.value.element == "rule"
    assert "1, 2" in str(refused.value)


def test_results_are_plain_numbers() -> None:
    data = deciding("found", table("level", "UNIQUE", ["amount"], {"level": ""}, [("-", "amount / 8")])).data("a")
    assert data["found"] == Decimal("2.5")
