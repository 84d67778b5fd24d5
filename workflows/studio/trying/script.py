"""A course of a process as values: with what a case begins, what people, clock and others then do, and what is expected of it.

A dry run is an unfinished scenario: both are the same script, and both are played from the beginning each time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson

from crm.core.errors import Fault, Invalid
from crm.core.i18n import Text, text
from workflows.engine import BadValue, values
from workflows.kept import restore

# More than any course that people can follow; a script is played from its beginning at every look.
MOST_ACTS = 500
MOST_RESULTS = 5_000
TASK, TIMER, MESSAGE, SIGNAL = "node", "timer", "message", "signal"
# The member that carries the values of each kind of act, besides its name.
VALUES_OF = {TASK: "answers", TIMER: None, MESSAGE: "payload", SIGNAL: "payload"}


@dataclass(frozen=True)
class Act:
    """Something that moves the case on: a task is completed with answers, a timer is due, a message or signal arrives.

    `name` is the id of the task's or timer's element, or the name of the message; `which` tells several open tasks of one
    element apart, counted from the oldest. Without `at` it happens at once, a timer when it is due.
    """

    kind: str
    name: str
    values: Any = None
    which: int = 0
    at: datetime | None = None


@dataclass(frozen=True)
class Expected:
    """What is to come of it: the elements passed in this order, the ends reached, and these of the final variables.

    `names` is what the elements were called when it was recorded: another version may not have them any more.
    """

    path: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    completed: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Script:
    """`begin` is the start event, None for the plain one; `payload` what came with its message. `operations` are the results
    of the service operations by the id of the step that calls, in the order of the calls."""

    at: datetime
    start: Mapping[str, Any] = field(default_factory=dict)
    begin: str | None = None
    payload: Any = None
    operations: Mapping[str, tuple[Mapping[str, Any] | None, ...]] = field(default_factory=dict)
    acts: tuple[Act, ...] = ()
    expect: Expected | None = None

    def expecting(self, expected: Expected | None) -> Script:
        return replace(self, expect=expected)


def from_json(content: Mapping[str, Any]) -> Script:
    """The script that `to_json` wrote, or that a browser sends. Raises Invalid for anything else."""
    try:
        return _script(restore(content))
    except BadValue as bad:
        raise Invalid([Fault("script", Text(bad.template, dict(bad.params)))]) from bad
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError) as fault:
        raise Invalid([Fault("script", text("The course of the trial cannot be read; begin it again."))]) from fault


def to_json(script: Script) -> dict[str, Any]:
    """The script as a JSON column or a browser takes it."""
    content: dict[str, Any] = {
        "at": script.at.isoformat(),
        "start": dict(script.start),
        "begin": script.begin,
        "payload": script.payload,
        "operations": {node: list(results) for node, results in script.operations.items()},
        "steps": [_act_json(act) for act in script.acts],
    }
    if script.expect is not None:
        content["expect"] = {
            "path": list(script.expect.path),
            "ends": list(script.expect.ends),
            "completed": script.expect.completed,
            "data": dict(script.expect.data),
            "names": dict(script.expect.names),
        }
    kept: dict[str, Any] = orjson.loads(values.to_json(content))
    return kept


def by_node(
    called: Sequence[tuple[str, Mapping[str, Any] | None]],
) -> dict[str, tuple[Mapping[str, Any] | None, ...]]:
    """The results of calls in their order, by the step that called."""
    found: dict[str, tuple[Mapping[str, Any] | None, ...]] = {}
    for node, result in called:
        found[node] = (*found.get(node, ()), result)
    return found


def _script(content: Mapping[str, Any]) -> Script:
    steps, operations = content.get("steps") or [], content.get("operations") or {}
    if len(steps) > MOST_ACTS or sum(len(results) for results in operations.values()) > MOST_RESULTS:
        raise Invalid([Fault("steps", text("A trial has at most {most} steps.", most=MOST_ACTS))])
    expect = content.get("expect")
    return Script(
        at=_moment(content["at"]),
        start=values.clean_data(content.get("start") or {}, "start"),
        begin=_name(content["begin"]) if content.get("begin") is not None else None,
        payload=values.clean(content.get("payload"), "payload"),
        operations={_name(node): _results(node, results) for node, results in operations.items()},
        acts=tuple(_act(step) for step in steps),
        expect=None if expect is None else _expected(expect),
    )


def _results(node: str, results: Sequence[Any]) -> tuple[Mapping[str, Any] | None, ...]:
    return tuple(None if result is None else values.clean_data(result, node) for result in list(results))


def _expected(expect: Mapping[str, Any]) -> Expected:
    return Expected(
        path=tuple(_name(node) for node in expect.get("path") or ()),
        ends=tuple(_name(node) for node in expect.get("ends") or ()),
        completed=expect.get("completed") is True,
        data=values.clean_data(expect.get("data") or {}, "data"),
        names={_name(node): str(name) for node, name in (expect.get("names") or {}).items()},
    )


def _act(step: Mapping[str, Any]) -> Act:
    kind = next(kind for kind in (*VALUES_OF, None) if kind is None or kind in step)
    if kind is None:
        raise ValueError("a step without kind")
    member = VALUES_OF[kind]
    given = step.get(member) if member is not None else None
    cleaned = values.clean_data(given or {}, "answers") if kind == TASK else values.clean(given, "payload")
    which = step.get("which", 0)
    if type(which) is not int or not 0 <= which < MOST_RESULTS:
        raise ValueError("no such task")
    return Act(kind, _name(step[kind]), cleaned, which, _moment(step["at"]) if step.get("at") else None)


def _act_json(act: Act) -> dict[str, Any]:
    found: dict[str, Any] = {act.kind: act.name}
    member = VALUES_OF[act.kind]
    if member is not None:
        found[member] = act.values
    if act.which:
        found["which"] = act.which
    if act.at is not None:
        found["at"] = act.at.isoformat()
    return found


def _moment(value: object) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    if moment.tzinfo is None or not 1970 < moment.year < 9000:
        raise ValueError("a moment without zone")
    return moment


def _name(value: object) -> str:
    if type(value) is not str or not 0 < len(value) <= 255:
        raise ValueError("no name")
    return value
