"""Telling people, and what they do with what they were told: `notify` is the one verb that other rooms call."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, exists, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from crm.activity.sentences import keep
from crm.core.db import Json, UtcDateTime, affected, dialect_of
from crm.core.due import DueRow
from crm.core.errors import NotFound
from crm.core.i18n import Text, text
from crm.core.prepared import Prepared
from crm.notices.kinds import kind_of
from crm.notices.models import Notice
from crm.permissions import Actor

DUE = "notice"
LONGEST_KEY = 200
LONGEST_DETAIL = 2_000

_notice, _due = cast(Table, Notice.__table__), cast(Table, DueRow.__table__)
_COLUMNS = (
    "user_id", "at", "kind", "source", "values", "detail", "link", "record_type", "record_id", "key",
)  # fmt: skip
_VALUES: dict[str, Any] = {name: bindparam(name) for name in _COLUMNS}
# Both databases know ON CONFLICT, but SQLAlchemy offers it with each dialect's own INSERT only.
TELL = {
    "postgresql": Prepared(postgresql.insert(_notice).inline().values(_VALUES).on_conflict_do_nothing()),
    "sqlite": Prepared(sqlite.insert(_notice).inline().values(_VALUES).on_conflict_do_nothing()),
}
# The number of the notice is not waited for: its due row finds it by the key, and finds nothing if it was told before.
DELIVER = Prepared(
    insert(_due).from_select(
        ["kind", "subject_id", "payload", "due_at", "created_at", "attempts"],
        select(
            literal(DUE),
            _notice.c.id,
            literal({}, Json),
            _notice.c.at,
            _notice.c.at,
            literal(0),
        ).where(
            _notice.c.user_id == bindparam("user_id"),
            _notice.c.key == bindparam("key"),
            _notice.c.at == bindparam("at", type_=UtcDateTime()),
            ~exists().where(_due.c.kind == DUE, _due.c.subject_id == _notice.c.id),
        ),
    )
)
LEAD = Prepared(
    update(_notice)
    .where(_notice.c.user_id == bindparam("of_user"), _notice.c.key == bindparam("of_key"))
    .values(link=bindparam("new_link"))
)


def notify(
    session: Session,
    *,
    to: Iterable[int | None],
    kind: str,
    message: Text,
    link: str | None,
    now: datetime,
    key: str,
    detail: str | None = None,
    about: tuple[str, int] | None = None,
    joins: bool = False,
) -> None:
    """These people are told: in the product at once, by their other roads when the clock comes by. Nothing is waited for.

    `key` names the occasion: the same one is told to the same person once, whoever says it and however often. `about`
    is the record that it concerns, by type and id. What `joins` is no notice of its own for somebody
    who was told about the same record in the same transaction: theirs leads to the new `link` instead, because being
    assigned a request and getting its task is one thing. Values of the message may be text, numbers, another Text, a
    Person, an Entry or Spoken. LookupError for a kind of no room.
    """
    kind_of(kind)
    if len(key) > LONGEST_KEY:
        raise ValueError(f"the key of a notice has at most {LONGEST_KEY} letters: {key[:80]}")
    if link is not None and (not link.startswith("/") or link.startswith(("//", "/\\"))):
        raise ValueError(f"a notice leads to a path of ours, not to {link!r}")
    source, values = keep(message)
    told: dict[tuple[int, tuple[str, int]], str] = session.info.setdefault("told_about", {})
    for user_id in dict.fromkeys(person for person in to if person is not None):
        before = told.get((user_id, about)) if about and joins else None
        if before is not None:
            LEAD.later(session, {"of_user": user_id, "of_key": before, "new_link": link})
            continue
        row = {
            "user_id": user_id,
            "at": now,
            "kind": kind,
            "source": source,
            "values": values,
            "detail": detail and detail[:LONGEST_DETAIL],
            "link": link,
            "record_type": about and about[0],
            "record_id": about and about[1],
            "key": key,
        }
        TELL[dialect_of(session)].later(session, row)
        DELIVER.later(session, {"user_id": user_id, "key": key, "at": now})
        if about is not None:
            told[user_id, about] = key


def mark_read(session: Session, *, by: Actor, now: datetime, notice_id: int) -> Notice:
    """This person has read it. NotFound if it is somebody else's."""
    notice = session.scalar(select(Notice).where(Notice.id == notice_id, Notice.user_id == by.id))
    if notice is None:
        raise NotFound(text("There is no such notice of yours."))
    if notice.read_at is None:
        notice.read_at = max(now, notice.at)
    return notice


def mark_all_read(session: Session, *, by: Actor, now: datetime, up_to: int | None = None) -> int:
    """All notices of this person are read; with `up_to` those that stood in the list then. Answers how many were not."""
    wanted = update(Notice).where(Notice.user_id == by.id, Notice.read_at.is_(None), Notice.at <= now)
    if up_to is not None:
        wanted = wanted.where(Notice.id <= up_to)
    return affected(session.execute(wanted.values(read_at=now), execution_options={"synchronize_session": False}))
