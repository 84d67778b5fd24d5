"""The application stands: it answers, shows its sign-in page, and lets people in."""

from __future__ import annotations

import pytest

from crm.core import heartbeat
from crm.core.db import Database, unit_of_work
from tests.conftest import Browser, MovableClock


def test_a_guest_is_led_to_the_sign_in_page(client: Browser) -> None:
    answer = client.get("/profile?x=1")
    assert answer.status_code == 302
    assert answer.location == "/sign-in?next=/profile?x%3D1"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/sign-in"])
def test_what_is_open_to_everybody_answers(client: Browser, path: str) -> None:
    assert client.get(path).status_code == 200


def test_a_signed_in_person_sees_their_profile(client: Browser) -> None:
    answer = client.signed_in_as("agent1").get("/profile")
    assert answer.status_code == 200
    assert "刘芳" in answer.text


def test_an_unknown_address_is_answered_kindly(client: Browser) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "Content-Security-Policy" in answer.headers


def test_user_name_and_password_let_a_person_in(client: Browser) -> None:
    page = client.get("/sign-in").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"username": "Agent1", "password": "heliu-demo", "next": "/profile", "csrf_token": token}
    answer = client.post("/sign-in", data=form)
    assert (answer.status_code, answer.location) == (302, "/profile")
    assert client.get("/profile").status_code == 200


def test_readiness_tells_whether_anybody_keeps_the_time(
    client: Browser, database: Database, clock: MovableClock
) -> None:
    assert "scheduler: silent" in client.get("/readyz").text
    with unit_of_work(database) as session:
        heartbeat.beat(session, worker="one", now=clock())
    assert "scheduler: at work" in client.get("/readyz").text
