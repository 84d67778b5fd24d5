"""What is answered when something cannot be done: always a page or a problem document, never a trace, never somebody's data."""

from __future__ import annotations

import errno
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import validate
from sqlalchemy import text

from app import create_app
from crm.core.db import Database
from crm.core.errors import Conflict, Fault, Invalid, RuleBroken
from crm.core.i18n import text as sentence
from crm.web.doors import public, reading_session, writing
from tests.conftest import Browser, MovableClock, Program, program_of, settings

# What a customer told us; it must not stand in a log.
PHONE = "13800138000"


def token_of(page: str) -> str:
    return page.split('name="csrf_token" value="')[1].split('"')[0]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
class TestPages:
    def test_an_unknown_address_says_so_in_the_readers_language(self, client: Browser) -> None:
        client.set_cookie("heliu_language", "en")
        answer = client.get("/no/such/place")
        assert answer.status_code == 404
        assert "This page or record does not exist" in answer.text

    @pytest.mark.parametrize("number", ["0", "9007199254740993", "9" * 40])
    def test_a_number_that_no_record_has_is_not_found(self, client: Browser, number: str) -> None:
        browser = client.signed_in_as("admin")
        assert browser.get(f"/customers/{number}").status_code == 404
        assert browser.get(f"/api/v1/customers/{number}").status_code == 404

    def test_a_post_without_our_token_is_refused_and_changes_nothing(self, client: Browser) -> None:
        browser = client.signed_in_as("agent1")
        del browser.environ_base["HTTP_X_CSRFTOKEN"]
        form = {"locale": "en", "timezone": "UTC", "phone": "1234567"}
        assert browser.post("/profile", data=form).status_code == 400
        assert browser.post("/profile", data={**form, "csrf_token": "made up"}).status_code == 400
        assert "1234567" not in browser.get("/profile").text

    def test_a_token_of_another_session_is_refused(self, app: Flask, client: Browser) -> None:
        stranger = app.test_client()
        theirs = token_of(stranger.get("/sign-in").text)
        browser = client.signed_in_as("agent1")
        del browser.environ_base["HTTP_X_CSRFTOKEN"]
        assert browser.post("/profile", data={"csrf_token": theirs}).status_code == 400

    def test_signing_in_needs_our_token_too(self, client: Browser) -> None:
        client.get("/sign-in")
        assert client.post("/sign-in", data={"username": "agent1", "password": "heliu-demo"}).status_code == 400

    def test_a_cookie_does_not_open_the_api_for_posts_from_elsewhere(self, client: Browser) -> None:
        browser = client.signed_in_as("agent1")
        assert browser.get("/api/v1/me").status_code == 200
        del browser.environ_base["HTTP_X_CSRFTOKEN"]
        answer = browser.delete("/api/v1/tokens/current")
        assert answer.status_code == 400
        assert answer.get_json()["title"] == "stale-token"

    def test_a_body_that_is_too_large_is_refused(self, client: Browser) -> None:
        browser = client.signed_in_as("agent1")
        answer = browser.post("/profile", data={"phone": "1" * 1_100_000})
        assert answer.status_code == 413
        assert "1 MB" in answer.text
        assert "Content-Security-Policy" in answer.headers

    def test_a_flood_of_fields_is_refused(self, client: Browser) -> None:
        body = {f"field{number}": "x" for number in range(1_001)}
        answer = client.signed_in_as("agent1").post("/profile", data=body, content_type="multipart/form-data")
        assert answer.status_code == 413

    @pytest.mark.parametrize("value", ["a\x00b", "\ud83d"])
    def test_text_that_no_database_takes_is_refused(self, client: Browser, value: str) -> None:
        browser = client.signed_in_as("admin")
        path = "/administration/users?q=" + value.encode("utf-8", "surrogatepass").decode("latin-1")
        assert browser.get(path).status_code in {200, 422}
        assert browser.post("/profile", data={"phone": "a\x00b"}).status_code == 422

    @pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "/\\evil.example"])
    def test_signing_in_leads_to_this_site_only(self, client: Browser, target: str) -> None:
        token = token_of(client.get("/sign-in").text)
        form = {"username": "agent1", "password": "heliu-demo", "csrf_token": token, "next": target}
        assert client.post("/sign-in", data=form).location == "/"
        assert client.get("/sign-in", query_string={"next": target}).location == "/"
        token = token_of(client.get("/profile").text)
        form = {"language": "en", "next": target, "csrf_token": token}
        assert client.post("/language", data=form).location == "/"

    def test_a_part_of_a_page_leads_the_whole_page_to_the_door(self, client: Browser) -> None:
        place = "http://localhost/customers?q=a"
        answer = client.get("/tasks/count", headers={"HX-Request": "true", "HX-Current-URL": place})
        assert answer.status_code == 401
        assert answer.headers["HX-Redirect"] == "/sign-in?next=/customers?q%3Da"

    def test_the_wrong_method_is_told(self, client: Browser) -> None:
        answer = client.signed_in_as("agent1").delete("/profile")
        assert answer.status_code == 405
        assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
