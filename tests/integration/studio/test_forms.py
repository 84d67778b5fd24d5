"""Forms in the studio: listed, made, previewed as staff will see them; and what a step hides is hidden from everybody there."""

from __future__ import annotations

import json
import re

import pytest

from crm.core.db import Database, reading, unit_of_work
from crm.core.errors import Conflict, Invalid
from tests.conftest import Browser, as_user
from tests.processes.small import straight, user_task
from tests.processes.stories import Story
from workflows.engine import check
from workflows.operations import deploying
from workflows.operations.tasks import claim
from workflows.studio.drafts import operations, queries
from workflows.studio.forms.rights import set_rights

NOTE = {"type": "textfield", "id": "a", "key": "note", "label": "Note"}
SECRET = {"type": "textfield", "id": "b", "key": "secret", "label": "Secret price", "validate": {"required": True}}
PERSON = {
    "type": "select",
    "id": "c",
    "key": "who",
    "label": "Who",
    "valuesKey": "people",
    "properties": {"widget": "person"},
}
CHANNEL = {"type": "select", "id": "d", "key": "channel", "label": "Channel", "valuesKey": "dictionary/channel"}
FORM = {"type": "default", "id": "note", "components": [NOTE, SECRET, PERSON, CHANNEL]}


@pytest.fixture
def browser(story: Story, client: Browser) -> Browser:
    return as_user(client, "admin")


@pytest.fixture
def draft_id(browser: Browser, story: Story, database: Database) -> int:
    story.publish(straight("small", user_task("check"), user_task("last"), forms={"note": FORM}))
    with unit_of_work(database) as session:
        by = story.people.named("admin")
        return operations.open_draft(session, by=by, now=story.clock(), key="small").id


def preview(browser: Browser, draft_id: int, schema: object, **more: str) -> str:
    sent = {"_schema": schema if isinstance(schema, str) else json.dumps(schema), **more}
    answer = browser.post(f"/studio/drafts/{draft_id}/forms/note/preview", data=sent)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def drawn(page: str) -> str:
    """The form alone, without addresses that differ from page to page."""
    found = re.search(r'<div class="dynamic-form".*?data-form-status></div>', page, re.DOTALL)
    assert found is not None
    return re.sub(r' data-conditions-url="[^"]*"', "", found[0])


def tighten(story: Story, database: Database, draft_id: int, **rights: str) -> None:
    with unit_of_work(database) as session:
        by, now = story.people.named("admin"), story.clock()
        file, _ = queries.bundle_of(session, draft_id).bpmn
        seen = queries.file_of(session, draft_id, file).revision
        set_rights(session, by=by, now=now, draft_id=draft_id, element="check", rights=rights, seen=seen)


def test_the_preview_is_drawn_as_the_task_page_draws_the_form(
    browser: Browser, story: Story, database: Database, draft_id: int
) -> None:
    tighten(story, database, draft_id, secret="hide")
    with reading(database) as session:
        bundle = queries.bundle_of(session, draft_id)
    story.publish(bundle)
    by = story.people.agent1
    story.start(by, "small")
    task = story.task("check")
    with unit_of_work(database) as session:
        claim(session, by=by, now=story.clock(), task_id=task.id)
    staff = as_user(browser, "agent1").get(f"/tasks/{task.id}").get_data(as_text=True)
    shown = preview(as_user(browser, "admin"), draft_id, FORM, _step="check")
    assert "Secret price" not in shown
    assert drawn(shown) == drawn(staff)


def test_the_preview_checks_what_is_entered_and_keeps_nothing(browser: Browser, draft_id: int) -> None:
    refused = preview(browser, draft_id, FORM, _act="check", note="x")
    assert "data-error-summary" in refused
    accepted = preview(browser, draft_id, FORM, _act="check", note="x", secret="1")
    assert "data-error-summary" not in accepted
    assert 'role="status" tabindex="-1"' in accepted


@pytest.mark.parametrize(
    "schema",
    ["{", "[]", '{"components": 3}', {"components": [{**NOTE, "key": "typename"}]}, {"components": [{**PERSON, "valuesKey": "dictionary/no"}]}],
)  # fmt: skip
def test_a_form_that_cannot_be_drawn_is_explained(browser: Browser, draft_id: int, schema: object) -> None:
    assert "notice-warn" in preview(browser, draft_id, schema)


