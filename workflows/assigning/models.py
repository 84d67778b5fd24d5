"""Whose turn it was: one row for each step that goes round a role. Its lock makes those who choose at once wait for each other."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Id


class AssigneeTurn(Base):
    """The person of a role who was chosen last for a step of a process, by turns or as the least busy."""

    __tablename__ = "assignee_turn"

    process_key: Mapped[str] = mapped_column(String(80), primary_key=True)
    node_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    role: Mapped[str] = mapped_column(String(60), primary_key=True)
    last_id: Mapped[int | None] = mapped_column(Id, comment="the user who was chosen last")
