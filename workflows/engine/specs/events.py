"""Events that wait: start, intermediate and boundary ones, receive tasks, and the gateway that races them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent, ThrowingEvent
from SpiffWorkflow.util.task import TaskState

from workflows.engine import timers
from workflows.engine.specs.base import ElementSpec, withdraw_boundary_events
from workflows.engine.specs.event_definitions import Occurrence, due_of, keep_due
from workflows.engine.specs.merging import present_data

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

    def fire(self, my_task: Token, payload: Any = None, part: Occurrence | None = None) -> None:
        """`part` of what the token waited for has happened; without it, its timer is due.

        A token that was withdrawn by an earlier listener hears nothing.
        """
        if my_task._state != TaskState.WAITING:
            return
        due = None
        if part is None:
            due = due_of(my_task)
            part = next(part for part in self.event_definition.parts() if part.kind == "timer")
            my_task.workflow.top_workflow.run.note("timer", self.element, due_at=due.at if due else None)
        part.receive(my_task, payload)
        if self.event_definition.is_enough(my_task, part):
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
        for name in ("due", "held", "seen"):
            my_task.internal_data.pop(name, None)
        my_task._ready()

    def stays(self, my_task: Token, due: timers.Due | None) -> bool:
        """The event has happened but does not interrupt: may it happen again? Only a timer comes to an end."""
        if due is None:
            return True
        again = timers.next_due(due, my_task.workflow.top_workflow.run.now)
        if again is None:
            return False
        keep_due(my_task, again)
        return True


class ReceiveTask(CatchSpec):
    """A task that waits for a message."""


class EventGateway(ElementSpec):
    """Lets its events race: the first one wins."""


class BoundaryEvent(CatchSpec):
    """Waits at the border of an element. Interrupting: ends it. Not interrupting: starts a branch beside it."""

    stands_by = True

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
        elif self.stays(my_task, due):
            # It may happen again: the token stays and sends another one on its way.
            my_task.workflow.top_workflow.run.note("node", self.element)
            self.follow(my_task, self.ways)
        else:
            self.settle(my_task)


class ScopeEvent(CatchSpec):
    """Waits as long as its process is under way, and then starts an event sub-process: instead of all else, or beside it.

    It is drawn as the start event inside of that sub-process, and waits outside of it.
    """

    stands_by = True
    attached_to = None
    recorded_as = None  # the start event inside tells it

    def __init__(self, process: ProcessSpec, node: Node, definition: Occurrence) -> None:
        super().__init__(process, node, definition)
        self.interrupting = node.interrupting

    def fire(self, my_task: Token, payload: Any = None, part: Occurrence | None = None) -> None:
        # What comes with the event is for the sub-process; the token that waits keeps the data with which it began, with
        # which those of the sub-process are compared at the end.
        if my_task._state == TaskState.WAITING:
            began_with, my_task.data = my_task.data, present_data(my_task.workflow)
            super().fire(my_task, payload, part)
            my_task.data = began_with

    def occur(self, my_task: Token, due: timers.Due | None) -> None:
        workflow = my_task.workflow
        if self.interrupting:
            for other in workflow.unfinished():
                if other is not my_task and not other.is_finished:
                    other.withdraw()
        ends = self.interrupting or not self.stays(my_task, due)
        child = my_task._add_child(workflow.spec.task_specs[self.ways[0].target])
        child.data = dict(my_task.data)
        child.task_spec._update(child)
        if ends:
            workflow.top_workflow.event_manager.remove_task(my_task)
            my_task._set_state(TaskState.COMPLETED)


class ThrowSpec(ElementSpec, ThrowingEvent):  # type: ignore[misc]
    """An intermediate event or a send task that throws and goes on."""

    def __init__(self, process: ProcessSpec, node: Node, definition: Occurrence) -> None:
        super().__init__(process, node.id, node=node, event_definition=definition)

    def _run_hook(self, my_task: Token) -> bool:
        self.event_definition.throw(my_task)
        return True
