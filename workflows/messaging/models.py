"""Which start events listen, which cases wait for what, and what was said to them.

All three are looked up by name: neither a message nor a signal ever makes anybody walk through the running cases.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy import text as condition
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Id, Json, UtcDateTime

# Kinds of due rows: a start event begins a case, something that was said is carried to those it is for, and to one case;
# cases that were under way before anybody kept what they wait for are looked into.
BEGIN, SAID, HEAR, LOOK = "begin", "said", "hear", "look"
MESSAGE, SIGNAL = "message", "signal"
LONGEST_NAME = 120
LONGEST_KEY = 200


class ProcessStart(Base):
    """A start event of the version in force that begins cases by itself. The clock knows it by its id."""

    __tablename__ = "process_start"
    __table_args__ = (
        Index("ix_process_start_name", "name", "kind"),
        Index("ix_process_start_process_key", "process_key"),
        # A message is for one: it begins a case of one process.
        Index(
            "uq_process_start_message",
            "name",
            unique=True,
            postgresql_where=condition("kind = 'message'"),
            sqlite_where=condition("kind = 'message'"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    process_key: Mapped[str] = mapped_column(String(80), ForeignKey("process_definition.key"))
    version_id: Mapped[int] = mapped_column(Id, ForeignKey("definition_version.id"))
    node_id: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(10), comment="message, signal or timer")
    name: Mapped[str | None] = mapped_column(String(120), comment="of the message or signal")


class Waiting(Base):
    """A running case waits for a message or signal. Gone as soon as it waits no more."""

    __tablename__ = "case_waiting"
    __table_args__ = (
        UniqueConstraint("instance_id", "kind", "name"),
        Index("ix_case_waiting_name", "name", "kind", "id"),
        Index("ix_case_waiting_business_key", "name", "business_key", "record_id"),
        Index("ix_case_waiting_record", "record_id", "name"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    instance_id: Mapped[int] = mapped_column(Id, ForeignKey("process_instance.id"))
    kind: Mapped[str] = mapped_column(String(10), comment="message or signal")
    name: Mapped[str] = mapped_column(String(120))
    # What tells the case from others, as the case has it; it never changes.
    record_type: Mapped[str | None] = mapped_column(String(40))
    record_id: Mapped[int | None] = mapped_column(Id)
    business_key: Mapped[str | None] = mapped_column(String(120))
    since: Mapped[datetime] = mapped_column(UtcDateTime)


class Said(Base):
    """A message or signal that somebody has sent: a program, or a case by its diagram. Kept for some weeks."""

    __tablename__ = "said_message"
    __table_args__ = (UniqueConstraint("by_id", "key"), Index("ix_said_message_at", "at"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), comment="message or signal")
    name: Mapped[str] = mapped_column(String(120))
    content: Mapped[dict[str, Any]] = mapped_column(Json, comment='what came with it, as "payload"')
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(Id, comment="whose program, or in whose step; none: the system")
    from_id: Mapped[int | None] = mapped_column(Id, comment="the case that said it")
    record_type: Mapped[str | None] = mapped_column(String(40))
    record_id: Mapped[int | None] = mapped_column(Id)
    business_key: Mapped[str | None] = mapped_column(String(120))
    customer_id: Mapped[int | None] = mapped_column(Id)
    hops: Mapped[int] = mapped_column(
        default=0, comment="how many cases passed it on before, without waiting for anybody"
    )
    key: Mapped[str | None] = mapped_column(String(200), comment="the sender's own: the same key is said once")
    fingerprint: Mapped[str | None] = mapped_column(String(64), comment="of what was said under the key")
    outcome: Mapped[dict[str, Any] | None] = mapped_column(Json, comment="what the sender was answered")
