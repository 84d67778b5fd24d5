"""The page of the diagram editor, as a browser asks for it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from crm.core.db import Database, unit_of_work
from tests.conftest import Browser, as_user
from tests.processes.small import straight, user_task
from tests.processes.stories import Story
from workflows.studio.drafts import operations

JSON = {"Accept": "application/json"}
HOSTILE = "</script><script>alert(1)</script>"


@pytest.fixture
def browser(story: Story, client: Browser) -> Browser:
    return as_user(client, "admin")


def made(story: Story, name: str = "Small") -> int:
    bundle = straight("small", user_task("check"))
    with unit_of_work(story.database) as session:
        by = story.people.admin
        return operations.new_draft(
            session, by=by, now=story.clock(), key="small", name=name, files=dict(bundle.files)
        ).id


def block(page: str, name: str) -> Any:
    found = re.search(rf"<script type=\"application/json\" {name}>(.*?)</script>", page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_the_page_brings_the_file_as_it_is_and_the_words_of_the_reader(browser: Browser, story: Story) -> None:
    page = browser.get(f"/studio/drafts/{made(story)}/diagram").get_data(as_text=True)
    facts, editor = block(page, "data-draft-facts"), block(page, "data-editor-facts")
    assert facts["content"].encode() == straight("small", user_task("check")).bpmn[1]
    assert editor["words"]["Who does it"] == "由谁办理"
    assert "string length" in editor["functions"]


def test_names_from_a_diagram_cannot_leave_the_data_of_the_page(browser: Browser, story: Story) -> None:
    page = browser.get(f"/studio/drafts/{made(story, HOSTILE)}/diagram").get_data(as_text=True)
    assert "<script>alert" not in page


def test_a_process_that_nobody_published_has_no_link_to_who_gets_it(browser: Browser, story: Story) -> None:
    page = browser.get(f"/studio/drafts/{made(story)}/diagram").get_data(as_text=True)
    assert block(page, "data-editor-facts")["urls"]["assignees"] == ""


def test_a_diagram_without_a_picture_is_laid_out(browser: Browser, story: Story) -> None:
    draft_id = made(story)
    text = straight("small", user_task("check")).bpmn[1].decode()
    answer = browser.post(f"/studio/drafts/{draft_id}/diagram/layout", json={"text": text}, headers=JSON)
    assert answer.status_code == 200
    assert "BPMNShape" in answer.get_json()["text"]


@pytest.mark.parametrize("text", ["", "no xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "<a>" * 5000])
def test_what_is_no_diagram_is_refused_with_the_reason(browser: Browser, story: Story, text: str) -> None:
    answer = browser.post(f"/studio/drafts/{made(story)}/diagram/layout", json={"text": text}, headers=JSON)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["message"]


def test_an_agent_sees_no_drafts(story: Story, client: Browser, database: Database) -> None:
    draft_id = made(story)
    agent = as_user(client, "agent1")
    assert agent.get(f"/studio/drafts/{draft_id}/diagram").status_code == 403
    assert agent.post(f"/studio/drafts/{draft_id}/diagram/layout", json={"text": ""}, headers=JSON).status_code == 403
