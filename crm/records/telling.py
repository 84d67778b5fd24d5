"""What changed, as one sentence for the timeline: each field with its old and new value, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from crm.activity.operations import Entry, Person
from crm.core.fields import Field, Kind
from crm.core.i18n import Text, text

LONGEST_SHOWN_VALUE = 60
Titles = Mapping[tuple[str, int], str]


def told_changes(
    fields: Iterable[Field], old: Mapping[str, object], new: Mapping[str, object], titles: Titles | None = None
) -> Text:
    """One sentence about all changed fields, with old and new value where they are short; `titles` names other records."""
    told: Text | None = None
    for field in fields:
        if field.name not in new:
            continue
        one = (
            text("{field} changed", field=field.label)
            if field.kind in {Kind.LONG, Kind.TAGS}
            else text(
                "{field}: {old} → {new}",
                field=field.label,
                old=_shown(field, old[field.name], titles or {}),
                new=_shown(field, new[field.name], titles or {}),
            )
        )
        told = one if told is None else text("{first}; {rest}", first=told, rest=one)
    return told or text("Nothing changed")


def _shown(field: Field, value: object, titles: Titles) -> object:
    if value is None or value == "":
        return "—"
    match field.kind, value:
        case Kind.CHOICE, str() if field.options:
            return dict(field.options).get(value, value)
        case Kind.CHOICE, _:
            return Entry(field.category, str(value))
        case ((Kind.REFERENCE | Kind.PERSON), int()):
            return Person(value)
        case Kind.RECORD, int():
            return titles.get((field.target, value), str(value))
        case Kind.FLAG, _:
            return text("yes") if value else text("no")
        case Kind.PERCENT, _:
            return f"{value} %"
        case ((Kind.MONEY | Kind.DECIMAL), Decimal()):
            return f"{value:,}"
        case Kind.MOMENT, datetime():
            return value
    shown = str(value)
    return shown if len(shown) <= LONGEST_SHOWN_VALUE else shown[: LONGEST_SHOWN_VALUE - 1] + "…"
