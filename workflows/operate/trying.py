"""A repair tried before it is done: everything is carried out and nothing is kept, so that the answer is exactly what would be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from crm.core.errors import HeliuError, Invalid
from crm.core.i18n import Text
from crm.web.doors import writing
from workflows.causes import Cause, describe
from workflows.operate.repairing import Repaired
from workflows.operations.tasks import StepFault

Repair = Callable[[Session], Repaired]


@dataclass(frozen=True)
class Verdict:
    """What would come of a repair; or, with a `reason`, why it cannot be done."""

    done: Repaired | None = None
    reason: Text | str | None = None


class _Undo(Exception):
    """Ends a unit of work without keeping anything."""


def tried(repair: Repair) -> Verdict:
    """Carry the repair out, roll it back, and tell."""
    done: list[Repaired] = []
    try:
        with writing() as session:
            done.append(repair(session))
            raise _Undo
    except _Undo:
        return Verdict(done=done[0])
    except HeliuError as refused:
        return Verdict(reason=said_by(refused))


def said_by(refused: HeliuError) -> Text | str:
    """The refusal in one sentence; of a step that failed, what it failed of."""
    if isinstance(refused, StepFault):
        return Cause(describe(refused.cause))
    if isinstance(refused, Invalid) and refused.faults:
        return refused.faults[0].message
    return refused.message
