"""What competitors are to the shared furniture of records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.competitors.models import Competitor
from crm.competitors.standing import FACTS
from crm.core.errors import Fault, Invalid
from crm.core.fields import Field, Kind
from crm.core.i18n import text
from crm.customers.rules import sort_key
from crm.records.queries import register
from crm.records.types import Check, Everybody, Group, RecordType, orders

GROUPS = (
    Group(
        text("Competitor"),
        (
            Field("name", text("Name"), required=True, longest=120),
            Field("website", text("Website"), Kind.WEBSITE, longest=190),
            Field("products", text("Products"), Kind.LONG, longest=4_000),
        ),
    ),
    Group(
        text("Assessment"),
        (
            Field("strengths", text("Strengths"), Kind.LONG, longest=4_000),
            Field("weaknesses", text("Weaknesses"), Kind.LONG, longest=4_000),
            Field("note", text("Note"), Kind.LONG, longest=4_000),
        ),
    ),
)


def _check(check: Check[Competitor]) -> None:
    if "name" not in check.values:
        return
    own = 0 if check.record is None else check.record.id
    like = select(Competitor.name).where(
        Competitor.sort_key == sort_key(check.values["name"]), Competitor.deleted_at.is_(None), Competitor.id != own
    )
    name = check.session.scalar(like)
    if name is not None:
        raise Invalid([Fault("name", text("{name} is in the list already.", name=name))])


def _derived(_session: Session, values: Mapping[str, Any], _competitor: Competitor | None) -> dict[str, object]:
    return {"sort_key": sort_key(values["name"])} if "name" in values else {}


COMPETITOR = register(
    RecordType(
        key="competitor",
        module="competitors",
        model=Competitor,
        path="competitors",
        name=text("Competitor"),
        plural=text("Competitors"),
        icon="swords",
        reach=Everybody(),
        groups=GROUPS,
        facts=FACTS,
        columns=("name", "products", "won", "won_amount", "lost", "lost_amount", "updated_at"),
        sorts=orders(
            name=(Competitor.sort_key, Competitor.id),
            updated_at=(Competitor.updated_at, Competitor.id),
            **{each.name: (getattr(Competitor, each.name), Competitor.id) for each in FACTS},
        ),
        default_sort="name",
        searched=("products", "strengths", "weaknesses", "website", "note"),
        search_hint=text("Name, products, strengths or weaknesses"),
        check=_check,
        derive=_derived,
    )
)
