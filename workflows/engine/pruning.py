"""Drops what nobody can look at again, so that a step costs the same for ever. Called where a case comes to rest.

What happened is kept elsewhere, as history; the state holds where the case stands. Kept are the root, all unfinished
tokens, and each fork: a token below which two or more of them stand, because a later join compares with its data, and
because events at a border find their element through it.
"""

from __future__ import annotations

from workflows.engine.tokens import Token
from workflows.engine.workflow import AnyWorkflow, Workflow


def prune(workflow: Workflow) -> None:
    for token_id, nested in list(workflow.subprocesses.items()):
        owner = workflow.find(token_id)
        if nested.completed or owner is None or owner.is_finished:
            del workflow.subprocesses[token_id]
    # A sub-process inside of a dropped one has lost its owner only now.
    if any(workflow.find(token_id) is None for token_id in workflow.subprocesses):
        prune(workflow)
        return
    for part in workflow.everywhere():
        _prune_part(part)


def _prune_part(workflow: AnyWorkflow) -> None:
    root = workflow.task_tree
    tasks = workflow.tasks
    if workflow.completed:
        root._children, root.data = [], {}
        workflow.tasks = {root.id: root}
        return
    # Children are younger than their parents, so that one walk backwards sees all below a token before the token.
    kept: set[int] = set()
    below: dict[int, int] = {}
    for token_id in reversed(tasks):
        token = tasks[token_id]
        branches = below.get(token_id, 0)
        keep = not token.is_finished or token is root or branches > 1
        if keep:
            kept.add(token_id)
        if token._parent is not None:
            below[token._parent] = below.get(token._parent, 0) + (1 if keep or branches else 0)
    relink(workflow, {token_id: token for token_id, token in tasks.items() if token_id in kept}, tasks)
    # Inside of a sub-process the root has the data of the token that owns it, and so costs nothing to keep.
    if workflow.parent_task_id is None and below.get(root.id, 0) < 2 and root.is_finished:
        root.data = {}


def relink(workflow: AnyWorkflow, kept: dict[int, Token], tasks: dict[int, Token]) -> None:
    """Only `kept` of these tokens remain; each descends from the nearest remaining one above it."""
    for token in kept.values():
        parent = token._parent
        while parent is not None and parent not in kept:
            parent = tasks[parent]._parent
        token._parent = parent
        token._children = []
    for token in kept.values():
        if token._parent is not None:
            kept[token._parent]._children.append(token.id)
    workflow.tasks = kept
