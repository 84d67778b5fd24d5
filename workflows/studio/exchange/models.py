"""The table of imports: what was told of the files of which a draft was made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Id, Json, UtcDateTime


class ImportReport(Base):
    """The report of the last import into a draft; it goes with the draft."""

    __tablename__ = "import_report"

    draft_id: Mapped[int] = mapped_column(
        Id, ForeignKey("process_draft.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    origin: Mapped[dict[str, Any]] = mapped_column(Json, comment="a sentence: what the files come from")
    lines: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)
    imported_by_id: Mapped[int | None] = mapped_column(Id)
