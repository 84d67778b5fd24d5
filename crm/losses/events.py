"""What this room tells others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crm.permissions import Actor


@dataclass(frozen=True)
class LossWarned:
    """A customer has not ordered for so long that they may be lost."""

    loss_id: int
    at: datetime
    by: Actor


@dataclass(frozen=True)
class LossChanged:
    """A warning stands differently."""

    loss_id: int
    at: datetime
    by: Actor
