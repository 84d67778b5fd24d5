"""One step under way: who answers calls, what time it is, what it may still cost, and the path it took so far."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from workflows.engine.errors import StepRefused
from workflows.engine.steps import Budget, Call, Passed, Thrown, WorkingTime
from workflows.engine.texts import N_

# How much of a variable the history keeps: enough to understand a decision, not a second copy of the data.
_SHOWN_TEXT = 200
_SHOWN_ITEMS = 20
_SHOWN_DEPTH = 3


class Run:
    """`now` is the instant of the step, in UTC; `local_now` the same in the zone in which it was given.

    FEEL reads the latter, so that today() is the day where people work. A time without zone is refused, because it would
    mean another instant on another machine.
    """

    def __init__(self, *, call: Call, now: datetime, budget: Budget) -> None:
        if now.tzinfo is None:
            raise ValueError("now needs a time zone")
        self.call = call
        self.working_time: WorkingTime = getattr(call, "working_time", by_the_clock)
        self.local_now = now
        self.now = now.astimezone(UTC)
        self.budget = budget
        self.passed: list[Passed] = []
        self.thrown: list[Thrown] = []
        self.steps = 0
        self.tokens = 0
        self._end = time.monotonic() + budget.seconds

    def note(self, kind: str, element_id: str, **detail: Any) -> None:
        self.passed.append(Passed(kind, element_id, detail))

    def spend_step(self, element: str | None) -> None:
        self.steps += 1
        if self.steps > self.budget.steps:
            message = N_("The process runs more than {limit} automatic steps at once; let its loop at {element} wait.")
            raise StepRefused(message, {"limit": self.budget.steps, "element": element or "?"}, element)
        if time.monotonic() > self._end:
            message = N_("The step takes longer than {limit} seconds; it stopped at {element}.")
            raise StepRefused(message, {"limit": self.budget.seconds, "element": element or "?"}, element)

    def spend_token(self, element: str | None) -> None:
        self.tokens += 1
        if self.tokens > self.budget.tokens:
            message = N_("The process opens more than {limit} branches and tasks at once, at {element}.")
            raise StepRefused(message, {"limit": self.budget.tokens, "element": element or "?"}, element)


def by_the_clock(start: datetime, days: int, hours: timedelta) -> datetime:
    """The end of a duration where nobody knows hours of work."""
    return start + timedelta(days=days) + hours


def shown(value: Any, depth: int = _SHOWN_DEPTH) -> Any:
    """`value` cut to what the history keeps of it."""
    if isinstance(value, str):
        return value if len(value) <= _SHOWN_TEXT else value[:_SHOWN_TEXT] + "…"
    if isinstance(value, Mapping):
        if depth == 0:
            return "…"
        return {key: shown(item, depth - 1) for key, item in list(value.items())[:_SHOWN_ITEMS]}
    if isinstance(value, list):
        return "…" if depth == 0 else [shown(item, depth - 1) for item in value[:_SHOWN_ITEMS]]
    return value
