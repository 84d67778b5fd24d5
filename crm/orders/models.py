"""Orders and their lines as they are stored."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Fixed, Id, UtcDateTime
from crm.records.models import LIVING, RecordRow, record_constraints

COUNTS = text("deleted_at IS NULL AND status <> 'cancelled'")


class SalesOrder(RecordRow, Base):
    """A customer bought something. `amount` is the sum of its lines."""

    PREFIX = "SO"

    __tablename__ = "sales_order"
    __table_args__ = (
        CheckConstraint("subject <> ''", name="named"),
        CheckConstraint("status IN ('placed', 'delivered', 'cancelled')", name="status_known"),
        CheckConstraint("(status = 'delivered') = (delivered_on IS NOT NULL)", name="delivered_has_day"),
        CheckConstraint("(status = 'cancelled') = (cancel_reason IS NOT NULL)", name="cancelled_has_reason"),
        CheckConstraint("delivered_on >= ordered_on", name="delivered_after_ordered"),
        *record_constraints(),
        # The last order of a customer is looked for whenever losses are.
        Index("ix_sales_order_customer_id", "customer_id", "ordered_on", postgresql_where=COUNTS, sqlite_where=COUNTS),
        Index("ix_sales_order_contact_id", "contact_id", postgresql_where=text("contact_id IS NOT NULL")),
        Index("ix_sales_order_by_day", "ordered_on", "id", postgresql_where=LIVING, sqlite_where=LIVING),
        Index("ix_sales_order_by_amount", "amount", "id", postgresql_where=LIVING, sqlite_where=LIVING),
    )

    customer_id: Mapped[int] = mapped_column(Id, ForeignKey("customer.id"))
    contact_id: Mapped[int | None] = mapped_column(Id, ForeignKey("contact.id"))
    subject: Mapped[str] = mapped_column(String(120))
    reference: Mapped[str | None] = mapped_column(String(60), comment="the customer's own number for it")
    ordered_on: Mapped[date]
    person_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"), comment="who of us sold it")
    address: Mapped[str | None] = mapped_column(String(300), comment="where it is delivered to")
    note: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(20))
    amount: Mapped[Decimal] = mapped_column(Fixed(2))
    delivered_on: Mapped[date | None]
    cancel_reason: Mapped[str | None] = mapped_column(Text)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OrderLine(RecordRow, Base):
    """So many of a product at a price. `description` keeps how it was called then."""

    PREFIX = "OL"

    __tablename__ = "order_line"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_above_zero"),
        CheckConstraint("price >= 0 AND amount >= 0", name="price_not_negative"),
        CheckConstraint("description <> ''", name="named"),
        *record_constraints(),
        Index("ix_order_line_order_id", "order_id", "id", postgresql_where=LIVING, sqlite_where=LIVING),
        Index("ix_order_line_product_id", "product_id", postgresql_where=LIVING, sqlite_where=LIVING),
    )

    order_id: Mapped[int] = mapped_column(Id, ForeignKey("sales_order.id"))
    product_id: Mapped[int] = mapped_column(Id, ForeignKey("product.id"))
    description: Mapped[str] = mapped_column(String(200))
    quantity: Mapped[Decimal] = mapped_column(Fixed(3))
    price: Mapped[Decimal] = mapped_column(Fixed(2), comment="of one")
    amount: Mapped[Decimal] = mapped_column(Fixed(2))
