"""Repairs a case by hand: what stands where with which variables, changing these, and going on past a task without answers.

Moving to another step is `moving`, to another version `versions`. Whether somebody may do so is said above the engine.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from SpiffWorkflow.util.task import TaskState

from workflows.engine.advancing import guarded
from workflows.engine.definition import Definition
from workflows.engine.specs.event_definitions import due_of
from workflows.engine.stepping import DEFAULT_BUDGET, finish, look, open_token, resume
from workflows.engine.steps import Budget, Call, Step
from workflows.engine.values import clean_data


@dataclass(frozen=True)
class Position:
    """A place where the case stands. `task` tells that a person can do it now; `due_at` is when its timer acts (UTC)."""

    token: int
    node_id: str
    task: bool
    due_at: datetime | None
    data: dict[str, Any]


def positions(definition: Definition, state: bytes) -> list[Position]:
    """Where the case stands now, events at the border of a task included, each with the variables that it sees."""
    found = []
    for token in look(definition, state).all_tokens():
        node = token.task_spec.node or token.task_spec.bpmn_id
        if token.is_finished or node is None or token.workflow.completed:
            continue
        waits = due_of(token) if token._state == TaskState.WAITING else None
        manual = token._state == TaskState.READY and token.task_spec.manual
        if token.task_spec.stands_by and waits is None:
            continue
        found.append(
            Position(
                token=token.id,
                node_id=token.task_spec.bpmn_id,
                task=manual,
                due_at=waits.at if waits is not None else None,
                data=dict(token.data),
            )
        )
    return found


def set_variables(
    definition: Definition,
    state: bytes,
    token: int | None,
    changes: Mapping[str, Any],
    removals: Collection[str] = (),
    *,
    call: Call,
    now: datetime,
    budget: Budget = DEFAULT_BUDGET,
) -> Step:
    """Give variables other values, and forget others: at one open task, or with `token` None wherever the case stands.

    Conditions that the case waits for are looked at again. Raises UnknownToken, and BadValue for what no case can hold.
    """
    workflow, before = resume(definition, state, call, now, budget)
    cleaned = clean_data(changes)
    if token is None:
        places = [each for each in workflow.all_tokens() if not each.is_finished and not each.workflow.completed]
    else:
        places = [open_token(workflow, token, before)]
    for place in places:
        kept = {name: value for name, value in place.data.items() if name not in removals}
        place.data = {**kept, **cleaned}
    return finish(workflow, before)


def skip(
    definition: Definition,
    state: bytes,
    token: int,
    *,
    call: Call,
    now: datetime,
    budget: Budget = DEFAULT_BUDGET,
) -> Step:
    """Go on past an open task as if it had been done, without any answer; the task itself is withdrawn. Raises UnknownToken."""
    workflow, before = resume(definition, state, call, now, budget)
    task = open_token(workflow, token, before)
    guarded(task.run, task)
    return finish(workflow, before)
