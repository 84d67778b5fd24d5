"""Records of processes that administrators drew, and what sorts of them there are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Id, Json, UtcDateTime
from crm.records.models import OwnedRow, record_constraints


class CustomSort(Base):
    """A sort of record, as the version said with which the last one was opened; `key` is that of its process."""

    __tablename__ = "custom_sort"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    described: Mapped[dict[str, Any]] = mapped_column(Json, comment="the content of record.json")
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CustomRecord(OwnedRow, Base):
    """One record. `values` holds its fields by name, as JSON; state and sort are kept with their names, as drawn."""

    PREFIX = "CR"

    __tablename__ = "custom_record"
    __table_args__ = (
        CheckConstraint("title <> ''", name="named"),
        *record_constraints(),
        Index("ix_custom_record_sort", "sort_key", "deleted_at", "id"),
        Index("ix_custom_record_customer", "customer_id"),
        Index("ix_custom_record_updated", "updated_at", "id"),
    )

    sort_key: Mapped[str] = mapped_column(String(80), ForeignKey("custom_sort.key"))
    sort_name: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(String(300))
    state: Mapped[str] = mapped_column(String(40))
    state_name: Mapped[str] = mapped_column(String(120))
    customer_id: Mapped[int | None] = mapped_column(Id, ForeignKey("customer.id"))
    values: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
