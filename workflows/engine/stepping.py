"""The way of every step: load a private copy, act, run on until it rests, prune, store, and tell what changed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from SpiffWorkflow.util.task import TaskState

from workflows.engine.advancing import advance, check_nothing_lost
from workflows.engine.definition import Definition
from workflows.engine.errors import StepRefused, UnknownToken
from workflows.engine.opening import open_task
from workflows.engine.pruning import prune
from workflows.engine.run import Run
from workflows.engine.specs.event_definitions import due_of
from workflows.engine.state import dump, load
from workflows.engine.steps import Awaited, Budget, Call, ClosedTask, Step, TimerSet
from workflows.engine.texts import N_
from workflows.engine.tokens import Token
from workflows.engine.workflow import Workflow

DEFAULT_BUDGET = Budget()
_NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)


class Resting:
    """What was open and what was set when the case last came to rest."""

    def __init__(
        self,
        tasks: dict[int, str],
        timers: dict[int, datetime],
        awaited: frozenset[Awaited] = frozenset(),
        live: frozenset[int] = frozenset(),
    ) -> None:
        self.tasks, self.timers, self.awaited, self.live = tasks, timers, awaited, live

    @classmethod
    def of(cls, workflow: Workflow) -> Resting:
        tasks, timers, live = {}, {}, []
        for token in workflow.all_tokens():
            if not token.is_finished:
                live.append(token.id)
            if token._state == TaskState.READY and token.task_spec.manual:
                tasks[token.id] = token.task_spec.bpmn_id
            elif token._state == TaskState.WAITING:
                due = due_of(token)
                if due is not None:
                    timers[token.id] = due.at
        return cls(tasks, timers, awaited_in(workflow), frozenset(live))


def awaited_in(workflow: Workflow) -> frozenset[Awaited]:
    """The messages and signals for which somebody in the case waits."""
    waiting = [token for token in workflow.event_manager.tasks.values() if token._state == TaskState.WAITING]
    parts = (part for token in waiting for part in token.task_spec.event_definition.parts())
    return frozenset(Awaited(part.kind, part.name) for part in parts if part.kind in ("message", "signal"))


def _no_call(operation: str, parameters: dict[str, Any], node_id: str) -> None:
    raise NotImplementedError("looking at a case calls nothing")


def look(definition: Definition, state: bytes) -> Workflow:
    """The case, to be looked at only."""
    run = Run(call=_no_call, now=_NO_TIME, budget=DEFAULT_BUDGET)
    return load(state, definition.spec, definition.nested, run)


def resume(definition: Definition, state: bytes, call: Call, now: datetime, budget: Budget) -> tuple[Workflow, Resting]:
    """The case, ready for one step, and what was open before it."""
    run = Run(call=call, now=now, budget=budget)
    workflow = load(state, definition.spec, definition.nested, run)
    return workflow, Resting.of(workflow)


def open_token(workflow: Workflow, token: int, resting: Resting | None = None) -> Token:
    """The token of a task that a person can do now. Raises UnknownToken."""
    task = workflow.find(token)
    if task is None or token not in (resting or Resting.of(workflow)).tasks:
        raise UnknownToken(token)
    return task


def finish(
    workflow: Workflow, before: Resting, completed: int | None = None, own: frozenset[int] | None = None
) -> Step:
    """Run on to the next rest and tell the outcome. Raises StepRefused where the case could not rest or be stored.

    `own` are the tokens that belong to the completed task; None where what it leaves behind is of no interest.
    """
    run = workflow.run
    advance(workflow)
    check_nothing_lost(workflow)
    data = dict(workflow.data) if workflow.completed else {}
    prune(workflow)
    state = dump(workflow)
    if len(state) > run.budget.state_bytes:
        message = N_("The data of the case are too large ({size} bytes); keep references instead.")
        raise StepRefused(message, {"size": len(state)})
    after = Resting.of(workflow)
    return Step(
        state=state,
        completed=workflow.completed,
        opened=tuple(open_task(workflow.get_task_from_id(token)) for token in after.tasks if token not in before.tasks),
        closed=tuple(
            ClosedTask(token, node_id, token == completed)
            for token, node_id in before.tasks.items()
            if token not in after.tasks
        ),
        timers=tuple(
            timer_set(workflow.get_task_from_id(token))
            for token, due_at in after.timers.items()
            if before.timers.get(token) != due_at
        ),
        cleared_timers=tuple(token for token in before.timers if token not in after.timers),
        passed=tuple(run.passed),
        listens=tuple(sorted(after.awaited - before.awaited)),
        ceased=tuple(sorted(before.awaited - after.awaited)),
        thrown=tuple(run.thrown),
        left=None if own is None or before.live - after.live - own else tuple(sorted(after.live - before.live)),
        data=data,
    )


def timer_set(token: Token) -> TimerSet:
    due = due_of(token)
    assert due is not None  # noqa: S101 -- only tokens with a timer come here
    return TimerSet(token.id, token.task_spec.bpmn_id, due.at, None if due.left is None else due.left - 1)
