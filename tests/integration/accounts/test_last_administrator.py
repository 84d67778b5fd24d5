"""Two administrators who disable each other at the same moment: one of them stays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import select

from crm.accounts import operations
from crm.accounts.models import Role
from crm.accounts.rules import UserValues
from crm.core.clock import Clock
from crm.core.db import Database, unit_of_work
from crm.core.errors import RuleBroken
from crm.permissions import Actor
from tests.people import People

ROUNDS = 20


def test_one_administrator_is_left_whoever_is_disabled_at_the_same_moment(
    database: Database, people: People, clock: Clock
) -> None:
    now = clock()
    with unit_of_work(database) as session:
        role = session.scalars(select(Role.id).where(Role.key == "administrator")).one()
        values = UserValues(name="Second", role_ids=frozenset({role}))
        second = operations.create_user(session, by=people.admin, now=now, username="second", values=values)
    other = Actor(second.id, "second", "Second", grants=people.admin.grants)
    barrier = Barrier(2)

    def disable(by: Actor, user_id: int) -> bool:
        barrier.wait()
        try:
            with unit_of_work(database) as session:
                operations.disable_user(session, by=by, now=now, user_id=user_id or 0)
        except RuleBroken:
            return False
        return True

    with ThreadPoolExecutor(2) as both:
        for _ in range(ROUNDS):
            done = list(both.map(disable, (people.admin, other), (second.id, people.admin.id)))
            assert sorted(done) == [False, True]
            with unit_of_work(database) as session:
                for user_id in (second.id, people.admin.id):
                    operations.enable_user(session, by=people.admin, now=now, user_id=user_id or 0)
