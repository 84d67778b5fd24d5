"""What this room tells others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crm.customers.models import Customer
from crm.permissions import Actor
from crm.service.models import ServiceRequest


@dataclass(frozen=True)
class ServiceRequestOpened:
    """A customer's request has been recorded."""

    request: ServiceRequest
    customer: Customer
    at: datetime
    by: Actor


@dataclass(frozen=True)
class ServiceRequestAssigned:
    """Somebody is to handle it."""

    request_id: int
    assignee_id: int
    at: datetime
    by: Actor


@dataclass(frozen=True)
class ServiceRequestHandled:
    """The handling has been recorded."""

    request_id: int
    at: datetime
    by: Actor


@dataclass(frozen=True)
class ServiceRequestFedBack:
    """The customer has said how satisfied they are (1–5)."""

    request_id: int
    satisfaction: int
    at: datetime
    by: Actor


@dataclass(frozen=True)
class ServiceRequestReturned:
    """It went back to handling."""

    request_id: int
    rounds: int
    at: datetime
    by: Actor


@dataclass(frozen=True)
class ServiceRequestPaused:
    """The customer owes an answer; the clock stands still."""

    request_id: int
    at: datetime
    by: Actor


@dataclass(frozen=True)
class ServiceRequestResumed:
    """The customer has answered, or it went on without; the clock runs again."""

    request_id: int
    at: datetime
    by: Actor


@dataclass(frozen=True)
class ServiceRequestArchived:
    """It is finished."""

    request_id: int
    at: datetime
    by: Actor


@dataclass(frozen=True)
class ServiceRequestCancelled:
    """It was given up before it was finished."""

    request_id: int
    reason: str
    at: datetime
    by: Actor
