"""What products are to the shared furniture of records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.catalog.models import Product
from crm.core.errors import Fault, Invalid
from crm.core.fields import Field, Kind
from crm.core.i18n import text
from crm.customers.rules import sort_key
from crm.permissions import Actor
from crm.records.queries import register
from crm.records.types import Check, Everybody, Group, RecordType, orders

GROUPS = (
    Group(
        text("Product"),
        (
            Field("name", text("Name"), required=True, longest=120),
            Field("model", text("Model"), longest=80),
            Field("category", text("Category"), Kind.CHOICE, category="product_category"),
            Field("unit", text("Unit"), Kind.CHOICE, category="product_unit"),
            Field("price", text("List price"), Kind.MONEY, required=True),
            Field("on_sale", text("On sale"), Kind.FLAG),
            Field("description", text("Description"), Kind.LONG, longest=4_000),
        ),
    ),
)


def _check(check: Check[Product]) -> None:
    own = 0 if check.record is None else check.record.id
    like = select(Product.name).where(
        Product.sort_key == sort_key(check.after("name")),
        Product.model == (check.after("model") or ""),
        Product.deleted_at.is_(None),
        Product.id != own,
    )
    name = check.session.scalar(like)
    if name is not None:
        raise Invalid([Fault("name", text("{name} is in the list already. Tell them apart by the model.", name=name))])


def _derived(_session: Session, values: Mapping[str, Any], _product: Product | None) -> dict[str, object]:
    derived: dict[str, object] = {}
    if "name" in values:
        derived["sort_key"] = sort_key(values["name"])
    if "model" in values:
        # Empty, not unknown: the same name may stand here once without a model.
        derived["model"] = values["model"] or ""
    return derived


def _first(_session: Session, _by: Actor, _now: datetime) -> Mapping[str, object]:
    return {"on_sale": True}


PRODUCT = register(
    RecordType(
        key="product",
        module="products",
        model=Product,
        path="products",
        name=text("Product"),
        plural=text("Products"),
        icon="package",
        reach=Everybody(),
        groups=GROUPS,
        columns=("name", "model", "category", "unit", "price", "on_sale"),
        filters=("category", "on_sale"),
        sorts=orders(name=(Product.sort_key, Product.id), price=(Product.price, Product.id), number=(Product.id,)),
        default_sort="name",
        searched=("model", "description"),
        search_hint=text("Name, model or description"),
        check=_check,
        derive=_derived,
        first=_first,
    )
)
