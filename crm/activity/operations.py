"""Writing the timeline. Called by operations of other rooms, in the same transaction as what they tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from crm.activity.models import TimelineEntry
from crm.core.i18n import Text
from crm.core.prepared import insert_into
from crm.permissions import Actor

TELL = insert_into(
    TimelineEntry.__table__, "at", "actor_id", "record_type", "record_id", "customer_id", "kind", "source", "values",
    "detail", "link",
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """A value in a sentence that stands for a user: the reader sees the name in their own language."""

    id: int | None

    def __str__(self) -> str:
        return "" if self.id is None else f"#{self.id}"


@dataclass(frozen=True)
class Entry:
    """A value in a sentence that stands for an entry of the data dictionary."""

    category: str
    key: str | None

    def __str__(self) -> str:
        return self.key or ""


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
    if message.context is not None:
        message = Text("{words}", {"words": message})
    row = {
        "at": at,
        "actor_id": actor.id,
        "record_type": record_type,
        "record_id": record_id,
        "customer_id": customer_id,
        "kind": kind,
        "source": message.source,
        "values": {name: _kept(value) for name, value in message.values.items()},
        "detail": detail,
        "link": link,
    }
    TELL.change(session, row)


def _kept(value: object) -> object:
    """A value as JSON that `queries` can turn back into words for any reader."""
    if isinstance(value, Person):
        return {"user": value.id}
    if isinstance(value, Entry):
        return {"category": value.category, "key": value.key}
    if isinstance(value, Text):
        inner = {name: _kept(each) for name, each in value.values.items()}
        return {"source": value.source, "values": inner, "context": value.context}
    return value if isinstance(value, str | int | float) else str(value)
