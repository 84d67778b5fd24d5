"""Pages of drafts and what their scripts ask for, as an administrator's browser does."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest

from crm.core.db import Database, unit_of_work
from tests.conftest import Browser, as_user
from tests.processes.stories import Story
from workflows.studio.drafts import operations, queries

KEY = "service_request"
DIAGRAM = "service_request.bpmn"
JSON = {"Accept": "application/json"}
HOSTILE = '"><img src=x onerror=alert(1)>'


@pytest.fixture
def browser(story: Story, client: Browser) -> Browser:
    return as_user(client, "admin")


@pytest.fixture
def draft_id(browser: Browser, database: Database) -> int:
    answer = browser.post("/studio/drafts", data={"key": KEY})
    assert answer.status_code == 302
    return int(answer.location.rsplit("/", 1)[1])


def content_of(browser: Browser, draft_id: int, name: str) -> dict[str, Any]:
    found = browser.get(f"/studio/drafts/{draft_id}/files/{name}", headers=JSON).get_json()
    assert isinstance(found, dict)
    return found


def save(browser: Browser, draft_id: int, name: str, content: str, seen: int) -> Any:
    body = {"content": content, "seen": seen}
    return browser.put(f"/studio/drafts/{draft_id}/files/{name}", json=body, headers=JSON)


def test_the_studio_lists_every_process_with_its_draft(browser: Browser, draft_id: int) -> None:
    page = browser.get("/studio").get_data(as_text=True)
    for key in ("service_request", "complaint", "opportunity", "customer_loss"):
        assert f"<code>{key}</code>" in page
    assert f"/studio/drafts/{draft_id}" in page


def test_a_new_process_is_named_and_then_drawn(browser: Browser) -> None:
    answer = browser.post("/studio/new", data={"key": "website_delivery", "name": HOSTILE})
    assert answer.status_code == 302
    page = browser.get("/studio").get_data(as_text=True)
    assert "<img src=x" not in page and "onerror=alert" in page


def test_a_wrong_key_is_told_at_its_field(browser: Browser) -> None:
    answer = browser.post("/studio/new", data={"key": "service_request", "name": "x"})
    assert answer.status_code == 422
    assert 'id="key-fault"' in answer.get_data(as_text=True)
    assert 'value="service_request"' in answer.get_data(as_text=True)


def test_a_file_is_saved_and_a_stale_saving_is_answered_with_who_was_first(browser: Browser, draft_id: int) -> None:
    found = content_of(browser, draft_id, "handle.form.json")
    saved = save(browser, draft_id, "handle.form.json", found["content"] + "\r\n", found["revision"])
    assert saved.status_code == 200 and saved.get_json()["revision"] > found["revision"]
    stale = save(browser, draft_id, "handle.form.json", "{}", found["revision"])
    assert stale.status_code == 409
    assert stale.get_json()["current"]["revision"] == saved.get_json()["revision"]
    assert stale.get_json()["current"]["name"]
    assert content_of(browser, draft_id, "handle.form.json")["content"].endswith("\r\n")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "body", [None, [], {"content": 1, "seen": 1}, {"content": "", "seen": "1"}, {"content": "", "seen": -1}]
)
def test_what_is_no_saving_is_refused_in_words(browser: Browser, draft_id: int, body: object) -> None:
    answer = browser.put(f"/studio/drafts/{draft_id}/files/x.form.json", json=body, headers=JSON)
    assert answer.status_code == 422
    assert answer.get_json()["detail"]


def test_a_file_is_renamed_and_removed(browser: Browser, draft_id: int) -> None:
    place = f"/studio/drafts/{draft_id}/files"
    first = save(browser, draft_id, "new.form.json", "{}", 0).get_json()["revision"]
    moved = browser.post(
        f"{place}/new.form.json/rename", json={"new_name": "审批.form.json", "seen": first}, headers=JSON
    )
    assert moved.status_code == 200
    gone = browser.delete(f"{place}/审批.form.json", json={"seen": moved.get_json()["revision"]}, headers=JSON)
    assert gone.status_code == 200
    assert browser.get(f"{place}/审批.form.json", headers=JSON).status_code == 404


def test_findings_name_element_and_cure_as_the_diagram_is_changed(browser: Browser, draft_id: int) -> None:
    place = f"/studio/drafts/{draft_id}/findings"
    assert browser.get(place).get_json() == {"findings": []}
    found = content_of(browser, draft_id, DIAGRAM)
    broken = re.sub(r'name="formKey" value="handle"', 'name="formKey" value="nothing"', found["content"])
    assert broken != found["content"]
    save(browser, draft_id, DIAGRAM, broken, found["revision"])
    told = browser.get(place).get_json()["findings"]
    assert [(each["element"], each["severity"]) for each in told] == [("handle", "error")]
    assert "nothing" in told[0]["message"]
    assert browser.get(f"{place}?thorough=1").get_json()["findings"] == told


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_draft_that_cannot_be_read_is_a_finding_and_no_fault(browser: Browser, draft_id: int) -> None:
    found = content_of(browser, draft_id, DIAGRAM)
    save(browser, draft_id, DIAGRAM, "<broken", found["revision"])
    assert browser.get(f"/studio/drafts/{draft_id}/findings").get_json()["findings"]
    assert browser.get(f"/studio/drafts/{draft_id}/catalogue?element=x").status_code == 200
    assert browser.get(f"/studio/drafts/{draft_id}/texts").status_code == 200


def test_the_catalogue_offers_roles_forms_operations_with_types_and_the_variables_before_an_element(
    browser: Browser, draft_id: int
) -> None:
    found = browser.get(f"/studio/drafts/{draft_id}/catalogue?element=assign").get_json()
    assert {"key": "service_agent", "name": "客服专员"} in found["roles"]
    assert "agent1" in {each["username"] for each in found["people"]}
    assert {"people", "products", "customers", "dictionary/channel"} <= set(found["choices"])
    assert {form["key"] for form in found["forms"]} >= {"handle", "assign"}
    assert {"id": "service_level", "name": "按类型与等级定时限", "file": "service_level.dmn"} in found["decisions"]
    plan = next(each for each in found["operations"] if each["name"] == "service/assign")
    assert {"name": "assignee_id", "type": "number", "required": True} in plan["parameters"]
    assert {"name": "note", "type": "text", "required": False} in plan["parameters"]
    names = {each["name"]: each for each in found["variables"]}
    assert names["summary"] == {
        "name": "summary",
        "type": "text",
        "origin": "request_received",
        "label": "概要",
        "values": [],
    }
    assert names["request_id"]["origin"] == "", "what the record brings along is known from the version in force"
    assert len(found["assign"]) == 10


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("words", "kind", "element", "severity", "at"),
    [
        ('priority = "high"', "expression", "assign", None, None),
        ("", "expression", "assign", None, None),
        ("priority = ", "expression", "assign", "error", 11),
        ("${priority > 1}", "expression", "assign", "error", 0),
        ("nobody_leaves_this + 1", "expression", "assign", "warning", 0),
        ("nobody_leaves_this + 1", "expression", "", None, None),
        ("[1..5], > 7", "unary", "", None, None),
        ("1 +", "unary", "", "error", None),
        ("{ total: 1 + 1 }", "context", "assign", None, None),
        ("1 + 1", "context", "assign", "error", 0),
        ("Hello {{ priority }}", "template", "assign", None, None),
        ("Hello {{ priority + }}", "template", "assign", "error", None),
    ],
)
def test_an_expression_is_checked_while_it_is_typed(
    browser: Browser, draft_id: int, words: str, kind: str, element: str, severity: str | None, at: int | None
) -> None:
    body = {"text": words, "kind": kind, "element": element}
    fault = browser.post(f"/studio/drafts/{draft_id}/feel", json=body, headers=JSON).get_json()["fault"]
    assert (fault["severity"] if fault else None) == severity
    if at is not None:
        assert fault["at"] == at


def test_two_windows_hear_of_each_other_and_of_savings(browser: Browser, draft_id: int) -> None:
    place = f"/studio/drafts/{draft_id}/presence"
    assert browser.post(place, json={"window": "a", "file": DIAGRAM}).get_json()["others"] == []
    second = browser.post(place, json={"window": "b", "file": ""}).get_json()
    assert [each["file"] for each in second["others"]] == [DIAGRAM]
    assert second["files"][DIAGRAM] == 1


def test_what_was_published_meanwhile_is_offered_and_taken_over(
    browser: Browser, draft_id: int, database: Database, story: Story
) -> None:
    with unit_of_work(database) as session:
        queries.find_draft(session, draft_id, by=story.people.admin).base_version_id = None
    page = browser.get(f"/studio/drafts/{draft_id}/texts").get_data(as_text=True)
    assert f"/studio/drafts/{draft_id}/rebase" in page
    assert browser.post(f"/studio/drafts/{draft_id}/rebase").status_code == 302
    page = browser.get(f"/studio/drafts/{draft_id}/texts").get_data(as_text=True)
    assert f"/studio/drafts/{draft_id}/rebase" not in page


def test_a_discarded_draft_answers_as_not_there(browser: Browser, draft_id: int) -> None:
    assert browser.post(f"/studio/drafts/{draft_id}/discard").status_code == 302
    assert browser.get(f"/studio/drafts/{draft_id}").status_code == 404
    answer = browser.post(f"/studio/drafts/{draft_id}/presence", json={"window": "a", "file": ""}, headers=JSON)
    assert answer.status_code == 404 and answer.is_json


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_others_are_kept_out_of_the_studio(browser: Browser, draft_id: int) -> None:
    supervisor = as_user(browser, "supervisor")
    place = f"/studio/drafts/{draft_id}"
    for path in ("/studio", "/studio/new", place, f"{place}/texts", f"{place}/files/{DIAGRAM}", f"{place}/findings"):
        assert supervisor.get(path).status_code == 403, path
    assert supervisor.post("/studio/drafts", data={"key": KEY}).status_code == 403
    assert save(supervisor, draft_id, DIAGRAM, "", 1).status_code == 403
    assert supervisor.post(f"{place}/discard").status_code == 403


def test_the_texts_of_a_process_are_listed_with_what_is_missing(browser: Browser, draft_id: int) -> None:
    place = f"/studio/drafts/{draft_id}/texts"
    page = browser.get(place).get_data(as_text=True)
    assert 'data-source="Service request"' in page
    assert "missing=1" not in page, "the delivered process is translated whole"
    found = content_of(browser, draft_id, "texts.json")
    loaded: dict[str, dict[str, str]] = json.loads(found["content"])
    gone = next(source for source in loaded["zh_CN"] if f'data-source="{html.escape(source)}"' in page)
    del loaded["zh_CN"][gone]
    save(browser, draft_id, "texts.json", json.dumps(loaded), found["revision"])
    page = browser.get(f"{place}?missing=1").get_data(as_text=True)
    assert page.count("data-source=") in (0, 2), "only this text, unless the catalogue knows it"


def test_texts_that_cannot_be_read_can_be_corrected(browser: Browser, draft_id: int) -> None:
    found = content_of(browser, draft_id, "texts.json")
    save(browser, draft_id, "texts.json", '{"zh_CN": 1', found["revision"])
    page = browser.get(f"/studio/drafts/{draft_id}/texts").get_data(as_text=True)
    assert "data-raw" in page and "{&#34;zh_CN&#34;: 1" in page


def test_a_hostile_name_stays_text_in_the_frame(browser: Browser, story: Story, database: Database) -> None:
    with unit_of_work(database) as session:
        draft = operations.new_draft(
            session, by=story.people.admin, now=story.clock(), key="hostile", name="</script>" + HOSTILE
        )
    page = browser.get(f"/studio/drafts/{draft.id}/texts").get_data(as_text=True)
    assert "<img src=x" not in page
