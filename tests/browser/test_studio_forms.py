"""An administrator changes a form in the browser, looks at it as staff will see it, hides a field in a step, and staff meet just that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from crm.core.db import reading, unit_of_work
from tests.browser.driver import accessibility_faults, sideways_overflow
from tests.browser.office import CHINESE, DESKTOP, ENGLISH, PHONE, Office
from tests.processes.small import straight, user_task
from workflows.engine import Bundle
from workflows.operations.tasks import claim
from workflows.studio.drafts import operations, queries

pytestmark = pytest.mark.browser

HOSTILE = '"><img src=x onerror=alert(1)>'
FORM = {
    "type": "default",
    "id": "note",
    "components": [
        {"type": "textfield", "id": "note_field", "key": "note", "label": "备注"},
        {"type": "textfield", "id": "cost", "key": "cost", "label": f"成本 {HOSTILE}"},
    ],
}


def open_draft(office: Office) -> int:
    office.story.publish(straight("small", user_task("check"), user_task("last"), forms={"note": FORM}))
    with unit_of_work(office.database) as session:
        by = office.people.named("admin")
        return operations.open_draft(session, by=by, now=office.clock(), key="small").id


def stored(office: Office, draft_id: int) -> Bundle:
    with reading(office.database) as session:
        return queries.bundle_of(session, draft_id)


@contextmanager
def editing(office: Office, browser: Browser, draft_id: int, language: str, width: int = DESKTOP) -> Iterator[Page]:
    with office.visited(browser, "admin", language=language, width=width) as page:
        page.goto(f"/studio/drafts/{draft_id}/forms/note")
        page.wait_for_selector("[data-form-editor][data-ready=yes]")
        yield page


def put_in(page: Page, kind: str) -> None:
    page.locator(f".fjs-palette-field[data-field-type={kind}]").press("Enter")


def test_a_form_gets_a_person_and_a_rating_and_staff_fill_it_in(chromium: Browser, office: Office) -> None:
    draft_id = open_draft(office)
    before = stored(office, draft_id).files["note.form.json"]
    with editing(office, chromium, draft_id, CHINESE) as page:
        say = office.words(CHINESE)
        page.get_by_role("button", name=say("Preview"), exact=True).click()
        page.get_by_role("button", name=say("Design"), exact=True).click()
        assert stored(office, draft_id).files["note.form.json"] == before, "nothing is written that nobody changed"

        put_in(page, "person")
        expect(page.locator("#heliu-list")).to_have_value("people")
        put_in(page, "rating")
        expect(page.locator("[data-canvas] .fjs-element .fjs-form-field")).to_have_count(4)
        expect(page.locator("[data-save-state]")).to_have_attribute("data-state", "saved")
        expect(page.locator("[data-findings-sum]")).to_have_text(say("Nothing stands in the way of publishing."))
        assert page.evaluate("heliuMissing()") == []

        page.get_by_role("button", name=say("Preview"), exact=True).click()
        sheet = page.locator("[data-preview-place]")
        expect(sheet.get_by_role("combobox", name=say("Person"))).to_be_visible()
        expect(sheet.locator("input[type=radio]")).to_have_count(5)
        assert sheet.locator("img[src=x]").count() == 0

        page.goto(f"/studio/drafts/{draft_id}/rights/check")
        page.locator("input[name='right:cost'][value=hide]").check()
        with page.expect_navigation():
            page.get_by_role("button", name=say("Save"), exact=True).click()
        expect(page.locator("input[name='right:cost'][value=hide]")).to_be_checked()
        assert accessibility_faults(page) == []

    office.story.publish(stored(office, draft_id))
    by = office.people.agent1
    office.story.start(by, "small")
    task = office.story.task("check")
    with unit_of_work(office.database) as session:
        claim(session, by=by, now=office.clock(), task_id=task.id)
    with office.visited(chromium, "agent1", language=CHINESE) as page:
        page.goto(f"/tasks/{task.id}")
        form = page.locator(".work-answers")
        expect(form.get_by_label("备注")).to_be_visible()
        expect(form).not_to_contain_text("成本")
        form.locator("input[type=radio][value='4']").check()
        form.get_by_role("button", name=say("Complete"), exact=True).click()
        expect(page).not_to_have_url(f"/tasks/{task.id}")
    with reading(office.database) as session:
        kept = session.get_one(type(task), task.id).answers
    assert kept is not None and "cost" not in kept
    assert 4 in kept.values()


def test_a_form_that_is_no_form_can_be_corrected_as_text(chromium: Browser, office: Office) -> None:
    draft_id = open_draft(office)
    with unit_of_work(office.database) as session:
        seen = queries.file_of(session, draft_id, "note.form.json").revision
        operations.save_file(
            session,
            by=office.people.named("admin"),
            now=office.clock(),
            draft_id=draft_id,
            name="note.form.json",
            content='{"components": [{"type": "unheard"}]}',
            seen=seen,
        )
    with office.visited(chromium, "admin", language=ENGLISH) as page:
        page.goto(f"/studio/drafts/{draft_id}/forms/note")
        page.wait_for_selector("[data-form-editor][data-ready=fault]")
        page.get_by_label("Text of the file").fill(json.dumps(FORM))
        expect(page.locator("[data-save-state]")).to_have_attribute("data-state", "saved")
        expect(page.locator("[data-findings-sum]")).to_have_text("Nothing stands in the way of publishing.")


@pytest.mark.parametrize("language", [CHINESE, ENGLISH])
def test_the_editor_can_be_used_by_everybody(chromium: Browser, office: Office, language: str) -> None:
    draft_id = open_draft(office)
    with editing(office, chromium, draft_id, language) as page:
        say = office.words(language)
        assert accessibility_faults(page) == []
        assert sideways_overflow(page) == 0
        page.get_by_role("button", name=say("Preview"), exact=True).click()
        expect(page.locator("[data-preview-place] form")).to_be_visible()
        assert accessibility_faults(page) == []


def test_on_a_telephone_a_form_is_only_looked_at(chromium: Browser, office: Office) -> None:
    with editing(office, chromium, open_draft(office), CHINESE, PHONE) as page:
        expect(page.locator(".studio-form-narrow")).to_be_visible()
        expect(page.locator("[data-preview-place] form")).to_be_visible()
        expect(page.locator(".fjs-palette")).to_have_count(0)
        assert sideways_overflow(page) == 0
