"""Messages and signals from programs: to the cases that wait for them, or to begin one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from marshmallow import fields, validate

from crm.core.errors import Fault, Invalid
from crm.core.i18n import text
from crm.web.api import ApiBlueprint, Body
from crm.web.doors import current_actor, now, requires, writing
from crm.web.security import takes_body
from workflows.messaging.models import LONGEST_KEY, LONGEST_NAME
from workflows.operations.messages import Sending, send_message, send_signal
from workflows.registry import RecordRef

messages = ApiBlueprint("messages_api", __name__, url_prefix="/messages", description="Messages to cases")
signals = ApiBlueprint("signals_api", __name__, url_prefix="/signals", description="Signals to all cases")

LARGEST = 64_000
MOST_VALUES = 200
NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,30})?", re.ASCII)


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a moment needs a zone")
    return moment


def _number(value: str) -> Decimal:
    if not NUMBER.fullmatch(value):
        raise ValueError("no number")
    return Decimal(value)


# What JSON has no word for. Everything else is meant as it stands.
TYPES: Mapping[str, Callable[[str], object]] = {"date": date.fromisoformat, "datetime": _moment, "number": _number}


class AboutBody(Body):
    """A record by type and id."""

    type = fields.String(required=True, validate=validate.Length(1, 40))
    id = fields.Integer(required=True, strict=True, validate=validate.Range(1, 2**53))


class SignalBody(Body):
    """What is said, under the name that diagrams wait for, and what comes with it."""

    name = fields.String(required=True, validate=validate.Length(1, LONGEST_NAME))
    data = fields.Dict(
        keys=fields.String(validate=validate.Length(1, LONGEST_NAME)),
        load_default=dict,
        validate=validate.Length(max=MOST_VALUES),
        metadata={"description": "becomes variables of the case, or the one variable that its event names"},
    )
    types = fields.Dict(
        keys=fields.String(),
        values=fields.String(validate=validate.OneOf(list(TYPES))),
        load_default=dict,
        metadata={"description": "which texts of `data` are dates, moments or exact numbers"},
    )


class MessageBody(SignalBody):
    """A message, and for which cases it is: those about a record, those under a business key, or, without either, the one
    that has waited longest among those that have neither."""

    business_key = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, LONGEST_NAME))
    record = fields.Nested(AboutBody, load_default=None, allow_none=True)


class KeyHeader(Body):
    """The sender's own key: sent again under the same key, it is the same message, and the answer is that of the first
    time. Kept for 30 days."""

    key = fields.String(data_key="Idempotency-Key", load_default=None, validate=validate.Length(1, LONGEST_KEY))


class MessageOutcomeBody(Body):
    """The cases that heard the message, or the one that it began."""

    id = fields.Integer(metadata={"description": "of what was said, as histories name it"})
    reached = fields.List(fields.Integer())
    begun = fields.Integer(allow_none=True)


class SignalSentBody(Body):
    """The signal is on its way."""

    id = fields.Integer(metadata={"description": "of what was said, as histories name it"})


@messages.post("")
@requires("messages", "create")
@takes_body(LARGEST)
@messages.arguments(MessageBody)
@messages.arguments(KeyHeader, location="headers")
@messages.response(200, MessageOutcomeBody)
@messages.alt_response(404, description="No case waits for it, and none begins with it: nothing was kept")
@messages.alt_response(409, description="Something else was sent under this key before")
def tell(body: Mapping[str, Any], headers: Mapping[str, Any]) -> dict[str, Any]:
    """Send a message: it reaches the cases that wait for it, or begins one."""
    record = RecordRef(body["record"]["type"], body["record"]["id"]) if body["record"] else None
    sending = Sending(body["name"], _typed(body), record, body["business_key"], headers["key"])
    with writing() as session:
        outcome = send_message(session, sending, by=current_actor(), now=now())
    return {"id": outcome.said_id, "reached": list(outcome.reached), "begun": outcome.begun}


@signals.post("")
@requires("messages", "create")
@takes_body(LARGEST)
@signals.arguments(SignalBody)
@signals.arguments(KeyHeader, location="headers")
@signals.response(202, SignalSentBody)
@signals.alt_response(409, description="Something else was sent under this key before")
def call(body: Mapping[str, Any], headers: Mapping[str, Any]) -> dict[str, Any]:
    """Give a signal: every case that waits for it now hears it within seconds, and every process that begins with it does."""
    sending = Sending(body["name"], _typed(body), key=headers["key"])
    with writing() as session:
        outcome = send_signal(session, sending, by=current_actor(), now=now())
    return {"id": outcome.said_id}


def _typed(body: Mapping[str, Any]) -> dict[str, object]:
    """The data with their dates, moments and exact numbers as such."""
    data, faults = dict(body["data"]), []
    for name, kind in body["types"].items():
        try:
            data[name] = TYPES[kind](data[name])
        except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation):
            faults.append(Fault(f"data.{name}", text("This is not a value of the type {type}.", type=kind)))
    if faults:
        raise Invalid(faults)
    return data
