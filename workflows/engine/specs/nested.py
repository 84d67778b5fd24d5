"""Sub-processes and called processes: the token stands still while its own process runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from workflows.engine.errors import StepRefused
from workflows.engine.specs.activities import Activity
from workflows.engine.texts import N_

if TYPE_CHECKING:
    from workflows.engine.diagram import Node
    from workflows.engine.specs.process import ProcessSpec
    from workflows.engine.tokens import Token
    from workflows.engine.workflow import SubWorkflow


class NestedProcess(Activity):
    """All variables go in, and come out as the inner process left them.

    A called process may say which variables it takes (`inputs`) and gives back (`outputs`); then only these pass.
    """

    inputs: tuple[str, ...] | None = None
    outputs: tuple[str, ...] | None = None

    def __init__(self, process: ProcessSpec, name: str, node: Node, inner: str) -> None:
        super().__init__(process, name, node)
        self.inner = inner

    @property
    def passes_all(self) -> bool:
        """Do inside and outside share all their variables?"""
        return self.inputs is None and self.outputs is None

    def _update_hook(self, my_task: Token) -> bool:
        super()._update_hook(my_task)
        my_task._set_state(TaskState.STARTED)
        workflow = my_task.workflow.top_workflow.create_subprocess(my_task, self.inner)
        self.watch(workflow, my_task)
        workflow.task_tree.data = self._handed_in(my_task)
        return False

    def _handed_in(self, my_task: Token) -> dict[str, Any]:
        if self.inputs is None:
            return dict(my_task.data)
        return {
            name: self._known(my_task.data, name, N_("{element} needs {name}, which is not known here."))
            for name in self.inputs
        }

    def _known(self, data: dict[str, Any], name: str, message: str) -> Any:
        if name not in data:
            raise StepRefused(message, {"element": self.element, "name": name}, self.bpmn_id)
        return data[name]

    def watch(self, workflow: SubWorkflow, my_task: Token) -> None:
        """Connect the inner process with the token that owns it; also when a state is loaded."""
        workflow.completed_event.connect(self.finish, my_task)

    def finish(self, workflow: SubWorkflow, my_task: Token) -> None:
        if not my_task.is_finished:
            my_task.data = self.handed_back(my_task, workflow.data)
            my_task._ready()

    def handed_back(self, my_task: Token, inner: dict[str, Any]) -> dict[str, Any]:
        """The data with which the token goes on when the inner process has ended with `inner`."""
        if self.passes_all:
            return dict(inner)
        if self.outputs is None:
            return {**my_task.data, **inner}
        message = N_("{element} should give back {name}, which it has not set.")
        return my_task.data | {name: self._known(inner, name, message) for name in self.outputs}

    def _on_cancel(self, my_task: Token) -> None:
        workflow = my_task.workflow.top_workflow.subprocesses.get(my_task.id)
        if workflow is not None and not workflow.completed:
            workflow.cancel()


class EventSubprocess(NestedProcess):
    """Started by an event, not by a flow. Beside the others its data are those of a branch: only what it changed counts."""

    interrupting = True

    def handed_back(self, my_task: Token, inner: dict[str, Any]) -> dict[str, Any]:
        if self.interrupting:
            return dict(inner)
        saw = my_task.data
        changed = {name: value for name, value in inner.items() if name not in saw or saw[name] != value}
        return {**my_task.parent.data, **changed}
