"""Service requests as a browser and a program see them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from crm.core.db import Database, unit_of_work
from crm.customers.operations import create_customer
from crm.service import operations as service
from tests.conftest import MovableClock, as_user, program_of
from tests.people import People


@pytest.fixture
def ids(delivered: Database, people: People, now: datetime) -> dict[str, int]:
    """A customer of manager1, a request of it that agent2 has handled, and one that is only opened."""
    with unit_of_work(delivered) as session:
        customer = create_customer(session, by=people.manager1, now=now, values={"name": "苏州恒力精密机械有限公司"})
        request = "CNC-850 <b>异响</b>"
        given: dict[str, Any] = {"customer_id": customer.id, "type": "repair", "request": request, "channel": "phone"}
        handled = service.open_request(session, by=people.agent1, now=now, summary="主轴异响", **given)
        service.assign(session, by=people.supervisor, now=now, request_id=handled.id, assignee_id=people.agent2.id)
        service.record_handling(session, by=people.agent2, now=now, request_id=handled.id, handling="更换轴承")
        opened = service.open_request(session, by=people.agent1, now=now, summary="Please call", **given)
        return {"customer": customer.id, "handled": handled.id, "opened": opened.id}


def test_the_list_is_searched_and_filtered(client: FlaskClient, ids: dict[str, int], people: People) -> None:
    browser = as_user(client, "supervisor")
    both = browser.get("/service-requests").text
    assert "主轴异响" in both
    assert "Please call" in both
    for query in ("q=主轴", "status=handled", f"assigned_to_id={people.agent2.id}"):
        page = browser.get(f"/service-requests?{query}").text
        assert ("主轴异响" in page, "Please call" in page) == (True, False), query
    assert "Please call" in browser.get("/service-requests?q=恒力&type=repair").text


def test_only_what_waits_beyond_its_time_is_overdue(
    client: FlaskClient, ids: dict[str, int], clock: MovableClock
) -> None:
    browser = as_user(client, "supervisor")
    assert "Please call" not in browser.get("/service-requests?overdue=1").text
    clock.move(hours=73)
    browser = as_user(client, "supervisor")
    page = browser.get("/service-requests?overdue=1").text
    assert ("Please call" in page, "主轴异响" in page) == (True, False)


def test_the_record_shows_every_step_with_who_and_when(client: FlaskClient, ids: dict[str, int]) -> None:
    page = as_user(client, "agent1").get(f"/service-requests/{ids['handled']}").text
    for words in ("更换轴承", "赵磊", "李明远", "刘芳", f"SR-{ids['handled']:06d}", "苏州恒力", "&lt;b&gt;异响"):
        assert words in page
    assert "<b>异响" not in page


def test_a_customers_page_shows_its_requests_to_those_who_may_see_them(
    client: FlaskClient, ids: dict[str, int]
) -> None:
    assert "主轴异响" in as_user(client, "manager1").get(f"/customers/{ids['customer']}").text


def test_another_managers_requests_are_not_found(client: FlaskClient, app: Flask, ids: dict[str, int]) -> None:
    browser = as_user(client, "manager2")
    assert browser.get(f"/service-requests/{ids['handled']}").status_code == 404
    assert browser.get(f"/service-requests/{ids['handled']}/timeline").status_code == 404
    assert "主轴异响" not in browser.get("/service-requests").text
    api = program_of(app, "manager2")
    assert api.get(f"/service-requests/{ids['handled']}").status_code == 404
    assert api.get("/service-requests").get_json()["items"] == []


def test_a_program_opens_lists_and_reads_requests(app: Flask, ids: dict[str, int]) -> None:
    api = program_of(app, "agent1")
    made = api.post(
        "/service-requests",
        json={
            "customer_id": ids["customer"],
            "type": "enquiry",
            "summary": "报价 👍",
            "request": "五轴的价格？",
            "priority": 3,
        },
    )
    body = made.get_json()
    assert made.status_code == 201, body
    assert (body["number"], body["summary"], body["priority"]) == (f"SR-{body['id']:06d}", "报价 👍", 3)
    assert api.get(f"/service-requests/{body['id']}").get_json()["request"] == "五轴的价格？"
    listed = api.get("/service-requests?type=enquiry&limit=1").get_json()
    assert [row["id"] for row in listed["items"]] == [body["id"]]
    pages = api.get("/service-requests?limit=2&sort=due").get_json()
    rest = api.get(f"/service-requests?limit=2&sort=due&cursor={pages['next']}").get_json()
    assert len({row["id"] for row in pages["items"] + rest["items"]}) == 3


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "party"}, "type"),
        ({"summary": ""}, "summary"),
        ({"summary": "长" * 201}, "summary"),
        ({"request": "x" * 100_000}, "request"),
        ({"request": "a\x00"}, "request"),
        ({"customer_id": None}, "customer_id"),
        ({"contact_id": 77}, "contact_id"),
        ({"priority": 4}, "priority"),
        ({"status": "archived"}, "status"),
        ({"opened_by_id": 1}, "opened_by_id"),
    ],
)
def test_wrong_input_is_answered_by_the_name_of_its_field(
    app: Flask, ids: dict[str, int], change: dict[str, object], field: str
) -> None:
    body = {"customer_id": ids["customer"], "type": "enquiry", "summary": "s", "request": "r", **change}
    answer = program_of(app, "agent1").post("/service-requests", json=body)
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.get_json()["errors"]] == [field]


def test_a_filter_that_cannot_be_is_refused_by_name(app: Flask, ids: dict[str, int]) -> None:
    api = program_of(app, "agent1")
    for query, field in (
        ("colour=red", "colour"),
        ("status=sleeping", "status"),
        ("assigned_to_id=me", "assigned_to_id"),
    ):
        answer = api.get(f"/service-requests?{query}")
        assert answer.status_code == 422, query
        assert [fault["field"] for fault in answer.get_json()["errors"]] == [field]


def test_the_clock_is_stopped_and_goes_on_in_the_browser(
    client: FlaskClient, ids: dict[str, int], clock: MovableClock
) -> None:
    browser = as_user(client, "agent1")
    page = f"/service-requests/{ids['opened']}"
    assert f'action="{page}/wait"' in browser.get(page).text
    assert browser.post(f"{page}/wait", data={"question": " "}).status_code == 422
    stopped = browser.post(f"{page}/wait", data={"question": "序列号 <i>?</i>", "next": "/tasks?folder=mine"})
    assert (stopped.status_code, stopped.location) == (302, "/tasks?folder=mine")
    shown = browser.get(page).text
    assert "序列号 &lt;i&gt;?&lt;/i&gt;" in shown
    assert f'action="{page}/answered"' in shown
    clock.move(hours=5)
    assert browser.post(f"{page}/answered", data={"answer": "A-1188", "next": "https://elsewhere"}).location == page
    assert "A-1188" in browser.get(page).text
    assert f'action="{page}/wait"' not in browser.get(f"/service-requests/{ids['handled']}").text


def test_a_program_stops_the_clock_and_lets_it_go_on(app: Flask, ids: dict[str, int], clock: MovableClock) -> None:
    api, path = program_of(app, "agent1"), f"/service-requests/{ids['opened']}"
    before = api.get(path).json
    assert before is not None
    assert api.post(f"{path}/wait", json={}).status_code == 422
    stopped = api.post(f"{path}/wait", json={"question": "序列号？"}).json
    assert stopped is not None and (stopped["waiting_since"], stopped["waiting_for"]) == (
        clock().isoformat(),
        "序列号？",
    )
    assert api.post(f"{path}/wait", json={"question": "?"}).status_code == 422
    clock.move(hours=5)
    answered = api.post(f"{path}/answered", json={}).json
    assert answered is not None and (answered["waiting_since"], answered["waited_minutes"]) == (None, 300)
    # Without a calendar every hour counts.
    moved = datetime.fromisoformat(answered["due_at"]) - datetime.fromisoformat(before["due_at"])
    assert moved.total_seconds() == 5 * 3600
    assert program_of(app, "contracts").post(f"{path}/wait", json={"question": "?"}).status_code == 403
    assert program_of(app, "stranger").post(f"{path}/wait", json={"question": "?"}).status_code == 404
