"""A scenario that a changed draft goes beyond, or whose answers no longer fit, is opened as a trial and kept in its own place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from crm.core.audit import AuditEntry
from crm.core.db import Database, reading
from tests.conftest import Browser, as_user
from tests.integration.studio.test_scenarios import finish, keep
from tests.integration.studio.test_trying_pages import KEY, script_in, token_in
from tests.processes.stories import Story
from workflows.studio.trying.models import Scenario

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
DIAGRAM = f"{KEY}.bpmn"
# A second look at what was done, before the customer is asked; it has the form of archiving.
APPROVAL = """<bpmn:userTask id="approve" name="Approve"><bpmn:extensionElements><spiffworkflow:properties>
<spiffworkflow:property name="formKey" value="archive"/></spiffworkflow:properties></bpmn:extensionElements>
<bpmn:incoming>f_handled</bpmn:incoming><bpmn:outgoing>f_approved</bpmn:outgoing></bpmn:userTask>
<bpmn:sequenceFlow id="f_approved" sourceRef="approve" targetRef="feedback"/>
<bpmn:sequenceFlow id="f_handled" sourceRef="keep_handling" targetRef="approve"/>"""
WITH_APPROVAL = (
    ('<bpmn:sequenceFlow id="f_handled" sourceRef="keep_handling" targetRef="feedback"/>', APPROVAL),
    ("<bpmn:incoming>f_handled</bpmn:incoming>", "<bpmn:incoming>f_approved</bpmn:incoming>"),
    ("<bpmn:flowNodeRef>handle</bpmn:flowNodeRef>", "<bpmn:flowNodeRef>handle</bpmn:flowNodeRef>"
     "<bpmn:flowNodeRef>approve</bpmn:flowNodeRef>"),
)  # fmt: skip


@pytest.fixture
def scenario(story: Story) -> Scenario:
    return keep(story, finish(story), "an ordinary repair")


@pytest.fixture
def browser(story: Story, client: Browser) -> Browser:
    found = as_user(client, "admin")
    found.post("/language", data={"language": "en"})
    return found


@pytest.fixture
def draft_id(browser: Browser) -> int:
    return int(browser.post("/studio/drafts", data={"key": KEY}).location.rsplit("/", 1)[1])


def change(browser: Browser, draft_id: int, file: str, *swaps: tuple[str, str]) -> None:
    place = f"/studio/drafts/{draft_id}/files/{file}"
    found = browser.get(place, headers={"Accept": "application/json"}).get_json()
    content = found["content"]
    for old, new in swaps:
        assert old in content
        content = content.replace(old, new, 1)
    assert browser.put(place, json={"content": content, "seen": found["revision"]}).status_code == 200


def go_on(browser: Browser, draft_id: int, scenario: Scenario) -> str:
    answer = browser.get(f"/studio/drafts/{draft_id}/try?scenario={scenario.id}")
    assert answer.status_code == 200
    return answer.text


def act(browser: Browser, draft_id: int, scenario: Scenario, page: str, **sent: Any) -> str:
    data = {"script": script_in(page), "scenario": scenario.id, **sent}
    return browser.post(f"/studio/drafts/{draft_id}/try", data=data).text


def steps_in(page: str) -> list[str]:
    return [step["node"] for step in json.loads(script_in(page))["steps"]]


def kept(database: Database, scenario: Scenario) -> Scenario:
    with reading(database) as session:
        return session.get_one(Scenario, scenario.id)


def replacing(page: str, scenario: Scenario, **more: Any) -> dict[str, Any]:
    """What the form sends that keeps the trial in the place of the scenario."""
    revision = page.split('name="revision" value="')[1].split('"')[0]
    given = {"do": "replace", "scenario": scenario.id, "seen": scenario.version, "reason": "approved from now on"}
    return {**given, "script": script_in(page), "revision": revision, **more}


def test_a_scenario_goes_on_where_the_draft_asks_for_one_more_answer(
    browser: Browser, draft_id: int, scenario: Scenario, database: Database
) -> None:
    change(browser, draft_id, DIAGRAM, *WITH_APPROVAL)
    place = f"/studio/drafts/{draft_id}/try?scenario={scenario.id}"
    for listing in (f"/studio/processes/{KEY}/scenarios", f"/studio/drafts/{draft_id}/publish?weigh=1"):
        assert place in browser.get(listing).text
    page = go_on(browser, draft_id, scenario)
    assert steps_in(page) == ["assign", "handle"]
    assert "asks for something else" in page and "not used yet: Feedback, Archive." in page
    approved = act(browser, draft_id, scenario, page, do="complete", token=token_in(page), note="seen")
    # The next step is offered as the scenario answers it; all of the rest can be given at once.
    assert "客户确认恢复正常" in approved and 'value="follow"' in approved
    over = act(browser, draft_id, scenario, approved, do="follow")
    assert steps_in(over) == ["assign", "handle", "approve", "feedback", "archive"]
    assert kept(database, scenario).content == scenario.content, "leaving changes nothing"
    answer = browser.post(f"/studio/drafts/{draft_id}/try/keep", data=replacing(over, scenario))
    assert answer.status_code == 302
    assert "as expected" in browser.get(f"{answer.location}?against=draft").text
    found = kept(database, scenario)
    assert (found.name, found.version) == ("an ordinary repair", 2)
    assert [step["node"] for step in found.content["steps"]] == steps_in(over)
    assert "approve" in found.content["expect"]["path"] and found.content["expect"]["completed"]
    with reading(database) as session:
        line = session.scalars(select(AuditEntry).where(AuditEntry.action == "scenario.replaced")).one()
    assert line.new is not None and line.new["reason"] == "approved from now on"


def test_answers_that_no_longer_fit_stand_in_their_form_with_the_fault(
    browser: Browser, draft_id: int, scenario: Scenario
) -> None:
    words = '{"type": "textarea", "id": "handle_handling", "key": "handling", "label": "Handling"'
    part = '{"type": "textfield", "id": "part", "key": "part", "label": "Part", "validate": {"required": true}}, '
    change(browser, draft_id, "handle.form.json", (words, part + words))
    page = go_on(browser, draft_id, scenario)
    assert steps_in(page) == ["assign"]
    assert "no longer fits the form of “Handle”" in page
    assert "更换主轴轴承" in page and "Part is required." in page
    done = act(browser, draft_id, scenario, page, do="complete", token=token_in(page), part="X", handling="done")
    assert steps_in(act(browser, draft_id, scenario, done, do="follow")) == ["assign", "handle", "feedback", "archive"]

    change(browser, draft_id, "handle.form.json", (part, ""), ('"key": "handling"', '"key": "work"'))
    renamed = go_on(browser, draft_id, scenario)
    assert "“handling” is not asked here any more" in renamed and "Handling is required." in renamed
    # Whoever means them all the same may give them without the form.
    assert "{\n  handling: &#34;更换主轴轴承，试机正常。&#34;" in renamed


def test_whoever_saw_an_older_draft_or_scenario_is_told_and_keeps_the_trial(
    browser: Browser, draft_id: int, scenario: Scenario, database: Database
) -> None:
    keeping = f"/studio/drafts/{draft_id}/try/keep"
    sent = replacing(go_on(browser, draft_id, scenario), scenario, reason="as meant")

    def refused(status: int, told: str, **given: Any) -> str:
        answer = browser.post(keeping, data=sent | given)
        assert answer.status_code == status
        assert told in answer.text and json.loads(script_in(answer.text)) == json.loads(sent["script"])
        return answer.text

    change(browser, draft_id, DIAGRAM, ('name="Handle"', 'name="Repair"'))
    again = refused(409, "The draft was changed since")
    assert "as meant" in again
    newest = replacing(again, scenario)["revision"]
    browser.post(f"/studio/processes/{KEY}/scenarios/{scenario.id}", data={"name": "other words", "seen": "1"})
    refused(409, "Somebody has changed this scenario meanwhile.", revision=newest)
    refused(422, 'id="replace-reason-fault"', revision=newest, seen=2, reason=" ")
    refused(422, 'id="scenario-name-fault"', revision=newest, do="keep", name="other words")
    assert kept(database, scenario).version == 2
    staff = as_user(browser, "agent1")
    assert staff.post(keeping, data=sent | {"revision": newest}).status_code == 403
    assert staff.get(f"/studio/drafts/{draft_id}/try?scenario={scenario.id}").status_code == 403
    as_user(browser, "admin").post(f"/studio/processes/{KEY}/scenarios/{scenario.id}/delete")
    refused(404, "This scenario does not exist any more.", revision=newest)
    assert browser.get(f"/studio/drafts/{draft_id}/try?scenario={scenario.id}").status_code == 404
