"""Notices as they are stored, how each reader wants to be told, and the robots that they named."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Id, Json, UtcDateTime

UNREAD = text("read_at IS NULL")
WAITING = text("status = 'waiting'")
USUAL_DIGEST_HOUR = 8


class Mailing(StrEnum):
    """When a kind of notice comes by mail."""

    NOW = "now"
    DIGEST = "digest"
    OFF = "off"


class RobotKind(StrEnum):
    """Where a person's notices can go besides the product and mail."""

    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    WEBHOOK = "webhook"


class DeliveryStatus(StrEnum):
    """What became of one notice on one road. Dropped: it was read in the product before."""

    WAITING = "waiting"
    SENT = "sent"
    DROPPED = "dropped"
    FAILED = "failed"


def _one_of(column: str, values: type[StrEnum]) -> str:
    return f"{column} IN ({', '.join(repr(value.value) for value in values)})"


class Notice(Base):
    """One thing that one person is told, as an English sentence with values; it is shown in the reader's language."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("user_id", "key"),
        CheckConstraint("read_at IS NULL OR read_at >= at", name="read_after_told"),
        Index("ix_notice_user_id", "user_id", "id"),
        Index("ix_notice_unread", "user_id", "id", postgresql_where=UNREAD, sqlite_where=UNREAD),
        Index("ix_notice_at", "at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(40), comment="names an entry of crm/notices/kinds.py")
    source: Mapped[str] = mapped_column(String(300))
    values: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    detail: Mapped[str | None] = mapped_column(Text, comment="what somebody wrote, in their own words")
    link: Mapped[str | None] = mapped_column(String(200), comment="path of the page where something can be done")
    record_type: Mapped[str | None] = mapped_column(String(30), comment="what it is about")
    record_id: Mapped[int | None] = mapped_column(Id)
    key: Mapped[str] = mapped_column(String(200), comment="the same key is told to the same person once")
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class NoticeDelivery(Base):
    """A notice on its way to a digest or a robot."""

    __tablename__ = "notice_delivery"
    __table_args__ = (
        UniqueConstraint("notice_id", "road"),
        CheckConstraint(_one_of("status", DeliveryStatus), name="status_known"),
        Index("ix_notice_delivery_waiting", "user_id", "road", postgresql_where=WAITING, sqlite_where=WAITING),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    notice_id: Mapped[int] = mapped_column(Id, ForeignKey("notice.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id"))
    road: Mapped[str] = mapped_column(String(40), comment="digest, or robot: and its number")
    status: Mapped[DeliveryStatus] = mapped_column(String(10), default=DeliveryStatus.WAITING)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(String(300), comment="a word of crm/notices/faults.py and its detail")


class NoticeRobot(Base):
    """A chat robot or webhook that one person gave us for their own notices. The address is its secret."""

    __tablename__ = "notice_robot"
    __table_args__ = (
        CheckConstraint(_one_of("kind", RobotKind), name="kind_known"),
        CheckConstraint("name <> ''", name="named"),
        Index("ix_notice_robot_user_id", "user_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id"))
    kind: Mapped[RobotKind] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(60))
    address: Mapped[str] = mapped_column(String(500), comment="the whole address of the webhook, or the robot's token")
    secret: Mapped[str] = mapped_column(String(200), default="", comment="with which messages are signed; empty: none")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="when its owner last sent a trial")
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="when it last took something")
    fault: Mapped[str | None] = mapped_column(String(300), comment="why it last took nothing after three tries")
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def road(self) -> str:
        """How deliveries and choices call it."""
        return f"robot:{self.id}"


class NoticeChoice(Base):
    """What a person chose for a kind of notice on one road; where there is no row, the usual holds."""

    __tablename__ = "notice_choice"

    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    road: Mapped[str] = mapped_column(String(40), primary_key=True, comment="mail, or robot: and its number")
    choice: Mapped[str] = mapped_column(String(10), comment="for mail now, digest or off; for a robot now or off")


class NoticeSetting(Base):
    """When a person wants the digest."""

    __tablename__ = "notice_setting"
    __table_args__ = (CheckConstraint("digest_hour BETWEEN 0 AND 23", name="hour_of_a_day"),)

    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    digest_hour: Mapped[int] = mapped_column(default=USUAL_DIGEST_HOUR, comment="on the person's own clock")
