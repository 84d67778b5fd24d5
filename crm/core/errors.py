"""What may be refused, and how it is said.

Each error carries one sentence for the person at the screen. `crm/web/errors.py` alone turns them into a page or JSON.
Raising rolls the unit of work back; returning commits it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crm.core.i18n import Text, text


class HeliuError(Exception):
    """Base of every refusal. `status` is the HTTP answer, `code` a stable word for programs."""

    status = 500
    code = "error"

    def __init__(self, message: Text) -> None:
        super().__init__(str(message))
        self.message = message


class NotFound(HeliuError):
    """It does not exist, or this person may not know that it does."""

    status, code = 404, "not-found"

    def __init__(self, message: Text | None = None) -> None:
        super().__init__(message or text("This page or record does not exist, or is not open to you."))


class Denied(HeliuError):
    """The person may see it, but may not do this."""

    status, code = 403, "denied"


class RuleBroken(HeliuError):
    """The record is not in a state that allows this."""

    status, code = 422, "rule-broken"


@dataclass(frozen=True)
class Fault:
    """One wrong value: where it stands (`customer.phone`, an element id) and what would be right."""

    field: str
    message: Text | str


class Invalid(HeliuError):
    """Input that names its wrong fields."""

    status, code = 422, "invalid"

    def __init__(self, faults: Sequence[Fault], message: Text | None = None) -> None:
        super().__init__(message or text("Please check the marked fields."))
        self.faults = tuple(faults)


class Conflict(HeliuError):
    """Somebody was first. `current` holds the newer values, to be shown beside what was typed."""

    status, code = 409, "conflict"

    def __init__(self, message: Text, current: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.current = dict(current or {})
