"""What this room tells others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm.permissions import Actor


@dataclass(frozen=True)
class CustomRecordOpened:
    """There is a new record; `sort_key` is the process that it is for, `answers` with what it was opened."""

    record_id: int
    sort_key: str
    answers: Mapping[str, Any]
    at: datetime
    by: Actor
