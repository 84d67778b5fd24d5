"""What this room tells others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crm.permissions import Actor


@dataclass(frozen=True)
class OrderPlaced:
    """A customer has ordered something."""

    order_id: int
    customer_id: int
    at: datetime
    by: Actor


@dataclass(frozen=True)
class OrderChanged:
    """Fields or lines of an order are different; it was delivered, cancelled or deleted."""

    order_id: int
    customer_id: int
    at: datetime
    by: Actor
