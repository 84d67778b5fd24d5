"""A case that is never stored, loaded or pruned: what every stored one is compared with."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.util.task import TaskState

from workflows.engine import Budget, Definition
from workflows.engine.advancing import advance
from workflows.engine.moving import move
from workflows.engine.rounds import Where, ask, dismiss
from workflows.engine.run import Run
from workflows.engine.specs.event_definitions import due_of, hear
from workflows.engine.tokens import Token
from workflows.engine.workflow import Workflow

from .case import NOW


class Undisturbed:
    """The same verbs as `Case`, on one and the same workflow in memory."""

    def __init__(self, definition: Definition, data: dict[str, Any]) -> None:
        self.definition = definition
        self.calls: list[tuple[str, dict[str, Any], str]] = []
        budget = Budget(steps=10**9, seconds=3_600, tokens=10**9)
        self.workflow = Workflow(definition.spec, dict(definition.nested), Run(call=self._call, now=NOW, budget=budget))
        self.workflow.task_tree.data = dict(data)
        advance(self.workflow)

    def _call(self, operation: str, parameters: dict[str, Any], node_id: str) -> None:
        self.calls.append((operation, parameters, node_id))

    def _alive(self) -> list[Token]:
        return [token for token in self.workflow.all_tokens() if not token.workflow.completed]

    def open(self) -> list[Token]:
        return [t for t in self._alive() if t._state == TaskState.READY and t.task_spec.manual]

    def timers(self) -> list[Token]:
        return [t for t in self._alive() if t._state == TaskState.WAITING and due_of(t) is not None]

    def _task(self, token: int) -> Token:
        return next(t for t in self.open() if t.id == token)

    def do(self, token: int, answers: dict[str, Any]) -> None:
        task = self._task(token)
        task.data.update(answers)
        task.run()
        advance(self.workflow)

    def move(self, token: int, node_id: str, answers: dict[str, Any]) -> None:
        move(self.definition, self._task(token), node_id, answers)
        advance(self.workflow)

    def ask(self, token: int, signer: int, where: Where) -> None:
        ask(self._task(token), signer, where)
        advance(self.workflow)

    def dismiss(self, token: int) -> None:
        dismiss(self._task(token))
        advance(self.workflow)

    def fire(self, token: int, now: Any) -> None:
        self.workflow.run.now = now
        task = next(t for t in self.timers() if t.id == token)
        task.task_spec.fire(task)
        advance(self.workflow)

    def hears(self, name: str) -> bool:
        return any(
            part.name == name and part.kind in ("message", "signal")
            for t in self.workflow.event_manager.tasks.values()
            for part in t.task_spec.event_definition.parts()
        )

    def deliver(self, name: str, payload: dict[str, Any]) -> None:
        hear(self.workflow, "message", name, payload)
        hear(self.workflow, "signal", name, payload)
        advance(self.workflow)
