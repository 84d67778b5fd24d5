"""Customers and contacts in the REST API."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from sqlalchemy.orm import Session

from crm.core.fields import Field, Kind
from crm.core.i18n import text
from crm.customers.description import CONTACT, CUSTOMER
from crm.customers.models import Customer
from crm.customers.operations import create_customer
from crm.records.api import record_api

ON_PURPOSE = Field("on_purpose", text("Create it although one like it exists"), Kind.FLAG)


def _create(session: Session, **given: Any) -> Customer:
    """A likely duplicate is answered 409 unless `on_purpose` is true."""
    return create_customer(session, **given)


customers = record_api(
    CUSTOMER, create=_create, asked=(ON_PURPOSE,), answered={"department_id": fields.Integer(allow_none=True)}
)
contacts = record_api(CONTACT)
