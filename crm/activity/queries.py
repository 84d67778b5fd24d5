"""Reading the timeline, in the reader's language and only about records that they may see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from crm.accounts.queries import names_of
from crm.activity.models import TimelineEntry
from crm.activity.sentences import in_words
from crm.core.db import Id, UtcDateTime
from crm.core.i18n import text
from crm.core.numbers import is_key
from crm.permissions import Actor

# A room says for its sort of record which numbers a person may see: given the column with the number, a WHERE clause.
Visible = Callable[[Actor, ColumnElement[int]], ColumnElement[bool]]
_visible: dict[str, Visible] = {}
MOST_ENTRIES = 200


@dataclass(frozen=True)
class Happening:
    """A line of the timeline in words. `before` asks for the lines that follow it, further back in time."""

    id: int
    at: datetime
    who: str
    kind: str
    words: str
    detail: str | None
    link: str | None
    record_type: str
    record_id: int

    @property
    def before(self) -> str:
        return f"{self.at.isoformat()}_{self.id}"


def show_only(record_type: str, visible: Visible) -> None:
    """Say who may see lines about this sort of record. Lines about a sort that nobody spoke for are shown to nobody."""
    _visible[record_type] = visible


def timeline_of(
    session: Session,
    *,
    by: Actor,
    record_type: str | None = None,
    record_id: int | None = None,
    customer_id: int | None = None,
    before: str | None = None,
    limit: int = 30,
) -> list[Happening]:
    """What happened to a record, or to anything of a customer, latest first; `before` is that of the last line seen."""
    query = select(TimelineEntry).where(_may_see(by, record_type))
    if record_type is not None:
        query = query.where(TimelineEntry.record_type == record_type, TimelineEntry.record_id == record_id)
    if customer_id is not None:
        query = query.where(TimelineEntry.customer_id == customer_id)
    place = _place(before)
    if place is not None:
        last = tuple_(literal(place[0], UtcDateTime), literal(place[1], Id))
        query = query.where(tuple_(TimelineEntry.at, TimelineEntry.id) < last)
    query = query.order_by(TimelineEntry.at.desc(), TimelineEntry.id.desc()).limit(min(limit, MOST_ENTRIES))
    return _in_words(session, list(session.scalars(query)), by.locale)


def _may_see(by: Actor, record_type: str | None) -> ColumnElement[bool]:
    return about_visible(by, TimelineEntry.record_type.expression, TimelineEntry.record_id.expression, only=record_type)


def about_visible(
    by: Actor, record_type: ColumnElement[Any], record_id: ColumnElement[Any], *, only: str | None = None
) -> ColumnElement[bool]:
    """The WHERE clause for rows of any table about records that this person may see; of one sort, if `only` names it."""
    kinds = _visible if only is None else {only: _visible[only]} if only in _visible else {}
    return or_(false(), *(and_(record_type == kind, visible(by, record_id)) for kind, visible in kinds.items()))


def _place(before: str | None) -> tuple[datetime, int] | None:
    """Where the last page ended. A place that nobody gave out counts as the beginning."""
    at, _, entry_id = (before or "").rpartition("_")
    try:
        moment = datetime.fromisoformat(at)
        return (moment, int(entry_id)) if moment.tzinfo and is_key(int(entry_id)) else None
    except ValueError:
        return None


def _in_words(session: Session, entries: Sequence[TimelineEntry], locale: str) -> list[Happening]:
    who = names_of(session, {entry.actor_id for entry in entries}, locale)
    words = in_words(session, [(entry.source, entry.values) for entry in entries], locale)
    return [
        Happening(
            id=entry.id,
            at=entry.at,
            who=text("The system").in_language(locale) if entry.actor_id is None else who.get(entry.actor_id, ""),
            kind=entry.kind,
            words=sentence,
            detail=entry.detail,
            link=entry.link,
            record_type=entry.record_type,
            record_id=entry.record_id,
        )
        for entry, sentence in zip(entries, words, strict=True)
    ]
