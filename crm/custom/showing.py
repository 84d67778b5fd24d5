"""Records as pages show them: their own fields in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from crm.accounts.queries import names_of
from crm.core.fields import Field, Kind
from crm.core.i18n import text, translate
from crm.custom.description import CUSTOM
from crm.custom.models import CustomRecord
from crm.custom.operations import sort_of
from crm.custom.types import CustomType
from crm.permissions import Actor
from crm.records.queries import find_one


def record_facts(session: Session, *, by: Actor, record_id: int) -> Mapping[str, Any]:
    """What stands beside a task. NotFound for who may not see the record."""
    record = find_one(CUSTOM, session, by=by, record_id=record_id)
    return {"record": record, **shown_values(session, by, record)}


def shown_values(session: Session, by: Actor, record: CustomRecord) -> dict[str, Any]:
    """The record's own fields with their values, and its state with its tone."""
    sort = sort_of(session, record)
    state = sort.state(record.state)
    ids = {_number(record.values.get(each.name)) for each in sort.fields if each.kind is Kind.PERSON}
    people = names_of(session, ids, by.locale)
    return {
        "sort_name": sort.say(record.sort_name, by.locale),
        "state_name": sort.say(record.state_name, by.locale),
        "tone": state.tone if state is not None else "neutral",
        "own_fields": [
            (
                sort.say(each.label.source, by.locale),
                _shown(sort, each, record.values.get(each.name), people, by.locale),
            )
            for each in sort.fields
        ],
    }


def _shown(sort: CustomType, field: Field, value: object, people: Mapping[int, str], locale: str) -> object:
    """A value as templates show it: moments and days as such, the rest in words."""
    if value is None or value == "":
        return ""
    match field.kind:
        case Kind.PERSON:
            return people.get(_number(value) or 0, "")
        case Kind.FLAG:
            return translate(text("yes") if value is True else text("no"), locale)
        case Kind.MONEY | Kind.DECIMAL:
            return Decimal(str(value))
        case Kind.CHOICE:
            return sort.say(str(value), locale)
        case Kind.DATE:
            return date.fromisoformat(str(value))
        case Kind.MOMENT:
            return datetime.fromisoformat(str(value))
    return value


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
