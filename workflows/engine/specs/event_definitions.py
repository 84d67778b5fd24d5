"""What events wait for and throw. No definition looks at a clock: a timer fires when it is told to."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.util.task import TaskState

import feel
from workflows.engine import timers
from workflows.engine.errors import StepRefused
from workflows.engine.run import shown
from workflows.engine.specs.base import boundary_events
from workflows.engine.texts import N_
from workflows.engine.values import clean

if TYPE_CHECKING:
    from workflows.engine.tokens import Token
    from workflows.engine.workflow import Workflow


class Occurrence(EventDefinition):  # type: ignore[misc]
    """Without a name: a plain event. With one: a message or signal, or the code of an error or escalation."""

    def __init__(
        self, kind: str = "none", name: str | None = None, *, variable: str | None = None,
        payload: feel.Expression | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name)
        self.kind, self.variable, self.payload = kind, variable, payload

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Occurrence) or self.kind != other.kind:
            return False
        # An error or escalation event without a code catches every one.
        return self.name == other.name or (self.name is None and self.kind in ("error", "escalation"))

    __hash__ = None  # type: ignore[assignment]

    def arm(self, my_task: Token) -> None:
        """The token begins to wait."""

    def throw(self, my_task: Token) -> None:
        if self.kind in ("none", "terminate"):
            return
        top = my_task.workflow.top_workflow
        value = (
            None if self.payload is None else clean(top.script_engine.evaluate(my_task, self.payload), self.name or "")
        )
        if self.kind in ("error", "escalation"):
            self._throw_outwards(my_task, value)
            return
        caught = hear(top, self.kind, self.name, value)
        top.run.note("message", my_task.task_spec.bpmn_id, name=self.name, payload=shown(value), caught=caught)

    def _throw_outwards(self, my_task: Token, value: Any) -> None:
        # The library offers an error to every waiting event of the surrounding process; only those at the border of
        # the very sub-process that threw it may catch it.
        workflow = my_task.workflow
        top = workflow.top_workflow
        while workflow.parent_task_id is not None:
            owner = top.get_task_from_id(workflow.parent_task_id)
            holder = owner.parent if owner.task_spec.repeated_by is not None else owner
            for waiting in boundary_events(holder):
                if waiting._state == TaskState.WAITING and waiting.task_spec.event_definition == self:
                    waiting.task_spec.fire(waiting, value)
                    return
            workflow = owner.workflow
        if self.kind == "error":
            element = my_task.task_spec.bpmn_id
            message = N_("The error {name} thrown at {element} is caught nowhere.")
            raise StepRefused(message, {"name": self.name or "?", "element": element}, element)

    def receive(self, my_task: Token, payload: Any) -> None:
        """What came with the event becomes the variable named for it, or a set of variables."""
        if payload is None:
            return
        if self.variable:
            my_task.data[self.variable] = payload
        elif isinstance(payload, dict):
            my_task.data.update(payload)


def hear(top: Workflow, kind: str, name: str | None, payload: Any) -> bool:
    """A message reaches the one that has waited longest, a signal everybody who waits. False when nobody does."""
    sought = Occurrence(kind, name)
    waiting = [
        token
        for _, token in sorted(top.event_manager.tasks.items())
        if token._state == TaskState.WAITING and token.task_spec.event_definition == sought
    ]
    for token in waiting[:1] if kind == "message" else waiting:
        token.task_spec.fire(token, payload)
    return bool(waiting)


class Timer(Occurrence):
    """Due at an instant that is computed once, when the token begins to wait, and kept with the token."""

    def __init__(self, timer_kind: str, value: feel.Expression | str, *, in_working_time: bool = False) -> None:
        super().__init__("timer")
        self.timer_kind, self.value, self.in_working_time = timer_kind, value, in_working_time

    def arm(self, my_task: Token) -> None:
        top = my_task.workflow.top_workflow
        value = self.value if isinstance(self.value, str) else top.script_engine.evaluate(my_task, self.value)
        try:
            working_time = top.run.working_time if self.in_working_time else None
            keep_due(my_task, timers.first_due(self.timer_kind, value, top.run.now, working_time))
        except timers.BadTimer as fault:
            element = my_task.task_spec.bpmn_id
            message = N_("The timer at {element} cannot be set: {cause}")
            raise StepRefused(message, {"element": element, "cause": fault.cause}, element) from fault


def keep_due(token: Token, due: timers.Due) -> None:
    token.internal_data["due"] = [due.at.isoformat(), due.left, due.cycle]


def due_of(token: Token) -> timers.Due | None:
    """The instant for which a waiting token is set, None where it waits for no timer."""
    kept = token.internal_data.get("due")
    if kept is None:
        return None
    at, left, cycle = kept
    return timers.Due(datetime.fromisoformat(at), left, cycle)
