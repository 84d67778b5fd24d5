"""What warnings are to the shared furniture of records. They are written by verbs alone."""

from __future__ import annotations

from datetime import datetime

from crm.core.i18n import text
from crm.losses.events import LossChanged, LossWarned
from crm.losses.models import CustomerLoss
from crm.losses.rules import FACTS, GROUPS
from crm.permissions import Actor
from crm.records.queries import register
from crm.records.types import RecordType, Through, orders


def _event(act: str, loss: CustomerLoss, _fields: tuple[str, ...], at: datetime, by: Actor) -> object:
    kind = LossWarned if act == "created" else LossChanged
    return kind(loss_id=loss.id, at=at, by=by)


LOSS = register(
    RecordType(
        key="customer_loss",
        module="losses",
        model=CustomerLoss,
        path="customer-losses",
        name=text("Customer loss"),
        plural=text("Customer losses"),
        icon="trending-down",
        reach=Through("customer_id", "customer"),
        groups=GROUPS,
        facts=FACTS,
        columns=("number", "customer_id", "status", "last_order_on", "review_on", "reason", "created_at"),
        filters=("status", "reason"),
        sorts=orders(created_at=(CustomerLoss.created_at, CustomerLoss.id), number=(CustomerLoss.id,)),
        default_sort="-created_at",
        title="number",
        customer="customer_id",
        settled=frozenset({"customer_id"}),
        searched=("words",),
        search_hint=text("Number or customer"),
        tones={
            "status": {"warned": "warn", "delayed": "info", "lost": "bad", "averted": "good", "dismissed": "neutral"}
        },
        event=_event,
    )
)