class TestPrograms:
    @pytest.fixture
    def api(self, app: Flask) -> Program:
        return program_of(app, "agent1")

    def test_the_description_is_valid_and_open(self, client: Browser) -> None:
        answer = client.get("/api/v1/openapi.json")
        assert answer.status_code == 200
        validate(answer.get_json())

    def test_a_problem_has_the_shape_of_rfc_9457(self, api: Program) -> None:
        answer = api.get("/nowhere")
        assert answer.status_code == 404
        assert answer.mimetype == "application/problem+json"
        assert set(answer.get_json()) == {"type", "title", "status", "detail", "errors"}

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"username": "x", "password": "y", "admin": True}, "admin"),
            ({"username": "x"}, "password"),
            ({"username": 3, "password": "y"}, "username"),
            ({"username": "x" * 201, "password": "y"}, "username"),
            ({"username": "a\x00b", "password": "y"}, "username"),
        ],
    )
    def test_a_wrong_field_is_named(self, app: Flask, body: dict[str, object], field: str) -> None:
        answer = app.test_client().post("/api/v1/tokens", json=body)
        assert answer.status_code == 422
        problem = answer.get_json()
        assert [error["field"] for error in problem["errors"]] == [field]
        assert problem["errors"][0]["message"]

    @pytest.mark.parametrize(
        "body", ["", "{", "[]", "null", "3", '"x"', "[" * 100_000, '{"username": NaN, "password": 1}']
    )
    def test_a_body_that_is_no_object_is_refused(self, app: Flask, body: str) -> None:
        answer = app.test_client().post("/api/v1/tokens", data=body, content_type="application/json")
        assert answer.status_code in {400, 422}
        assert answer.mimetype == "application/problem+json"

    def test_half_a_character_is_refused(self, app: Flask) -> None:
        body = '{"username": "a\\ud800b", "password": "y"}'
        answer = app.test_client().post("/api/v1/tokens", data=body, content_type="application/json")
        assert answer.status_code == 422
        assert answer.get_json()["errors"][0]["field"] == "username"

    def test_a_body_that_is_too_large_is_refused(self, app: Flask) -> None:
        body = {"username": "x" * 1_100_000, "password": "y"}
        assert app.test_client().post("/api/v1/tokens", json=body).status_code == 413

    def test_an_unknown_filter_is_named(self, api: Program) -> None:
        answer = api.get("/users?colour=red")
        assert answer.status_code == 422
        assert answer.get_json()["errors"][0]["field"] == "colour"

    def test_pages_follow_each_other_without_gap_or_repeat(self, api: Program) -> None:
        seen: list[str] = []
        cursor = ""
        while True:
            page = api.get("/users", query_string={"limit": 3, **({"cursor": cursor} if cursor else {})}).get_json()
            seen += [person["username"] for person in page["items"]]
            cursor = page["next"]
            if not cursor:
                break
        assert len(seen) == len(set(seen)) == 10

    @pytest.mark.parametrize("cursor", ["x", "WzEsMl0.AAAA", "null"])
    def test_a_made_up_page_mark_is_refused(self, api: Program, cursor: str) -> None:
        answer = api.get("/users", query_string={"cursor": cursor})
        assert answer.status_code == 422
        assert answer.get_json()["errors"][0]["field"] == "cursor"

    def test_the_problem_speaks_the_readers_language(self, app: Flask) -> None:
        body = {"username": "agent1"}
        asked = app.test_client().post("/api/v1/tokens", json=body, headers={"Accept-Language": "en"}).get_json()
        assert asked["errors"] == [{"field": "password", "message": "This field is required."}]


