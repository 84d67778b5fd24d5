"""What this room tells others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crm.permissions import Actor


@dataclass(frozen=True)
class SubstituteNamed:
    """Somebody stands in for a user from `begins` on (None: already), or from now on nobody does (`substitute_id` None)."""

    user_id: int
    substitute_id: int | None
    begins: datetime | None
    at: datetime
    by: Actor
