"""A running case as SpiffWorkflow sees it, with flat scans instead of walks through the tree.

A workflow is always made for one `Run` and brings the FEEL engine with it: there is no way to have one that would
evaluate Python. Tokens that become ready are queued as it happens, so that no step searches the whole tree.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.util.task import TaskState

from workflows.engine.errors import StepRefused
from workflows.engine.run import Run
from workflows.engine.script_engine import FeelEngine
from workflows.engine.texts import N_
from workflows.engine.tokens import Token

if TYPE_CHECKING:
    from workflows.engine.specs.process import ProcessSpec

MAX_NESTING = 25


class _Flat:
    """What the case and its sub-processes share."""

    spec: ProcessSpec
    tasks: dict[int, Token]
    task_tree: Token
    data: dict[str, Any]
    completed: bool
    last_task: Token | None
    top_workflow: Workflow
    waiting_joins: dict[int, Token]
    parent_task_id: int | None
    depth: int
    completed_event: Any

    @property
    def script_engine(self) -> FeelEngine:
        """Always ours: it cannot be set, and no workflow exists without it."""
        return self.top_workflow.engine

    def _begin(self) -> None:
        self.task_tree = Token(self, self.spec.start)
        self.task_tree._ready()

    def moved(self, token: Token) -> None:
        """A token changed its state: keep the queue of ready ones and the list of waiting joins."""
        state = token._state
        if state == TaskState.READY:
            if not token.task_spec.manual:
                self.top_workflow.ready.append(token)
        elif state == TaskState.WAITING and token.task_spec.looks_around:
            self.waiting_joins[token.id] = token
            return
        if self.waiting_joins:
            self.waiting_joins.pop(token.id, None)

    def get_tasks_iterator(self, first_task: Token | None = None, **kwargs: Any) -> Iterator[Token]:
        # The library's iterator stops at depth 1,000 without a word.
        state = kwargs.get("state", TaskState.ANY_MASK)
        name = kwargs.get("spec_name")
        return (
            token
            for token in list(self.tasks.values())
            if token._state & state
            and (name is None or token.task_spec.name == name)
            and (first_task is None or token is first_task or first_task in token.ancestors())
        )

    def update_waiting_tasks(self) -> None:
        for token in list(self.waiting_joins.values()):
            if token._state == TaskState.WAITING:
                token.task_spec._update(token)

    def unfinished(self) -> list[Token]:
        return [token for token in self.tasks.values() if not token.is_finished]

    def is_completed(self) -> bool:
        return self.completed

    def cancel(self, success: bool = False) -> list[Token]:
        self.success = success
        self.completed = True
        cancelled = self.unfinished()
        for token in cancelled:
            token.cancel()
        return cancelled

    def _task_completed_notify(self, token: Token) -> None:
        self.last_task = token
        if token.task_spec.name == "End":
            self._mark_complete(token)
        if self.completed:
            self.completed_event(self)
        else:
            self.update_waiting_tasks()

    def _mark_complete(self, token: Token) -> None:
        self.data = dict(token.data)
        self.completed = True


class SubWorkflow(_Flat, BpmnSubWorkflow):  # type: ignore[misc]
    """A sub-process or called process that is under way, owned by the token of its activity."""

    def __init__(self, spec: ProcessSpec, parent_task_id: int, top_workflow: Workflow, *, begin: bool = True) -> None:
        self.waiting_joins = {}
        super().__init__(spec, parent_task_id, top_workflow, deserializing=True)
        if begin:
            self._begin()


class Workflow(_Flat, BpmnWorkflow):  # type: ignore[misc]
    """A whole case, loaded for one step and thrown away after it."""

    def __init__(
        self, spec: ProcessSpec, nested: Mapping[str, ProcessSpec], run: Run, *, begin: bool = True, last_token: int = 0
    ) -> None:
        self.run = run
        self.engine = FeelEngine(run)
        self.ready: deque[Token] = deque()
        self.waiting_joins = {}
        self.last_token = last_token
        self.clock = 0
        super().__init__(spec, nested, self.engine, deserializing=True)
        if begin:
            self._begin()

    @property
    def top_workflow(self) -> Workflow:  # type: ignore[override]
        return self

    def next_token(self) -> int:
        self.last_token += 1
        return self.last_token

    def tick(self) -> int:
        """Order of changes of state. Counted, not timed: a clock may stand still or go back."""
        self.clock += 1
        return self.clock

    def everywhere(self) -> list[_Flat]:
        return [self, *self.subprocesses.values()]

    def all_tokens(self) -> Iterator[Token]:
        for workflow in self.everywhere():
            yield from workflow.tasks.values()

    def find(self, token_id: int) -> Token | None:
        for workflow in self.everywhere():
            token = workflow.tasks.get(token_id)
            if token is not None:
                return token
        return None

    def get_task_from_id(self, task_id: int) -> Token:
        token = self.find(task_id)
        if token is None:
            raise KeyError(task_id)
        return token

    def create_subprocess(self, my_task: Token, spec_name: str) -> SubWorkflow:
        element = my_task.task_spec.bpmn_id
        if len(self.subprocesses) >= self.run.budget.processes:
            message = N_("More than {limit} sub-processes run at once at {element}.")
            raise StepRefused(message, {"limit": self.run.budget.processes, "element": element}, element)
        workflow = SubWorkflow(self.subprocess_specs[spec_name], my_task.id, self, begin=False)
        if workflow.depth > MAX_NESTING:
            message = N_("Processes are nested more than {limit} levels deep at {element}.")
            raise StepRefused(message, {"limit": MAX_NESTING, "element": element}, element)
        self.subprocesses[my_task.id] = workflow
        workflow._begin()
        return workflow


AnyWorkflow = _Flat