def raising(error: Callable[[], BaseException]) -> Callable[[], str]:
    @public
    def view() -> str:
        raise error()

    return view


@pytest.fixture
def broken(database: Database, clock: MovableClock, tmp_path: Path) -> Flask:
    """An application with views that fail in every way."""
    app = create_app(settings(database.url, tmp_path), database=database, clock=clock)
    app.testing = True
    errors: dict[str, Callable[[], BaseException]] = {
        "rule": lambda: RuleBroken(sentence("The request {number} is archived.", number=7)),
        "invalid": lambda: Invalid([Fault("phone", sentence("A name is needed."))]),
        "conflict": lambda: Conflict(sentence("A colleague was first."), current={"name": "newer"}),
        "fault": lambda: KeyError(PHONE),
        "full": lambda: OSError(errno.ENOSPC, "No space left on device"),
    }
    for name, error in errors.items():
        app.add_url_rule(f"/break/{name}", f"page_{name}", raising(error))
        app.add_url_rule(f"/api/v1/break/{name}", f"api_{name}", raising(error))

    @app.get("/twice")
    @public
    def twice() -> str:
        with writing() as session:
            session.execute(text("INSERT INTO access_version (id, number) VALUES (1, 1)"))
        return "no"

    @app.get("/wrong-statement")
    @public
    def wrong_statement() -> str:
        with reading_session() as session:
            session.execute(text("SELECT * FROM no_such_table WHERE phone = :phone"), {"phone": PHONE})
        return "no"

    return app


@pytest.mark.parametrize(
    ("name", "status"), [("rule", 422), ("invalid", 422), ("conflict", 409), ("fault", 500), ("full", 507)]
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_each_refusal_has_its_answer(broken: Flask, name: str, status: int) -> None:
    page = broken.test_client().get(f"/break/{name}")
    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert "Traceback" not in page.text
    problem = broken.test_client().get(f"/api/v1/break/{name}")
    assert (problem.status_code, problem.get_json()["status"]) == (status, status)
    if name == "conflict":
        assert problem.get_json()["current"] == {"name": "newer"}
    if name == "rule":
        assert "7" in problem.get_json()["detail"]


@pytest.mark.parametrize("path", ["/api/v1/break/fault", "/wrong-statement"])
def test_a_fault_is_logged_by_number_without_anybodys_data(
    broken: Flask, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    broken.testing = False
    with caplog.at_level(logging.ERROR):
        answer = broken.test_client().get(path)
    assert answer.status_code == 500
    assert PHONE not in caplog.text
    assert PHONE not in answer.text
    incident = caplog.text.split("incident ")[1].split(":")[0]
    assert incident in answer.text
    assert "test_errors.py" in caplog.text


def test_a_value_taken_by_somebody_else_is_a_conflict(broken: Flask) -> None:
    assert broken.test_client().get("/twice").status_code == 409


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_figures_are_for_this_machine_or_the_token(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def status(**rest: Any) -> int:
        return client.get("/metrics", **rest).status_code

    far = {"REMOTE_ADDR": "10.0.0.7"}
    assert status() == 200
    assert status(environ_base=far) == 404
    assert status(headers={"X-Forwarded-For": "10.0.0.7"}) == 404
    monkeypatch.setenv("HELIU_METRICS_TOKEN", "a long enough token")
    assert status(environ_base=far, headers={"Authorization": "Bearer a long enough token"}) == 200
    assert status(environ_base=far, headers={"Authorization": "Bearer another"}) == 404


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_figures_count_views_and_name_no_record(client: Browser) -> None:
    client.signed_in_as("admin").get("/administration/users/4711")
    figures = client.get("/metrics").text
    labels = "".join(re.findall(r"\{.*?\}", figures))
    assert 'view="administration.user"' in labels
    assert "4711" not in labels
