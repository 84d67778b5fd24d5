"""Decisions as values: tables and literal expressions, read once and shared by all cases of a version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import feel

UNIQUE, ANY, PRIORITY, FIRST = "UNIQUE", "ANY", "PRIORITY", "FIRST"
RULE_ORDER, OUTPUT_ORDER, COLLECT = "RULE ORDER", "OUTPUT ORDER", "COLLECT"
HIT_POLICIES = frozenset({UNIQUE, ANY, PRIORITY, FIRST, RULE_ORDER, OUTPUT_ORDER, COLLECT})
SINGLE_HIT = frozenset({UNIQUE, ANY, PRIORITY, FIRST})
AGGREGATIONS = frozenset({"SUM", "MIN", "MAX", "COUNT"})


@dataclass(frozen=True)
class Input:
    """A column that is compared: `label` for the history."""

    label: str
    expression: feel.Expression


@dataclass(frozen=True)
class Output:
    """A column that is answered. `order` lists its values, the most important one first."""

    name: str
    order: tuple[feel.Expression, ...] = ()
    default: feel.Expression | None = None


@dataclass(frozen=True)
class Rule:
    """A row; the columns' cells in their order."""

    tests: tuple[feel.UnaryTests, ...]
    answers: tuple[feel.Expression | None, ...]


@dataclass(frozen=True)
class Table:
    """A decision table."""

    hit_policy: str
    aggregation: str | None
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Decision:
    """One decision of a file. `variable` is the name under which others that require it read its result."""

    id: str
    name: str
    variable: str
    file: str
    requires: tuple[str, ...] = ()
    table: Table | None = None
    literal: feel.Expression | None = None


@dataclass(frozen=True)
class Taken:
    """How one decision came out: inputs by label, numbers of the rules that count (from 1), the result."""

    decision: str
    inputs: Mapping[str, Any]
    rules: tuple[int, ...]
    value: Any


@dataclass(frozen=True)
class Outcome:
    """The result of a decision, and of those it required, in the order in which they were taken.

    `named` is the result by output names where there is at most one row's answer.
    """

    value: Any
    named: Mapping[str, Any] | None
    taken: tuple[Taken, ...] = field(default=())
