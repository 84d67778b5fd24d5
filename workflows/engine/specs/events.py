"""Events that wait: start, intermediate and boundary ones, receive tasks, and the gateway that races them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent, ThrowingEvent
from SpiffWorkflow.util.task import TaskState

from workflows.engine import timers
from workflows.engine.specs.base import ElementSpec, withdraw_boundary_events
from workflows.engine.specs.event_definitions import Occurrence, due_of, keep_due

if TYPE_CHECKING:
    from workflows.engine.diagram import Node
    from workflows.engine.specs.process import ProcessSpec
    from workflows.engine.tokens import Token


class CatchSpec(ElementSpec, CatchingEvent):  # type: ignore[misc]
    """Waits until it is fired. A plain start event does not wait."""

    def __init__(self, process: ProcessSpec, node: Node, definition: Occurrence) -> None:
        super().__init__(process, node.id, node=node, event_definition=definition)

    def _update_hook(self, my_task: Token) -> bool:
        if my_task._state == TaskState.FUTURE:
            my_task._inherit_data()
            if self.event_definition.kind == "none":
                return True
            my_task._set_state(TaskState.WAITING)
            self.event_definition.arm(my_task)
            my_task.workflow.top_workflow.event_manager.add_task(my_task)
        return False

    def _run_hook(self, my_task: Token) -> bool:
        return True

    def _on_cancel(self, my_task: Token) -> None:
        my_task.workflow.top_workflow.event_manager.remove_task(my_task)

    def fire(self, my_task: Token, payload: Any = None) -> None:
        """What the token waited for has happened. One that was withdrawn by an earlier listener hears nothing."""
        if my_task._state != TaskState.WAITING:
            return
        run = my_task.workflow.top_workflow.run
        due = due_of(my_task)
        if due is not None:
            run.note("timer", self.element, due_at=due.at)
        self.event_definition.receive(my_task, payload)
        self.occur(my_task, due)

    def occur(self, my_task: Token, due: timers.Due | None) -> None:
        """The token goes on; where events were raced, the others have lost."""
        self.settle(my_task)
        rivals = my_task.parent
        if isinstance(rivals.task_spec, EventGateway):
            for rival in rivals.children:
                if rival is not my_task and rival._state == TaskState.WAITING:
                    rival.cancel()

    def settle(self, my_task: Token) -> None:
        my_task.workflow.top_workflow.event_manager.remove_task(my_task)
        my_task.internal_data.pop("due", None)
        my_task._ready()


class ReceiveTask(CatchSpec):
    """A task that waits for a message."""


class EventGateway(ElementSpec):
    """Lets its events race: the first one wins."""


class BoundaryEvent(CatchSpec):
    """Waits at the border of an element. Interrupting: ends it. Not interrupting: starts a branch beside it."""

    def __init__(self, process: ProcessSpec, node: Node, definition: Occurrence) -> None:
        super().__init__(process, node, definition)
        self.attached_to = node.attached_to
        self.cancel_activity = node.interrupting

    def occur(self, my_task: Token, due: timers.Due | None) -> None:
        if self.cancel_activity:
            self.settle(my_task)
            for sibling in my_task.parent.children:
                if sibling.task_spec.bpmn_id == self.attached_to and not sibling.is_finished:
                    withdraw_boundary_events(sibling)
                    sibling.cancel()
            return
        again = timers.next_due(due, my_task.workflow.top_workflow.run.now) if due else None
        if due is not None and again is None:
            self.settle(my_task)
            return
        # It may happen again: the token stays and sends another one on its way.
        if again is not None:
            keep_due(my_task, again)
        my_task.workflow.top_workflow.run.note("node", self.element)
        self.follow(my_task, self.ways)


class ThrowSpec(ElementSpec, ThrowingEvent):  # type: ignore[misc]
    """An intermediate event or a send task that throws and goes on."""

    def __init__(self, process: ProcessSpec, node: Node, definition: Occurrence) -> None:
        super().__init__(process, node.id, node=node, event_definition=definition)

    def _run_hook(self, my_task: Token) -> bool:
        self.event_definition.throw(my_task)
        return True
