"""Competitors as they are stored."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base
from crm.records.models import LIVING, RecordRow, record_constraints


class Competitor(RecordRow, Base):
    """Somebody who offers our customers what we offer."""

    PREFIX = "CP"

    __tablename__ = "competitor"
    __table_args__ = (
        CheckConstraint("name <> ''", name="named"),
        *record_constraints(),
        Index("uq_competitor_name", "sort_key", unique=True, postgresql_where=LIVING, sqlite_where=LIVING),
    )

    name: Mapped[str] = mapped_column(String(120))
    sort_key: Mapped[str] = mapped_column(String(1000), comment="orders Chinese names by sound; equal for like names")
    products: Mapped[str | None] = mapped_column(Text)
    strengths: Mapped[str | None] = mapped_column(Text)
    weaknesses: Mapped[str | None] = mapped_column(Text)
    website: Mapped[str | None] = mapped_column(String(200))
    note: Mapped[str | None] = mapped_column(Text)
