"""Naming who stands in for somebody who is away: by themselves, or by an administrator for somebody who fell ill."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts import rules
from crm.accounts.actors import access_changed
from crm.accounts.events import SubstituteNamed
from crm.accounts.models import User
from crm.accounts.operations import locked_user, note_user
from crm.accounts.periods import Absence, ring_through
from crm.accounts.queries import find_user
from crm.core.audit import differences
from crm.core.errors import Denied, Fault, Invalid
from crm.core.events import tell
from crm.core.i18n import text
from crm.permissions import Actor, check_may

FIELDS = {"substitute": "substitute_id", "from": "substitute_from", "until": "substitute_until"}


def name_substitute(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    substitute_id: int | None,
    begins: datetime | None,
    ends: datetime | None,
    user_id: int | None = None,
) -> User:
    """Who sees and does the tasks of a user from `begins` until `ends` (either may be open); None ends it.

    Everybody names their own; `user_id` names somebody else, which takes the permission to administer accounts. Refuses a
    chain in which everybody would be away at the same moment. SubstituteNamed is told.
    """
    if user_id is not None and user_id != by.id:
        check_may(by, "accounts", "administer")
    whose = by.id if user_id is None else user_id
    if whose is None:
        raise Denied(text("The system has no account of its own."))
    user = locked_user(session, whose)
    rules.check_substitute_period(begins, ends)
    if substitute_id == user.id:
        raise Invalid([Fault("substitute_id", text("Nobody stands in for themselves."))])
    if substitute_id is not None and not find_user(session, substitute_id).active:
        raise Invalid([Fault("substitute_id", text("This account is disabled; choose somebody else."))])
    before = {name: getattr(user, column) for name, column in FIELDS.items()}
    after = {
        "substitute": substitute_id,
        "from": begins if substitute_id else None,
        "until": ends if substitute_id else None,
    }
    old, new = differences(before, after)
    if not new:
        return user
    # First, as its row lets only one at a time go on: two who name each other at the same moment would both see no ring.
    access_changed(session)
    if substitute_id is not None:
        _check_no_ring(session, user.id, Absence(substitute_id, (begins, ends)), locale=by.locale)
    for name, column in FIELDS.items():
        setattr(user, column, after[name])
    note_user(session, by, now, "user.substitute", user, old=old, new=new)
    tell(session, SubstituteNamed(user.id, substitute_id, begins, at=now, by=by))
    return user


def _check_no_ring(session: Session, user_id: int, absence: Absence, *, locale: str) -> None:
    absences = {user_id: absence}
    current = absence.substitute_id
    while current not in absences:
        row = session.execute(
            select(User.substitute_id, User.substitute_from, User.substitute_until).where(User.id == current)
        ).one()
        if row.substitute_id is None:
            return
        absences[current] = Absence(row.substitute_id, (row.substitute_from, row.substitute_until))
        current = row.substitute_id
    if ring := ring_through(user_id, absences):
        names = [find_user(session, member).shown_name(locale) for member in [*ring, user_id]]
        raise Invalid(
            [
                Fault(
                    "substitute_id",
                    text(
                        "All of these would be away at the same time and stand in for each other: {chain}. Choose "
                        "somebody else, or other days.",
                        chain=" → ".join(names),
                    ),
                )
            ]
        )
