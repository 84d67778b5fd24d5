"""The repairs as forms: what each is called, what it asks for, and how its form becomes a repair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from crm.core.errors import Fault, Invalid
from crm.core.i18n import Text, text
from crm.core.numbers import typed_key
from crm.permissions import Actor
from workflows.operate import bulk, repairing
from workflows.operate.trying import Repair
from workflows.operate.values import read_value


@dataclass(frozen=True)
class Act:
    """A repair on a page. `asks` is what its form asks for besides the reason: a target, a value, the task alone or nothing."""

    name: str
    label: Text
    words: Text
    done: Text
    icon: str
    asks: str = ""
    tone: str = "primary"


ACTS: Mapping[str, Act] = {
    act.name: act
    for act in (
        Act(
            "move",
            text("Move to another step"),
            text("The task is withdrawn, and the case goes on at the step that you choose, back or forth."),
            text("The case has been moved."),
            "route",
            "target",
        ),
        Act(
            "skip",
            text("Skip the task"),
            text("The task is withdrawn, and the case goes on behind it without its answers."),
            text("The task has been skipped."),
            "player-skip-forward",
            "task",
        ),
        Act(
            "variables",
            text("Change a variable"),
            text("The value holds from now on. Conditions that the case waits for are looked at again."),
            text("The variable has been changed."),
            "variable",
            "value",
        ),
        Act(
            "fire",
            text("Let the timer act now"),
            text("The timer acts at once instead of when it is due."),
            text("The timer has acted."),
            "clock-play",
            "task",
        ),
        Act(
            "retry",
            text("Try again"),
            text("Every step of this case that could not be carried out is tried again."),
            text("The step has been tried again."),
            "refresh",
        ),
        Act(
            "suspend",
            text("Suspend the case"),
            text(
                "Nobody can do its tasks, and no timer or reminder acts until it is resumed. Messages still reach it, so that none is lost."
            ),
            text("The case is suspended."),
            "player-pause",
        ),
        Act(
            "resume",
            text("Resume the case"),
            text("Its tasks can be done again. What was due is due as much working time later as the case rested."),
            text("The case goes on."),
            "player-play",
        ),
        Act(
            "cancel",
            text("Cancel the case"),
            text("The case ends here. Its open tasks are withdrawn, and whoever has one is told."),
            text("The case is cancelled."),
            "ban",
            tone="danger",
        ),
    )
}
BULK_WORDS: Mapping[bulk.Act, Text] = {
    bulk.Act.RETRY: text("Try again"),
    bulk.Act.SUSPEND: text("Suspend"),
    bulk.Act.RESUME: text("Resume"),
    bulk.Act.CANCEL: text("Cancel cases"),
    bulk.Act.MOVE: text("Move to another step"),
}


def repair(act: Act, instance_id: int, given: Mapping[str, str], *, by: Actor, now: datetime) -> Repair:
    """The repair that a form describes. Raises Invalid naming the field that is missing or wrong."""
    common: dict[str, Any] = {"by": by, "now": now, "instance_id": instance_id, "reason": given.get("reason", "")}
    token = typed_key(given.get("token", ""))
    if act.asks in ("target", "task"):
        if token is None:
            raise Invalid([Fault("token", text("Choose the step that it is about."))])
        common["token"] = token
    match act.name:
        case "move":
            to = given.get("to", "")
            if not to:
                raise Invalid([Fault("to", text("Choose the step at which the case goes on."))])
            return partial(repairing.move, to=to, **common)
        case "skip":
            return partial(repairing.skip, **common)
        case "fire":
            return partial(repairing.fire, **common)
        case "variables":
            name, kind = given.get("name", "").strip(), given.get("kind", "text")
            value = read_value(kind, given.get("value", ""))
            changes, removals = ({}, [name]) if kind == "remove" else ({name: value}, [])
            return partial(repairing.set_variables, token=token, changes=changes, removals=removals, **common)
        case "retry":
            return partial(repairing.retry, **common)
        case "suspend":
            return partial(repairing.suspend, **common)
        case "resume":
            return partial(repairing.resume, **common)
    return partial(repairing.cancel, **common)
