"""What this room tells others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crm.permissions import Actor


@dataclass(frozen=True)
class CustomerCreated:
    """There is a new customer."""

    customer_id: int
    at: datetime
    by: Actor


@dataclass(frozen=True)
class CustomerChanged:
    """Fields of a customer hold other values; `fields` names them."""

    customer_id: int
    fields: tuple[str, ...]
    at: datetime
    by: Actor


@dataclass(frozen=True)
class CustomerDeleted:
    """A customer is hidden from now on."""

    customer_id: int
    at: datetime
    by: Actor
