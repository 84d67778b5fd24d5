"""Complaints in the REST API. What is done about them is done in their tasks."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from crm.complaints.description import COMPLAINT
from crm.complaints.operations import cancel, register
from crm.records.api import record_api
from crm.web.api import Body
from crm.web.doors import current_actor, now, requires, writing

api = record_api(COMPLAINT, create=register)


class CancelComplaintBody(Body):
    """Why nothing more is done about it."""

    reason = fields.String(required=True, metadata={"maxLength": 2_000})


@api.post("/<int:record_id>/cancel")
@requires("complaints", "assign")
@api.arguments(CancelComplaintBody)
@api.response(204)
def post_complaint_cancellation(body: dict[str, Any], record_id: int) -> None:
    """The complaint is cancelled, and its case with it."""
    with writing() as session:
        cancel(session, by=current_actor(), now=now(), complaint_id=record_id, **body)
