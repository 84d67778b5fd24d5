"""What is allowed with a task, now, for this person, verb by verb. Pure: the facts beyond the task's row come in as `Standing`.

`why_not_…` answers with the reason as a sentence, or None. The same sentence explains a sleeping button and refuses a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm.core.i18n import Text, text
from crm.permissions import Actor
from workflows.models import Task, TaskStatus
from workflows.rules import (
    SUSPENDED,
    is_offered_to,
    is_with,
    why_not_claim,
    why_not_complete,
    why_not_open,
    why_not_release,
    why_not_save,
)

URGE_EVERY = timedelta(hours=4)
MOST_NOTE = 1_000
MOST_COMMENT = 5_000
MOST_PEOPLE = 20
TAKEN_UP = text("A colleague has already taken up the next step.")
GONE_ON = text("The case has moved on since; send the open step back instead.")


@dataclass(frozen=True)
class Standing:
    """What the rules must know beyond the task: how the case stands, and what this person has to do with it.

    `directs`: may direct whoever holds the task. `takes_part`: started the case, or has or had a task of it. `earlier`: steps
    of the case that were done before, to which it could go back. `signers`: whom this person asked to sign at this step.
    `suspended`: an administrator has the case rest.
    The others are about a completed task: whether its completion is the last thing that happened (`is_last_step`), or else
    at least its own branch stands as it left it (`stands_apart`); whether somebody has taken up what followed (`touched`);
    and the step with an effect that cannot be taken back.
    """

    running: bool
    suspended: bool = False
    directs: bool = False
    takes_part: bool = False
    earlier: tuple[str, ...] = ()
    signers: frozenset[int] = frozenset()
    is_last_step: bool = False
    stands_apart: bool = False
    touched: bool = False
    effect: str | None = None


def _not_the_holder(task: Task) -> Text:
    if task.assignee_id is None:
        return text("Claim this task first.")
    return text("This task is with a colleague.")


def why_not_transfer(task: Task, by: Actor, standing: Standing) -> Text | None:
    """Hand the task to somebody else for good: by its holder, or by whoever directs them."""
    if reason := why_not_open(task):
        return reason
    if task.delegated_by_id is not None:
        return text("This task was delegated; it has to go back first.")
    if is_with(task, by) or standing.directs:
        return None
    return _not_the_holder(task)


def why_not_delegate(task: Task, by: Actor, standing: Standing) -> Text | None:
    """Ask somebody to work on the task; it comes back."""
    if reason := why_not_open(task):
        return reason
    if not is_with(task, by):
        return _not_the_holder(task)
    if task.delegated_by_id is not None:
        return text("This task was delegated to you; it cannot be delegated again.")
    return None


def why_not_return(task: Task, by: Actor, standing: Standing) -> Text | None:
    """A delegated task goes back: the helper is done, or whoever delegated it wants it back."""
    if reason := why_not_open(task):
        return reason
    if task.delegated_by_id is None:
        return text("This task has not been delegated.")
    if is_with(task, by) or task.delegated_by_id == by.id:
        return None
    return _not_the_holder(task)


def why_not_add_signer(task: Task, by: Actor, standing: Standing) -> Text | None:
    """Have somebody else sign as well: before, beside or after the holder."""
    if reason := why_not_open(task):
        return reason
    if not is_with(task, by):
        return _not_the_holder(task)
    if task.delegated_by_id is not None:
        return text("This task was delegated to you; whoever delegated it decides on signers.")
    return None


def why_not_remove_signer(task: Task, by: Actor, standing: Standing, user_id: int | None = None) -> Text | None:
    """Not wait any longer for the signer who has this task, or for `user_id`, who would come after them."""
    if reason := why_not_open(task):
        return reason
    signer = user_id or task.assignee_id
    if signer in standing.signers or (standing.directs and signer is not None):
        return None
    return text("Only whoever asked this person to sign, or directs them, can remove them.")


def why_not_send_back(task: Task, by: Actor, standing: Standing) -> Text | None:
    """Have an earlier step done again."""
    if reason := why_not_open(task):
        return reason
    if not (is_with(task, by) or is_offered_to(task, by)):
        return why_not_complete(task, by)
    if is_with(task, by) and task.delegated_by_id is not None:
        return text("This task was delegated to you; whoever delegated it decides about it.")
    if not standing.earlier:
        return text("No step has been done before this one.")
    return None


def why_not_withdraw(task: Task, by: Actor, standing: Standing) -> Text | None:
    """Take one's own completion back, while nobody has taken up what followed."""
    if task.status == TaskStatus.OPEN:
        return text("This task has not been completed yet.")
    if task.status == TaskStatus.WITHDRAWN:
        return text("The process has moved on; this task is no longer needed.")
    if task.closed_by_id != by.id:
        return text("Only the person who completed this task can take it back.")
    if not standing.running:
        return text("This case has already ended.")
    if standing.suspended:
        return SUSPENDED
    if not (standing.is_last_step or standing.stands_apart):
        return GONE_ON
    if standing.touched:
        return TAKEN_UP
    if standing.effect is not None:
        return text("“{step}” has been carried out and cannot be taken back.", step=standing.effect)
    return None


