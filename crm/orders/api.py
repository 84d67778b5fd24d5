"""Orders and their lines in the REST API."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from crm.orders.description import LINE, ORDER
from crm.orders.operations import add_line, cancel, change_line, create_order, deliver, remove_line
from crm.records.api import record_api
from crm.web.api import Body, version_seen
from crm.web.doors import current_actor, now, requires, writing

api = record_api(ORDER, create=create_order)
line_api = record_api(LINE, create=add_line, change=change_line, delete=remove_line)


class DeliveryBody(Body):
    """When it was delivered."""

    delivered_on = fields.String(required=True, metadata={"format": "date"})


class CancelBody(Body):
    """Why nothing comes of it."""

    reason = fields.String(required=True, metadata={"maxLength": 1_000})


@api.post("/<int:record_id>/deliver")
@requires("orders", "edit")
@api.arguments(DeliveryBody)
@api.response(204)
def post_delivery(body: dict[str, Any], record_id: int) -> None:
    """The order is delivered; send the ETag that you saw as If-Match."""
    with writing() as session:
        deliver(session, by=current_actor(), now=now(), record_id=record_id, version=version_seen(), **body)


@api.post("/<int:record_id>/cancel")
@requires("orders", "edit")
@api.arguments(CancelBody)
@api.response(204)
def post_cancellation(body: dict[str, Any], record_id: int) -> None:
    """The order is cancelled; send the ETag that you saw as If-Match."""
    with writing() as session:
        cancel(session, by=current_actor(), now=now(), record_id=record_id, version=version_seen(), **body)
