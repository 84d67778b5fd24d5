"""Tries a row of a decision table: values are written down by hand, and the decision is taken with them as in a case."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import feel
from crm.core.i18n import Text, text
from workflows.engine import Bundle, Problem
from workflows.engine.decision_model import Decision, Input
from workflows.engine.decision_reading import read_decisions
from workflows.engine.decisions import DecisionError, Decisions
from workflows.engine.errors import BundleRefused
from workflows.engine.safe_xml import read_xml
from workflows.operations.deploying import problem_text
from workflows.studio.trying.writing import as_feel

PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
LONGEST = 2_000
# The functions that make values of a type from text.
MAKERS = {
    "date": "date",
    "time": "time",
    "dateTime": "date and time",
    "duration": "duration",
    "dayTimeDuration": "duration",
    "yearMonthDuration": "duration",
}


class NotAValue(Exception):
    """What was entered can be read, but it says no value."""


@dataclass(frozen=True)
class Read:
    """The decisions of a file, those of the other files that they may require, and what is wrong with this one."""

    decisions: tuple[Decision, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Column:
    """A value that is asked: its label, what it is in the table, and its type ("" where none is given)."""

    label: str
    expression: str
    type: str


@dataclass(frozen=True)
class Tried:
    """What came out: the numbers of the rules that count (from 1) and the result, also as text, or why there is none. `faults`
    are by column."""

    rules: tuple[int, ...] = ()
    result: str = ""
    value: Any = None
    cause: Text | None = None
    faults: Mapping[int, Text] | None = None


def read_table(bundle: Bundle, name: str, content: bytes) -> Read:
    """What stands in a file, in place of what the bundle has under this name."""
    decisions, problems = read_decisions({**dict(bundle.dmn), name: content})
    own = tuple(each for each in decisions if each.file == name)
    return Read(own, tuple(problem for problem in problems if problem.file == name))


def columns_of(decision: Decision, content: bytes) -> list[Column]:
    """What a decision asks for: its input columns, or the names that its formula reads."""
    if decision.table is None:
        names = sorted(decision.literal.names) if decision.literal is not None else []
        return [Column(name, name, "") for name in names]
    types = _types(decision.id, content)
    return [
        Column(column.label, column.expression.text, types[number] if number < len(types) else "")
        for number, column in enumerate(decision.table.inputs)
    ]


def _types(decision_id: str, content: bytes) -> list[str]:
    try:
        root = read_xml(content, "")
    except BundleRefused:
        return []
    for element in root.iter("{*}decision"):
        if element.get("id") == decision_id:
            return [
                next((each.get("typeRef") or "" for each in column.iterchildren("{*}inputExpression")), "")
                for column in element.iterfind("{*}decisionTable/{*}input")
            ]
    return []


def try_row(decision: Decision, columns: Sequence[Column], given: Sequence[str], *, now: datetime) -> Tried:
    """Takes a decision with values as they were entered; required decisions are not taken, their results are asked like others."""
    values: list[Any] = []
    faults: dict[int, Text] = {}
    for number, column in enumerate(columns):
        entered = given[number].strip() if number < len(given) else ""
        try:
            values.append(_value(entered, column.type, now))
        except (feel.FeelError, NotAValue):
            faults[number] = text("This is not a value. Write for example 5, true, “a text in quotes” or 2026-05-01.")
    if faults:
        return Tried(faults=faults)
    data: dict[str, Any] = {}
    for column, value in zip(columns, values, strict=True):
        if PATH.fullmatch(column.expression):
            _put(data, column.expression.split("."), value)
    alone = replace(decision, requires=())
    if decision.table is not None:
        names = [f"heliu_column_{number}" for number in range(len(columns))]
        inputs = tuple(Input(column.label, feel.parse(name)) for column, name in zip(columns, names, strict=True))
        alone = replace(alone, table=replace(decision.table, inputs=inputs))
        data |= dict(zip(names, values, strict=True))
    try:
        outcome = Decisions({alone.id: alone}).decide(alone.id, data, now=now)
    except DecisionError as fault:
        return Tried(cause=problem_text(Problem(None, fault.template, fault.params)))
    several = decision.table is not None and len(decision.table.outputs) > 1
    result = outcome.named if several and outcome.named is not None else outcome.value
    return Tried(outcome.taken[-1].rules, feel.format_value(result), outcome.value)


def as_entered(value: Any, type_name: str) -> str:
    """A value as `try_row` reads it again in a column of this type."""
    if value is None:
        return ""
    plain = isinstance(value, str) and _kind(type_name) == "string" and value not in ("", "null")
    if plain and value == value.strip() and value.isprintable() and not value.startswith('"'):
        return str(value)
    return as_feel(value)


def _kind(type_name: str) -> str:
    """The name of a type without the prefix of its namespace."""
    return type_name.rpartition(":")[2]


def _value(entered: str, type_name: str, now: datetime) -> Any:
    """A value as it is written in FEEL; texts may stand without quotes, dates without their function, where the column says so."""
    if not entered:
        return None
    if len(entered) > LONGEST:
        raise NotAValue
    kind = _kind(type_name)
    if kind == "string" and not entered.startswith('"'):
        return None if entered == "null" else entered
    if re.fullmatch(r"\d{4}-\d\d-\d\d", entered) and kind in ("", "date"):
        kind = "date"
    if kind in MAKERS and "(" not in entered and not entered.startswith("@"):
        plain = entered.strip('"').replace("\\", "").replace('"', "")
        entered = f'{MAKERS[kind]}("{plain}")'
    value = feel.parse(entered).evaluate({}, now=now)
    if value is None and entered != "null":
        raise NotAValue
    return value


def _put(data: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for part in path[:-1]:
        inner = data.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        data = inner
    data[path[-1]] = value
