"""What a diagram may say about who gets a task, and which of its words are refused, with the cure."""

from __future__ import annotations

import pytest

from tests.processes.small import straight, user_task
from workflows import engine
from workflows.engine import AssigneeKind, AssigneeRule, Base, Problem, read_rule
from workflows.engine.lint import lint

ROLES = ("service_agent", "administrator")


def rule_for(**words: str) -> AssigneeRule | None:
    definition = engine.compile(straight("small", user_task("approve", **words)))
    return read_rule(definition.nodes["approve"])


def problems_of(**words: str) -> list[Problem]:
    _, _, problems = lint(straight("small", user_task("approve", **words)), roles=ROLES)
    return problems


def test_a_task_that_says_nothing_has_no_rule() -> None:
    assert rule_for() is None
    assert rule_for(assignee="initiator_id") is None


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ({"assign": "role"}, AssigneeRule(AssigneeKind.ROLE, "service_agent")),
        (
            {"assign": "least_busy", "assignRole": "administrator"},
            AssigneeRule(AssigneeKind.LEAST_BUSY, "administrator"),
        ),
        (
            {"assign": "candidates", "assignTo": " Anna, bert ,anna,"},
            AssigneeRule(AssigneeKind.CANDIDATES, "service_agent", names=("anna", "bert")),
        ),
        (
            {"assign": "superior", "assignOf": "record", "assignLevels": "3"},
            AssigneeRule(AssigneeKind.SUPERIOR, "service_agent", base=Base.RECORD, levels=3),
        ),
        (
            {"assign": "variable", "assignTo": "= form.boss"},
            AssigneeRule(AssigneeKind.VARIABLE, "service_agent", formula="form.boss"),
        ),
        ({"assignNot": "initiator"}, AssigneeRule(AssigneeKind.ROLE, "service_agent", not_initiator=True)),
        (
            {"assignNot": "initiator", "assignee": "boss_id"},
            AssigneeRule(AssigneeKind.VARIABLE, "service_agent", formula="boss_id", not_initiator=True),
        ),
        ({"candidates": "[1, 2]"}, AssigneeRule(AssigneeKind.VARIABLE, "service_agent", formula="[1, 2]")),
    ],
)
def test_the_words_of_a_task_are_a_rule(words: dict[str, str], rule: AssigneeRule) -> None:
    assert rule_for(**words) == rule


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"assign": "boss"}, "is given by the rule boss, which does not exist; choose one of role, person"),
        ({"assign": "person"}, "assignTo names nobody"),
        ({"assign": "person", "assignTo": " , "}, "assignTo names nobody"),
        ({"assign": "person", "assignTo": "anna, bert"}, "assignTo names 2; use the rule candidates"),
        ({"assign": "candidates", "assignTo": ",".join(f"u{n}" for n in range(51))}, "at most 50 can be named"),
        ({"assign": "variable"}, "assignTo names none"),
        ({"assign": "variable", "assignTo": "a +"}, "is not FEEL"),
        ({"assign": "initiator", "assignTo": "anna"}, "the rule initiator takes no assignTo"),
        ({"assign": "superior", "assignLevels": "0"}, "assignLevels must be a whole number from 1 to 20, not 0"),
        ({"assign": "superior", "assignLevels": "two"}, "assignLevels must be a whole number"),
        ({"assign": "superior", "assignLevels": "\u0662"}, "assignLevels must be a whole number"),
        ({"assign": "superior", "assignOf": "customer"}, "assignOf must be one of initiator, record, not customer"),
        ({"assign": "round_robin", "assignRole": "wizard"}, "chooses from the role wizard, which does not exist"),
        ({"assign": "initiator", "assignNot": "previous"}, "assignNot can only be initiator, not previous"),
        ({"assign": "initiator", "assignee": "1"}, "both the rule initiator and an assignee"),
        ({"assignTo": "anna"}, "has assignTo but no assign"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_element_and_cure(words: dict[str, str], message: str) -> None:
    problems = problems_of(**words)
    assert [problem.element for problem in problems] == ["approve"]
    assert message in problems[0].text


@pytest.mark.parametrize(
    "words",
    [
        {"assign": "role"},
        {"assign": "person", "assignTo": "anna"},
        {"assign": "least_busy", "assignRole": "service_agent"},
        {"assign": "superior", "assignLevels": "20", "assignOf": "record", "assignNot": "initiator"},
        {"assign": "variable", "assignTo": "if amount > 10 then boss else 5"},
        {"assignNot": "initiator"},
    ],
)
def test_a_complete_rule_is_published(words: dict[str, str]) -> None:
    assert problems_of(**words) == []
