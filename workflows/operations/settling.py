"""Incidents that have no purpose any more, because the step that could not be carried out was done or withdrawn since."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, Select, Table, update
from sqlalchemy.orm import Session

from crm.permissions import Actor
from workflows.models import Incident

INCIDENT = cast(Table, Incident.__table__)


def settle_incidents(
    session: Session, instance_id: int, tasks: list[int] | Select[int], *, by: Actor, now: datetime
) -> None:
    """No open incident of the case is about these tasks any more."""
    about: ColumnElement[bool] = INCIDENT.c.task_id.in_(tasks)
    session.execute(
        update(INCIDENT)
        .where(INCIDENT.c.instance_id == instance_id, INCIDENT.c.resolved_at.is_(None), about)
        .values(resolved_at=now, resolved_by_id=by.id)
    )
