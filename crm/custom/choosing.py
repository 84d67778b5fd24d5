"""What lists of custom records are narrowed to: their sort, their state, whose they are. What is none of these is refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from crm.core.errors import Fault, Invalid
from crm.core.fields import shown_key
from crm.core.i18n import text
from crm.custom.models import CustomRecord
from crm.custom.wording import sorts_of
from crm.permissions import Actor
from crm.records.queries import may_see
from crm.records.types import Choices, record_type

KEY = "custom"


def of_sort(session: Session, _by: Actor, _now: datetime, asked: str) -> ColumnElement[bool]:
    """The WHERE clause for records of this sort. Invalid where no process has opened one like it."""
    known = sorts_of(session)
    if asked not in known:
        keys = ", ".join(known) or "–"
        message = text("There is no sort of record “{name}”; there are: {known}.", name=shown_key(asked), known=keys)
        raise Invalid([Fault("sort_key", message)])
    return CustomRecord.sort_key == asked


def standing_in(session: Session, _by: Actor, _now: datetime, asked: str) -> ColumnElement[bool]:
    """The WHERE clause for records in this state. Invalid where no sort has it and no record stands in it."""
    states = {state.key for sort in sorts_of(session).values() for state in sort.states}
    if asked not in states and not _stands_somewhere(session, asked):
        keys = ", ".join(sorted(states)) or "–"
        message = text("There is no state “{name}”; there are: {known}.", name=shown_key(asked), known=keys)
        raise Invalid([Fault("state", message)])
    return CustomRecord.state == asked


def is_mine(_session: Session, by: Actor, _now: datetime, asked: bool) -> ColumnElement[bool]:
    """The WHERE clause for records for which this person is responsible, or somebody for whom they stand in."""
    mine = CustomRecord.owner_id.in_([by.id, *sorted(by.represents)])
    return mine if asked else or_(CustomRecord.owner_id.is_(None), ~mine)


def offered_sorts(session: Session, by: Actor, _chosen: Mapping[str, str]) -> Choices:
    """All sorts by name, each with how many of its records the reader may see."""
    counts = _counts(session, by)
    return [
        (key, f"{sort.say(sort.name, by.locale)} ({sum(counts.get(key, {}).values())})")
        for key, sort in sorts_of(session).items()
    ]


def offered_states(session: Session, by: Actor, chosen: Mapping[str, str]) -> Choices:
    """The states of the sort that is chosen, or of all sorts, each with how many records stand in it; states with one key
    are one choice, called as each sort calls it."""
    counts, key = _counts(session, by), chosen.get("sort_key", "")
    sorts = {each: sort for each, sort in sorts_of(session).items() if key in ("", each)}
    names: dict[str, list[str]] = {}
    for each, sort in sorts.items():
        described = {state.key: state.label for state in sort.states}
        for state in [*described, *(counts.get(each, {}).keys() - described.keys())]:
            name = sort.say(described.get(state, state), by.locale)
            if name not in names.setdefault(state, []):
                names[state].append(name)
    return [
        (state, f"{' / '.join(called)} ({sum(counts.get(each, {}).get(state, 0) for each in sorts)})")
        for state, called in names.items()
    ]


def _counts(session: Session, by: Actor) -> dict[str, dict[str, int]]:
    """How many records of a sort stand in a state, among those that this person may see."""
    seen = select(CustomRecord.sort_key, CustomRecord.state, func.count()).where(may_see(record_type(KEY), by))
    found: dict[str, dict[str, int]] = {}
    for key, state, number in session.execute(seen.group_by(CustomRecord.sort_key, CustomRecord.state)):
        found.setdefault(key, {})[state] = number
    return found


def _stands_somewhere(session: Session, state: str) -> bool:
    return session.scalar(select(CustomRecord.id).where(CustomRecord.state == state).limit(1)) is not None
