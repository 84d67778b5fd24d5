"""Choice lists of forms that bindings name: records (`records("customer")`), the first ones, the rest by typing; and pick-lists
of the data dictionary (`listed("channel")`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.core.errors import NotFound
from crm.core.numbers import typed_key
from crm.dictionary.queries import choices
from crm.permissions import Actor
from crm.records.queries import find_many, find_one
from crm.records.types import record_type
from forms import Choice, RemoteChoices
from workflows.registry import ChoiceSource

FIRST = 50
# Under this name a session keeps which records its forms have looked up, and for whom.
CHOSEN = "chosen_records"


def records(key: str) -> ChoiceSource:
    """The records of a sort that the person may see, as a choice source; the answer is the record's id as text."""

    def of_person(session: Session, by: Actor, now: datetime, data: Mapping[str, Any]) -> RemoteChoices:
        sort = record_type(key)

        def choice(record: Any) -> Choice:
            return Choice(str(record.id), sort.title_of(record), record.number)

        def find(value: str) -> Choice | None:
            record_id = typed_key(value)
            if record_id is None:
                return None
            try:
                found = find_one(sort, session, by=by, record_id=record_id)
            except NotFound:
                return None
            session.info.setdefault(CHOSEN, {})[key, record_id] = by, found
            return choice(found)

        def first() -> Sequence[Choice]:
            return [choice(record) for record in find_many(sort, session, by=by, now=now, limit=FIRST).rows]

        return RemoteChoices(find=find, search_url=f"/records/{key}/suggest?value=key", first=first)

    of_person.__doc__ = f"Records of the sort `{key}` that the person may see."
    return of_person


def chosen(session: Session, key: str, value: str, *, by: Actor) -> Any | None:
    """The record that a form of this transaction has just found for this person, once; None where none did."""
    asker, record = session.info.get(CHOSEN, {}).pop((key, typed_key(value)), (None, None))
    return record if asker == by else None


def listed(category: str) -> ChoiceSource:
    """The entries of a pick-list, as a choice source."""

    def entries(session: Session, by: Actor, now: datetime, data: Mapping[str, Any]) -> Sequence[Choice]:
        return [Choice(key, name) for key, name in choices(session, category, by.locale)]

    entries.__doc__ = f"The entries of the pick-list `{category}`."
    return entries
