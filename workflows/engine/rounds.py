"""Signers: one more or one less at a step that is under way, whether the diagram draws it for one person or for many.

At a step of one person a signer is asked before, after or beside the one who has it. Where the diagram repeats the step
for several people, a signer beside them (or in turn) is a round more, and counts like the others. How many are enough is
said by the diagram: `countersign` (all, any, 60%) or a completion condition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from workflows.engine.definition import Definition
from workflows.engine.errors import StepRefused
from workflows.engine.specs import people
from workflows.engine.specs.repetition import MAX_ROUNDS, ForEach
from workflows.engine.stepping import DEFAULT_BUDGET, Resting, finish, look, open_token, resume
from workflows.engine.steps import Budget, Call, Step
from workflows.engine.texts import N_, Phrase
from workflows.engine.tokens import Token
from workflows.engine.values import clean
from workflows.engine.workflow import Workflow

Where = Literal["before", "after", "parallel"]


@dataclass(frozen=True)
class Signers:
    """Who signs at the step of an open task.

    `tokens` are all its open tasks, `after` those who sign after this very task (numbers of users; None: whom the
    diagram names), `rounds` the items of rounds that have not begun, `signed` how many rounds have ended of `total`.
    """

    tokens: tuple[int, ...]
    after: tuple[int | None, ...] = ()
    rounds: tuple[Any, ...] = ()
    signed: int = 0
    total: int = 1


def signers(definition: Definition, state: bytes, token: int) -> Signers:
    """Raises UnknownToken."""
    task = open_token(look(definition, state), token)
    after = tuple(task.internal_data.get("then", ()))
    repeated = task.task_spec.repeated_by
    if not isinstance(repeated, ForEach):
        return Signers(tuple(sorted([task.id, *(other.id for other in people.fellows(task))])), after)
    kept = task.parent.internal_data
    tokens = tuple(sorted(child.id for child in task.parent.children if not child.is_finished))
    return Signers(tokens, after, tuple(repeated.waiting_items(task.parent)), kept["ended"], kept["total"])


def check_add_signer(definition: Definition, state: bytes, token: int, where: Where) -> Phrase | None:
    """Why nobody can be asked there; None when it is allowed. Raises UnknownToken."""
    return _why_not_add(open_token(look(definition, state), token), where)


def add_signer(
    definition: Definition,
    state: bytes,
    token: int,
    signer: int,
    *,
    where: Where,
    holder: int | None = None,
    call: Call,
    now: datetime,
    budget: Budget = DEFAULT_BUDGET,
) -> Step:
    """Ask `signer`, the number of a user, before, after or beside (parallel) the one who has the open task at `token`.

    Before: the task is withdrawn and opens for `signer`; when they have completed it, it opens anew for `holder` (None:
    for whom the diagram names). After: it opens for `signer` when it has been completed. Parallel: a second task opens
    at once, and the case goes on when both are completed. What one signer answers, the next sees. At a step drawn for
    many one after the other, before and after are rounds of their own; side by side, parallel is. Raises UnknownToken,
    StepRefused.
    """
    workflow, before = resume(definition, state, call, now, budget)
    ask(open_token(workflow, token, before), signer, where, holder)
    return finish(workflow, before)


def ask(task: Token, signer: int, where: Where, holder: int | None = None) -> None:
    """The same for a case that is under way. Raises StepRefused."""
    reason = _why_not_add(task, where)
    if reason is not None:
        raise StepRefused(reason.template, reason.params, task.task_spec.bpmn_id)
    repeated = task.task_spec.repeated_by
    rounds = isinstance(repeated, ForEach) and repeated.sequential == (where != "parallel")
    if rounds and where == "before":
        repeated.add_round_before(task.parent, task, signer)
    elif rounds:
        opened = task.parent.internal_data["opened"]
        repeated.add_round(task.parent, signer, opened if where == "after" else None, signer)
    elif where == "before":
        people.ask_before(task, signer, holder)
    elif where == "after":
        people.ask_after(task, signer)
    else:
        people.ask_beside(task, signer)


def check_remove_signer(definition: Definition, state: bytes, token: int, signer: int | None = None) -> Phrase | None:
    """Why the signer cannot be removed; None when it is allowed. Raises UnknownToken."""
    return _why_not_remove(open_token(look(definition, state), token), signer)


def remove_signer(
    definition: Definition,
    state: bytes,
    token: int,
    signer: int | None = None,
    *,
    call: Call,
    now: datetime,
    budget: Budget = DEFAULT_BUDGET,
) -> Step:
    """Ask one person less: with `signer`, one who would come after the open task at `token`; without, that task itself.

    Who comes after a removed task is asked at once; where all others have signed, the case goes on. The only one who
    signs cannot be removed. Raises UnknownToken, StepRefused.
    """
    workflow, before = resume(definition, state, call, now, budget)
    dismiss(open_token(workflow, token, before), signer)
    return finish(workflow, before)


def dismiss(task: Token, signer: int | None = None) -> None:
    """The same for a case that is under way. Raises StepRefused."""
    reason = _why_not_remove(task, signer)
    if reason is not None:
        raise StepRefused(reason.template, reason.params, task.task_spec.bpmn_id)
    repeated = task.task_spec.repeated_by
    later = task.internal_data.get("then", [])
    if signer is not None and signer in later:
        later.remove(signer)
    elif signer is not None and isinstance(repeated, ForEach):
        repeated.drop_waiting(task.parent, signer)
    elif people.may_be_removed(task) or not isinstance(repeated, ForEach):
        people.remove(task)
    else:
        repeated.remove_round(task.parent, task)


def _why_not_add(task: Token, where: Where) -> Phrase | None:
    said: Mapping[str, object] = {"element": task.task_spec.bpmn_name or task.task_spec.bpmn_id}
    repeated = task.task_spec.repeated_by
    if isinstance(repeated, ForEach) and repeated.sequential == (where != "parallel"):
        if task.parent.internal_data["total"] >= MAX_ROUNDS:
            return Phrase(N_("{element} would be repeated more than {limit} times."), {**said, "limit": MAX_ROUNDS})
        return None
    asked = 1 + len(task.internal_data.get("then", ())) + len(people.fellows(task))
    if asked >= people.MAX_SIGNERS:
        return Phrase(N_("{element} already has {limit} signers."), {**said, "limit": people.MAX_SIGNERS})
    return None


def _why_not_remove(task: Token, signer: int | None) -> Phrase | None:
    said: Mapping[str, object] = {"element": task.task_spec.bpmn_name or task.task_spec.bpmn_id}
    repeated = task.task_spec.repeated_by
    rounds = isinstance(repeated, ForEach)
    if signer is not None:
        waits = signer in task.internal_data.get("then", ()) or (
            isinstance(repeated, ForEach) and signer in repeated.waiting_items(task.parent)
        )
        return None if waits else Phrase(N_("Nobody of this name is still to sign at {element}."), said)
    if people.may_be_removed(task) or (rounds and task.parent.internal_data["total"] > 1):
        return None
    return Phrase(N_("{element} has only this signer; somebody has to do it."), said)


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
    task, repeated = _round(workflow, before, token)
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
    task, repeated = _round(workflow, before, token)
    repeated.remove_round(task.parent, task)
    return finish(workflow, before)


def _round(workflow: Workflow, resting: Resting, token: int) -> tuple[Token, ForEach]:
    task = open_token(workflow, token, resting)
    repeated = task.task_spec.repeated_by
    if not isinstance(repeated, ForEach):
        element = task.task_spec.bpmn_id
        message = N_("{element} is not done by several people; rounds can be added only where the diagram repeats it.")
        raise StepRefused(message, {"element": element}, element)
    return task, repeated
