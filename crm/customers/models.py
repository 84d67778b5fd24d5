"""Customers and their contacts as they are stored. Pick-list columns hold keys of the data dictionary."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Id, Json
from crm.records.models import LIVING, OwnedRow, RecordRow, record_constraints

PRIMARY = text("is_primary")


class Customer(OwnedRow, Base):
    """A company or person that we do business with, or hope to. The owner is the customer manager."""

    PREFIX = "K"
    __tablename__ = "customer"
    __table_args__ = (
        CheckConstraint("name <> ''", name="named"),
        CheckConstraint("satisfaction BETWEEN 1 AND 5", name="satisfaction_one_to_five"),
        CheckConstraint("credit BETWEEN 1 AND 5", name="credit_one_to_five"),
        *record_constraints(),
        Index("ix_customer_by_name", "sort_key", "id", postgresql_where=LIVING, sqlite_where=LIVING),
        Index("ix_customer_by_change", "updated_at", "id", postgresql_where=LIVING, sqlite_where=LIVING),
        Index("ix_customer_owner_id", "owner_id", "sort_key"),
        Index("ix_customer_department_id", "department_id", "sort_key"),
        Index("ix_customer_phone_key", "phone_key", postgresql_where=text("phone_key IS NOT NULL")),
    )

    name: Mapped[str] = mapped_column(String(120))
    sort_key: Mapped[str] = mapped_column(String(1000), comment="orders Chinese names by sound; equal for like names")
    type: Mapped[str | None] = mapped_column(String(40))
    industry: Mapped[str | None] = mapped_column(String(40))
    source: Mapped[str | None] = mapped_column(String(40))
    region: Mapped[str | None] = mapped_column(String(40))
    address: Mapped[str | None] = mapped_column(String(300))
    postcode: Mapped[str | None] = mapped_column(String(20))
    phone: Mapped[str | None] = mapped_column(String(40))
    phone_key: Mapped[str | None] = mapped_column(String(40), comment="digits of the telephone number")
    fax: Mapped[str | None] = mapped_column(String(40))
    website: Mapped[str | None] = mapped_column(String(200))
    grade: Mapped[str | None] = mapped_column(String(40))
    satisfaction: Mapped[int | None]
    credit: Mapped[int | None]
    stage: Mapped[str | None] = mapped_column(String(40))
    tags: Mapped[list[Any]] = mapped_column(Json, default=list)
    note: Mapped[str | None] = mapped_column(Text)


class Contact(RecordRow, Base):
    """A person at a customer. One of them may be the first to turn to."""

    PREFIX = "P"
    __tablename__ = "contact"
    __table_args__ = (
        CheckConstraint("name <> ''", name="named"),
        *record_constraints(),
        CheckConstraint("NOT is_primary OR deleted_at IS NULL", name="primary_lives"),
        Index("ix_contact_customer_id", "customer_id", "sort_key"),
        Index("ix_contact_by_name", "sort_key", "id", postgresql_where=LIVING, sqlite_where=LIVING),
        Index("uq_contact_primary", "customer_id", unique=True, postgresql_where=PRIMARY, sqlite_where=PRIMARY),
    )

    customer_id: Mapped[int] = mapped_column(Id, ForeignKey("customer.id"))
    name: Mapped[str] = mapped_column(String(80))
    sort_key: Mapped[str] = mapped_column(String(700))
    sex: Mapped[str | None] = mapped_column(String(40))
    department: Mapped[str | None] = mapped_column(String(80))
    position: Mapped[str | None] = mapped_column(String(80))
    buying_role: Mapped[str | None] = mapped_column(String(40))
    phone: Mapped[str | None] = mapped_column(String(40))
    mobile: Mapped[str | None] = mapped_column(String(40))
    email: Mapped[str | None] = mapped_column(String(200))
    birthday: Mapped[date | None]
    preferences: Mapped[str | None] = mapped_column(String(500))
    closeness: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(Text)
    is_primary: Mapped[bool] = mapped_column(default=False)
