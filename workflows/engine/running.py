"""Runs cases: start, complete a task, fire a timer, deliver a message. State goes in as bytes and comes out as bytes.

Each step works on a private copy. Whatever is raised on the way, the copy is gone and the stored state is untouched.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from workflows.engine.advancing import guarded
from workflows.engine.definition import Beginning, Definition
from workflows.engine.errors import StepRefused, UnknownToken
from workflows.engine.retracting import own_tokens
from workflows.engine.run import Run
from workflows.engine.specs.event_definitions import hear
from workflows.engine.stepping import DEFAULT_BUDGET, Resting, awaited_in, finish, look, open_token, resume
from workflows.engine.steps import Awaited, Budget, Call, Step
from workflows.engine.texts import N_
from workflows.engine.values import clean, clean_data
from workflows.engine.workflow import Workflow


def start(
    definition: Definition, data: Mapping[str, Any], *, call: Call, now: datetime, budget: Budget = DEFAULT_BUDGET,
    at: str | None = None, payload: Any = None,
) -> Step:  # fmt: skip
    """A new case with `data`, run to where it first waits.

    `at` is one of `definition.beginnings`: the start event of the message, signal or timer by which the case begins. What
    came with it becomes the variable that the event names, or, where it names none, a set of variables; `data` go before
    them. Without `at`, a case begins at its plain start event, or at its only one.
    """
    run = Run(call=call, now=now, budget=budget)
    variables = clean_data(data)
    workflow = Workflow(definition.spec, definition.nested, run)
    if at is not None:
        begin = definition.beginnings.get(at)
        if begin is None:
            raise StepRefused(N_("The process cannot begin at {element}."), {"element": at}, at)
        variables = {**_come_along(begin, payload), **variables}
        workflow.task_tree.internal_data["at"] = at
    workflow.task_tree.data = variables
    return finish(workflow, Resting({}, {}))


def _come_along(begin: Beginning, payload: Any) -> dict[str, Any]:
    if payload is None:
        return {}
    content = clean(payload, begin.name or "")
    if begin.variable is not None:
        return {begin.variable: content}
    return content if isinstance(content, dict) else {}


def complete(
    definition: Definition, state: bytes, token: int, answers: Mapping[str, Any], *, call: Call, now: datetime,
    budget: Budget = DEFAULT_BUDGET,
) -> Step:  # fmt: skip
    """Complete an open task; its answers become variables. Raises UnknownToken when it is open no more."""
    workflow, before = resume(definition, state, call, now, budget)
    task = open_token(workflow, token, before)
    own = own_tokens(task)
    task.data.update(clean_data(answers))
    guarded(task.run, task)
    return finish(workflow, before, completed=token, own=own)


def fire(
    definition: Definition, state: bytes, token: int, *, call: Call, now: datetime, budget: Budget = DEFAULT_BUDGET
) -> Step:
    """A timer is due. Raises UnknownToken when nobody waits for it any more."""
    workflow, before = resume(definition, state, call, now, budget)
    task = workflow.find(token)
    if task is None or token not in before.timers:
        raise UnknownToken(token)
    guarded(lambda: task.task_spec.fire(task), task)
    return finish(workflow, before)


def deliver(
    definition: Definition, state: bytes, message: str, payload: Any, *, call: Call, now: datetime,
    budget: Budget = DEFAULT_BUDGET, kind: str | None = None,
) -> Step:  # fmt: skip
    """A message or signal of this name arrives (`kind` says which of the two is meant, None: either). Raises StepRefused
    when the case does not wait for it."""
    workflow, before = resume(definition, state, call, now, budget)
    content = clean(payload, message)
    heard = [hear(workflow, each, message, content) for each in ("message", "signal") if kind in (None, each)]
    if not any(heard):
        raise StepRefused(N_("The case does not wait for {name}."), {"name": message})
    return finish(workflow, before)


def awaited(definition: Definition, state: bytes) -> list[str]:
    """Names of the messages and signals that the case waits for now."""
    return sorted({each.name for each in listening(definition, state)})


def listening(definition: Definition, state: bytes) -> list[Awaited]:
    """The messages and signals that the case waits for now, each as what it is."""
    return sorted(awaited_in(look(definition, state)))


def live_nodes(definition: Definition, state: bytes) -> list[str]:
    """Ids of the elements where the case stands now: open tasks, events waited for, joins, and what surrounds them."""
    workflow = look(definition, state)
    found: dict[str, None] = {}
    for token in workflow.all_tokens():
        spec = token.task_spec
        if not token.is_finished and spec.node is not None and not spec.stands_by and not token.workflow.completed:
            found[spec.bpmn_id] = None
    return list(found)


def task_data(definition: Definition, state: bytes, token: int) -> dict[str, Any]:
    """The variables visible to an open task. Raises UnknownToken."""
    task = look(definition, state).find(token)
    if task is None or task.is_finished:
        raise UnknownToken(token)
    return dict(task.data)
