"""Moves a running case to another version of its process, where everything it stands on is still of the same kind.

By a mapping a step may go on as another one of its kind. Before a case moves, each open task is completed on a copy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workflows.engine.definition import Definition
from workflows.engine.errors import EngineError, Problem, StepRefused, UnknownToken
from workflows.engine.running import complete
from workflows.engine.state import dump
from workflows.engine.stepping import Resting, look
from workflows.engine.texts import N_, Phrase
from workflows.engine.transplanting import Transplant

NO_MAPPING: Mapping[str, str] = {}


@dataclass(frozen=True)
class Rest:
    """Where a case stands, by token: the elements of its open tasks, and those of its timers with the time each is due."""

    tasks: Mapping[int, str]
    timers: Mapping[int, tuple[str, datetime]]


def rest_of(definition: Definition, state: bytes) -> Rest:
    """Where the case stands now."""
    workflow = look(definition, state)
    resting = Resting.of(workflow)
    timers = {token: (workflow.get_task_from_id(token).task_spec.bpmn_id, at) for token, at in resting.timers.items()}
    return Rest(resting.tasks, timers)


def check_move(
    old: Definition, new: Definition, state: bytes, *, now: datetime, mapping: Mapping[str, str] = NO_MAPPING
) -> list[Problem]:
    """What keeps a case of `old` from going on as one of `new`, and what to know if nothing does (warnings).

    `mapping` names elements (and flows) of `old` and those of `new` that take their places. Each open task is completed
    on a copy for trial, by itself and after the others.
    """
    moved, problems = _moved(old, new, state, mapping)
    if any(problem.is_error for problem in problems):
        return problems
    problems += _unwatched(old, new, state, mapping)
    tasks = list(Resting.of(look(new, moved)).tasks)
    problems += [problem for token in tasks for problem in _tried(new, moved, [token], now)]
    if len(tasks) > 1:
        problems += [problem for problem in _tried(new, moved, tasks, now) if problem not in problems]
    return problems


def _tried(new: Definition, state: bytes, tokens: list[int], now: datetime) -> Iterator[Problem]:
    """Complete the tasks one after the other on a copy, as far as that goes without answers."""
    for token in tokens:
        try:
            step = complete(new, state, token, {}, call=_trial, now=now)
        except UnknownToken:
            continue  # an earlier one has ended it
        except EngineError as refused:
            # The trial has no answers of a person, so that a refusal may only mean missing data.
            message = N_("After the move, {element} could not be completed without answers: {cause}")
            cause = Phrase(refused.template, refused.params)
            yield Problem(refused.element, message, {"element": refused.element or "?", "cause": cause}, "warning")
            return
        except _NeedsAnswers:
            return
        state = step.state


def _unwatched(old: Definition, new: Definition, state: bytes, mapping: Mapping[str, str]) -> Iterator[Problem]:
    live = {mapping.get(node_id, node_id): node_id for node_id in Resting.of(look(old, state)).tasks.values()}
    for node in new.nodes.values():
        watched = node.process if node.triggered_by_event else node.attached_to
        if watched is None or not (node.triggered_by_event or watched in live):
            continue
        before = old.nodes.get(next((was for was, now in mapping.items() if now == node.id), node.id))
        if before is None or (not node.triggered_by_event and before.attached_to != live[watched]):
            message = N_("The event {element} is new and does not watch {owner}, which is already under way.")
            yield Problem(node.id, message, {"element": node.id, "owner": watched}, "warning")


def move_case(old: Definition, new: Definition, state: bytes, mapping: Mapping[str, str] = NO_MAPPING) -> bytes:
    """The state of a case of `old` as one of `new`. Raises StepRefused where it stands on something that changed kind."""
    moved, problems = _moved(old, new, state, mapping)
    for problem in problems:
        if problem.is_error:
            raise StepRefused(problem.message, problem.params, problem.element)
    return moved


def _moved(old: Definition, new: Definition, state: bytes, mapping: Mapping[str, str]) -> tuple[bytes, list[Problem]]:
    workflow = look(old, state)
    transplant = Transplant(new, mapping)
    transplant.carry_over(workflow)
    if any(problem.is_error for problem in transplant.problems):
        return state, transplant.problems
    # Loaded once more: what does not fit together is noticed now and not at the next step.
    return dump(look(new, dump(workflow))), transplant.problems


class _NeedsAnswers(Exception):
    """The trial met an operation; what it would answer cannot be known here."""


def _trial(operation: str, parameters: dict[str, Any], node_id: str) -> None:
    raise _NeedsAnswers
