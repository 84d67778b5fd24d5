"""A task of SpiffWorkflow, made to last: whole numbers as ids, never reused; no recursion; no look-ahead.

The library's own Task draws random ids, walks its ancestors recursively (it fails after some 250 rounds of a loop) and
merges lists wrongly on inheritance. A token keeps its interface and replaces what is wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

if TYPE_CHECKING:
    from workflows.engine.workflow import AnyWorkflow

FINISHED = TaskState.FINISHED_MASK


class Token(Task):  # type: ignore[misc]
    """One place where a case stands or stood. Data is inherited one level deep: values inside are never changed."""

    def __init__(
        self, workflow: AnyWorkflow, task_spec: Any, parent: Token | None = None, *, ident: int | None = None
    ) -> None:
        # The library's constructor is not called: it would draw an id and look its parent up again.
        top = workflow.top_workflow
        self.id: int = top.next_token() if ident is None else ident
        self.workflow: AnyWorkflow = workflow
        self.task_spec: Any = task_spec
        self._parent: int | None = None if parent is None else parent.id
        self._children: list[int] = []
        self._state: int = TaskState.FUTURE
        self.triggered = False
        self.thread_id = 0
        self.data: dict[str, Any] = {}
        self.internal_data: dict[str, Any] = {}
        self.last_state_change: int = top.tick()
        workflow.tasks[self.id] = self
        if parent is not None:
            parent._children.append(self.id)
        top.run.spend_token(task_spec.bpmn_id)

    @property
    def is_finished(self) -> bool:
        return bool(self._state & FINISHED)

    def _add_child(self, task_spec: Any, state: int = TaskState.FUTURE) -> Token:
        child = Token(self.workflow, task_spec, self)
        if state != TaskState.FUTURE:
            child._set_state(state)
        return child

    def _inherit_data(self) -> None:
        # What was put here before counts more: an instance of a repeated task already carries its item.
        self.data = {**self.parent.data, **self.data}

    def _set_state(self, value: int) -> None:
        if value != self._state:
            self._state = value
            top = self.workflow.top_workflow
            self.last_state_change = top.tick()
            self.workflow.moved(self)

    def run(self) -> bool | None:
        outcome: bool | None = self.task_spec._run(self)
        if self.is_finished:  # what it threw has ended its own branch; completing it would bring it back to life
            return outcome
        if outcome is None:
            self._set_state(TaskState.STARTED)
        else:
            self.complete()
        return outcome

    def withdraw(self) -> None:
        """Cancel this token alone. A branch that began here goes on: what has happened, has happened."""
        self._set_state(TaskState.CANCELLED)
        self.task_spec._on_cancel(self)

    def cancel(self) -> None:
        """Cancel this token, if it is unfinished, and all unfinished ones below it."""
        self._cancel([self])

    def cancel_children(self) -> None:
        """Cancel what is unfinished below this token."""
        self._cancel([self.workflow.tasks[child] for child in reversed(self._children)])

    def _cancel(self, stack: list[Token]) -> None:
        tasks = self.workflow.tasks
        while stack:
            token = stack.pop()
            if not token.is_finished:
                token.withdraw()
            stack.extend(tasks[child] for child in reversed(token._children))

    def ancestors(self) -> list[Token]:
        """From the parent up to the root."""
        found, tasks, at = [], self.workflow.tasks, self._parent
        while at is not None:
            token = tasks[at]
            found.append(token)
            at = token._parent
        return found

    def is_descendant_of(self, task: Task) -> bool:
        return task in self.ancestors()

    def find_ancestor(self, spec_name: str) -> Token | None:
        return next((token for token in self.ancestors() if token.task_spec.name == spec_name), None)
