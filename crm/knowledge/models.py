"""Articles as they are stored."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Json
from crm.records.models import LIVING, RecordRow, record_constraints


class Article(RecordRow, Base):
    """An answer that helps again. A draft is seen by those who may edit articles."""

    PREFIX = "KB"

    __tablename__ = "article"
    __table_args__ = (
        CheckConstraint("title <> '' AND body <> ''", name="says_something"),
        *record_constraints(),
        Index("ix_article_by_time", "updated_at", "id", postgresql_where=LIVING, sqlite_where=LIVING),
    )

    title: Mapped[str] = mapped_column(String(120))
    category: Mapped[str | None] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text)
    tags: Mapped[list[str]] = mapped_column(Json, default=list)
    published: Mapped[bool] = mapped_column(default=True)