def test_hostile_texts_stay_texts(browser: Browser, draft_id: int) -> None:
    hostile = {**NOTE, "label": '"><img src=x onerror=alert(1)>', "id": "<script>"}
    assert "<img src=x" not in preview(browser, draft_id, {"components": [hostile]})
    assert "<script>" not in preview(browser, draft_id, {"components": [hostile, {"type": "<script>"}]})


def test_a_hidden_field_is_neither_in_the_page_nor_in_the_api_nor_taken_from_a_request(
    browser: Browser, story: Story, database: Database, draft_id: int
) -> None:
    tighten(story, database, draft_id, secret="hide", note="read")
    with reading(database) as session:
        bundle = queries.bundle_of(session, draft_id)
    story.publish(bundle)
    by = story.people.agent1
    story.start(by, "small")
    task = story.task("check")
    with unit_of_work(database) as session:
        claim(session, by=by, now=story.clock(), task_id=task.id)
    staff = as_user(browser, "agent1")
    assert "Secret price" not in staff.get(f"/tasks/{task.id}").get_data(as_text=True)
    told = staff.get(f"/api/v1/tasks/{task.id}").get_json()["form"]
    assert "Secret price" not in json.dumps(told)
    assert [field["read_only"] for field in told["fields"] if field["path"] == "note"] == [True]
    done = story.complete(by, task.id, secret="stolen", note="changed")
    assert "secret" not in (done.answers or {}) and "note" not in (done.answers or {})


def test_a_right_for_a_field_that_is_gone_is_a_warning(draft_id: int, story: Story, database: Database) -> None:
    tighten(story, database, draft_id, secret="hide")
    with unit_of_work(database) as session:
        by, now = story.people.named("admin"), story.clock()
        content, seen = (
            json.dumps({**FORM, "components": [NOTE]}),
            queries.file_of(session, draft_id, "note.form.json").revision,
        )
        operations.save_file(
            session, by=by, now=now, draft_id=draft_id, name="note.form.json", content=content, seen=seen
        )
        found = check(
            queries.bundle_of(session, draft_id),
            operations={},
            roles=deploying.role_keys(session),
            check_form=deploying.check_form,
        )
    assert [(problem.element, problem.severity) for problem in found] == [("check", "warning")]


def test_rights_name_fields_of_the_form_and_meet_who_saved_meanwhile(
    draft_id: int, story: Story, database: Database
) -> None:
    with pytest.raises(Invalid):
        tighten(story, database, draft_id, other="hide")
    with pytest.raises(Invalid):
        tighten(story, database, draft_id, note="destroy")
    tighten(story, database, draft_id, note="read")
    with pytest.raises(Conflict), unit_of_work(database) as session:
        by, now = story.people.named("admin"), story.clock()
        set_rights(session, by=by, now=now, draft_id=draft_id, element="check", rights={"note": "hide"}, seen=1)


def test_a_form_is_made_opened_and_removed(browser: Browser, draft_id: int) -> None:
    forms = f"/studio/drafts/{draft_id}/forms"
    answer = browser.post(forms, data={"key": "approve", "title": "Approval"})
    assert answer.location.endswith("/forms/approve")
    assert browser.get(answer.location).status_code == 200
    assert browser.post(forms, data={"key": "approve", "title": ""}).status_code == 422
    assert browser.post(forms, data={"key": "a b", "title": ""}).status_code == 422
    assert browser.post(f"{forms}/note/remove", data={"seen": "1"}).status_code == 422
    seen = re.search(r'forms/approve/remove.*?name="seen" value="(\d+)"', browser.get(forms).get_data(as_text=True))
    assert seen is not None
    browser.post(f"{forms}/approve/remove", data={"seen": seen[1]})
    assert "approve</code>" not in browser.get(forms).get_data(as_text=True)


def test_only_administrators_of_processes_get_in(browser: Browser, draft_id: int) -> None:
    staff = as_user(browser, "agent1")
    for path in ("forms", "forms/note", "rights/check"):
        assert staff.get(f"/studio/drafts/{draft_id}/{path}").status_code == 403
    assert staff.post(f"/studio/drafts/{draft_id}/forms/note/preview", data={"_schema": "{}"}).status_code == 403
