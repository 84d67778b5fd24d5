"""What this room tells others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crm.permissions import Actor


@dataclass(frozen=True)
class ComplaintRegistered:
    """A customer has complained."""

    complaint_id: int
    at: datetime
    by: Actor


@dataclass(frozen=True)
class ComplaintChanged:
    """A complaint stands differently, or its words were corrected."""

    complaint_id: int
    at: datetime
    by: Actor


@dataclass(frozen=True)
class ComplaintCancelled:
    """Nothing more is done about a complaint, outside of its process."""

    complaint_id: int
    reason: str
    at: datetime
    by: Actor
