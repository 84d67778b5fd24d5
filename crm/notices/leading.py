"""Where notices lead. Some are told before the page's own address is known; the room that gave a road name leads on later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.core.db import affected
from crm.notices.models import Notice
from crm.permissions import Actor

# Given a link that begins so, the address of the page itself; None while there is none.
LeadOn = Callable[[Session, str], str | None]
_ways: dict[str, LeadOn] = {}


def add_way(beginning: str, lead_on: LeadOn) -> None:
    """Links that begin so are no pages: `lead_on` knows to which page they lead."""
    _ways[beginning] = lead_on


def lead_on(session: Session, notice: Notice) -> None:
    """The notice leads to the page itself from now on, if that is known by now."""
    link = notice.link or ""
    for beginning, way in _ways.items():
        if link.startswith(beginning):
            notice.link = way(session, link) or link


def leads_here(session: Session, *, by: Actor, path: str) -> bool:
    """Does an unread notice of this person lead to this page?"""
    wanted = select(Notice.id).where(Notice.user_id == by.id, Notice.read_at.is_(None), Notice.link == path)
    return session.scalar(wanted.limit(1)) is not None


def arrive(session: Session, *, by: Actor, now: datetime, path: str) -> int:
    """This person stands where these notices lead: they are read. Answers how many there were."""
    read = (
        update(Notice)
        .where(Notice.user_id == by.id, Notice.read_at.is_(None), Notice.link == path, Notice.at <= now)
        .values(read_at=now)
    )
    return affected(session.execute(read, execution_options={"synchronize_session": False}))
