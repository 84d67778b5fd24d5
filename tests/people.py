"""The cast that every test knows. They come from the demonstration's seed, and a stranger who has no role at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from crm.accounts import operations
from crm.accounts.demo import seed_accounts
from crm.accounts.queries import actor_for
from crm.accounts.rules import UserValues
from crm.permissions import SYSTEM, Actor

PASSWORD = "heliu-demo"


@dataclass(frozen=True)
class People:
    """Each as an `Actor`, fit for `by=`; their ids are `people.agent1.id`."""

    executive: Actor
    supervisor: Actor
    manager1: Actor
    manager2: Actor
    agent1: Actor
    agent2: Actor
    marketing: Actor
    contracts: Actor
    admin: Actor
    stranger: Actor

    def named(self, username: str) -> Actor:
        """The actor with this user name."""
        actor: Actor = getattr(self, username)
        return actor


def seed_people(session: Session, now: datetime) -> People:
    """Create everybody in an empty database."""
    users = seed_accounts(session, now)
    users["stranger"] = operations.create_user(
        session,
        by=SYSTEM,
        now=now,
        username="stranger",
        values=UserValues(name="何人", name_en="He Ren"),
        password_hash=users["agent1"].password_hash,
    )
    session.flush()
    return People(**{name: actor_for(session, user.id) for name, user in users.items()})
