"""What nobody means to send, and what somebody sends on purpose: it is refused with a reason, never answered as a fault."""

from __future__ import annotations

import pytest
from flask import Flask

from crm.core.config import ConfigError, load_config
from crm.core.db import reading, unit_of_work
from crm.customers.models import Customer
from crm.customers.operations import create_customer
from tests.conftest import Browser, program_of
from tests.people import People
from tests.processes.small import straight, user_task
from tests.processes.stories import Story, story
from workflows.models import ProcessInstance

__all__ = ["story"]

ONLY_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
# A sign that Python counts among the digits, but that is no number.
SQUARE = "²"


@ONLY_SQLITE
@pytest.mark.parametrize("seen", [SQUARE, "٣".encode().decode("latin-1"), "1.5", "-1", '"1","2"', "9" * 400])
def test_an_if_match_that_is_no_version_is_refused(app: Flask, people: People, seen: str) -> None:
    answer = program_of(app, "admin").patch(
        f"/users/{people.agent1.id}", json={"phone": "123456"}, headers={"If-Match": seen}
    )
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "If-Match"


@ONLY_SQLITE
def test_a_number_of_thousands_of_digits_in_a_body_is_refused(app: Flask) -> None:
    body = '{"summary": ' + "9" * 5_000 + "}"
    answer = program_of(app, "agent1").post("/service-requests", data=body, content_type="application/json")
    assert answer.status_code == 422


@ONLY_SQLITE
@pytest.mark.parametrize("name", ["substitute_from", "substitute_until"])
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_an_absence_at_the_ends_of_the_calendar_is_refused(
    client: Browser, people: People, name: str, day: str
) -> None:
    form = {"substitute_id": str(people.agent2.id), name: day}
    answer = client.signed_in_as("agent1").post("/profile/substitute", data=form)
    assert answer.status_code == 422
    assert "2199" in answer.text


@ONLY_SQLITE
@pytest.mark.parametrize("number", [SQUARE, "9" * 30, "-1", "1 OR 1=1", "0"])
def test_filters_that_no_record_fits_are_left_out(client: Browser, story: Story, number: str) -> None:
    browser = client.signed_in_as("admin")
    for path, name in (
        ("/tasks", "customer"),
        ("/administration/users", "department"),
        ("/processes/service_request/start", "customer"),
    ):
        assert browser.get(path, query_string={name: number}).status_code == 200


def test_a_page_mark_of_another_order_is_refused(app: Flask, people: People) -> None:
    ground = app.extensions["heliu"]
    with unit_of_work(ground.database) as session:
        for name in ("2026-01-01", "2026-01-02"):
            create_customer(session, by=people.admin, now=ground.clock(), values={"name": name})
    api = program_of(app, "admin")
    for first, then in (("name", "updated"), ("updated", "number"), ("number", "name")):
        mark = api.get("/customers", query_string={"sort": first, "limit": "1"}).get_json()["next"]
        assert mark
        answer = api.get("/customers", query_string={"sort": then, "limit": "1", "cursor": mark})
        assert answer.status_code == 422, (first, then)
        assert answer.get_json()["errors"][0]["field"] == "cursor"


def test_signs_that_grow_are_measured_as_they_are_kept(app: Flask) -> None:
    api = program_of(app, "manager1")
    refused = api.post("/customers", json={"name": "Grown", "phone": "⑴" * 40})
    assert refused.status_code == 422
    assert [error["field"] for error in refused.get_json()["errors"]] == ["phone"]
    assert api.post("/customers", json={"name": "ﷺ" * 120}).status_code == 201


@ONLY_SQLITE
def test_a_filter_tells_no_name_of_a_customer_who_is_not_open_to_the_reader(client: Browser, story: Story) -> None:
    with reading(story.database) as session:
        customer = session.get_one(Customer, story.customer_id)
    path = f"/tasks?customer={story.customer_id}"
    assert customer.name in client.signed_in_as("manager1").get(path).text
    strangers = client.signed_in_as("manager2").get(path).text
    assert customer.name not in strangers
    assert customer.number in strangers


def test_a_case_cannot_be_tied_to_a_customer_who_is_not_open_to_whoever_starts_it(story: Story, app: Flask) -> None:
    form = {"type": "default", "components": [{"type": "textfield", "id": "c", "key": "customer_id", "label": "C"}]}
    start = '<bpmn:startEvent id="begin" />'
    begin = start.replace(" />", ">") + (
        '<bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property name="formKey" value="open" />'
        "</spiffworkflow:properties></bpmn:extensionElements></bpmn:startEvent>"
    )
    small = straight("small", user_task("check"), forms={"open": form})
    files = {name: content.replace(start.encode(), begin.encode()) for name, content in small.files.items()}
    story.publish(type(small)(files))
    answers = {"customer_id": str(story.customer_id)}
    assert program_of(app, "manager2").post("/processes/small/instances", json={"answers": answers}).status_code == 404
    started = program_of(app, "manager1").post("/processes/small/instances", json={"answers": answers})
    assert started.get_json()["customer_id"] == story.customer_id
    odd = program_of(app, "manager1").post("/processes/small/instances", json={"answers": {"customer_id": SQUARE}})
    assert odd.status_code == 201
    with reading(story.database) as session:
        assert session.get_one(ProcessInstance, odd.get_json()["id"]).customer_id is None


@pytest.mark.parametrize(
    "path",
    [
        "/processes/%00/form",
        "/processes/%ED%A0%80/form",
        "/definitions/service_request/versions/9007199254740992",
        "/definitions/service_request/versions/2147483648/bundle",
    ],
)
def test_an_address_that_no_database_can_look_up_is_not_found(app: Flask, path: str) -> None:
    assert program_of(app, "admin").get(path).status_code == 404


@ONLY_SQLITE
def test_whoever_may_not_start_a_process_is_not_offered_its_choices_either(client: Browser, story: Story) -> None:
    browser = client.signed_in_as("marketing")
    for answer in (
        browser.post("/processes/service_request/start/state", data={}),
        browser.get("/api/v1/processes/service_request/form"),
    ):
        assert answer.status_code == 403


@ONLY_SQLITE
def test_refusals_are_described_as_the_problem_documents_that_they_are(app: Flask) -> None:
    described = app.test_client().get("/api/v1/openapi.json").get_json()
    errors = described["components"]["responses"]
    assert set(errors["DEFAULT_ERROR"]["content"]) == {"application/problem+json"}
    assert set(errors["UNPROCESSABLE_ENTITY"]["content"]) == {"application/problem+json"}
    listed = described["paths"]["/api/v1/customers"]["get"]["responses"]["200"]
    assert set(listed["content"]) == {"application/json"}


@pytest.mark.parametrize("number", ["-1", "two", "1.5", "11"])
def test_a_number_of_proxies_that_cannot_be_stops_the_start_with_the_cure(number: str) -> None:
    with pytest.raises(ConfigError, match="HELIU_TRUSTED_PROXIES must be the number of proxies"):
        load_config({"HELIU_SECRET_KEY": "x" * 32, "HELIU_TRUSTED_PROXIES": number})
