"""What kinds of reminders there are. Rooms add theirs when they are imported, with the question that finds what is due."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeVarTuple

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from crm.core.i18n import Text, ctext, text
from crm.notices.kinds import REMINDERS, NoticeKind, add_kinds
from crm.notices.models import Mailing

Found = TypeVarTuple("Found")
LONGEST_KIND = 30
# A clock that was down makes up for so many days; what is older, people know.
CATCH_UP = timedelta(days=14)


class Whom(StrEnum):
    """To whom a reminder goes."""

    OWNER = "owner"
    HOLDER = "holder"
    MANAGER = "manager"


WHOM_NAMES = {
    Whom.OWNER: text("Whoever looks after the customer"),
    Whom.HOLDER: text("Whoever holds it"),
    Whom.MANAGER: text("Their superior"),
}


class Span(StrEnum):
    """What a rule's number counts."""

    DAYS_BEFORE = "days_before"
    DAYS_AFTER = "days_after"
    HOURS_BEFORE = "hours_before"
    HOURS_AFTER = "hours_after"


SPAN_NAMES = {
    Span.DAYS_BEFORE: ctext("reminder", "days before"),
    Span.DAYS_AFTER: ctext("reminder", "days after"),
    Span.HOURS_BEFORE: ctext("reminder", "hours before"),
    Span.HOURS_AFTER: ctext("reminder", "hours after"),
}
# The same as the name of a field.
SPAN_LABELS = {
    Span.DAYS_BEFORE: text("How many days before"),
    Span.DAYS_AFTER: text("How many days after"),
    Span.HOURS_BEFORE: text("How many hours before"),
    Span.HOURS_AFTER: text("How many hours after"),
}
DAILY = frozenset({Span.DAYS_BEFORE, Span.DAYS_AFTER})


def span_in_words(span: Span, number: int) -> Text:
    """When a rule tells, as people say it; nothing before or after is the day or the moment itself."""
    if number == 0:
        return text("On the day itself") if span in DAILY else text("At the time itself")
    return text("{number} {unit}", number=number, unit=SPAN_NAMES[span])


@dataclass(frozen=True)
class Look:
    """What a rule's question is asked with. `today` is the company's day, `since` the one on which the rule looked before,
    so that a clock which was down makes up for it; `after` the last record of the batch before.

    `mine` asks only for what concerns one person, for their own page; `until` is the last record that is looked at.
    """

    now: datetime
    today: date
    span: int
    after: int
    limit: int
    since: date
    mine: int | None = None
    until: int | None = None

    def part(
        self, query: Select[*Found], number: InstrumentedAttribute[int], mine: ColumnElement[bool]
    ) -> Select[*Found]:
        """The batch of a question's query that is asked for, in the order of the records' numbers. `mine` says which of them
        concern the person, where only theirs are wanted."""
        asked = query.where(number > self.after).order_by(number).limit(self.limit)
        if self.until is not None:
            asked = asked.where(number <= self.until)
        return asked if self.mine is None else asked.where(mine)


@dataclass(frozen=True)
class Finding:
    """Something to remind of. `id` is the record's number, by which batches go on; `occasion` is new when it is to be said
    again; `name` stands for it in a list. With a `notice_key` it is told by itself, and not where that was told already. Whoever hears of it has by
    that heard of `also`, too: keys of other kinds with their occasions."""

    id: int
    occasion: str
    message: Text
    name: str
    link: str
    owner_id: int | None = None
    holder_id: int | None = None
    about: tuple[str, int] | None = None
    notice_key: str | None = None
    also: tuple[str, ...] = ()


Find = Callable[[Session, Look], Sequence[Finding]]
# The highest number of the records that a question has to look through one by one.
Highest = Callable[[Session], int]


@dataclass(frozen=True, kw_only=True)
class ReminderKind:
    """A kind of reminder. `find` answers in the order of `id`, at most `limit`; `several` says how many in one sentence with
    `{count}` where one person has many at once. Rules that are not `daily` look every quarter of an hour. A question that no
    index answers gives `highest`: then it is asked for a stretch of records at a time and heeds `until`."""

    key: str
    label: Text
    explains: Text
    several: Text
    find: Find
    highest: Highest | None = None
    span: Span
    usual: int
    most: int
    whom: tuple[Whom, ...] = (Whom.OWNER,)
    offers: tuple[Whom, ...] = (Whom.OWNER, Whom.MANAGER)
    daily: bool = True
    hour: int = 7
    active: bool = True
    mail: Mailing = Mailing.DIGEST
    icon: str = "bell-ringing"
    tone: str = "info"

    @property
    def notice(self) -> str:
        """The sort of notice by which it is told."""
        return f"reminder.{self.key}"


_kinds: dict[str, ReminderKind] = {}


def add_rules(*kinds: ReminderKind) -> None:
    """From now on there are reminders of these kinds; said twice in the same words, it holds once."""
    for kind in kinds:
        if len(kind.key) > LONGEST_KIND:
            raise ValueError(f"{kind.key} is longer than {LONGEST_KIND} letters")
        if _kinds.get(kind.key, kind) != kind:
            raise ValueError(f"two rooms have reminders called {kind.key}")
        _kinds[kind.key] = kind
        add_kinds(NoticeKind(kind.notice, kind.label, REMINDERS, kind.mail, icon=kind.icon, tone=kind.tone))


def reminder_kind(key: str) -> ReminderKind | None:
    """The kind of this name; None if no room has it (any more)."""
    return _kinds.get(key)


def reminder_kinds() -> tuple[ReminderKind, ...]:
    """All kinds."""
    return tuple(_kinds.values())
