"""A draft in two windows: who is here is told, a stale saving is told, findings appear while somebody types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from crm.core.db import reading, unit_of_work
from crm.permissions import Actor
from tests.browser.office import CHINESE, Office
from tests.browser.test_studio_editor import expect_saved
from workflows.studio.drafts import operations, queries

pytestmark = pytest.mark.browser
KEY = "service_request"
TEXTS = "texts.json"


@pytest.fixture
def draft_id(office: Office) -> int:
    with unit_of_work(office.database) as session:
        return operations.open_draft(session, by=office.people.admin, now=office.clock(), key=KEY).id


@pytest.fixture
def windows(chromium: Browser, office: Office, draft_id: int) -> Iterator[tuple[Page, Page]]:
    """The same draft open twice."""
    with ExitStack() as stack:
        first, second = (stack.enter_context(office.visited(chromium, "admin", language=CHINESE)) for _ in range(2))
        for page in (first, second):
            page.goto(f"/studio/drafts/{draft_id}/texts")
            expect(page.locator("[data-findings-sum]")).not_to_be_empty()
        yield first, second


def english(source: str) -> str:
    """The field for the English words of a text."""
    return f'[data-locale=en][data-source="{source}"]'


def kept(office: Office, draft_id: int) -> dict[str, dict[str, str]]:
    with reading(office.database) as session:
        found: dict[str, dict[str, str]] = json.loads(queries.file_of(session, draft_id, TEXTS).content)
    return found


def test_what_is_typed_is_saved_by_itself(office: Office, windows: tuple[Page, Page], draft_id: int) -> None:
    page, _ = windows
    before = kept(office, draft_id)
    write(page, "Deal with it")
    expect(page.locator("[data-save-state]")).to_have_text(office.words(CHINESE)("Saved"))
    page.reload()
    expect(page.locator(english("Handle"))).to_have_value("Deal with it")
    assert kept(office, draft_id) == {**before, "en": {**before["en"], "Handle": "Deal with it"}}


def test_a_click_that_leads_away_waits_until_all_is_stored(
    office: Office, windows: tuple[Page, Page], draft_id: int
) -> None:
    page, _ = windows
    page.locator(english("Handle")).fill("Deal with it")
    page.locator(".trail a").click()
    page.wait_for_url("**/studio")
    assert kept(office, draft_id)["en"]["Handle"] == "Deal with it"


def test_each_window_hears_of_the_other(office: Office, windows: tuple[Page, Page]) -> None:
    first, second = windows
    name = office.name_of(office.people.admin.id or 0, CHINESE)
    expect(second.locator("[data-others]")).to_contain_text(name)
    first.reload()
    expect(first.locator("[data-others]")).to_contain_text(name)
    expect(first.locator(".studio-others-same")).to_be_visible()


def test_whoever_saves_second_is_asked_and_may_keep_their_own(
    office: Office, windows: tuple[Page, Page], draft_id: int
) -> None:
    first, second = windows
    write(first, "First")
    # Told when it is stored, or before, as soon as this window has heard of the other.
    second.locator(english("Handle")).fill("Second")
    expect(second.locator("[data-conflict]")).to_be_visible()
    assert kept(office, draft_id)["en"]["Handle"] == "First"
    with second.expect_response(lambda answer: answer.request.method == "PUT"):
        second.locator("[data-mine]").click()
    expect(second.locator("[data-conflict]")).to_be_hidden()
    assert kept(office, draft_id)["en"]["Handle"] == "Second"
    first.locator(english("Handle")).fill("Third")
    expect(first.locator("[data-conflict]")).to_be_visible()
    first.locator("[data-theirs]").click()
    expect(first.locator(english("Handle"))).to_have_value("Second")
    expect(first.locator("[data-conflict]")).to_be_hidden()


def write(page: Page, words: str) -> None:
    """Type the English words for the step, and wait until the server has answered."""
    with page.expect_response(lambda answer: answer.request.method == "PUT"):
        page.locator(english("Handle")).fill(words)


def test_findings_come_by_themselves_and_lead_to_their_place(
    office: Office, windows: tuple[Page, Page], draft_id: int
) -> None:
    page, _ = windows
    expect(page.locator("[data-findings-sum]")).to_have_text(
        office.words(CHINESE)("Nothing stands in the way of publishing.")
    )
    by = office.people.admin
    break_the_form(office, by, draft_id)
    page.locator(english("Handle")).fill("Deal with it")
    expect(page.locator(".studio-findings-bad")).to_be_visible()
    page.locator("[data-findings-box] > summary").click()
    goal = page.locator("[data-findings] a").first
    expect(goal).to_have_attribute("href", f"/studio/drafts/{draft_id}/forms/handle")

    # Publishing says on the spot that they stand in its way, and leads to them.
    page.goto(f"/studio/drafts/{draft_id}/publish")
    expect(page.locator("#publish [data-asleep]")).to_be_visible()
    expect(page.locator("[data-publish-sum]")).to_have_text(
        office.words(CHINESE)("Errors stand in the way of publishing: {number}", number=1)
    )
    expect(page.locator(".studio-findings-bad")).to_be_visible()
    page.locator("[data-show-findings]").click()
    expect(goal).to_be_focused()


def break_the_form(office: Office, by: Actor, draft_id: int) -> None:
    """Somebody else saves a form that cannot be read."""
    with unit_of_work(office.database) as session:
        file = queries.file_of(session, draft_id, "handle.form.json")
        operations.save_file(
            session, by=by, now=office.clock(), draft_id=draft_id, name=file.name, content="{", seen=file.revision
        )


def test_checking_all_lets_a_case_begin_for_trial(office: Office, windows: tuple[Page, Page]) -> None:
    page, _ = windows
    page.locator("[data-check-all]").click()
    expect(page.locator("[data-findings-box]")).to_have_attribute("open", "")
    expect(page.locator("[data-check-all]")).to_be_enabled()
    expect(page.locator("[data-findings-sum]")).to_have_text(
        office.words(CHINESE)("Nothing stands in the way of publishing.")
    )


def test_hostile_texts_stay_texts(office: Office, windows: tuple[Page, Page], draft_id: int) -> None:
    page, _ = windows
    hostile = '"><img src=x onerror="document.title=1">'
    write(page, hostile)
    page.reload()
    expect(page.locator(english("Handle"))).to_have_value(hostile)
    assert page.locator("img[src=x]").count() == 0


def test_whoever_was_signed_out_signs_in_again_and_loses_nothing(
    office: Office, windows: tuple[Page, Page], draft_id: int
) -> None:
    page, _ = windows
    page.context.clear_cookies()
    write(page, "Written without")
    expect(page.locator("[data-signed-out] a")).to_be_visible()
    assert kept(office, draft_id)["en"].get("Handle") != "Written without"
    sign_in_again(office, page.context)
    page.locator(english("Handle")).fill("Written again")
    expect(page.locator("[data-save-state]")).to_have_text(office.words(CHINESE)("Saved"))
    expect(page.locator("[data-signed-out]")).to_be_hidden()
    assert kept(office, draft_id)["en"]["Handle"] == "Written again"


def sign_in_again(office: Office, context: BrowserContext) -> None:
    """In another window, with another proof against forged posts than the one that the pages were drawn with."""
    context.add_cookies([{"name": "heliu", "value": office.let_in("admin"), "url": office.address}])


def test_what_never_arrived_outlives_the_window_and_is_taken_up_when_wanted(
    office: Office, windows: tuple[Page, Page], draft_id: int
) -> None:
    page, other = windows
    context = page.context
    context.clear_cookies()
    page.locator(english("Handle")).fill("Never arrived")
    expect(page.locator("[data-save-state][data-state=failed]")).to_be_visible()
    page.close()
    write(other, "Saved meanwhile")
    sign_in_again(office, context)
    page = context.new_page()
    page.goto(f"/studio/drafts/{draft_id}/texts")
    expect(page.locator(english("Handle"))).to_have_value("Saved meanwhile")
    take = page.locator("[data-kept-take]")
    take.click()
    expect(page.locator("[data-kept-words]")).to_contain_text(office.name_of(office.people.admin.id or 0, CHINESE))
    assert kept(office, draft_id)["en"]["Handle"] == "Saved meanwhile", "whoever would overwrite is asked first"
    take.click()
    expect(page.locator(english("Handle"))).to_have_value("Never arrived")
    expect(take).to_be_hidden()
    assert kept(office, draft_id)["en"]["Handle"] == "Never arrived"


@pytest.fixture
def editors(chromium: Browser, office: Office, draft_id: int) -> Iterator[tuple[Page, Page]]:
    """The diagram of the same draft open in two editors."""
    with ExitStack() as stack:
        first, second = (stack.enter_context(office.visited(chromium, "admin", language=CHINESE)) for _ in range(2))
        for page in (first, second):
            page.goto(f"/studio/drafts/{draft_id}/diagram")
            page.wait_for_selector("[data-editor][data-ready=yes]")
        yield first, second


def rename(page: Page, step: str, words: str) -> None:
    """Give a step another name in the panel."""
    page.wait_for_selector("[data-editor][data-ready=yes]")
    page.locator("[data-act=fit]").click()
    page.locator(f"[data-canvas] [data-element-id='{step}'] .djs-hit").first.click(
        force=True, position={"x": 8, "y": 8}
    )
    expect(page.locator("#field-id")).to_have_value(step)
    page.locator("#field-name").fill(words)
    page.locator("#field-name").press("Tab")


def drawn(page: Page, step: str) -> Locator:
    """A step as the canvas shows it."""
    return page.locator(f"[data-canvas] [data-element-id='{step}'] .djs-visual").first


def test_two_editors_of_one_diagram_hear_of_each_other_and_nothing_is_lost(
    office: Office, editors: tuple[Page, Page], draft_id: int
) -> None:
    first, second = editors
    expect(second.locator(".studio-others-same")).to_be_visible()
    rename(first, "handle", "First name")
    expect_saved(first)
    rename(second, "feedback", "Second name")
    expect(second.locator("[data-conflict]")).to_be_visible()
    with reading(office.database) as session:
        stored = queries.bundle_of(session, draft_id).bpmn[1].decode()
    assert "First name" in stored and "Second name" not in stored, "a stale saving changes nothing"
    expect(drawn(second, "feedback")).to_have_text("Second name")
    with second.expect_navigation():
        second.locator("[data-theirs]").click()
    expect(drawn(second, "handle")).to_have_text("First name")
    rename(second, "feedback", "Second name")
    expect_saved(second)
    expect(second.locator("[data-conflict]")).to_be_hidden()
    with reading(office.database) as session:
        stored = queries.bundle_of(session, draft_id).bpmn[1].decode()
    assert "First name" in stored and "Second name" in stored
