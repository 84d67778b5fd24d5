"""What this room tells others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crm.permissions import Actor


@dataclass(frozen=True)
class OpportunityCreated:
    """There is a new opportunity, which waits for approval."""

    opportunity_id: int
    at: datetime
    by: Actor


@dataclass(frozen=True)
class OpportunityChanged:
    """Fields of an opportunity hold other values; `fields` names them."""

    opportunity_id: int
    fields: tuple[str, ...]
    at: datetime
    by: Actor


@dataclass(frozen=True)
class OpportunityWithdrawn:
    """Somebody gave it up, or deleted it, outside of its process."""

    opportunity_id: int
    reason: str
    at: datetime
    by: Actor


@dataclass(frozen=True)
class OpportunityHandedOver:
    """Another customer manager develops it from now on."""

    opportunity_id: int
    manager_id: int
    at: datetime
    by: Actor


@dataclass(frozen=True)
class PlanChanged:
    """Something was planned, done or called off outside of the process."""

    opportunity_id: int
    at: datetime
    by: Actor
