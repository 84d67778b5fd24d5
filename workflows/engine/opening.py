"""What a person's task says when it opens: who is asked, until when, how urgently."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from workflows.engine import timers
from workflows.engine.errors import StepRefused
from workflows.engine.specs.people import HumanTask
from workflows.engine.steps import NORMAL_PRIORITY, OpenTask
from workflows.engine.texts import N_
from workflows.engine.tokens import Token

HIGHEST_PRIORITY = 3


def open_task(token: Token) -> OpenTask:
    """Reads the expressions of the task with its data. Raises StepRefused where one yields something else."""
    spec: HumanTask = token.task_spec
    engine = token.workflow.script_engine
    signer = token.internal_data.get("signer")
    drawn = signer is None  # nobody was asked by name: the diagram says whose task it is
    assignee = engine.evaluate(token, spec.assignee) if drawn and spec.assignee is not None else signer
    candidates = engine.evaluate(token, spec.candidates) if drawn and spec.candidates is not None else []
    priority = None if spec.priority is None else engine.evaluate(token, spec.priority)
    return OpenTask(
        token=token.id,
        node_id=spec.element,
        data=dict(token.data),
        assignee=None if assignee is None else _person(token, assignee),
        candidates=tuple(_person(token, person) for person in _people(token, candidates)),
        due_at=_due(token, spec),
        priority=_priority(token, priority),
        signer=not drawn,
    )


def _refuse(token: Token, message: str, value: object) -> StepRefused:
    element = token.task_spec.bpmn_id
    return StepRefused(message, {"element": element, "value": str(value)[:80]}, element)


def _person(token: Token, value: Any) -> int:
    if type(value) is str and value.isdecimal() and value.isascii() and len(value) < 19:
        return int(value)
    if type(value) is not int:
        raise _refuse(token, N_("The task {element} asks for {value}, which is not the number of a user."), value)
    return value


def _people(token: Token, value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise _refuse(token, N_("The candidates of {element} must be a list of users, not {value}."), value)
    return value


def _priority(token: Token, value: Any) -> int:
    if value is None:
        return NORMAL_PRIORITY
    if type(value) is not int or not 0 <= value <= HIGHEST_PRIORITY:
        raise _refuse(token, N_("The priority of {element} must be 0, 1, 2 or 3, not {value}."), value)
    return value


def _due(token: Token, spec: HumanTask) -> datetime | None:
    value: Any = spec.due
    if spec.due is None:
        return None
    top = token.workflow.top_workflow
    if not isinstance(spec.due, str):
        value = top.script_engine.evaluate(token, spec.due)
        if value is None:
            return None
    if type(value) is date:  # a day without a time lasts until its end, where people work
        value = datetime.combine(value, time.max, top.run.local_now.tzinfo)
    is_moment = isinstance(value, datetime) or (isinstance(value, str) and timers.MOMENT.fullmatch(value))
    try:
        kind = "timeDate" if is_moment else "timeDuration"
        return timers.first_due(kind, value, top.run.now, top.run.working_time).at
    except timers.BadTimer:
        message = N_("The due date of {element} must be a duration or a date with time and zone, not {value}.")
        raise _refuse(token, message, value) from None
