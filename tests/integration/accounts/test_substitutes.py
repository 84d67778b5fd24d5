"""Who stands in for whom: chains, rings, times, and what an actor takes from it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts import operations
from crm.accounts.actors import KeptActors, access_number
from crm.accounts.models import User
from crm.accounts.queries import actor_for, find_user, represented_by
from crm.accounts.substitutes import name_substitute
from crm.core.db import Database, reading, unit_of_work
from crm.core.errors import Denied, Invalid
from crm.permissions import Actor, Scope, in_scope, reaches
from tests.conftest import Browser, MovableClock, program_of
from tests.people import People

BEGINS, ENDS = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 4, 8, tzinfo=UTC)
IN_BETWEEN = datetime(2026, 4, 3, tzinfo=UTC)


def away(
    session: Session, who: Actor, substitute: Actor, begins: datetime | None = BEGINS, ends: datetime | None = ENDS
) -> None:
    name_substitute(session, by=who, now=BEGINS, substitute_id=substitute.id, begins=begins, ends=ends)
    session.flush()


def test_a_substitute_who_is_away_too_is_stood_in_for_with_everybody_behind_them(
    session: Session, people: People
) -> None:
    away(session, people.agent1, people.agent2)
    away(session, people.agent2, people.manager1, BEGINS + timedelta(days=2))
    manager1, agent2 = people.manager1.id or 0, people.agent2.id or 0
    assert represented_by(session, manager1, BEGINS) == ()
    assert represented_by(session, agent2, BEGINS) == (people.agent1.id,)
    assert set(represented_by(session, manager1, IN_BETWEEN)) == {people.agent1.id, people.agent2.id}
    assert represented_by(session, manager1, ENDS) == ()


def test_a_chain_that_closes_on_itself_is_refused_with_everybody_named(session: Session, people: People) -> None:
    away(session, people.agent1, people.agent2)
    away(session, people.agent2, people.manager1)
    with pytest.raises(Invalid) as refusal:
        away(session, people.manager1, people.agent1)
    assert refusal.value.faults[0].field == "substitute_id"
    assert "王海燕 → 刘芳 → 赵磊 → 王海燕" in str(refusal.value.faults[0].message)
    away(session, people.manager1, people.agent1, ENDS, ENDS + timedelta(days=7))


def test_two_who_name_each_other_at_the_same_moment_do_not_both_succeed(database: Database, people: People) -> None:
    barrier = Barrier(2)

    def name(pair: tuple[Actor, Actor]) -> bool:
        barrier.wait()
        try:
            with unit_of_work(database) as session:
                away(session, *pair)
        except Invalid:
            return False
        return True

    with ThreadPoolExecutor(2) as both:
        for _ in range(10):
            outcomes = both.map(name, [(people.agent1, people.agent2), (people.agent2, people.agent1)])
            assert sorted(outcomes) == [False, True]
            with unit_of_work(database) as session:
                for who in (people.agent1, people.agent2):
                    name_substitute(session, by=who, now=BEGINS, substitute_id=None, begins=None, ends=None)


def test_somebody_who_left_is_neither_represented_nor_passes_work_on(session: Session, people: People) -> None:
    away(session, people.agent1, people.agent2)
    away(session, people.agent2, people.manager1)
    operations.disable_user(session, by=people.admin, now=BEGINS, user_id=people.agent2.id or 0)
    session.flush()
    assert represented_by(session, people.manager1.id or 0, IN_BETWEEN) == ()


def test_an_actor_knows_the_absence_only_while_it_lasts(session: Session, people: People) -> None:
    away(session, people.supervisor, people.manager1)
    actor = actor_for(session, people.manager1.id or 0)
    assert actor.represents == frozenset()
    assert actor.at(BEGINS - timedelta(seconds=1)).represents == frozenset()
    assert actor.at(BEGINS).represents == {people.supervisor.id}
    assert actor.at(BEGINS).group_keys == {"customer_manager", "sales_supervisor"}
    assert actor.at(BEGINS).role_keys == {"customer_manager"}
    assert actor.at(ENDS).group_keys == {"customer_manager"}


def test_a_kept_actor_hears_of_a_new_absence(database: Database, people: People) -> None:
    kept, user_id = KeptActors(), people.manager1.id or 0

    def now_represented() -> frozenset[int]:
        with reading(database) as session:
            number = session.scalar(select(access_number())) or 0
        return kept.get(database, user_id, number).at(IN_BETWEEN).represents

    assert now_represented() == frozenset()
    with unit_of_work(database) as session:
        away(session, people.supervisor, people.manager1)
    assert now_represented() == {people.supervisor.id}


def test_in_somebodys_place_an_actor_reaches_what_either_may(session: Session, people: People) -> None:
    manager = actor_for(session, people.manager1.id or 0)
    other = actor_for(session, people.manager2.id or 0)
    in_place = Actor(**{**manager.__dict__, "in_place_of": other})
    for owner in (people.manager1.id, people.manager2.id):
        assert reaches(in_place, "customers", "edit", owner_id=owner)
        assert (
            session.query(User.id).where(User.id == owner, in_scope(in_place, "customers", "edit", owner=User.id)).all()
        )
    assert not reaches(in_place, "customers", "edit", owner_id=people.agent1.id)
    supervisor = actor_for(session, people.supervisor.id or 0)
    assert Actor(**{**manager.__dict__, "in_place_of": supervisor}).scope("service", "assign") is (
        Scope.DEPARTMENT_AND_BELOW
    )
    assert manager.scope("service", "assign") is None


def test_only_an_administrator_names_the_substitute_of_somebody_else(session: Session, people: People) -> None:
    given: dict[str, Any] = {
        "substitute_id": people.agent2.id,
        "begins": None,
        "ends": None,
        "user_id": people.agent1.id,
    }
    with pytest.raises(Denied):
        name_substitute(session, by=people.supervisor, now=BEGINS, **given)
    name_substitute(session, by=people.admin, now=BEGINS, **given)
    assert find_user(session, people.agent1.id or 0).substitute_id == people.agent2.id


def test_an_administrator_enters_an_absence_on_the_page_of_a_user(client: Browser, people: People) -> None:
    browser = client.signed_in_as("admin")
    address = f"/administration/users/{people.agent1.id}"
    form = {
        "substitute_id": str(people.agent2.id),
        "substitute_from": "2026-04-01",
        "substitute_until": "2026-04-07",
    }
    answer = browser.post(f"{address}/substitute", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (302, address)
    assert 'value="2026-04-07"' in browser.get(address).text
    refused = browser.post(f"{address}/substitute", data={**form, "substitute_until": "2026-03-01"})
    assert refused.status_code == 422
    assert client.signed_in_as("agent1").post(f"{address}/substitute", data=form).status_code == 403


def test_a_personnel_system_reports_an_absence(client: Browser, people: People, clock: MovableClock) -> None:
    absence = {"substitute_id": people.agent2.id, "begins": "2026-04-01T00:00:00+08:00", "ends": None}
    address = f"/users/{people.agent1.id}/substitute"
    admin, stranger = program_of(client.application, "admin"), program_of(client.application, "agent2")
    answer = admin.open("PUT", address, json=absence)
    assert (answer.status_code, answer.get_json()["substitute_id"]) == (200, people.agent2.id)
    assert stranger.open("PUT", address, json=absence).status_code == 403
    own = program_of(client.application, "agent1").open("PUT", "/me/substitute", json={"substitute_id": None})
    assert own.get_json() == {"substitute_id": None, "begins": None, "ends": None}
    far = {**absence, "begins": "0001-01-01T00:00:00+08:00"}
    assert admin.open("PUT", address, json=far).status_code == 422
