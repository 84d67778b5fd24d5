"""Notices as mail: one at once, or several together as a digest. The words stand in templates/emails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.activity.sentences import in_words
from crm.core.outbox import send_mail
from crm.notices.kinds import GROUPS, SYSTEM, known
from crm.notices.models import Notice

# What a mail of a room's own shows; None where there is nothing left to write about.
Draw = Callable[[Session, Notice, User], dict[str, object] | None]
_draws: dict[str, Draw] = {}
# Beyond this a digest only says how many more there are.
MOST_IN_DIGEST = 100


def draws(*kinds: str) -> Callable[[Draw], Draw]:
    """Notices of these kinds have a mail of their own: templates/emails/<kind>, filled with what the function answers."""

    def add(draw: Draw) -> Draw:
        for kind in kinds:
            _draws[kind] = draw
        return draw

    return add


def mail_notice(session: Session, notice: Notice, reader: User, *, now: datetime) -> None:
    """Write the mail about one notice. The same notice is mailed once."""
    draw = _draws.get(notice.kind)
    if draw is not None:
        template, values = notice.kind, draw(session, notice, reader)
    else:
        message = in_words(session, [(notice.source, notice.values)], reader.locale)[0]
        template, values = (
            "notice",
            {"message": message, "detail": notice.detail or "", "path": notice.link or "/notices"},
        )
    if values is not None:
        _send(session, reader, template, values, key=f"notice-{notice.id}", now=now)


def mail_digest(session: Session, notices: Sequence[Notice], reader: User, *, now: datetime, key: str) -> None:
    """Write one mail about several notices, by groups, the oldest first in each."""
    shown = notices[:MOST_IN_DIGEST]
    words = in_words(session, [(notice.source, notice.values) for notice in shown], reader.locale)
    lines = [
        (_group_of(notice), {"message": message, "at": notice.at, "path": notice.link or "/notices"})
        for notice, message in zip(shown, words, strict=True)
    ]
    groups = [
        {"name": group, "lines": mine} for group in GROUPS if (mine := [line for of, line in lines if of == group])
    ]
    values: dict[str, object] = {"count": len(notices), "more": len(notices) - len(shown), "groups": groups}
    _send(session, reader, "notices_digest", values, key=key, now=now)


def _group_of(notice: Notice) -> object:
    kind = known(notice.kind)
    return SYSTEM if kind is None else kind.group


def _send(session: Session, reader: User, template: str, values: dict[str, object], *, key: str, now: datetime) -> None:
    send_mail(
        session,
        to_address=reader.email,
        to_user_id=reader.id,
        template=template,
        locale=reader.locale,
        timezone=reader.timezone,
        values=values,
        now=now,
        key=key,
    )
