"""Moves a case against or across its flows: an open task to another step, or the whole case to another version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from SpiffWorkflow.util.task import TaskState

from workflows.engine.definition import Definition
from workflows.engine.diagram import NESTED_KINDS, USER_KINDS, Process
from workflows.engine.errors import EngineError, Problem, StepRefused, UnknownToken
from workflows.engine.running import complete
from workflows.engine.specs.base import Way, split_name, withdraw_boundary_events
from workflows.engine.state import dump
from workflows.engine.stepping import DEFAULT_BUDGET, Resting, finish, look, resume
from workflows.engine.steps import Budget, Call, Step
from workflows.engine.texts import N_, Phrase
from workflows.engine.tokens import Token
from workflows.engine.values import clean_data

TARGET_KINDS = USER_KINDS | NESTED_KINDS | {"serviceTask", "scriptTask", "businessRuleTask", "sendTask", "receiveTask"}


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
    """Withdraw an open task and go on at another step of the same process, back or forth; `answers` become variables.

    Branches that the case will open anew on its way from there are withdrawn as well, so that no step is open twice.
    """
    workflow, before = resume(definition, state, call, now, budget)
    task = workflow.find(token)
    if task is None or token not in before.tasks:
        raise UnknownToken(token)
    process = definition.diagram.processes[task.workflow.spec.name]
    target = process.nodes.get(node_id)
    if task.task_spec.repeated_by is not None or target is None or target.kind not in TARGET_KINDS:
        message = N_("The task {element} cannot be moved to {target}; choose another step of the same process.")
        element = task.task_spec.element
        raise StepRefused(message, {"element": element, "target": node_id}, element)
    task.data.update(clean_data(answers))
    _withdraw_renewed(task, process, node_id)
    withdraw_boundary_events(task)
    task.cancel()
    name = split_name(node_id)
    entry = name if name in task.workflow.spec.task_specs else node_id
    task.task_spec.follow(task, (Way(None, entry),))
    task.workflow.update_waiting_tasks()  # a join that waited for this branch may have what it needs
    return finish(workflow, before)


def _withdraw_renewed(task: Token, process: Process, node_id: str) -> None:
    """Withdraw tokens on what lies ahead of `node_id` up to the joins: the case will come there once more."""
    ahead, flows, stack = {node_id}, set(), [node_id]
    while stack:
        node = process.nodes[stack.pop()]
        joins = node.kind in ("parallelGateway", "inclusiveGateway") and len(node.incoming) > 1
        if joins and node.id != node_id:
            continue
        for ident in node.outgoing:
            flows.add(ident)
            target = process.flows[ident].target
            if target not in ahead:
                ahead.add(target)
                stack.append(target)
    for other in task.workflow.unfinished():
        spec = other.task_spec
        if other is task or other.is_finished or spec.node is None or getattr(spec, "attached_to", None):
            continue
        waits_at_join = other._state == TaskState.WAITING and spec.counts_arrivals
        renewed = other.internal_data["by"] in flows if waits_at_join else spec.bpmn_id in ahead
        if renewed and spec.repeated_by is None:
            withdraw_boundary_events(other)
            other.cancel()


def check_move(old: Definition, new: Definition, state: bytes, *, now: datetime) -> list[Problem]:
    """What keeps a case of `old` from going on as one of `new`. Each open task is completed on a copy, for trial."""
    try:
        moved = move_case(old, new, state)
    except StepRefused as refused:
        return [Problem(refused.element, refused.template, refused.params)]
    problems = list(_unwatched(old, new, state))
    for token in Resting.of(look(new, moved)).tasks:
        try:
            complete(new, moved, token, {}, call=_trial, now=now)
        except EngineError as refused:
            # The trial has no answers of a person, so that a refusal may only mean missing data.
            message = N_("After the move, {element} could not be completed without answers: {cause}")
            params = {"element": refused.element or "?", "cause": Phrase(refused.template, refused.params)}
            problems.append(Problem(refused.element, message, params, "warning"))
        except _NeedsAnswers:
            continue
    return problems


def _unwatched(old: Definition, new: Definition, state: bytes) -> Iterator[Problem]:
    live = set(Resting.of(look(old, state)).tasks.values())
    for node in new.nodes.values():
        if node.attached_to in live and node.id not in old.nodes:
            message = N_("The event {element} is new and does not watch the step {owner} that is already open.")
            yield Problem(node.id, message, {"element": node.id, "owner": node.attached_to}, "warning")


def move_case(old: Definition, new: Definition, state: bytes) -> bytes:
    """The state of a case of `old` as one of `new`. Raises StepRefused where it stands on something that changed kind."""
    before = look(old, state)
    for token in before.all_tokens():
        if token.is_finished or token.workflow.completed:
            continue
        _check_same_kind(token, new)
    return dump(look(new, state))


def _check_same_kind(token: Token, new: Definition) -> None:
    name = token.workflow.spec.name
    process = new.spec if token.workflow.parent_task_id is None else new.nested.get(name)
    spec = None if process is None else process.task_specs.get(token.task_spec.name)
    element = token.task_spec.element
    if spec is None:
        message = N_("The case stands at {element}, which this version of the process does not have.")
        raise StepRefused(message, {"element": element}, element)
    if type(spec) is not type(token.task_spec):
        message = N_("The case stands at {element}, which is of another kind in this version of the process.")
        raise StepRefused(message, {"element": element}, element)
    by = token.internal_data.get("by")
    if by is not None and spec.node is not None and by not in spec.node.incoming:
        message = N_("The case waits at {element} for flows that this version of the process does not have.")
        raise StepRefused(message, {"element": element}, element)


class _NeedsAnswers(Exception):
    """The trial met an operation; what it would answer cannot be known here."""


def _trial(operation: str, parameters: dict[str, Any], node_id: str) -> None:
    raise _NeedsAnswers
