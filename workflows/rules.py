"""What is allowed with a task or a case, now, for this person. Pure: no database, no request.

Each rule is a pair: `why_not_…` answers with the reason as a sentence or None; `check_…` raises it. A sleeping button shows
the very sentence with which the request would be refused.
"""

from __future__ import annotations

from crm.core.errors import Denied, Fault, Invalid
from crm.core.i18n import Text, text
from crm.permissions import Actor
from workflows.engine import Definition
from workflows.models import InstanceStatus, ProcessInstance, Task, TaskStatus
from workflows.registry import registry

# A task that names neither a role nor a person is for administrators only.
FALLBACK_ROLE = "administrator"
PRIORITIES = range(4)
# While a case is suspended, this is the reason for everything that nobody can do with it.
SUSPENDED = text("This case is suspended by an administrator; nobody can do its tasks until it is resumed.")
SHORTEST_REASON, LONGEST_REASON = 3, 1000


def is_offered_to(task: Task, by: Actor) -> bool:
    """Does the task wait, claimed by nobody, for a group of this person or for them among others? Whoever stands in for
    somebody is offered what that person is offered."""
    if task.status != TaskStatus.OPEN or task.assignee_id is not None:
        return False
    return task.role in by.group_keys or by.id in (named := task.candidate_ids or ()) or bool(by.represents & {*named})


def is_with(task: Task, by: Actor) -> bool:
    """Is the task this person's own, or that of somebody for whom they stand in?"""
    if task.status != TaskStatus.OPEN or task.assignee_id is None:
        return False
    return task.assignee_id == by.id or task.assignee_id in by.represents


def why_not_person(task: Task, user_id: int | None) -> Text | None:
    """The reason why this of all people must not do the task, however they come by it."""
    if task.excluded_id is not None and task.excluded_id == user_id:
        return text("Whoever started this case must not do this step; a colleague has to.")
    return None


def why_not_open(task: Task) -> Text | None:
    """The reason why nobody can do anything with the task now."""
    if task.status == TaskStatus.DONE:
        return text("This task has already been completed.")
    if task.status == TaskStatus.WITHDRAWN:
        return text("The process has moved on; this task is no longer needed.")
    if task.suspended:
        return SUSPENDED
    return None


def why_not_claim(task: Task, by: Actor) -> Text | None:
    if reason := why_not_open(task):
        return reason
    if task.assignee_id is not None and task.assignee_id == by.id:
        return text("You have claimed this task already.")
    if is_with(task, by):
        return text("You stand in for whoever has this task; just do it.")
    if task.assignee_id is not None:
        return text("A colleague has claimed this task.")
    if reason := why_not_person(task, by.id):
        return reason
    if not is_offered_to(task, by):
        return text("This task is offered to a group that you do not belong to.")
    return None


def why_not_release(task: Task, by: Actor) -> Text | None:
    if reason := why_not_open(task):
        return reason
    if not is_with(task, by):
        return text("Only the person who holds this task can give it back.")
    if task.role is None and not task.candidate_ids:
        return text("This task was given to you personally; there is no group to give it back to.")
    if task.delegated_by_id is not None:
        return text("This task was delegated to you; hand it back to the person who did so.")
    return None


def why_not_complete(task: Task, by: Actor) -> Text | None:
    if reason := why_not_save(task, by):
        return reason
    if task.delegated_by_id is not None:
        return text("This task was delegated to you; hand it back to the person who did so.")
    return None


def why_not_save(task: Task, by: Actor) -> Text | None:
    """The reason why this person cannot work on the task's form, or None."""
    if reason := why_not_open(task):
        return reason
    if is_with(task, by) or is_offered_to(task, by):
        return why_not_person(task, by.id)
    if task.assignee_id is not None:
        return text("This task is with a colleague.")
    return text("This task is offered to a group that you do not belong to.")


def why_not_cancel(instance: ProcessInstance, by: Actor) -> Text | None:
    if instance.status != InstanceStatus.RUNNING:
        return text("This case has already ended.")
    if not by.may("processes", "administer"):
        return text("Only an administrator of processes can cancel a case.")
    return None


def why_not_start(definition: Definition, by: Actor) -> Text | None:
    """The reason why this person cannot start the process, or None. Starting may be kept to roles, by the start event, or to
    what happens elsewhere, by the bindings."""
    if reason := registry().by_itself.get(definition.key):
        return reason
    if all(begin.kind != "none" for begin in definition.beginnings.values()):
        return text("This process begins by a message, a signal or the clock; nobody starts it by hand.")
    roles = definition.start_roles
    if roles and not by.is_system and not by.role_keys.intersection(roles):
        return text("Your roles do not allow you to start this process.")
    return None


def check_can_cancel(instance: ProcessInstance, by: Actor) -> None:
    if reason := why_not_cancel(instance, by):
        raise Denied(reason)


def read_reason(reason: str) -> str:
    """Why somebody repairs or moves cases, trimmed. Invalid where it says nothing."""
    written = reason.strip()
    if not SHORTEST_REASON <= len(written) <= LONGEST_REASON:
        message = text("Give a reason of {least} to {most} characters.", least=SHORTEST_REASON, most=LONGEST_REASON)
        raise Invalid([Fault("reason", message)])
    return written
