"""What may be repaired at a case, now. Pure: each rule answers with the reason why not, or None."""

from __future__ import annotations

from crm.core.errors import Denied
from crm.core.i18n import Text, text
from crm.permissions import Actor
from workflows.models import InstanceStatus, ProcessInstance
from workflows.rules import SUSPENDED


def why_not_repair(instance: ProcessInstance, by: Actor) -> Text | None:
    """The reason why this person cannot repair the case."""
    if not by.may("processes", "administer"):
        return text("Only an administrator of processes can repair a case.")
    if instance.status != InstanceStatus.RUNNING:
        return text("This case has already ended.")
    return None


def why_not_suspend(instance: ProcessInstance, by: Actor) -> Text | None:
    """The reason why this person cannot suspend the case."""
    if reason := why_not_repair(instance, by):
        return reason
    return text("This case is suspended already.") if instance.suspended_at is not None else None


def why_not_resume(instance: ProcessInstance, by: Actor) -> Text | None:
    """The reason why this person cannot let a suspended case go on."""
    if reason := why_not_repair(instance, by):
        return reason
    return text("This case is not suspended.") if instance.suspended_at is None else None


def why_not_retry(instance: ProcessInstance, by: Actor) -> Text | None:
    """The reason why this person cannot have its incidents tried again."""
    if reason := why_not_repair(instance, by):
        return reason
    return SUSPENDED if instance.suspended_at is not None else None


def refuse(reason: Text | None) -> None:
    """Raise the reason, if there is one."""
    if reason is not None:
        raise Denied(reason)
