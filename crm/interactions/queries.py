"""Which visits are due, for the desktop of the day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
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
