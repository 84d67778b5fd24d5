"""When the clock begins a case: the due times of timer start events. Whoever keeps the clock stores and claims them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from workflows.engine import expressions, timers
from workflows.engine.definition import Definition
from workflows.engine.errors import StepRefused
from workflows.engine.texts import N_
from workflows.engine.timers import Due


def first_beginning(definition: Definition, node_id: str, *, now: datetime) -> Due | None:
    """When the timer start event `node_id` begins a case for the first time after `now`, the moment of publishing.

    What lies before it has not been missed, since there was nothing to begin; None where all of it does. Raises StepRefused
    where there is no such event, or its formula yields no time.
    """
    begin = definition.beginnings.get(node_id)
    if begin is None or begin.timer is None:
        raise StepRefused(N_("No clock begins the process at {element}."), {"element": node_id}, node_id)
    kind, text = begin.timer
    value: Any = expressions.source(text)
    if not timers.LOOKS_ISO.match(value):
        value = expressions.evaluate(expressions.parse(value), {}, now=now, element=node_id)
    try:
        return timers.ahead_of(timers.first_due(kind, value, now.astimezone(UTC)), now.astimezone(UTC))
    except timers.BadTimer as fault:
        message = N_("The timer at {element} cannot be set: {cause}")
        raise StepRefused(message, {"element": node_id, "cause": fault.cause}, node_id) from fault


def next_beginning(due: Due, *, now: datetime) -> Due | None:
    """The time after `due`, which has begun a case; None when it was the last. What was slept through is left out."""
    return timers.next_due(due, now.astimezone(UTC))
