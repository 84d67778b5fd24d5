"""Ladders as data: one for each step of a process that has one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Id, Json


class Ladder(Base):
    """The rungs of a step. An empty ladder is kept: it says that an administrator wants none."""

    __tablename__ = "task_ladder"
    __table_args__ = (UniqueConstraint("process_key", "node_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    process_key: Mapped[str] = mapped_column(String(80))
    node_id: Mapped[str] = mapped_column(String(120))
    rungs: Mapped[list[dict[str, Any]]] = mapped_column(Json, comment="see workflows/ladders/rungs.py")
    version: Mapped[int] = mapped_column(default=1)
