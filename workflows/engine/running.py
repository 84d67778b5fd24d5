"""Runs cases: start, complete a task, fire a timer, deliver a message. State goes in as bytes and comes out as bytes.

Each step works on a private copy. Whatever is raised on the way, the copy is gone and the stored state is untouched.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.util.task import TaskState

from workflows.engine.definition import Definition
from workflows.engine.errors import StepRefused, UnknownToken
from workflows.engine.opening import open_task
from workflows.engine.pruning import prune
from workflows.engine.run import Run
from workflows.engine.specs.event_definitions import Definition as EventDefinition
from workflows.engine.specs.event_definitions import due_of
from workflows.engine.state import dump, load
from workflows.engine.steps import Budget, Call, ClosedTask, Step, TimerSet
from workflows.engine.texts import N_
from workflows.engine.tokens import Token
from workflows.engine.values import clean, clean_data
from workflows.engine.workflow import Workflow

DEFAULT_BUDGET = Budget()


def start(
    definition: Definition, data: Mapping[str, Any], *, call: Call, now: datetime, budget: Budget = DEFAULT_BUDGET
) -> Step:
    """A new case with `data`, run to where it first waits."""
    run = Run(call=call, now=now, budget=budget)
    variables = clean_data(data)
    workflow = Workflow(definition.spec, dict(definition.nested), run)
    workflow.task_tree.data = variables
    return _finish(workflow, _Rest({}, {}))


def complete(
    definition: Definition, state: bytes, token: int, answers: Mapping[str, Any], *, call: Call, now: datetime,
    budget: Budget = DEFAULT_BUDGET,
) -> Step:  # fmt: skip
    """Complete an open task; its answers become variables. Raises UnknownToken when it is open no more."""
    workflow, before = _resume(definition, state, call, now, budget)
    task = workflow.find(token)
    if task is None or token not in before.tasks:
        raise UnknownToken(token)
    task.data.update(clean_data(answers))
    _guarded(task.run, task)
    return _finish(workflow, before, completed=token)


def fire(
    definition: Definition, state: bytes, token: int, *, call: Call, now: datetime, budget: Budget = DEFAULT_BUDGET
) -> Step:
    """A timer is due. Raises UnknownToken when nobody waits for it any more."""
    workflow, before = _resume(definition, state, call, now, budget)
    task = workflow.find(token)
    if task is None or token not in before.timers:
        raise UnknownToken(token)
    _guarded(lambda: task.task_spec.fire(task), task)
    return _finish(workflow, before)


def deliver(
    definition: Definition, state: bytes, message: str, payload: Mapping[str, Any], *, call: Call, now: datetime,
    budget: Budget = DEFAULT_BUDGET,
) -> Step:  # fmt: skip
    """A message or signal of this name arrives. Raises StepRefused when the case does not wait for it."""
    workflow, before = _resume(definition, state, call, now, budget)
    content = clean(dict(payload), message)
    caught = 0
    for kind in ("message", "signal"):
        workflow.bpmn_events.clear()
        caught += workflow.event_manager.catch(BpmnEvent(EventDefinition(kind, message), payload=content), False)
    if not caught:
        raise StepRefused(N_("The case does not wait for {name}."), {"name": message})
    return _finish(workflow, before)


def live_nodes(definition: Definition, state: bytes) -> list[str]:
    """Ids of the elements where the case stands now: open tasks, events waited for, joins, and what surrounds them."""
    workflow = _look(definition, state)
    found: dict[str, None] = {}
    for token in workflow.all_tokens():
        spec = token.task_spec
        waits_at_border = getattr(spec, "attached_to", None) is not None
        if not token.is_finished and spec.node is not None and not waits_at_border and not token.workflow.completed:
            found[spec.bpmn_id] = None
    return list(found)


def task_data(definition: Definition, state: bytes, token: int) -> dict[str, Any]:
    """The variables visible to an open task. Raises UnknownToken."""
    task = _look(definition, state).find(token)
    if task is None or task.is_finished:
        raise UnknownToken(token)
    return dict(task.data)


# ---------------------------------------------------------------- the way of every step
class _Rest:
    """What was open and what was set when the case last came to rest."""

    def __init__(self, tasks: dict[int, str], timers: dict[int, datetime]) -> None:
        self.tasks, self.timers = tasks, timers

    @classmethod
    def of(cls, workflow: Workflow) -> _Rest:
        tasks, timers = {}, {}
        for token in workflow.all_tokens():
            if token._state == TaskState.READY and token.task_spec.manual:
                tasks[token.id] = token.task_spec.bpmn_id
            elif token._state == TaskState.WAITING:
                due = due_of(token)
                if due is not None:
                    timers[token.id] = due.at
        return cls(tasks, timers)


def _no_call(operation: str, parameters: dict[str, Any], node_id: str) -> None:
    raise NotImplementedError("looking at a case calls nothing")


def _look(definition: Definition, state: bytes) -> Workflow:
    run = Run(call=_no_call, now=datetime.fromisoformat("2000-01-01T00:00:00+00:00"), budget=DEFAULT_BUDGET)
    return load(state, definition.spec, dict(definition.nested), run)


def _resume(definition: Definition, state: bytes, call: Call, now: datetime, budget: Budget) -> tuple[Workflow, _Rest]:
    run = Run(call=call, now=now, budget=budget)
    workflow = load(state, definition.spec, dict(definition.nested), run)
    return workflow, _Rest.of(workflow)


def _guarded(act: Any, task: Token) -> None:
    """Let refusals pass; what the library itself raises becomes one of ours, with its element."""
    try:
        act()
    except SpiffWorkflowException as fault:
        element = task.task_spec.bpmn_id
        message = N_("The engine cannot go on at {element}: {cause}")
        raise StepRefused(message, {"element": element or "?", "cause": str(fault)}, element) from fault
    except RecursionError as fault:
        element = task.task_spec.bpmn_id
        raise StepRefused(N_("The step at {element} goes too deep."), {"element": element or "?"}, element) from fault


def _advance(workflow: Workflow) -> None:
    run, ready = workflow.run, workflow.ready
    while ready:
        token = ready.popleft()
        if token._state != TaskState.READY or token.workflow.completed:
            continue
        run.spend_step(token.task_spec.bpmn_id)
        _guarded(token.run, token)


def _finish(workflow: Workflow, before: _Rest, completed: int | None = None) -> Step:
    run = workflow.run
    _advance(workflow)
    _check_nothing_lost(workflow)
    data = dict(workflow.data) if workflow.completed else {}
    prune(workflow)
    state = dump(workflow)
    if len(state) > run.budget.state_bytes:
        message = N_("The data of the case are too large ({size} bytes); keep references instead.")
        raise StepRefused(message, {"size": len(state)})
    after = _Rest.of(workflow)
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
            _timer_set(workflow.get_task_from_id(token))
            for token, due_at in after.timers.items()
            if before.timers.get(token) != due_at
        ),
        cleared_timers=tuple(token for token in before.timers if token not in after.timers),
        passed=tuple(run.passed),
        data=data,
    )


def _timer_set(token: Token) -> TimerSet:
    due = due_of(token)
    assert due is not None  # noqa: S101 -- only tokens with a timer come here
    return TimerSet(token.id, token.task_spec.bpmn_id, due.at, None if due.left is None else due.left - 1)


def _check_nothing_lost(workflow: Workflow) -> None:
    """Before anything is stored: whatever is under way can go on by itself, by a person or by an event."""
    if workflow.completed:
        return
    alive = False
    for part in workflow.everywhere():
        if part.completed:
            continue
        for token in part.tasks.values():
            state = token._state
            if state == TaskState.READY:
                if not token.task_spec.manual:
                    raise _lost(token)
                alive = True
            elif state == TaskState.WAITING:
                alive = alive or token.id in workflow.event_manager.tasks
            elif state == TaskState.STARTED and hasattr(token.task_spec, "watch"):
                nested = workflow.subprocesses.get(token.id)
                if nested is None or nested.completed:
                    raise _lost(token)
            elif state == TaskState.FUTURE:
                raise _lost(token)
    if not alive:
        stuck = next((t for t in workflow.all_tokens() if not t.is_finished), workflow.task_tree)
        message = N_("The case would stand still for ever at {element}: nothing there can happen any more.")
        element = stuck.task_spec.bpmn_id
        raise StepRefused(message, {"element": element or "?"}, element)


def _lost(token: Token) -> StepRefused:
    element = token.task_spec.bpmn_id
    return StepRefused(N_("The step at {element} was lost by the engine."), {"element": element or "?"}, element)
