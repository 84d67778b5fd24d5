"""Signs of life of the schedulers: one row a worker. `/readyz` and the administration ask here whether anybody keeps the time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from crm.core.db import Base, UtcDateTime

EVERY = timedelta(seconds=10)
SILENT_AFTER = timedelta(minutes=1)
FORGOTTEN_AFTER = timedelta(days=1)


class SchedulerHeartbeat(Base):
    """When a worker was last at work. A worker that stops in order takes its row away."""

    __tablename__ = "scheduler_heartbeat"

    worker: Mapped[str] = mapped_column(String(80), primary_key=True, comment="machine, process, random part")
    at: Mapped[datetime] = mapped_column(UtcDateTime)


def beat(session: Session, *, worker: str, now: datetime) -> None:
    """This worker is alive. Rows of workers that died long ago go at the same time."""
    session.merge(SchedulerHeartbeat(worker=worker, at=now))
    session.execute(delete(SchedulerHeartbeat).where(SchedulerHeartbeat.at < now - FORGOTTEN_AFTER))


def fall_silent(session: Session, *, worker: str) -> None:
    """This worker stops."""
    session.execute(delete(SchedulerHeartbeat).where(SchedulerHeartbeat.worker == worker))


def last_beat(session: Session) -> datetime | None:
    """When any scheduler was last at work; None if none ever was."""
    return session.scalar(select(func.max(SchedulerHeartbeat.at)))


def is_kept(session: Session, *, now: datetime) -> bool:
    """Does a scheduler keep the time at present?"""
    last = last_beat(session)
    return last is not None and last > now - SILENT_AFTER
