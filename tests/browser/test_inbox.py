"""Working in the inbox: with the keyboard alone, without JavaScript, at the same time as a colleague, and while it renews itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.driver import accessibility_faults
from tests.browser.office import CHINESE, CUSTOMERS, ENGLISH, INBOX, PHONE, Office
from tests.people import PASSWORD
from tests.processes.test_service_request import REQUEST

pytestmark = pytest.mark.browser


def start_requests(office: Office, *summaries: str) -> None:
    """manager1 records requests; each is offered to the supervisors."""
    for summary in summaries:
        office.clock.move(minutes=5)
        office.story.start(office.people.manager1, **{**REQUEST, "summary": summary})


def tab_to(page: Page, selector: str) -> None:
    """Walk with the tabulator until the focus is there, and see that it shows."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement?.matches(selector)", selector):
            break
    expect(page.locator(selector)).to_be_focused()
    assert focus_shows(page), f"nobody sees that {selector} has the focus"


def focus_shows(page: Page) -> bool:
    """The focused element has a ring around it."""
    ring: bool = page.evaluate(
        """() => {
          const style = getComputedStyle(document.activeElement);
          return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
        }"""
    )
    return ring


def test_a_task_is_completed_without_a_mouse(chromium: Browser, office: Office) -> None:
    start_requests(office, "first", "second")
    with office.visited(chromium, language=ENGLISH) as page:
        page.goto("/tasks?folder=groups")
        expect(page.get_by_label("User name")).to_be_focused()
        page.keyboard.type("supervisor")
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/tasks?folder=groups")
        for key in "jjk":
            page.keyboard.press(key)
        expect(page.locator("tr.row-here")).to_contain_text("first")
        assert focus_shows(page)
        page.keyboard.press("Enter")
        page.wait_for_url("**/tasks/*")
        tab_to(page, "[name=note]")
        page.keyboard.type("as soon as possible")
        tab_to(page, "button[value=complete]")
        page.keyboard.press("Enter")
        page.wait_for_url(INBOX)
    assert office.story.instance_id
    with office.visited(chromium, "supervisor", language=ENGLISH) as page:
        page.goto("/tasks?folder=done")
        expect(page.locator("[data-rows] tbody tr")).to_have_count(1)


def test_the_first_press_of_tab_offers_the_way_past_the_navigation(chromium: Browser, office: Office) -> None:
    with office.visited(chromium, "supervisor") as page:
        page.goto("/tasks")
        page.keyboard.press("Tab")
        link = page.locator(".skip-link")
        expect(link).to_be_focused()
        expect(link).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()


def test_a_request_is_started_and_assigned_without_javascript(chromium: Browser, office: Office) -> None:
    say = office.words(CHINESE)
    with office.visited(chromium, "manager1", scripts=False) as page:
        page.goto("/processes/service_request/start")
        page.get_by_role("main").get_by_role("button", name=say("Start")).click()
        expect(page.get_by_role("alert").get_by_role("listitem")).to_have_count(4)
        page.locator("[name=customer_id]").select_option(label=CUSTOMERS[0][0])
        page.locator("[name=type][value=repair]").check()
        page.locator("[name=summary]").fill("主轴异响")
        page.locator("[name=request]").fill("请派人检查。")
        page.get_by_role("main").get_by_role("button", name=say("Start")).click()
        expect(page.locator("[aria-current=step]")).to_contain_text(say.of_process("Assign"))
    with office.visited(chromium, "supervisor", width=PHONE, scripts=False) as page:
        page.goto("/tasks?folder=groups")
        page.locator("[data-claim]").click()
        page.get_by_role("link", name=say("Open the task")).click()
        page.locator("[name=note]").fill("尽快联系客户")
        page.get_by_role("button", name=say("Complete"), exact=True).click()
        page.wait_for_url(INBOX)
        expect(page.get_by_role("status")).to_contain_text("主轴异响")


