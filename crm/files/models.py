"""Files and what uses them. The contents lie in the file store under their hash; equal contents are kept once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Id, UtcDateTime


class StoredFile(Base):
    """One uploaded file. It never changes; a new version is a new file."""

    __tablename__ = "stored_file"
    __table_args__ = (
        CheckConstraint("name <> ''", name="named"),
        CheckConstraint("size > 0", name="not_empty"),
        CheckConstraint("length(sha256) = 64", name="hashed"),
        Index("ix_stored_file_sha256", "sha256"),
        Index("ix_stored_file_uploaded_by_id", "uploaded_by_id", "at"),
        Index("ix_stored_file_at", "at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    content_type: Mapped[str] = mapped_column(String(100), comment="by what is inside, not by what the client said")
    size: Mapped[int] = mapped_column(Id, comment="bytes")
    sha256: Mapped[str] = mapped_column(String(64))
    uploaded_by_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"), comment="none: the system")
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class FileUse(Base):
    """A record, task or case that holds a file."""

    __tablename__ = "file_use"
    __table_args__ = (Index("ix_file_use_record", "record_type", "record_id"),)

    file_id: Mapped[int] = mapped_column(Id, ForeignKey("stored_file.id"), primary_key=True, autoincrement=False)
    record_type: Mapped[str] = mapped_column(String(30), primary_key=True)
    record_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"))
