"""Sub-processes and called processes: the token stands still while its own process runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SpiffWorkflow.util.task import TaskState

from workflows.engine.specs.activities import Activity

if TYPE_CHECKING:
    from workflows.engine.diagram import Node
    from workflows.engine.specs.process import ProcessSpec
    from workflows.engine.tokens import Token
    from workflows.engine.workflow import SubWorkflow


class NestedProcess(Activity):
    """All variables go in, and come out as the inner process left them."""

    def __init__(self, process: ProcessSpec, name: str, node: Node, inner: str) -> None:
        super().__init__(process, name, node)
        self.inner = inner

    def _update_hook(self, my_task: Token) -> bool:
        super()._update_hook(my_task)
        my_task._set_state(TaskState.STARTED)
        workflow = my_task.workflow.top_workflow.create_subprocess(my_task, self.inner)
        self.watch(workflow, my_task)
        workflow.task_tree.data = dict(my_task.data)
        return False

    def watch(self, workflow: SubWorkflow, my_task: Token) -> None:
        """Connect the inner process with the token that owns it; also when a state is loaded."""
        workflow.completed_event.connect(self.finish, my_task)

    def finish(self, workflow: SubWorkflow, my_task: Token) -> None:
        if not my_task.is_finished:
            my_task.data = dict(workflow.data)
            my_task._ready()

    def _on_cancel(self, my_task: Token) -> None:
        workflow = my_task.workflow.top_workflow.subprocesses.get(my_task.id)
        if workflow is not None and not workflow.completed:
            workflow.cancel()
