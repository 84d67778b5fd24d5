"""What custom records are called in lists: their sort and their state, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.custom.models import CustomRecord, CustomSort
from crm.custom.types import CustomType, read_type


def sorts_of(session: Session, keys: Iterable[str] | None = None) -> dict[str, CustomType]:
    """The sorts with these keys, or all of them, by name."""
    wanted = select(CustomSort).order_by(CustomSort.key)
    if keys is not None:
        wanted = wanted.where(CustomSort.key.in_(set(keys)))
    found = {kept.key: read_type(kept.described) for kept in session.scalars(wanted)}
    return dict(sorted(found.items(), key=lambda each: (each[1].name, each[0])))


def said(session: Session, records: Sequence[CustomRecord], locale: str) -> Mapping[tuple[int, str], tuple[str, str]]:
    """Sort and state of each record, the state with its tone; one that its sort knows no more is grey."""
    sorts = sorts_of(session, (record.sort_key for record in records)) if records else {}
    found: dict[tuple[int, str], tuple[str, str]] = {}
    for record in records:
        sort = sorts[record.sort_key]
        state = sort.state(record.state)
        found[record.id, "sort_key"] = sort.say(record.sort_name, locale), ""
        found[record.id, "state"] = sort.say(record.state_name, locale), state.tone if state else "neutral"
    return found