def why_not_copy(task: Task, by: Actor, standing: Standing) -> Text | None:
    """Show the case to somebody for information."""
    if standing.takes_part or standing.directs or is_with(task, by) or is_offered_to(task, by):
        return None
    return text("Only people who work on this case can show it to others.")


def why_not_urge(task: Task, by: Actor, standing: Standing, now: datetime) -> Text | None:
    """Ask the holder to hurry, not too often."""
    if reason := why_not_open(task):
        return reason
    if is_with(task, by):
        return text("This task is with you.")
    if task.urged_at is not None and now < task.urged_at + URGE_EVERY:
        minutes = -((now - task.urged_at - URGE_EVERY) // timedelta(minutes=1))
        return text("Somebody has urged already; again in {minutes} minutes.", minutes=minutes)
    return None


def why_not_attach(task: Task, by: Actor, standing: Standing) -> Text | None:
    """Add files to the task."""
    if reason := why_not_open(task):
        return reason
    if is_with(task, by) or is_offered_to(task, by) or standing.takes_part or standing.directs:
        return None
    return _not_the_holder(task)


def why_not_priority(task: Task, by: Actor, standing: Standing) -> Text | None:
    """Say how urgent the task is."""
    if reason := why_not_open(task):
        return reason
    return None if is_with(task, by) or standing.directs else _not_the_holder(task)


def why_not_due(task: Task, by: Actor, standing: Standing) -> Text | None:
    """Say until when it should be done."""
    if reason := why_not_open(task):
        return reason
    return None if standing.directs else text("Only somebody who directs the holder can change the due date.")


def actions(task: Task, by: Actor, standing: Standing, *, now: datetime) -> Mapping[str, Text | None]:
    """Every verb of a task with None where it is allowed, else the reason why not. The words are those of the API."""
    return {
        "claim": why_not_claim(task, by),
        "release": why_not_release(task, by),
        "complete": why_not_complete(task, by),
        "save": why_not_save(task, by),
        "transfer": why_not_transfer(task, by, standing),
        "delegate": why_not_delegate(task, by, standing),
        "return": why_not_return(task, by, standing),
        "add-signer": why_not_add_signer(task, by, standing),
        "remove-signer": why_not_remove_signer(task, by, standing),
        "send-back": why_not_send_back(task, by, standing),
        "withdraw": why_not_withdraw(task, by, standing),
        "cc": why_not_copy(task, by, standing),
        "urge": why_not_urge(task, by, standing, now),
        "comment": None,
        "attach": why_not_attach(task, by, standing),
        "priority": why_not_priority(task, by, standing),
        "due": why_not_due(task, by, standing),
    }
