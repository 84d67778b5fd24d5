"""Who gets a task, and why; and who may do it in the place of somebody who is away."""

from workflows.assigning.resolving import Assignment, CaseFacts, resolve
from workflows.assigning.rules import rule_of

__all__ = ["Assignment", "CaseFacts", "resolve", "rule_of"]
