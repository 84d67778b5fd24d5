"""Actors kept between requests, and the number that says when they are old.

A request learns the number together with its session, in one statement, so that a change of roles counts from the next
click of whoever it concerns, in every process, and costs nothing in between.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from sqlalchemy import ScalarSelect, insert, select, update
from sqlalchemy.orm import Session

from crm.accounts.models import AccessVersion
from crm.accounts.queries import actor_for
from crm.core.db import Database, affected, reading
from crm.permissions import Actor

MOST_KEPT = 5_000


def access_number() -> ScalarSelect[int]:
    """The number, as a part of another statement; NULL before the first change."""
    table = AccessVersion.__table__
    return select(table.c.number).where(table.c.id == 1).scalar_subquery()


def access_changed(session: Session) -> None:
    """Users, roles or departments are different from now on; to be called by each operation that changes them."""
    if not affected(session.execute(update(AccessVersion).values(number=AccessVersion.number + 1))):
        session.execute(insert(AccessVersion), [{"id": 1, "number": 1}])


class KeptActors:
    """The actors of one database, by user, each with the number under which it was read."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[int, Actor]] = OrderedDict()
        self._lock = Lock()

    def get(self, database: Database, user_id: int, number: int) -> Actor:
        """The actor as of `number` or later, at no certain moment. NotFound if the user is disabled or unknown."""
        with self._lock:
            found = self._kept.get(user_id)
            if found is not None and found[0] == number:
                self._kept.move_to_end(user_id)
                return found[1]
        # The number was read before the actor: what changes in between is kept under the old number and read once more.
        with reading(database) as session:
            actor = actor_for(session, user_id)
        with self._lock:
            self._kept[user_id] = (number, actor)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return actor
