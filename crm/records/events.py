"""What the furniture tells of every record. A room that tells its own words instead says so in its description."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crm.permissions import Actor


@dataclass(frozen=True)
class RecordCreated:
    """There is a new record; `record_type` is its key, such as `interaction`."""

    record_type: str
    record_id: int
    at: datetime
    by: Actor


@dataclass(frozen=True)
class RecordChanged:
    """Fields of a record hold other values; `fields` names them."""

    record_type: str
    record_id: int
    fields: tuple[str, ...]
    at: datetime
    by: Actor


@dataclass(frozen=True)
class RecordDeleted:
    """A record is hidden from now on."""

    record_type: str
    record_id: int
    at: datetime
    by: Actor
