"""What orders and their lines may hold, and what may be done with them. Pure: no database, no request."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from crm.core.fields import Field, Kind
from crm.core.i18n import Text, ctext, text
from crm.records.types import Group


class Status(StrEnum):
    PLACED = "placed"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


STATUSES = (
    (Status.PLACED.value, ctext("order", "Placed")),
    (Status.DELIVERED.value, ctext("order", "Delivered")),
    (Status.CANCELLED.value, ctext("order", "Cancelled")),
)
CENT = Decimal("0.01")
GROUPS = (
    Group(
        ctext("sales", "Order"),
        (
            Field("customer_id", text("Customer"), Kind.RECORD, required=True, target="customer"),
            Field("contact_id", text("Contact"), Kind.RECORD, target="contact"),
            Field("subject", text("Subject"), required=True, longest=120),
            Field("reference", text("Customer's order number"), longest=60),
            Field("ordered_on", text("Ordered on"), Kind.DATE, required=True),
            Field("person_id", text("Sold by"), Kind.PERSON),
            Field("address", text("Delivery address"), longest=300),
            Field("note", text("Note"), Kind.LONG, longest=4_000),
        ),
    ),
)
FACTS = (
    Field("status", text("Status"), Kind.CHOICE, options=STATUSES),
    Field("amount", text("Amount"), Kind.MONEY),
    Field("delivered_on", text("Delivered on"), Kind.DATE),
    Field("cancel_reason", text("Reason for cancelling"), Kind.LONG),
)
LINE_GROUPS = (
    Group(
        text("Order line"),
        (
            Field("order_id", ctext("sales", "Order"), Kind.RECORD, required=True, target="order"),
            Field("product_id", text("Product"), Kind.RECORD, required=True, target="product"),
            Field("quantity", text("Quantity"), Kind.DECIMAL, required=True, places=3),
            Field("price", text("Price of one"), Kind.MONEY),
            Field("description", text("Description"), longest=200),
        ),
    ),
)
LINE_FACTS = (Field("amount", text("Amount"), Kind.MONEY),)
DELIVERY_FIELDS = (Field("delivered_on", text("Delivered on"), Kind.DATE, required=True),)
CANCEL_FIELDS = (Field("reason", text("Reason"), Kind.LONG, required=True, longest=1_000),)


def amount_of(quantity: Decimal, price: Decimal) -> Decimal:
    """What a line costs, to the cent."""
    return (quantity * price).quantize(CENT, rounding=ROUND_HALF_UP)


def why_not_open(number: str, status: str) -> Text | None:
    """Why an order cannot be changed, delivered or cancelled any more; None if it can."""
    if status == Status.DELIVERED:
        return text("{number} has been delivered; it cannot be changed any more.", number=number)
    if status == Status.CANCELLED:
        return text("{number} has been cancelled; it cannot be changed any more.", number=number)
    return None
