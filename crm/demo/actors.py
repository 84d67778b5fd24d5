"""The people of the demonstration, by their user names."""

from __future__ import annotations

from sqlalchemy.orm import Session

from crm.accounts.queries import actor_for, user_named
from crm.permissions import Actor


def actor_named(session: Session, username: str) -> Actor:
    """Who signs in with this name. LookupError if the accounts have not been seeded."""
    user = user_named(session, username)
    if user is None:
        raise LookupError(f"the demonstration needs the user {username}: seed the accounts first")
    return actor_for(session, user.id)
