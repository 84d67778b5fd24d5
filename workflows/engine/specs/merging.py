"""Brings the data of branches together: what each of them changed since they parted, in the order of their arrival."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from workflows.engine.tokens import Token

if TYPE_CHECKING:
    from workflows.engine.workflow import AnyWorkflow

_GONE = object()


def merge_branches(tokens: Sequence[Token]) -> dict[str, Any]:
    """Data after a join. A branch that left a variable alone never undoes another branch's change to it.

    Where two branches changed the same variable, the later arrival counts. `tokens` stand at the join; none of them is
    an ancestor of another.
    """
    return _merge([(token, token.data) for token in tokens])


def present_data(workflow: AnyWorkflow) -> dict[str, Any]:
    """What the process knows now, brought together from wherever it stands, inner processes included."""
    top = workflow.top_workflow
    standing = [token for token in workflow.unfinished() if _stands(token)]
    if not standing:
        return dict(workflow.task_tree.data)
    inner = ((token, top.subprocesses.get(token.id)) for token in sorted(standing, key=lambda t: t.last_state_change))
    return _merge(
        [(token, token.data if part is None or part.completed else present_data(part)) for token, part in inner]
    )


def _stands(token: Token) -> bool:
    """Does it carry data of its own? Not so what only waits beside, and what stands for its rounds."""
    if token.task_spec.stands_by and token._state == TaskState.WAITING:
        return False
    return all(child.is_finished for child in token.children)


def _merge(branches: list[tuple[Token, dict[str, Any]]]) -> dict[str, Any]:
    first, *others = branches
    if not others:
        return dict(first[1])
    start = _parting([token for token, _ in branches]).data
    merged = dict(start)
    for _, data in branches:
        for name in start:
            if name not in data:
                merged.pop(name, None)
        for name, value in data.items():
            before = start.get(name, _GONE)
            if before is _GONE or (before is not value and before != value):
                merged[name] = value
    return merged


def _parting(tokens: list[Token]) -> Token:
    """The nearest token from which all of them descend."""
    lines = [token.ancestors() for token in tokens]
    common = set(lines[0])
    for line in lines[1:]:
        common &= set(line)
    return next(token for token in lines[0] if token in common)
