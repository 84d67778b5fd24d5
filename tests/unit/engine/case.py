"""A case as tests drive it: knows its state, and who is waited for. Each step goes through stored bytes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from workflows import engine
from workflows.engine import Budget, Bundle, Definition, OpenTask, Step

NOW = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)


class Case:
    """Steps return the case, so that they can be chained. `calls` lists what operations were called with."""

    def __init__(
        self, bundle: Bundle | Definition, *, answers: Mapping[str, Any] | None = None, budget: Budget | None = None,
        **data: Any,
    ) -> None:  # fmt: skip
        self.definition = bundle if isinstance(bundle, Definition) else engine.compile(bundle)
        self.answers = dict(answers or {})
        self.calls: list[tuple[str, dict[str, Any], str]] = []
        self.now = NOW
        self.budget = budget or Budget()
        self.open: dict[int, OpenTask] = {}
        self.timers: dict[int, engine.TimerSet] = {}
        self.awaited: set[engine.Awaited] = set()
        self.path: list[engine.Passed] = []
        self._take(engine.start(self.definition, data, call=self.call, now=self.now, budget=self.budget))

    def call(self, operation: str, parameters: dict[str, Any], node_id: str) -> Mapping[str, Any] | None:
        self.calls.append((operation, parameters, node_id))
        answer = self.answers.get(operation)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _take(self, step: Step) -> Case:
        self.step, self.state = step, step.state
        for closed in step.closed:
            del self.open[closed.token]
        for opened in step.opened:
            self.open[opened.token] = opened
        for token in step.cleared_timers:
            del self.timers[token]
        for timer in step.timers:
            self.timers[timer.token] = timer
        self.awaited = (self.awaited - set(step.ceased)) | set(step.listens)
        assert self.awaited == (set() if step.completed else set(engine.listening(self.definition, self.state)))
        self.path += step.passed
        return self

    # -- what people and clocks do
    def do(self, node_id: str, **answers: Any) -> Case:
        """Complete the first open task at this node."""
        return self.do_token(self.token(node_id), **answers)

    def do_token(self, token: int, **answers: Any) -> Case:
        step = engine.complete(
            self.definition, self.state, token, answers, call=self.call, now=self.now, budget=self.budget
        )
        return self._take(step)

    def fire(self, node_id: str) -> Case:
        return self.fire_token(next(timer.token for timer in self.timers.values() if timer.node_id == node_id))

    def fire_token(self, token: int) -> Case:
        return self._take(
            engine.fire(self.definition, self.state, token, call=self.call, now=self.now, budget=self.budget)
        )

    def deliver(self, name: str, **payload: Any) -> Case:
        return self._take(
            engine.deliver(self.definition, self.state, name, payload, call=self.call, now=self.now, budget=self.budget)
        )

    def later(self, **delta: float) -> Case:
        self.now += timedelta(**delta)
        return self

    # -- what can be seen
    def token(self, node_id: str) -> int:
        return next(task.token for task in self.open.values() if task.node_id == node_id)

    @property
    def waits_for(self) -> list[str]:
        return sorted(task.node_id for task in self.open.values())

    @property
    def live(self) -> list[str]:
        return engine.live_nodes(self.definition, self.state)

    def data(self, node_id: str) -> dict[str, Any]:
        return engine.task_data(self.definition, self.state, self.token(node_id))

    @property
    def is_completed(self) -> bool:
        return self.step.completed

    def passed(self, kind: str) -> list[str]:
        return [mark.element_id for mark in self.path if mark.kind == kind]
