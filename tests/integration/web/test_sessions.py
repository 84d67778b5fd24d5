"""Sessions of browsers: they begin at sign-in, end at sign-out and with the account, and their cookie is worth nothing after."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import create_app
from crm.accounts import operations, signing_in
from crm.accounts.credentials import IDLE, LONGEST, WebSession, digest
from crm.accounts.queries import find_user
from crm.accounts.rules import UserValues
from crm.core.config import Config
from crm.core.db import Database, reading, unit_of_work
from tests.conftest import Browser, MovableClock
from tests.people import PASSWORD, People

FORM = {"username": "agent1", "password": PASSWORD}


def token_of(page: str) -> str:
    return page.split('name="csrf_token" value="')[1].split('"')[0]


def sign_in(browser: Browser, **form: str) -> None:
    token = token_of(browser.get("/sign-in").text)
    answer = browser.post("/sign-in", data={**FORM, **form, "csrf_token": token})
    assert answer.status_code == 302, answer.text


def cookie_of(browser: Browser) -> str:
    cookie = browser.get_cookie("heliu")
    assert cookie is not None
    return cookie.value


def still_in(app: Flask, cookie: str) -> bool:
    """Does a copy of this cookie open anything?"""
    thief = app.test_client()
    thief.set_cookie("heliu", cookie)
    return thief.get("/profile").status_code == 200


def test_a_copied_cookie_is_dead_after_sign_out(app: Flask, client: Browser) -> None:
    sign_in(client)
    copied = cookie_of(client)
    assert still_in(app, copied)
    token = token_of(client.get("/profile").text)
    assert client.post("/sign-out", data={"csrf_token": token}).status_code == 302
    assert not still_in(app, copied)
    assert client.get_cookie("heliu") is None


def test_signing_in_gives_another_cookie_and_ends_the_old_session(app: Flask, client: Browser) -> None:
    sign_in(client)
    first = cookie_of(client)
    token = token_of(client.get("/profile").text)
    client.post("/sign-in", data={**FORM, "csrf_token": token})
    assert cookie_of(client) != first
    assert not still_in(app, first)


def test_a_cookie_planted_before_sign_in_is_not_the_session(app: Flask, client: Browser) -> None:
    client.get("/sign-in")
    planted = cookie_of(client)
    sign_in(client)
    assert not still_in(app, planted)


def test_only_a_hash_of_the_cookie_is_stored(database: Database, client: Browser) -> None:
    sign_in(client)
    with reading(database) as session:
        row = session.scalars(select(WebSession)).one()
    assert row.token_hash == digest(cookie_of(client))
    assert cookie_of(client) not in row.token_hash


def test_a_disabled_person_is_out_at_once(
    app: Flask, client: Browser, database: Database, people: People, clock: MovableClock
) -> None:
    sign_in(client)
    with unit_of_work(database) as session:
        operations.disable_user(session, by=people.admin, now=clock(), user_id=people.agent1.id or 0)
    assert client.get("/profile").status_code == 302
    assert not still_in(app, cookie_of(client))


def test_other_roles_end_the_sessions(client: Browser, database: Database, people: People, clock: MovableClock) -> None:
    sign_in(client)
    with unit_of_work(database) as session:
        user = find_user(session, people.agent1.id or 0)
        operations.edit_user(
            session, by=people.admin, now=clock(), user_id=user.id, version=user.version,
            values=UserValues(name=user.name, role_ids=people.manager1.role_ids),
        )  # fmt: skip
    assert client.get("/profile").status_code == 302


def test_a_session_left_alone_ends(client: Browser, clock: MovableClock) -> None:
    sign_in(client)
    clock.at += IDLE - timedelta(minutes=1)
    assert client.get("/profile").status_code == 200
    clock.at += IDLE + timedelta(minutes=1)
    assert client.get("/profile").status_code == 302


def test_a_session_in_use_ends_after_a_week(client: Browser, clock: MovableClock) -> None:
    sign_in(client)
    begun = clock.at
    while clock.at + timedelta(hours=7) <= begun + LONGEST:
        clock.at += timedelta(hours=7)
        assert client.get("/profile").status_code == 200
    clock.at = begun + LONGEST + timedelta(minutes=1)
    assert client.get("/profile").status_code == 302


def test_a_forged_guest_cookie_is_ignored(client: Browser) -> None:
    client.set_cookie("heliu", "guest.eyJ1c2VyX2lkIjoxfQ.made.up")
    assert client.get("/profile").status_code == 302


def test_looking_around_as_a_guest_stores_nothing(client: Browser, database: Database) -> None:
    client.get("/sign-in")
    with reading(database) as session:
        assert session.scalars(select(WebSession)).all() == []


def test_reading_again_within_a_minute_writes_nothing(client: Browser, database: Database, clock: MovableClock) -> None:
    def seen() -> object:
        with reading(database) as session:
            return session.scalars(select(WebSession.last_seen_at)).one()

    sign_in(client)
    before = seen()
    clock.move(seconds=59)
    client.get("/profile")
    assert seen() == before
    clock.move(seconds=2)
    client.get("/profile")
    assert seen() == clock()


def test_one_browser_ends_another(app: Flask, client: Browser, clock: MovableClock) -> None:
    sign_in(client)
    other = app.test_client()
    assert isinstance(other, Browser)
    sign_in(other)
    page = client.get("/profile").text
    action = page.split('action="/profile/sessions/')[1].split('"')[0]
    token = token_of(page)
    assert client.post(f"/profile/sessions/{action}", data={"csrf_token": token}).status_code == 302
    assert other.get("/profile").status_code == 302
    assert client.get("/profile").status_code == 200


def test_nobody_ends_a_colleagues_session(
    client: Browser, database: Database, people: People, clock: MovableClock
) -> None:
    with unit_of_work(database) as session:
        theirs = signing_in.open_session(session, user=find_user(session, people.agent2.id or 0), now=clock())
    assert client.signed_in_as("agent1").post(f"/profile/sessions/{theirs.id}/end").status_code == 404


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_over_https_the_cookie_is_bound_to_this_host(config: Config, database: Database, clock: MovableClock) -> None:
    secure = create_app(config.with_(https=True, base_url="https://crm.example"), database=database, clock=clock)
    answer = secure.test_client().get("/sign-in", base_url="https://crm.example")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-heliu=")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert part in cookie
    assert "Domain" not in cookie
    assert "max-age=" in answer.headers["Strict-Transport-Security"]
