"""Which visits are due, for reminders and for the desktop of the day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.core.db import company_time
from crm.interactions.description import INTERACTION, visits_due
from crm.interactions.models import Interaction
from crm.permissions import Actor
from crm.records.queries import may_see


def visits_of_today(session: Session, *, by: Actor, now: datetime) -> Sequence[Interaction]:
    """Interactions whose next visit is due today for this person, the oldest first."""
    today = company_time(session, now).date()
    query = select(Interaction).where(
        may_see(INTERACTION, by), Interaction.person_id == by.id, visits_due(today, today)
    )
    return session.scalars(query.order_by(Interaction.held_at, Interaction.id)).all()


def visits_on(session: Session, *, day: date, after: int = 0, limit: int = 500) -> Sequence[Interaction]:
    """All interactions whose next visit falls on this day and was not made yet, in batches by key; for the clock."""
    query = select(Interaction).where(visits_due(day, day), Interaction.id > after).order_by(Interaction.id)
    return session.scalars(query.limit(limit)).all()


def last_contact(session: Session, *, customer_id: int) -> datetime | None:
    """When somebody spoke with the customer last."""
    query = select(func.max(Interaction.held_at)).where(
        Interaction.customer_id == customer_id, Interaction.deleted_at.is_(None)
    )
    return session.scalar(query)
