"""What goes into a step and what comes out of it: plain values that callers store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol


class Call(Protocol):
    """Runs one operation of the business for a service task. What it raises reaches the caller of the step unchanged."""

    def __call__(self, operation: str, parameters: dict[str, Any], node_id: str) -> Mapping[str, Any] | None: ...


class WorkingTime(Protocol):
    """When so many days of work and `hours` after them are over that begin at `start`.

    Whoever knows such hours hands this in as the method `working_time` of what answers the calls of a step; without it,
    every hour counts.
    """

    def __call__(self, start: datetime, days: int, hours: timedelta) -> datetime: ...


# Of a task whose diagram says nothing about it: 0 is low, 3 urgent.
NORMAL_PRIORITY = 1


@dataclass(frozen=True)
class Budget:
    """The most that one step may cost; beyond it the step is refused and nothing is stored."""

    steps: int = 1_000
    seconds: float = 5.0
    state_bytes: int = 1_000_000
    tokens: int = 5_000
    processes: int = 500


@dataclass(frozen=True)
class OpenTask:
    """A task that people can now do. `token` names it inside its case, for ever. `signer` tells that its assignee was asked
    by name, by a person, and not by the diagram."""

    token: int
    node_id: str
    data: dict[str, Any]
    assignee: int | None = None
    candidates: tuple[int, ...] = ()
    due_at: datetime | None = None
    priority: int = NORMAL_PRIORITY
    signer: bool = False


@dataclass(frozen=True)
class ClosedTask:
    """A task that is open no more: completed by somebody, or withdrawn by the flow."""

    token: int
    node_id: str
    completed: bool


@dataclass(frozen=True)
class TimerSet:
    """A timer to store or to move: due at `due_at` (UTC), then `repeats_left` times more (None = for ever)."""

    token: int
    node_id: str
    due_at: datetime
    repeats_left: int | None


@dataclass(frozen=True, order=True)
class Awaited:
    """A message or signal (`kind`) by its name, for which the case waits."""

    kind: str
    name: str


@dataclass(frozen=True)
class Thrown:
    """A message or signal that the case has sent into the world: a message that nobody in the case itself waited for, and
    every signal. `payload` is any value, None where the diagram sends nothing along."""

    kind: str
    name: str
    payload: Any
    element_id: str


@dataclass(frozen=True)
class Passed:
    """One mark of the path taken: kind is node, flow, gateway, decision, timer or message."""

    kind: str
    element_id: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """The outcome of a step: the new state and all that changed. `data` holds the final data of a completed case.

    From now on the case waits for what it `listens` to in addition, and no more for what has `ceased`. `left` are the tokens
    that a completion left behind, if it used up nobody's but those of its own task: by them it can be retracted later.
    """

    state: bytes
    completed: bool
    opened: tuple[OpenTask, ...] = ()
    closed: tuple[ClosedTask, ...] = ()
    timers: tuple[TimerSet, ...] = ()
    cleared_timers: tuple[int, ...] = ()
    passed: tuple[Passed, ...] = ()
    listens: tuple[Awaited, ...] = ()
    ceased: tuple[Awaited, ...] = ()
    thrown: tuple[Thrown, ...] = ()
    left: tuple[int, ...] | None = None
    data: dict[str, Any] = field(default_factory=dict)
