"""What an interaction may hold. Pure: no database, no request."""

from __future__ import annotations

from crm.core.fields import Field, Kind
from crm.core.i18n import ctext, text
from crm.records.types import Group

DIRECTIONS = (("out", ctext("interaction", "We contacted them")), ("in", ctext("interaction", "They contacted us")))
NEXT_VISITS = (
    ("today", text("Today's visits")),
    ("week", text("Within seven days")),
    ("overdue", text("Overdue visits")),
)
GROUPS = (
    Group(
        text("Interaction"),
        (
            Field("customer_id", text("Customer"), Kind.RECORD, required=True, target="customer"),
            Field("contact_id", text("Contact"), Kind.RECORD, target="contact"),
            Field("subject", text("Subject"), required=True, longest=120),
            Field("channel", text("Channel"), Kind.CHOICE, required=True, category="channel"),
            Field("direction", text("Direction"), Kind.CHOICE, required=True, options=DIRECTIONS),
            Field("held_at", text("Date and time"), Kind.MOMENT, required=True),
            Field("place", text("Place"), longest=200),
            Field("person_id", text("Our person"), Kind.PERSON),
            Field("detail", text("What was said"), Kind.LONG, longest=4_000),
        ),
    ),
    Group(text("What comes next"), (Field("next_visit", text("Next visit"), Kind.DATE),)),
)
