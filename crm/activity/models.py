"""Entries of the timeline. They are added and never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Id, Json, UtcDateTime


class TimelineEntry(Base):
    """Something that happened to a record, as an English sentence with values; it is shown in the reader's language."""

    __tablename__ = "timeline_entry"
    __table_args__ = (
        Index("ix_timeline_entry_record", "record_type", "record_id", "at", "id"),
        Index("ix_timeline_entry_customer", "customer_id", "at", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"), comment="none: the system")
    record_type: Mapped[str] = mapped_column(String(30))
    record_id: Mapped[int] = mapped_column(Id)
    customer_id: Mapped[int | None] = mapped_column(Id, comment="whose timeline shows it too")
    kind: Mapped[str] = mapped_column(String(40), comment="stable word, e.g. service.assigned; chooses the mark")
    source: Mapped[str] = mapped_column(String(300))
    values: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    detail: Mapped[str | None] = mapped_column(Text, comment="what somebody wrote, in their own words")
    link: Mapped[str | None] = mapped_column(String(200), comment="path of the page about it")
