"""Retracts the completion of a task after others have moved on elsewhere: in its own branch the case stands at the task again.

For that a completion keeps the tokens that it left behind (`Step.left`). As long as each of them rests where it was put,
nothing has come of the completion, and its branch can go back without touching any other. The very last step of a case is
taken back more exactly, from the state before it (`taking_back`); here the timers of the task begin anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from workflows.engine.definition import Definition
from workflows.engine.errors import StepRefused
from workflows.engine.specs.base import Way, boundary_events, split_name
from workflows.engine.stepping import DEFAULT_BUDGET, finish, look, resume
from workflows.engine.steps import Budget, Call, Step
from workflows.engine.texts import N_, Phrase
from workflows.engine.tokens import Token
from workflows.engine.values import clean_data
from workflows.engine.workflow import Workflow

MOVED_ON = N_("What followed {element} has been gone on with.")
ENDED = N_("The branch of {element} has ended.")


def own_tokens(task: Token) -> frozenset[int] | None:
    """The tokens that belong to a task alone: its own and those of the events at its border. None where others do the same
    step as well, in rounds or as signers: what one of them has done counts for all of them."""
    if task.task_spec.repeated_by is not None or not task.internal_data.keys().isdisjoint(("then", "among", "signer")):
        return None
    return frozenset({task.id, *(event.id for event in boundary_events(task))})


def why_not_retract(definition: Definition, state: bytes, left: Sequence[int], node_id: str) -> Phrase | None:
    """Why the completion of the step `node_id`, which left these tokens behind, cannot be retracted; None where it can."""
    return _why_not(definition, look(definition, state), left, node_id)


def retract(
    definition: Definition,
    state: bytes,
    left: Sequence[int],
    node_id: str,
    data: Mapping[str, Any],
    *,
    call: Call,
    now: datetime,
    budget: Budget = DEFAULT_BUDGET,
) -> Step:
    """The step `node_id` is open again, with the variables `data` that it had; what its completion left behind is withdrawn.

    Raises StepRefused with the reason of `why_not_retract`.
    """
    workflow, before = resume(definition, state, call, now, budget)
    reason = _why_not(definition, workflow, left, node_id)
    if reason is not None:
        raise StepRefused(reason.template, reason.params, node_id)
    behind = [workflow.get_task_from_id(token) for token in left]
    holder = _holder(definition, behind, node_id)
    assert holder is not None  # noqa: S101 -- the question above has found it
    holder.data = clean_data(data)
    for token in behind:
        token.cancel()
    name = split_name(node_id)
    entry = name if name in holder.workflow.spec.task_specs else node_id
    holder.task_spec.follow(holder, (Way(None, entry),))
    return finish(workflow, before)


def _why_not(definition: Definition, workflow: Workflow, left: Sequence[int], node_id: str) -> Phrase | None:
    node = definition.nodes.get(node_id)
    said = {"element": node.name or node_id if node is not None else node_id}
    behind = [workflow.find(token) for token in left]
    rest = [token for token in behind if token is not None and not token.is_finished]
    if not left:
        return Phrase(ENDED, said)
    if len(rest) < len(behind) or _has_come_of(workflow, set(left)):
        return Phrase(MOVED_ON, said)
    return None if _holder(definition, rest, node_id) else Phrase(ENDED, said)


def _has_come_of(workflow: Workflow, left: set[int]) -> bool:
    """Does anything go on now that began at one of these tokens?"""
    for token in workflow.all_tokens():
        if token.is_finished or token.id in left:
            continue
        at: Token | None = token
        while at is not None:
            if at.id in left or any(above.id in left for above in at.ancestors()):
                return True
            owner = at.workflow.parent_task_id
            at = workflow.find(owner) if owner is not None else None
    return False


def _holder(definition: Definition, behind: Sequence[Token], node_id: str) -> Token | None:
    """Who can lead back to the step: a token of the same process that holds something up."""
    processes = definition.diagram.processes
    return next(
        (
            token
            for token in behind
            if node_id in processes[token.workflow.spec.name].nodes and not token.task_spec.stands_by
        ),
        None,
    )