@pytest.mark.parametrize(("language", "width"), [(CHINESE, 1280), (ENGLISH, PHONE)])
def test_who_comes_second_sees_who_was_first_and_what_they_typed(
    chromium: Browser, office: Office, language: str, width: int
) -> None:
    people, story = office.people, office.story
    story.start(people.manager1, **REQUEST)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    story.do(people.agent1, "handle", handling="已处理")
    story.do(people.manager1, "feedback", result="好", satisfaction=5)
    task = story.task("archive").id
    say = office.words(language)
    with office.visited(chromium, "agent1", language=language, width=width) as page:
        page.goto(f"/tasks/{task}")
        page.locator("[name=note]").fill("轴承批次已记录，下次提前备件")
        story.do(people.agent2, "archive")
        page.get_by_role("button", name=say("Complete"), exact=True).click()
        refusal = page.locator(".notice-warn")
        assert people.agent2.id is not None
        expect(refusal).to_contain_text(office.name_of(people.agent2.id, language))
        expect(refusal).to_contain_text("轴承批次已记录，下次提前备件")
        assert accessibility_faults(page) == []


def test_who_presses_claim_second_is_told_who_was_first(chromium: Browser, office: Office) -> None:
    people, story = office.people, office.story
    story.start(people.manager1, **REQUEST)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    story.do(people.agent1, "handle", handling="已处理")
    story.do(people.manager1, "feedback", result="好", satisfaction=5)
    say = office.words(CHINESE)
    with office.visited(chromium, "agent1") as page, office.visited(chromium, "agent2") as faster:
        for window in (page, faster):
            window.goto("/tasks?folder=groups")
        faster.get_by_role("button", name=say("Claim")).click()
        faster.get_by_role("link", name=say("Open the task")).wait_for()
        page.get_by_role("button", name=say("Claim")).click()
        expect(page.get_by_text(say("A colleague has claimed this task."))).to_be_visible()
        assert accessibility_faults(page) == []


def test_the_inbox_renews_itself_and_keeps_the_readers_place(chromium: Browser, office: Office) -> None:
    start_requests(office, "first", "second")
    say = office.words(CHINESE)
    with office.visited(chromium, "supervisor") as page:
        page.clock.install()
        page.goto("/tasks?folder=groups")
        folder = page.get_by_role("navigation", name=say("Folders")).locator("[aria-current]")
        expect(folder).to_contain_text("2")
        page.keyboard.press("j")
        page.keyboard.press("j")
        expect(page.locator("tr.row-here")).to_contain_text("second")
        office.clock.move(days=-1)
        start_requests(office, "earlier")
        page.clock.fast_forward(21_000)
        expect(folder).to_contain_text("3")
        expect(page.locator("[data-rows] tbody tr").first).to_contain_text("earlier")
        expect(page.locator("tr.row-here")).to_contain_text("second")
        expect(page.locator("tr.row-here")).to_be_focused()
        page.keyboard.press("k")
        expect(page.locator("tr.row-here")).to_contain_text("first")


def test_the_count_beside_inbox_follows_what_colleagues_do(chromium: Browser, office: Office) -> None:
    start_requests(office, "first")
    with office.visited(chromium, "agent1") as page:
        page.clock.install()
        page.goto("/customers")
        badge = page.locator(".side-nav .side-badge")
        expect(badge).to_be_empty()
        people = office.people
        office.story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="3")
        page.clock.fast_forward(21_000)
        expect(badge).to_have_text("1")


def test_a_window_whose_session_ended_keeps_what_it_shows_until_the_reader_acts(
    chromium: Browser, office: Office
) -> None:
    start_requests(office, "first")
    with office.visited(chromium, "supervisor") as page:
        page.clock.install()
        page.goto("/tasks?folder=groups")
        office.clock.move(days=60)
        with page.expect_response("**/tasks?folder=groups"):
            page.clock.fast_forward(21_000)
        page.clock.fast_forward(1_000)
        expect(page.locator("[data-rows] tbody tr")).to_have_count(1)
        page.locator("[data-rows] tbody a").first.click()
        page.wait_for_url("**/sign-in?**")
