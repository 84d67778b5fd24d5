"""Tables of this room: a run that moves cases to another version, and what became of each case."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Id, Json, UtcDateTime

# The kinds of due row by which the clock moves a case, and takes that back.
MOVE = "migrate"
UNDO = "migrate.undo"


class RunStatus(StrEnum):
    """A run that was neither stopped nor undone is under way until none of its cases waits."""

    RUNNING = "running"
    STOPPED = "stopped"
    UNDONE = "undone"


class CaseStatus(StrEnum):
    WAITING = "waiting"
    MOVED = "moved"
    REFUSED = "refused"
    # After the run was undone: the case is back, or it stays where it is because somebody has worked on it since.
    UNDONE = "undone"
    KEPT = "kept"


class MigrationRun(Base):
    """Cases of one process that somebody has move to one of its versions."""

    __tablename__ = "migration_run"
    __table_args__ = (Index("ix_migration_run_process", "process_key", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    process_key: Mapped[str] = mapped_column(String(80))
    to_version_id: Mapped[int] = mapped_column(Id, ForeignKey("definition_version.id"))
    filters: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, comment="which cases were meant")
    mapping: Mapped[dict[str, str]] = mapped_column(
        Json, default=dict, comment="elements that take the places of others"
    )
    status: Mapped[RunStatus] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text)
    number: Mapped[int] = mapped_column(comment="of cases")
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_by_id: Mapped[int | None] = mapped_column(Id)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="when it was stopped or undone")


class MigrationCase(Base):
    """What became of one case of a run. With what is kept here the move can be taken back as long as nobody has gone on."""

    __tablename__ = "migration_case"
    __table_args__ = (
        Index("ix_migration_case_status", "run_id", "status", "instance_id"),
        Index("ix_migration_case_instance", "instance_id"),
    )

    run_id: Mapped[int] = mapped_column(Id, ForeignKey("migration_run.id"), primary_key=True, autoincrement=False)
    instance_id: Mapped[int] = mapped_column(
        Id, ForeignKey("process_instance.id"), primary_key=True, autoincrement=False
    )
    from_version_id: Mapped[int] = mapped_column(Id)
    status: Mapped[CaseStatus] = mapped_column(String(10))
    reasons: Mapped[list[Any]] = mapped_column(Json, default=list, comment="sentences: source and values")
    version_after: Mapped[int | None] = mapped_column(comment="of the case, right after its move")
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rows_before: Mapped[dict[str, Any] | None] = mapped_column(Json, comment="of its tasks and timers")
    state_before: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
