"""A table that counts what handlers did: not unique on purpose, so that doing something twice is seen."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, insert, select
from sqlalchemy.orm import Session

from crm.core.db import Database, reading, unit_of_work
from crm.core.due import Appointment, Due, schedule_many

metadata = MetaData()
effect = Table("test_effect", metadata, Column("id", Integer, primary_key=True), Column("subject_id", Integer))
# Looked at by the database only when the transaction is committed.
strict = Table(
    "test_strict",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("effect_id", Integer, ForeignKey("test_effect.id", deferrable=True, initially="DEFERRED")),
)


def prepare(database: Database) -> None:
    metadata.create_all(database.engine)


def note(session: Session, due: Due, now: datetime) -> None:
    """A handler with an effect."""
    session.execute(insert(effect).values(subject_id=due.subject_id))


def seen(database: Database) -> list[int]:
    """The subjects that had their effect, each as often as it had."""
    with reading(database) as session:
        return sorted(session.scalars(select(effect.c.subject_id)))


def ask(database: Database, kinds: list[str], now: datetime, due_at: datetime | None = None) -> None:
    """One due row a kind, each about a subject of its own."""
    appointments = [Appointment(kind, due_at or now, subject_id=number) for number, kind in enumerate(kinds, start=1)]
    with unit_of_work(database) as session:
        schedule_many(session, appointments, now=now)
