"""What a warning may hold, which states follow each other, and when a customer counts as in danger. Pure."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from crm.core.fields import Field, Kind
from crm.core.i18n import Text, ctext, text
from crm.records.types import Group


class Status(StrEnum):
    WARNED = "warned"
    DELAYED = "delayed"
    LOST = "lost"
    AVERTED = "averted"
    DISMISSED = "dismissed"


STATUSES = (
    (Status.WARNED.value, ctext("loss", "In danger")),
    (Status.DELAYED.value, ctext("loss", "Loss delayed")),
    (Status.LOST.value, ctext("loss", "Lost")),
    (Status.AVERTED.value, ctext("loss", "Ordered again")),
    (Status.DISMISSED.value, ctext("loss", "Warning dismissed")),
)
ONGOING = (Status.WARNED, Status.DELAYED)
# Who was won some time and is not lost; with somebody who has never ordered there is nothing to lose.
STAGES_TO_WATCH = ("new", "active", "loyal", "at_risk")
PERIODS, REASONS = "loss_period", "loss_reason"
USUAL_MONTHS = 6
LONGEST_DELAY_DAYS = 366
GROUPS = (
    Group(
        text("Customer loss"),
        (Field("customer_id", text("Customer"), Kind.RECORD, required=True, target="customer"),),
    ),
)
FACTS = (
    Field("status", text("Status"), Kind.CHOICE, options=STATUSES),
    Field("months", text("Months without an order"), Kind.WHOLE, least=1, most=120),
    Field("last_order_on", text("Last order"), Kind.DATE),
    Field("review_on", text("Look again on"), Kind.DATE),
    Field("reason", text("Reason"), Kind.CHOICE, category=REASONS),
    Field("words", text("What we learn from it"), Kind.LONG),
    Field("order_id", text("New order"), Kind.RECORD, target="order"),
    Field("ended_at", text("Ended"), Kind.MOMENT),
)
DELAY_FIELDS = (
    Field("measure", text("Measures"), Kind.LONG, required=True, longest=4_000),
    Field("review_on", text("Look again on"), Kind.DATE, required=True),
)
CONFIRM_FIELDS = (
    Field("reason", text("Reason"), Kind.CHOICE, required=True, category=REASONS),
    Field("words", text("What we learn from it"), Kind.LONG, longest=4_000),
)
DISMISS_FIELDS = (Field("reason", text("Reason"), Kind.LONG, required=True, longest=1_000),)


def months_of(keys: Iterable[str]) -> int:
    """How many months without an order are too many: what the first entry of the pick-list says, `months_6` say."""
    for key in keys:
        if found := re.fullmatch(r"months_([1-9][0-9]?)", key):
            return int(found[1])
    return USUAL_MONTHS


def months_before(day: date, months: int) -> date:
    """The same day so many months ago, or the last one of a shorter month."""
    ordinal = day.year * 12 + day.month - 1 - months
    year, month = divmod(ordinal, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def refusal(number: str, status: str) -> Text | None:
    """Why nothing can be done with a warning any more; None while it goes on."""
    if status in ONGOING:
        return None
    shown = dict(STATUSES).get(status, status)
    return text("{number} has ended already: “{status}”.", number=number, status=shown)
