"""What events wait for and throw. No definition looks at a clock: a timer fires when it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.util.task import TaskState

import feel
from workflows.engine import timers
from workflows.engine.errors import StepRefused
from workflows.engine.run import shown
from workflows.engine.specs.base import boundary_events
from workflows.engine.specs.merging import present_data
from workflows.engine.steps import Thrown
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

    def parts(self) -> tuple[Occurrence, ...]:
        """The single things that are waited for or thrown."""
        return (self,)

    def arm(self, my_task: Token) -> None:
        """The token begins to wait."""

    def is_enough(self, my_task: Token, part: Occurrence) -> bool:
        """`part` has happened: does the token go on?"""
        return True

    def throw(self, my_task: Token) -> None:
        if self.kind in ("none", "terminate"):
            return
        top = my_task.workflow.top_workflow
        value = (
            None if self.payload is None else clean(top.script_engine.evaluate(my_task, self.payload), self.name or "")
        )
        if self.kind in ("error", "escalation", "cancel"):
            self._throw_outwards(my_task, value)
            return
        caught = hear(top, self.kind, self.name, value)
        element = my_task.task_spec.bpmn_id
        top.run.note("message", element, name=self.name, payload=shown(value), caught=caught)
        if self.kind == "signal" or not caught:
            top.run.thrown.append(Thrown(self.kind, self.name or "", value, element))

    def _throw_outwards(self, my_task: Token, value: Any) -> None:
        # The library offers an error to every waiting event of the surrounding process; only an event sub-process of the
        # process that threw it, or what is at the border of that process or of one around it, may catch it.
        for waiting in _listeners_outwards(my_task):
            part = caught_by(waiting, self)
            if part is not None:
                waiting.task_spec.fire(waiting, value, part)
                return
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


def _listeners_outwards(my_task: Token) -> Iterator[Token]:
    """Tokens that wait around `my_task`, from the inside outwards."""
    workflow = my_task.workflow
    top = workflow.top_workflow
    while True:
        for token in workflow.unfinished():
            spec = token.task_spec
            if token._state == TaskState.WAITING and spec.stands_by and spec.attached_to is None:
                yield token
        if workflow.parent_task_id is None:
            return
        owner = top.get_task_from_id(workflow.parent_task_id)
        holder = owner.parent if owner.task_spec.repeated_by is not None else owner
        yield from (event for event in boundary_events(holder) if event._state == TaskState.WAITING)
        workflow = owner.workflow


def caught_by(token: Token, thrown: Occurrence) -> Occurrence | None:
    """The part of what the token waits for that `thrown` is."""
    return next((part for part in token.task_spec.event_definition.parts() if part == thrown), None)


def hear(top: Workflow, kind: str, name: str | None, payload: Any) -> bool:
    """A message reaches the one that has waited longest, a signal everybody who waits. False when nobody does."""
    sought = Occurrence(kind, name)
    waiting = [
        (token, part)
        for _, token in sorted(top.event_manager.tasks.items())
        if token._state == TaskState.WAITING and (part := caught_by(token, sought)) is not None
    ]
    for token, part in waiting[:1] if kind == "message" else waiting:
        token.task_spec.fire(token, payload, part)
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


class Condition(Occurrence):
    """Happens when its condition becomes true for the present data of the process, wherever in it they change."""

    def __init__(self, condition: feel.Expression) -> None:
        super().__init__("conditional")
        self.condition = condition

    def becomes_true(self, my_task: Token) -> bool:
        """Asked whenever the case comes to rest; true once each time that the condition begins to hold."""
        kept = my_task.internal_data
        engine = my_task.workflow.script_engine
        data = present_data(my_task.workflow)
        holds = engine.environment.evaluate(self.condition, data, element=my_task.task_spec.bpmn_id) is True
        held = kept.pop("held", False)
        if holds:
            kept["held"] = True
        return holds and not held


def fire_conditions(top: Workflow) -> bool:
    """Fire all events whose condition has become true since the last time. False when there is none."""
    risen = [
        (token, part)
        for _, token in sorted(top.event_manager.tasks.items())
        for part in token.task_spec.event_definition.parts()
        if isinstance(part, Condition) and token._state == TaskState.WAITING and part.becomes_true(token)
    ]
    for token, part in risen:
        top.run.spend_step(token.task_spec.bpmn_id)
        token.task_spec.fire(token, None, part)
    return bool(risen)


class Several(Occurrence):
    """Several events in one: the first of them is enough, or (`every`) all must happen, in whatever order."""

    def __init__(self, parts: tuple[Occurrence, ...], *, every: bool) -> None:
        super().__init__("several")
        self._parts, self.every = parts, every

    def parts(self) -> tuple[Occurrence, ...]:
        return self._parts

    def arm(self, my_task: Token) -> None:
        for part in self._parts:
            part.arm(my_task)

    def throw(self, my_task: Token) -> None:
        for part in self._parts:
            part.throw(my_task)

    def is_enough(self, my_task: Token, part: Occurrence) -> bool:
        if not self.every:
            return True
        kept = my_task.internal_data
        index = next(index for index, known in enumerate(self._parts) if known is part)
        kept["seen"] = sorted({*kept.get("seen", ()), index})
        if part.kind == "timer":
            kept.pop("due", None)
        if len(kept["seen"]) < len(self._parts):
            return False
        del kept["seen"]
        return True
