"""Pages of trials and scenarios, as an administrator's browser asks for them."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from sqlalchemy import func, select

from crm.core.db import Database, reading
from tests.conftest import Browser, as_user
from tests.integration.studio.test_scenarios import finish
from tests.processes.stories import Story
from workflows.studio.trying.models import Scenario

KEY = "service_request"
START = '{ request_id: 1, customer_id: 1, type: "repair", priority: 1, grade: "normal", region: "east", load: 0 }'
PLANNED = "{ due_at: now(), remind_at: null, proposed_id: 5 }"
HOSTILE = '"><img src=x onerror=alert(1)>'


@pytest.fixture
def browser(story: Story, client: Browser) -> Browser:
    return as_user(client, "admin")


@pytest.fixture
def draft_id(browser: Browser) -> int:
    return int(browser.post("/studio/drafts", data={"key": KEY}).location.rsplit("/", 1)[1])


def script_in(page: str) -> str:
    """The course that the page sends back with each act."""
    found = re.search(r'name="script" value="([^"]*)"', page)
    assert found is not None
    return html.unescape(found[1])


def run(browser: Browser, draft_id: int, script: str = "", status: int = 200, **sent: Any) -> str:
    answer = browser.post(f"/studio/drafts/{draft_id}/try", data={"script": script, **sent})
    assert answer.status_code == status
    return answer.get_data(as_text=True)


def begun(browser: Browser, draft_id: int) -> str:
    """A trial that stands at the first task."""
    asks = run(browser, draft_id, do="begin", start=START)
    assert "service/plan" in asks
    return run(browser, draft_id, script_in(asks), do="answer", result=PLANNED)


def rows(database: Database) -> dict[str, int]:
    with reading(database) as session:
        tables = Scenario.metadata.sorted_tables
        return {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def token_in(page: str) -> str:
    found = re.search(r'name="token" value="(\d+)"', page)
    assert found is not None
    return found[1]


def test_a_trial_goes_step_by_step_and_stores_nothing(browser: Browser, draft_id: int, database: Database) -> None:
    assert browser.get(f"/studio/drafts/{draft_id}/try").status_code == 200
    before = rows(database)
    page = begun(browser, draft_id)
    assert 'name="priority"' in page
    answered = run(
        browser, draft_id, script_in(page), do="complete", token=token_in(page), by_hand="1",
        answers="{ assignee_id: 5, priority: 2 }",
    )  # fmt: skip
    assert "service/assign" in answered
    assert [step["node"] for step in json.loads(script_in(answered))["steps"]] == ["assign"]
    back = run(browser, draft_id, script_in(answered), do="undo")
    assert json.loads(script_in(back))["steps"] == []
    late = run(browser, draft_id, script_in(page), do="fire", timer="assign_late")
    assert json.loads(script_in(late))["steps"] == [{"timer": "assign_late"}]
    assert rows(database) == before


def test_a_form_is_checked_in_a_trial_as_for_staff(browser: Browser, draft_id: int) -> None:
    page = begun(browser, draft_id)
    refused = run(browser, draft_id, script_in(page), 422, do="complete", token=token_in(page), priority="9")
    assert "data-error-summary" in refused
    assert json.loads(script_in(refused))["steps"] == []


@pytest.mark.parametrize("start", ["{", "5", '{ a: "' + "x" * 200_000 + '" }'])
def test_what_a_trial_begins_with_is_refused_at_its_field(browser: Browser, draft_id: int, start: str) -> None:
    assert 'id="start-hint"' in run(browser, draft_id, status=422, do="begin", start=start)


@pytest.mark.parametrize("script", ["", "[]", "{", '{"at": 5}', '{"at":"2026-01-01T00:00:00+00:00","steps":[{}]}'])
def test_a_course_that_makes_no_sense_is_refused(browser: Browser, draft_id: int, script: str) -> None:
    answer = browser.post(f"/studio/drafts/{draft_id}/try", data={"do": "undo", "script": script})
    assert answer.status_code == 422


def test_acts_that_are_not_offered_change_nothing(browser: Browser, draft_id: int) -> None:
    page = begun(browser, draft_id)
    offered: list[dict[str, Any]] = [
        {"do": "fire", "timer": "no"},
        {"do": "hear", "message": "message:x"},
        {"do": "complete", "token": "77"},
        {"do": "?"},
    ]
    for sent in offered:
        assert script_in(run(browser, draft_id, script_in(page), **sent)) == script_in(page)


def test_a_trial_is_kept_as_a_scenario_and_replayed(browser: Browser, draft_id: int) -> None:
    page = begun(browser, draft_id)
    revision = page.split('name="revision" value="')[1].split('"')[0]
    sent = {"script": script_in(page), "name": HOSTILE, "revision": revision}
    kept = browser.post(f"/studio/drafts/{draft_id}/try/keep", data=sent)
    assert kept.status_code == 302
    shown = browser.get(kept.location).get_data(as_text=True)
    assert "<img src=x" not in shown
    listed = browser.get(f"/studio/processes/{KEY}/scenarios?against=1").get_data(as_text=True)
    assert "<img src=x" not in listed and kept.location.split("?")[0] in listed


def test_a_finished_case_becomes_a_scenario_with_other_words(
    browser: Browser, story: Story, database: Database
) -> None:
    instance_id = finish(story)
    assert f"/cases/{instance_id}/scenario" in browser.get(f"/cases/{instance_id}").get_data(as_text=True)
    page = browser.get(f"/cases/{instance_id}/scenario").get_data(as_text=True)
    assert "更换主轴轴承" in page
    wrong = browser.post(f"/cases/{instance_id}/scenario", data={"name": "x", "act-1": "{"})
    assert wrong.status_code == 422 and 'id="act-1-hint"' in wrong.get_data(as_text=True)
    kept = browser.post(f"/cases/{instance_id}/scenario", data={"name": "x", "act-1": '{ handling: "done" }'})
    assert kept.status_code == 302
    with reading(database) as session:
        content = session.scalars(select(Scenario.content)).one()
    assert content["steps"][1]["answers"] == {"handling": "done"}
    assert content["expect"]["completed"] is True


def test_a_scenario_is_changed_accepted_and_deleted(browser: Browser, story: Story, database: Database) -> None:
    instance_id = finish(story)
    place = browser.post(f"/cases/{instance_id}/scenario", data={"name": "x"}).location
    bare = browser.post(place, data={"name": "y", "seen": "1", "act-2": '{ result: "no", satisfaction: 1 }'})
    assert bare.status_code == 302
    assert "service/return_to_handling" in browser.get(place).get_data(as_text=True)
    stale = browser.post(place, data={"name": "z", "seen": "1"})
    assert stale.status_code == 409
    assert browser.post(place, data={"name": "", "seen": "2"}).status_code == 422
    assert browser.post(f"{place}/delete").status_code == 302
    assert browser.get(place).status_code == 404


def test_a_draft_with_errors_says_what_keeps_it_from_running(browser: Browser, draft_id: int) -> None:
    name = "service_request.bpmn"
    found = browser.get(f"/studio/drafts/{draft_id}/files/{name}", headers={"Accept": "application/json"}).get_json()
    broken = found["content"].replace('value="handle"', 'value="no_such_form"')
    assert broken != found["content"]
    saved = browser.put(f"/studio/drafts/{draft_id}/files/{name}", json={"content": broken, "seen": found["revision"]})
    assert saved.status_code == 200
    page = browser.get(f"/studio/drafts/{draft_id}/try")
    assert page.status_code == 200 and "no_such_form" in page.get_data(as_text=True)
    assert browser.get(f"/studio/processes/{KEY}/scenarios").status_code == 200


def test_staff_may_not_try_nor_see_scenarios(browser: Browser, draft_id: int, story: Story, client: Browser) -> None:
    instance_id = finish(story)
    staff = as_user(client, "agent1")
    for path in (
        f"/studio/drafts/{draft_id}/try",
        f"/studio/processes/{KEY}/scenarios",
        f"/cases/{instance_id}/scenario",
    ):
        assert staff.get(path).status_code == 403
