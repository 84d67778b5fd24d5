"""Where branches end: end events, and the engine's own last join that ends a process when nothing is under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SpiffWorkflow.bpmn.specs.mixins.events.event_types import ThrowingEvent
from SpiffWorkflow.util.task import TaskState

import feel
from workflows.engine.specs.base import ElementSpec, Way
from workflows.engine.specs.events import ScopeEvent
from workflows.engine.specs.merging import merge_branches

if TYPE_CHECKING:
    from workflows.engine.diagram import Node
    from workflows.engine.specs.event_definitions import Occurrence
    from workflows.engine.specs.process import ProcessSpec
    from workflows.engine.tokens import Token


class EndEvent(ElementSpec, ThrowingEvent):  # type: ignore[misc]
    """Ends its branch. A terminating one ends the whole process; an error or escalation travels outwards."""

    def __init__(self, process: ProcessSpec, node: Node, definition: Occurrence) -> None:
        super().__init__(process, node.id, node=node, event_definition=definition)
        self.terminates = definition.kind == "terminate"
        self.ways = (Way(None, process.end.name),)

    def _run_hook(self, my_task: Token) -> bool:
        self.event_definition.throw(my_task)
        return True

    def leave(self, my_task: Token) -> tuple[Way, ...]:
        if not self.terminates:
            return self.ways
        workflow = my_task.workflow
        for token in workflow.unfinished():
            token.cancel()
        workflow._mark_complete(my_task)
        return ()


class EndJoin(ElementSpec):
    """One token waits here for the rest of its process; each further one takes over what the earlier one carried.

    With a condition it waits no longer than until that holds, and what is under way then is withdrawn.
    """

    condition: feel.Expression | None = None

    recorded_as = None
    looks_around = True

    def _update_hook(self, my_task: Token) -> bool:
        arrived = my_task._state == TaskState.FUTURE
        if arrived:
            my_task._inherit_data()
            waiting = [
                token
                for token in my_task.workflow.waiting_joins.values()
                if token.task_spec is self and token is not my_task
            ]
            if waiting:
                my_task.data = merge_branches([*waiting, my_task])
                for token in waiting:
                    token.cancel()
        others = [token for token in my_task.workflow.unfinished() if token is not my_task]
        if self._is_enough(my_task) or all(isinstance(token.task_spec, ScopeEvent) for token in others):
            for token in others:  # what could interrupt the process, or stand beside it, has nothing left to wait for
                token.withdraw()
            return True
        if arrived:
            my_task._set_state(TaskState.WAITING)
        return False

    def _is_enough(self, my_task: Token) -> bool:
        engine = my_task.workflow.script_engine
        return self.condition is not None and engine.evaluate(my_task, self.condition) is True
