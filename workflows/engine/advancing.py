"""Lets a case go on by itself until it rests, and makes sure that it then rests somewhere it can leave."""

from __future__ import annotations

from collections.abc import Callable

from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.util.task import TaskState

from workflows.engine.errors import StepRefused
from workflows.engine.specs.event_definitions import fire_conditions
from workflows.engine.specs.events import ScopeEvent
from workflows.engine.texts import N_
from workflows.engine.tokens import Token
from workflows.engine.workflow import Workflow


def guarded(act: Callable[[], object], task: Token) -> None:
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


def advance(workflow: Workflow) -> None:
    _run_ready(workflow)
    while not workflow.completed and fire_conditions(workflow):
        _run_ready(workflow)


def _run_ready(workflow: Workflow) -> None:
    run, ready = workflow.run, workflow.ready
    while ready:
        token = ready.popleft()
        if token._state != TaskState.READY or token.workflow.completed:
            continue
        run.spend_step(token.task_spec.bpmn_id)
        guarded(token.run, token)


def check_nothing_lost(workflow: Workflow) -> None:
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
                # What waits for the whole of a process does not keep it going: it may never happen.
                alive = alive or (
                    token.id in workflow.event_manager.tasks and not isinstance(token.task_spec, ScopeEvent)
                )
            elif state == TaskState.STARTED and hasattr(token.task_spec, "watch"):
                nested = workflow.subprocesses.get(token.id)
                if nested is None or nested.completed:
                    raise _lost(token)
            elif state == TaskState.FUTURE:
                raise _lost(token)
    if not alive:
        unfinished = (t for t in workflow.all_tokens() if not t.is_finished and not t.task_spec.stands_by)
        stuck = next(unfinished, workflow.task_tree)
        message = N_("The case would stand still for ever at {element}: nothing there can happen any more.")
        element = stuck.task_spec.bpmn_id
        raise StepRefused(message, {"element": element or "?"}, element)


def _lost(token: Token) -> StepRefused:
    element = token.task_spec.bpmn_id
    return StepRefused(N_("The step at {element} was lost by the engine."), {"element": element or "?"}, element)
