"""The audit log: who did what to which record, when, with the old and the new values.

Rows are written by operations, in the same transaction as the change, and never altered. The people in them are kept by
number and by name, so that a row stays readable whatever becomes of the account.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from crm.core.db import Base, Id, Json, UtcDateTime

# What must never be written down, not even as an old value.
SECRET_FIELDS = frozenset({"password", "password_hash", "token", "token_hash"})


class AuditEntry(Base):
    """One act. `subject_type` and `subject_id` name the record; `action` is a stable word such as `user.changed`."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject", "subject_type", "subject_id", "at"),
        Index("ix_audit_entry_at", "at"),
        Index("ix_audit_entry_actor", "actor_id", "at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(Id, comment="none: the system, or somebody who is not signed in")
    actor_name: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(60))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int | None] = mapped_column(Id)
    subject_name: Mapped[str] = mapped_column(String(200), default="")
    old: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    new: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    address: Mapped[str | None] = mapped_column(String(64), comment="network address, for sign-ins")


def write_audit(
    session: Session,
    *,
    at: datetime,
    actor_id: int | None,
    actor_name: str,
    action: str,
    subject_type: str,
    subject_id: int | None = None,
    subject_name: str = "",
    old: Mapping[str, object] | None = None,
    new: Mapping[str, object] | None = None,
    address: str | None = None,
) -> None:
    """Note an act. Values that are not plain JSON are written as text; secrets are left out."""
    row = {
        "at": at,
        "actor_id": actor_id,
        "actor_name": actor_name[:120],
        "action": action,
        "subject_type": subject_type,
        "subject_id": subject_id,
        "subject_name": subject_name[:200],
        "old": _plain(old or {}),
        "new": _plain(new or {}),
        "address": address and address[:64],
    }
    session.execute(insert(AuditEntry), [row])


def differences(
    before: Mapping[str, object], after: Mapping[str, object]
) -> tuple[dict[str, object], dict[str, object]]:
    """The values that differ, old and new."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    return {
        name: value if isinstance(value, str | int | float | bool | list | type(None)) else str(value)
        for name, value in values.items()
        if name not in SECRET_FIELDS
    }
