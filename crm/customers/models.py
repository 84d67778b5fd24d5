"""Customers and their contacts as they are stored. Pick-list columns hold keys of the data dictionary."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, Text, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Id, Json, UtcDateTime
from crm.core.numbers import quoted, quoted_in_sql

LIVING = text("deleted_at IS NULL")
PRIMARY = text("is_primary")


class Customer(Base):
    """A company or person that we do business with, or hope to. Deleting keeps the row and hides it everywhere."""

    __tablename__ = "customer"
    __table_args__ = (
        CheckConstraint("name <> ''", name="named"),
        CheckConstraint("satisfaction BETWEEN 1 AND 5", name="satisfaction_one_to_five"),
        CheckConstraint("credit BETWEEN 1 AND 5", name="credit_one_to_five"),
        CheckConstraint("version > 0", name="version_positive"),
        CheckConstraint("updated_at >= created_at", name="changed_after_created"),
        Index("ix_customer_by_name", "sort_key", "id", postgresql_where=LIVING, sqlite_where=LIVING),
        Index("ix_customer_by_change", "updated_at", "id", postgresql_where=LIVING, sqlite_where=LIVING),
        Index("ix_customer_owner_id", "owner_id", "sort_key"),
        Index("ix_customer_department_id", "department_id", "sort_key"),
        Index("ix_customer_phone_key", "phone_key", postgresql_where=text("phone_key IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
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
    owner_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"), comment="the customer manager")
    department_id: Mapped[int | None] = mapped_column(Id, ForeignKey("department.id"), comment="of the owner")
    tags: Mapped[list[Any]] = mapped_column(Json, default=list)
    note: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_by_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"))
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @hybrid_property
    def number(self) -> str:
        """The number that people quote. It follows from the key, so it is unique and never changes."""
        return quoted("K", self.id)

    @number.inplace.expression
    @classmethod
    def _number_in_sql(cls) -> ColumnElement[str]:
        return quoted_in_sql("K", cls.id)


class Contact(Base):
    """A person at a customer. One of them may be the first to turn to."""

    __tablename__ = "contact"
    __table_args__ = (
        CheckConstraint("name <> ''", name="named"),
        CheckConstraint("version > 0", name="version_positive"),
        CheckConstraint("updated_at >= created_at", name="changed_after_created"),
        CheckConstraint("NOT is_primary OR deleted_at IS NULL", name="primary_lives"),
        Index("ix_contact_customer_id", "customer_id", "sort_key"),
        Index("ix_contact_by_name", "sort_key", "id", postgresql_where=LIVING, sqlite_where=LIVING),
        Index("uq_contact_primary", "customer_id", unique=True, postgresql_where=PRIMARY, sqlite_where=PRIMARY),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
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
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_by_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"))
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
