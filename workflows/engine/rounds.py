"""Adds and removes rounds of a step that several people do: one signer more, or one less, while it is under way."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from workflows.engine.definition import Definition
from workflows.engine.errors import StepRefused, UnknownToken
from workflows.engine.specs.repetition import ForEach
from workflows.engine.stepping import DEFAULT_BUDGET, finish, resume
from workflows.engine.steps import Budget, Call, Step
from workflows.engine.texts import N_
from workflows.engine.tokens import Token
from workflows.engine.values import clean
from workflows.engine.workflow import Workflow


def add_round(
    definition: Definition,
    state: bytes,
    token: int,
    item: Any,
    *,
    call: Call,
    now: datetime,
    budget: Budget = DEFAULT_BUDGET,
) -> Step:
    """One round more beside (or after) the open one at `token`, for `item`. Raises UnknownToken, StepRefused."""
    workflow, before = resume(definition, state, call, now, budget)
    task, repeated = _round(workflow, before.tasks, token)
    value = clean(item, "item")
    if value is None:
        raise StepRefused(N_("A round cannot be added for nothing."), {}, task.task_spec.bpmn_id)
    repeated.add_round(task.parent, value)
    return finish(workflow, before)


def remove_round(
    definition: Definition, state: bytes, token: int, *, call: Call, now: datetime, budget: Budget = DEFAULT_BUDGET
) -> Step:
    """Withdraw the open round at `token`; the last one cannot be. Raises UnknownToken, StepRefused."""
    workflow, before = resume(definition, state, call, now, budget)
    task, repeated = _round(workflow, before.tasks, token)
    repeated.remove_round(task.parent, task)
    return finish(workflow, before)


def _round(workflow: Workflow, open_tasks: dict[int, str], token: int) -> tuple[Token, ForEach]:
    task = workflow.find(token)
    if task is None or token not in open_tasks:
        raise UnknownToken(token)
    repeated = task.task_spec.repeated_by
    if not isinstance(repeated, ForEach):
        element = task.task_spec.bpmn_id
        message = N_("{element} is not done by several people; rounds can be added only where the diagram repeats it.")
        raise StepRefused(message, {"element": element}, element)
    return task, repeated
