"""Tables of drafts: the files of a process while they are changed, and who has them open."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Id, UtcDateTime


class ProcessDraft(Base):
    """What the next version of a process is made of; one for each process, shared by all who may change it.

    `revision` counts every change of any file.
    """

    __tablename__ = "process_draft"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    process_key: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200), comment="as drawn")
    base_version_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("definition_version.id"), comment="from which it was made; none for a new process"
    )
    revision: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int | None] = mapped_column(Id)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_by_id: Mapped[int | None] = mapped_column(Id)


class DraftFile(Base):
    """One file of a draft, byte for byte. `revision` is the draft's at which it was changed last, so it never comes again."""

    __tablename__ = "draft_file"

    draft_id: Mapped[int] = mapped_column(Id, ForeignKey("process_draft.id"), primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    revision: Mapped[int]
    size: Mapped[int] = mapped_column(comment="bytes")
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_by_id: Mapped[int | None] = mapped_column(Id)
    content: Mapped[str] = mapped_column(Text)


class DraftVisit(Base):
    """A window in which somebody has a draft open, as it was heard of last."""

    __tablename__ = "draft_visit"
    __table_args__ = (Index("ix_draft_visit_seen", "draft_id", "seen_at"),)

    draft_id: Mapped[int] = mapped_column(Id, ForeignKey("process_draft.id"), primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id"), primary_key=True, autoincrement=False)
    window: Mapped[str] = mapped_column(String(32), primary_key=True)
    file: Mapped[str] = mapped_column(String(200), default="")
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
