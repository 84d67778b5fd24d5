"""Writing the timeline. Called by operations of other rooms, in the same transaction as what they tell."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from crm.activity.models import TimelineEntry
from crm.activity.sentences import Entry, Person, keep
from crm.core.i18n import Text
from crm.core.prepared import insert_into
from crm.permissions import Actor

__all__ = ["Entry", "Person", "record"]

TELL = insert_into(
    TimelineEntry.__table__, "at", "actor_id", "record_type", "record_id", "customer_id", "kind", "source", "values",
    "detail", "link",
)  # fmt: skip


def record(
    session: Session,
    *,
    at: datetime,
    actor: Actor,
    record_type: str,
    record_id: int,
    customer_id: int | None = None,
    kind: str,
    message: Text,
    detail: str | None = None,
    link: str | None = None,
) -> None:
    """Note what happened. Values of the message may be text, numbers, another Text, a Person or an Entry."""
    source, values = keep(message)
    row = {
        "at": at,
        "actor_id": actor.id,
        "record_type": record_type,
        "record_id": record_id,
        "customer_id": customer_id,
        "kind": kind,
        "source": source,
        "values": values,
        "detail": detail,
        "link": link,
    }
    TELL.later(session, row)
