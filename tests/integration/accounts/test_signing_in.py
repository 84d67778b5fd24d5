"""Coming in: who is let in, what is said to whom is not, and how guessing is slowed down."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from crm.accounts import operations, own_account, passwords
from crm.accounts.credentials import TOKEN_LIFE, ApiToken, FailedSignIn
from crm.accounts.queries import find_user
from crm.accounts.signing_in import FREE_BY_ACCOUNT, MOST_BY_ADDRESS, MOST_BY_PAIR, WINDOW
from crm.core.audit import AuditEntry
from crm.core.db import Database, reading, unit_of_work
from crm.core.errors import Conflict
from tests.conftest import Browser, MovableClock, Program, program_of
from tests.people import PASSWORD, People


def try_token(app: Flask, username: str, password: str, address: str = "10.0.0.1") -> tuple[int, dict[str, object]]:
    answer = app.test_client().post(
        "/api/v1/tokens", json={"username": username, "password": password}, environ_base={"REMOTE_ADDR": address}
    )
    body = answer.get_json()
    body["retry_after"] = answer.headers.get("Retry-After")
    return answer.status_code, body


def test_user_name_and_password_give_a_token_that_works(app: Flask) -> None:
    status, body = try_token(app, "Agent1", PASSWORD)
    assert status == 201
    me = Program(app.test_client(), str(body["token"])).get("/me").get_json()
    assert me["username"] == "agent1"
    assert me["roles"][0]["key"] == "service_agent"
    assert me["permissions"]["service.view"] == "all"


@pytest.mark.parametrize(("username", "password"), [("agent1", "wrong"), ("nobody", PASSWORD), ("agent1", "")])
def test_what_is_wrong_is_not_told_apart(app: Flask, username: str, password: str) -> None:
    status, body = try_token(app, username, password or "x")
    assert status == 401
    assert body["title"] == "wrong-password"
    assert "token" not in body


def test_a_disabled_account_is_answered_like_a_wrong_password(
    app: Flask, database: Database, people: People, clock: MovableClock
) -> None:
    with unit_of_work(database) as session:
        operations.disable_user(session, by=people.admin, now=clock(), user_id=people.agent1.id or 0)
    assert try_token(app, "agent1", PASSWORD)[1]["title"] == "wrong-password"


def test_too_many_failures_with_one_account_from_one_address_make_it_wait(app: Flask, clock: MovableClock) -> None:
    for _ in range(MOST_BY_PAIR):
        assert try_token(app, "agent1", "wrong")[0] == 401
        clock.move(seconds=10)
    status, body = try_token(app, "agent1", PASSWORD)
    assert status == 429
    assert body["title"] == "too-many-tries"
    assert 0 < int(str(body["retry_after"])) <= WINDOW.total_seconds()
    assert try_token(app, "agent2", PASSWORD)[0] == 201
    assert try_token(app, "agent1", PASSWORD, "10.0.2.1")[0] == 201
    clock.move(seconds=int(str(body["retry_after"])))
    assert try_token(app, "agent1", PASSWORD)[0] == 201


def attack(app: Flask, username: str, *, tries: int, begin: int = 0) -> None:
    """Each try from an address of its own."""
    for number in range(begin, begin + tries):
        assert try_token(app, username, "wrong", f"10.7.{number // 200}.{number % 200}")[0] == 401


def test_an_account_that_is_attacked_from_everywhere_is_tried_slowly(app: Flask, clock: MovableClock) -> None:
    attack(app, "agent1", tries=FREE_BY_ACCOUNT)
    waits = []
    for number in range(8):
        status, body = try_token(app, "agent1", "wrong", f"10.8.0.{number}")
        assert status == 429
        waits.append(int(str(body["retry_after"])))
        clock.move(seconds=waits[-1])
        attack(app, "agent1", tries=1, begin=100 + number)
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]
    assert try_token(app, "agent2", PASSWORD)[0] == 201


def test_an_owner_under_attack_comes_in_from_where_they_are_known(app: Flask, clock: MovableClock) -> None:
    home = "192.0.2.7"
    assert try_token(app, "agent1", PASSWORD, home)[0] == 201
    clock.move(days=2)
    attack(app, "agent1", tries=FREE_BY_ACCOUNT)
    assert try_token(app, "agent1", PASSWORD, "10.8.0.1")[0] == 429
    assert try_token(app, "agent1", "wrong", home)[0] == 401
    assert try_token(app, "agent1", PASSWORD, home)[0] == 201
    # That the owner has come in makes it no easier for the others.
    assert try_token(app, "agent1", PASSWORD, "10.8.0.1")[0] == 429
    clock.move(days=31)
    attack(app, "agent1", tries=FREE_BY_ACCOUNT)
    status, body = try_token(app, "agent1", PASSWORD, home)
    assert status == 429
    clock.move(seconds=int(str(body["retry_after"])))
    assert try_token(app, "agent1", PASSWORD, home)[0] == 201


def test_too_many_failures_from_one_address_make_it_wait(app: Flask, clock: MovableClock) -> None:
    for number in range(MOST_BY_ADDRESS):
        assert try_token(app, f"guess{number}", "wrong", "10.9.9.9")[0] == 401
    assert try_token(app, "agent1", PASSWORD, "10.9.9.9")[0] == 429
    assert try_token(app, "agent1", PASSWORD, "10.9.9.8")[0] == 201


def test_the_right_password_forgets_earlier_failures(app: Flask, database: Database) -> None:
    for _ in range(MOST_BY_PAIR - 1):
        try_token(app, "agent1", "wrong")
    assert try_token(app, "agent1", PASSWORD)[0] == 201
    with reading(database) as session:
        assert session.scalars(select(FailedSignIn)).all() == []


def test_the_sign_in_page_says_how_long_to_wait(client: Browser) -> None:
    page = client.get("/sign-in").text
    form = {"username": "agent1", "csrf_token": page.split('name="csrf_token" value="')[1].split('"')[0]}
    for _ in range(MOST_BY_PAIR):
        assert client.post("/sign-in", data={**form, "password": "wrong"}).status_code == 422
    answer = client.post("/sign-in", data={**form, "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "15" in answer.text


def test_sign_ins_stand_in_the_audit_log(app: Flask, database: Database) -> None:
    try_token(app, "agent1", "wrong", "10.1.2.3")
    try_token(app, "agent1", PASSWORD, "10.1.2.4")
    with reading(database) as session:
        rows = session.execute(
            select(AuditEntry.action, AuditEntry.subject_name, AuditEntry.address).where(
                AuditEntry.address.is_not(None)
            )
        ).all()
    assert [tuple(row) for row in rows] == [
        ("sign-in.refused", "agent1", "10.1.2.3"),
        ("token.issued", "agent1", "10.1.2.4"),
    ]


def test_a_token_is_stored_as_a_hash_only(app: Flask, database: Database) -> None:
    secret = str(try_token(app, "agent1", PASSWORD)[1]["token"])
    with reading(database) as session:
        stored = session.scalars(select(ApiToken.token_hash)).one()
    assert secret not in stored
    assert len(stored) == 64


def test_a_token_ends(app: Flask, clock: MovableClock) -> None:
    program = program_of(app, "agent1")
    assert program.get("/me").status_code == 200
    clock.at += TOKEN_LIFE + timedelta(seconds=1)
    answer = program.get("/me")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_token_is_dead(app: Flask) -> None:
    program = program_of(app, "agent1")
    assert program.delete("/tokens/current").status_code == 204
    assert program.get("/me").status_code == 401


@pytest.mark.parametrize("header", ["Bearer made-up", "Bearer", "Basic YTpi", "Bearer x y"])
def test_a_wrong_authorization_is_refused_even_beside_a_good_cookie(client: Browser, header: str) -> None:
    browser = client.signed_in_as("agent1")
    assert browser.get("/api/v1/me", headers={"Authorization": header}).status_code == 401


def test_disabling_kills_tokens_and_links(
    app: Flask, client: Browser, database: Database, people: People, clock: MovableClock
) -> None:
    program = program_of(app, "agent1")
    with unit_of_work(database) as session:
        link = operations.send_password_link(session, by=people.admin, now=clock(), user_id=people.agent1.id or 0)
        operations.disable_user(session, by=people.admin, now=clock(), user_id=people.agent1.id or 0)
    assert program.get("/me").status_code == 401
    assert client.get(f"/password/{link.secret}").status_code == 404


def test_a_password_link_works_once_and_signs_out_everywhere(
    app: Flask, client: Browser, database: Database, people: People, clock: MovableClock
) -> None:
    with unit_of_work(database) as session:
        link = operations.send_password_link(session, by=people.admin, now=clock(), user_id=people.agent1.id or 0)
    elsewhere = app.test_client()
    assert isinstance(elsewhere, Browser)
    elsewhere.signed_in_as("agent1")
    page = client.get(f"/password/{link.secret}").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    new = "seven blue herons wade"
    form = {"password": new, "repeated": new, "csrf_token": token}
    assert client.post(f"/password/{link.secret}", data={**form, "repeated": "other"}).status_code == 422
    assert client.post(f"/password/{link.secret}", data=form).status_code == 302
    assert client.post(f"/password/{link.secret}", data=form).status_code == 404
    assert elsewhere.get("/profile").status_code == 302
    assert try_token(app, "agent1", PASSWORD)[0] == 401
    assert try_token(app, "agent1", new)[0] == 201


def test_a_password_link_is_good_for_a_day(
    client: Browser, database: Database, people: People, clock: MovableClock
) -> None:
    with unit_of_work(database) as session:
        link = operations.send_password_link(session, by=people.admin, now=clock(), user_id=people.agent1.id or 0)
    clock.move(hours=24, seconds=1)
    assert client.get(f"/password/{link.secret}").status_code == 404


def test_changing_the_password_needs_the_present_one(app: Flask, client: Browser) -> None:
    browser = client.signed_in_as("agent1")
    new = "seven blue herons wade"
    form = {"old_password": "wrong", "password": new, "repeated": new}
    assert browser.post("/profile/password", data=form).status_code == 422
    assert try_token(app, "agent1", PASSWORD)[0] == 201
    assert browser.post("/profile/password", data={**form, "old_password": PASSWORD}).status_code == 302
    assert try_token(app, "agent1", new)[0] == 201


def test_a_changed_password_signs_the_other_browsers_out(app: Flask, client: Browser) -> None:
    other = app.test_client()
    assert isinstance(other, Browser)
    other.signed_in_as("agent1")
    browser = client.signed_in_as("agent1")
    new = "seven blue herons wade"
    form = {"old_password": PASSWORD, "password": new, "repeated": new}
    browser.post("/profile/password", data={**form, "elsewhere": "y"})
    assert other.get("/profile").status_code == 302
    assert browser.get("/profile").status_code == 200


def test_whoever_changes_the_password_chooses_what_stays_signed_in(app: Flask, client: Browser) -> None:
    other = app.test_client()
    assert isinstance(other, Browser)
    other.signed_in_as("agent1")
    browser = client.signed_in_as("agent1")
    program, colleague = program_of(app, "agent1"), program_of(app, "agent2")
    page = browser.get("/profile").text
    assert re.search(r'name="elsewhere"[^>]*checked|checked[^>]*name="elsewhere"', page)
    assert not re.search(r'name="tokens"[^>]*checked|checked[^>]*name="tokens"', page)
    first, second = "seven blue herons wade", "eight green herons fly"
    browser.post("/profile/password", data={"old_password": PASSWORD, "password": first, "repeated": first})
    assert other.get("/profile").status_code == 200
    assert program.get("/me").status_code == 200
    assert "（1 个）" in browser.get("/profile").text
    form = {"old_password": first, "password": second, "repeated": second, "elsewhere": "y", "tokens": "y"}
    browser.post("/profile/password", data=form)
    assert other.get("/profile").status_code == 302
    assert program.get("/me").status_code == 401
    assert colleague.get("/me").status_code == 200
    assert browser.get("/profile").status_code == 200


def test_two_changes_of_a_password_at_once_do_not_both_win(
    database: Database, people: People, clock: MovableClock
) -> None:
    first, second = passwords.hash_password("first of them all"), passwords.hash_password("second of them all")
    with unit_of_work(database) as session:
        seen = find_user(session, people.agent1.id or 0).password_hash
        own_account.change_password(
            session, by=people.agent1, now=clock(), seen_hash=seen, password_hash=first, keep_session=None
        )
    with pytest.raises(Conflict), unit_of_work(database) as session:
        own_account.change_password(
            session, by=people.agent1, now=clock(), seen_hash=seen, password_hash=second, keep_session=None
        )
