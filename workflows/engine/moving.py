"""Moves an open task to another step of its case, back or forth, and says beforehand where it may go.

Everything that loses its sense by the move is withdrawn with it: the other branches of a split that is left, all rounds
of a repeated step, the whole sub-process that is left. What an event started beside the others goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workflows.engine.definition import Definition
from workflows.engine.diagram import NESTED_KINDS, USER_KINDS, Node
from workflows.engine.errors import StepRefused
from workflows.engine.regions import SPLIT_KINDS, Regions
from workflows.engine.specs.base import Way, split_name, withdraw_boundary_events
from workflows.engine.specs.nested import NestedProcess
from workflows.engine.specs.people import fellows
from workflows.engine.specs.repetition import StandardLoop
from workflows.engine.stepping import DEFAULT_BUDGET, finish, look, open_token, resume
from workflows.engine.steps import Budget, Call, Step
from workflows.engine.texts import N_, Phrase
from workflows.engine.tokens import Token
from workflows.engine.values import clean_data

TARGET_KINDS = USER_KINDS | NESTED_KINDS | {"serviceTask", "scriptTask", "businessRuleTask", "sendTask", "receiveTask"}
SEND_BACK_KINDS = USER_KINDS | NESTED_KINDS


@dataclass(frozen=True)
class Target:
    """A step to which an open task might go. `reason` says why not, where it is not allowed."""

    node_id: str
    allowed: bool
    reason: Phrase | None = None


def send_back_targets(definition: Definition, state: bytes, token: int, path: Sequence[str]) -> list[Target]:
    """The steps of people, and sub-processes, that the case has passed, in the order in which it first came there.

    `path` are ids of nodes out of the case's history (`Passed.element_id`), in order; unknown ones are left out. The
    step of the task itself is no target. Raises UnknownToken.
    """
    task = open_token(look(definition, state), token)
    found = []
    for node_id in dict.fromkeys(path):
        node = definition.nodes.get(node_id)
        if node is not None and node.kind in SEND_BACK_KINDS and node_id != task.task_spec.bpmn_id:
            reason = _why_not(definition, task, node_id)
            found.append(Target(node_id, reason is None, reason))
    return found


def check_move_token(definition: Definition, state: bytes, token: int, node_id: str) -> Phrase | None:
    """Why the open task cannot go to `node_id`; None when it can. Raises UnknownToken."""
    return _why_not(definition, open_token(look(definition, state), token), node_id)


def move_token(
    definition: Definition,
    state: bytes,
    token: int,
    node_id: str,
    answers: Mapping[str, Any],
    *,
    call: Call,
    now: datetime,
    budget: Budget = DEFAULT_BUDGET,
) -> Step:
    """Withdraw an open task and go on at another step, back or forth; `answers` become variables.

    The target stands in the task's own process or in one around it. Raises UnknownToken, and StepRefused with the
    reason of `check_move_token`.
    """
    workflow, before = resume(definition, state, call, now, budget)
    move(definition, open_token(workflow, token, before), node_id, clean_data(answers))
    return finish(workflow, before)


def move(definition: Definition, task: Token, node_id: str, answered: dict[str, Any]) -> None:
    """Let the case that is under way stand at `node_id` instead of at `task`. Raises StepRefused."""
    reason = _why_not(definition, task, node_id)
    if reason is not None:
        raise StepRefused(reason.template, reason.params, task.task_spec.bpmn_id)
    holder = task
    for _, place in _places(task):
        if node_id in definition.diagram.processes[place.workflow.spec.name].nodes:
            holder = place
            break
    holder.data = _carried(task, holder) | answered
    _withdraw_left(holder, definition.regions[holder.workflow.spec.name], node_id)
    withdraw_boundary_events(holder)
    for other in fellows(holder):
        other.withdraw()
    holder.cancel()
    name = split_name(node_id)
    entry = name if name in holder.workflow.spec.task_specs else node_id
    holder.task_spec.follow(holder, (Way(None, entry),))
    holder.workflow.update_waiting_tasks()  # a join that waited for this branch may have what it needs


def _places(task: Token) -> list[tuple[Token, Token]]:
    """The token at which the task stands in each process, from the innermost outwards, and the one that would move there.

    These are two only for a round of a repeated step: all its rounds move as one.
    """
    places = []
    at = task
    while True:
        holder = at.parent if at.task_spec.repeated_by is not None else at
        places.append((at, holder))
        owner = holder.workflow.parent_task_id
        if owner is None:
            return places
        at = holder.workflow.top_workflow.get_task_from_id(owner)


def _carried(task: Token, holder: Token) -> dict[str, Any]:
    """The variables with which the case goes on: what the task saw, but nothing of rounds that count no more."""
    data = task.data
    for at, place in _places(task):
        kept_apart = isinstance(at.task_spec, NestedProcess) and not at.task_spec.passes_all
        if kept_apart or (place is not at and not isinstance(at.task_spec.repeated_by, StandardLoop)):
            data = place.data
        if place is holder:
            break
    return dict(data)


def _withdraw_left(holder: Token, regions: Regions, node_id: str) -> None:
    """Withdraw the other branches of each split whose branches are left by going to `node_id`."""
    left = {fork.id for fork in holder.ancestors() if _is_split(fork) and _is_left(fork, holder, regions, node_id)}
    if not left:
        return
    own = set(regions.beside(holder.task_spec.bpmn_id))
    for other in holder.workflow.unfinished():
        if other is holder or holder in other.ancestors() or left.isdisjoint(t.id for t in other.ancestors()):
            continue
        spec = other.task_spec
        node = spec.attached_to if spec.stands_by else spec.bpmn_id  # what waits at a border goes with its element
        # A branch that has ended waits without a node for the others: it keeps what it brought, and stands in nobody's way.
        if node is not None and own.issuperset(regions.beside(node)):
            other.withdraw()


def _is_left(fork: Token, holder: Token, regions: Regions, node_id: str) -> bool:
    split, at = fork.task_spec.bpmn_id, holder.task_spec.bpmn_id
    # What has come together again after the split stands in its branches no more, and has others of its own.
    inside = bool(regions.branches(split, at)) or regions.join_of(split) is None
    return inside and not regions.branches(split, node_id)


def _is_split(token: Token) -> bool:
    node: Node | None = token.task_spec.node
    return node is not None and node.kind in SPLIT_KINDS and len(node.outgoing) > 1


# ---------------------------------------------------------------- where it may go
def _why_not(definition: Definition, task: Token, node_id: str) -> Phrase | None:
    target = definition.nodes.get(node_id)
    element = _called(definition, task.task_spec.bpmn_id)
    if target is None or target.kind not in TARGET_KINDS or target.triggered_by_event:
        message = N_("The task {element} cannot go to {target}: that is no step of this process.")
        return Phrase(message, {"element": element, "target": _called(definition, node_id)})
    said = {"element": element, "target": _called(definition, node_id)}
    for _, place in _places(task):
        process = definition.diagram.processes[place.workflow.spec.name]
        if node_id in process.nodes:
            return _why_not_inside(definition, definition.regions[process.id], place.task_spec.bpmn_id, node_id, said)
        if definition.nodes.get(process.id) is not None and definition.nodes[process.id].triggered_by_event:
            message = N_("{element} belongs to {inner}, which an event started; choose a step inside of it.")
            return Phrase(message, {**said, "inner": _called(definition, process.id)})
    inner = definition.nodes.get(target.process)
    if inner is not None and inner.triggered_by_event:
        message = N_("{target} belongs to {inner}, which only an event starts; choose another step.")
    else:
        message = N_("{target} lies inside of {inner}, where the case does not stand; choose {inner} as a whole.")
    return Phrase(message, {**said, "inner": _called(definition, target.process)})


def _why_not_inside(
    definition: Definition, regions: Regions, at: str, node_id: str, said: Mapping[str, object]
) -> Phrase | None:
    here, there = regions.beside(at), regions.beside(node_id)
    if set(here) - set(there):
        message = N_(
            "{element} stands in the branch that {event} started beside the others; choose a step of this branch."
        )
        return Phrase(message, {**said, "event": _called(definition, (set(here) - set(there)).pop())})
    if set(there) - set(here):
        message = N_("{target} stands in a branch that only {event} starts, beside the others; choose another step.")
        return Phrase(message, {**said, "event": _called(definition, (set(there) - set(here)).pop())})
    if regions.process.ad_hoc is not None and not regions.beginnings(at) & regions.beginnings(node_id):
        message = N_("{target} stands beside {element} without any order between them; choose a step before both.")
        return Phrase(message, said)
    for split in regions.splits():
        into, out_of = regions.branches(split, node_id), regions.branches(split, at)
        if not into or into & out_of:
            continue
        join = regions.join_of(split)
        if out_of:
            message = N_(
                "{target} stands in another branch after {split}; choose a step of this branch or one before {split}."
            )
            return Phrase(message, {**said, "split": _called(definition, split)})
        if join is not None and definition.nodes[join].kind == "parallelGateway":
            message = N_(
                "{target} stands in one of the branches between {split} and {join}, which belong together; choose a step outside."
            )
            return Phrase(message, {**said, "split": _called(definition, split), "join": _called(definition, join)})
    return None


def _called(definition: Definition, node_id: str) -> str:
    """How people call an element: by its name where it has one."""
    node = definition.nodes.get(node_id)
    if node is not None and node.name:
        return node.name
    process = definition.diagram.processes.get(node_id)
    return process.name if process is not None else node_id
