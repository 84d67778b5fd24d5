"""Moves a running case to another version of its process, where everything it stands on is still of the same kind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from workflows.engine.definition import Definition
from workflows.engine.errors import EngineError, Problem, StepRefused
from workflows.engine.running import complete
from workflows.engine.state import dump
from workflows.engine.stepping import Resting, look
from workflows.engine.texts import N_, Phrase
from workflows.engine.tokens import Token


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
        watched = node.process if node.triggered_by_event else node.attached_to
        if (node.triggered_by_event or watched in live) and node.id not in old.nodes:
            message = N_("The event {element} is new and does not watch {owner}, which is already under way.")
            yield Problem(node.id, message, {"element": node.id, "owner": watched}, "warning")


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
