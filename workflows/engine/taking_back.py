"""Takes the last step of a case back: the state before it is the state again, and what differs between the two is told.

Whoever keeps the state before a step can offer this as long as nothing else has happened to the case. What operations did
outside of it is not undone here.
"""

from __future__ import annotations

from dataclasses import dataclass

from workflows.engine.definition import Definition
from workflows.engine.state import dump
from workflows.engine.stepping import Resting, look, timer_set
from workflows.engine.steps import ClosedTask, Step


@dataclass(frozen=True)
class TakenBack:
    """`step` withdraws what the step had opened and puts its timers right; `reopened` are tokens of tasks open again."""

    step: Step
    reopened: tuple[int, ...]


def take_back(definition: Definition, before: bytes, after: bytes) -> TakenBack:
    """From the state `after` the last step to the one `before` it. Tokens that the step gave are never given again."""
    earlier, later = look(definition, before), look(definition, after)
    was, rests = Resting.of(earlier), Resting.of(later)
    earlier.last_token = later.last_token
    earlier.clock = later.clock
    gone = [token for token in rests.tasks if token not in was.tasks]
    step = Step(
        state=dump(earlier),
        completed=False,
        closed=tuple(ClosedTask(token, rests.tasks[token], completed=False) for token in gone),
        timers=tuple(
            timer_set(earlier.get_task_from_id(token))
            for token, due_at in was.timers.items()
            if rests.timers.get(token) != due_at
        ),
        cleared_timers=tuple(token for token in rests.timers if token not in was.timers),
        listens=tuple(sorted(was.awaited - rests.awaited)),
        ceased=tuple(sorted(rests.awaited - was.awaited)),
    )
    return TakenBack(step, tuple(token for token in was.tasks if token not in rests.tasks))
