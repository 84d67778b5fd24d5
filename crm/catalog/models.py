"""Products as they are stored."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Fixed
from crm.records.models import LIVING, RecordRow, record_constraints


class Product(RecordRow, Base):
    """Something that we sell, at its list price. One that is not sold any more stays, for the orders that name it."""

    PREFIX = "PR"

    __tablename__ = "product"
    __table_args__ = (
        CheckConstraint("name <> ''", name="named"),
        CheckConstraint("price >= 0", name="price_not_negative"),
        *record_constraints(),
        Index("uq_product_name", "sort_key", "model", unique=True, postgresql_where=LIVING, sqlite_where=LIVING),
        Index("ix_product_by_price", "price", "id", postgresql_where=LIVING, sqlite_where=LIVING),
    )

    name: Mapped[str] = mapped_column(String(120))
    sort_key: Mapped[str] = mapped_column(String(1000), comment="orders Chinese names by sound; equal for like names")
    model: Mapped[str] = mapped_column(String(80), default="", comment="type designation; empty if there is none")
    category: Mapped[str | None] = mapped_column(String(40))
    unit: Mapped[str | None] = mapped_column(String(40))
    price: Mapped[Decimal] = mapped_column(Fixed(2))
    on_sale: Mapped[bool] = mapped_column(default=True)
    description: Mapped[str | None] = mapped_column(Text)
