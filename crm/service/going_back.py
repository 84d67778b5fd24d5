"""A service request goes back a step: its process sent it back, or somebody took their own step back.

What was recorded by the steps in between is forgotten where it would be false now; the timeline keeps all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, update
from sqlalchemy.orm import Session

from crm.core.db import affected
from crm.core.errors import RuleBroken
from crm.core.i18n import text
from crm.permissions import Actor
from crm.service.models import ServiceRequest
from crm.service.operations import note_step
from crm.service.rules import ONGOING, STATUS_NAMES, Status

REQUEST = cast(Table, ServiceRequest.__table__)
# What holds no longer when a request stands in this state again. It comes back to being fed back only out of a new round.
FORGOTTEN: Mapping[Status, Mapping[str, Any]] = {
    Status.OPENED: {
        "assigned_at": None,
        "assigned_by_id": None,
        "assigned_to_id": None,
        "handled_at": None,
        "handled_by_id": None,
        "fed_back_at": None,
        "fed_back_by_id": None,
        "satisfaction": None,
    },
    Status.ASSIGNED: {
        "handled_at": None,
        "handled_by_id": None,
        "fed_back_at": None,
        "fed_back_by_id": None,
        "satisfaction": None,
    },
    Status.HANDLED: {"fed_back_at": None, "fed_back_by_id": None, "satisfaction": None},
    Status.FED_BACK: {"rounds": ServiceRequest.rounds - 1},
}


def go_back(
    session: Session, *, by: Actor, now: datetime, request_id: int, status: Status, reason: str = ""
) -> ServiceRequest:
    """The request stands in an earlier state again. For its process, which has checked that this person may send it back;
    refused where the request is finished."""
    changed = session.execute(
        update(REQUEST)
        .where(REQUEST.c.id == request_id, REQUEST.c.status.in_(ONGOING))
        .values(status=status, **FORGOTTEN[status], updated_at=now, version=REQUEST.c.version + 1)
    )
    request = session.get_one(ServiceRequest, request_id)
    if affected(changed) != 1:
        raise RuleBroken(text("Service request {number} is finished and cannot go back.", number=request.number))
    session.refresh(request)
    told = text("Went back: {status}", status=STATUS_NAMES[status])
    note_step(session, request, by=by, now=now, kind="went_back", message=told, detail=reason)
    return request
