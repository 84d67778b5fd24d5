"""An agent's day: from a notice to the form, the customer and like cases beside it, and on to the next task, by keyboard and thumb."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from crm.core.db import unit_of_work
from crm.customers.contact_operations import create_contact
from tests.browser.driver import accessibility_faults, sideways_overflow
from tests.browser.office import CHINESE, DESKTOP, ENGLISH, INBOX, PHONE, Office
from tests.processes.test_service_request import REQUEST

pytestmark = pytest.mark.browser

HELPED = "更换主轴前轴承，试机两小时正常。"


def begin_the_day(office: Office) -> list[int]:
    """A finished case, a contact, and three requests that agent1 is to handle. Answers their tasks."""
    people, story = office.people, office.story
    with unit_of_work(office.database) as session:
        values = {"name": "陈建华", "position": "设备部经理", "mobile": "138 1234 5678", "is_primary": True}
        create_contact(session, by=people.manager1, now=office.clock(), customer_id=story.customer_id, values=values)
    assign(office, "主轴高速时异响")
    story.do(people.agent1, "handle", handling=HELPED)
    story.do(people.manager1, "feedback", result="客户确认恢复正常", satisfaction=5)
    story.do(people.agent2, "archive")
    return [assign(office, summary) for summary in ("主轴异响，高速时明显", "冷却液泄漏", "刀库卡刀")]


def assign(office: Office, summary: str) -> int:
    office.clock.move(minutes=5)
    office.story.start(office.people.manager1, **{**REQUEST, "summary": summary})
    office.story.do(office.people.supervisor, "assign", assignee_id=str(office.people.agent1.id), priority="1")
    return office.story.task("handle").id


def looks_right(page: Page) -> None:
    assert accessibility_faults(page) == []
    assert sideways_overflow(page) == 0


@pytest.mark.parametrize(("language", "width"), [(CHINESE, DESKTOP), (ENGLISH, PHONE)])
def test_a_notice_leads_to_the_form_with_everything_beside_it(
    chromium: Browser, office: Office, language: str, width: int
) -> None:
    first, *_ = begin_the_day(office)
    say = office.words(language)
    with office.visited(chromium, "agent1", language=language, width=width) as page:
        page.goto("/notices")
        page.get_by_role("main").get_by_role("link").filter(has_text="主轴异响，高速时明显").first.click()
        page.wait_for_url(f"**/tasks/{first}")
        form = page.locator("[name=handling]")
        expect(form).to_be_visible()
        form.fill("已联系客户")
        customer = page.locator("#customer")
        if width == PHONE:
            expect(customer.locator(".box-body")).to_be_hidden()
            customer.locator("summary").click()
        call = customer.get_by_role("link", name="138 1234 5678")
        expect(call).to_be_visible()
        expect(call).to_have_attribute("href", "tel:13812345678")
        expect(customer).to_contain_text("冷却液泄漏")
        expect(customer).to_contain_text(office.name_of(office.people.agent1.id or 0, language))
        expect(page.locator("#alike")).to_contain_text(HELPED)
        looks_right(page)
        with page.context.expect_page() as opened:
            page.locator("#alike a").first.click()
        expect(opened.value.locator("#history")).to_contain_text(HELPED)
        opened.value.close()
        expect(form).to_have_value("已联系客户")
        page.get_by_role("button", name=say("Complete"), exact=True).click()
        page.wait_for_url(INBOX)
        told = page.locator("[data-toasts]")
        expect(told).to_contain_text(office.name_of(office.people.manager1.id or 0, language))
        expect(told).to_contain_text(say.of_process("Feedback"))
        expect(told.get_by_role("link", name=say("Next task"))).to_be_visible()


def test_sixty_tasks_go_by_keyboard_without_the_list_being_looked_for(chromium: Browser, office: Office) -> None:
    first, second, third = begin_the_day(office)
    with office.visited(chromium, "agent1", language=ENGLISH) as page:
        page.goto("/tasks?folder=mine&sort=newest")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/tasks/{third}?*")
        page.keyboard.press("n")
        page.wait_for_url(f"**/tasks/{second}?*")
        page.locator("[name=handling]").fill("Hose replaced")
        page.keyboard.press("Control+Enter")
        page.wait_for_url(INBOX)
        expect(page.locator("tr.row-here")).to_be_focused()
        expect(page.locator("tr.row-here")).to_contain_text("主轴异响")
        expect(page.locator("[name=sort]")).to_have_value("newest")
        looks_right(page)
        page.keyboard.press("k")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/tasks/{third}?*")
        page.locator("[name=handling]").fill("Tool changer adjusted")
        page.keyboard.press("Control+Shift+Enter")
        page.wait_for_url(f"**/tasks/{first}?*")
        expect(page.locator("[data-toasts]")).to_contain_text("Done: ")
        page.locator("[name=handling]").fill("New bearing")
        page.keyboard.press("Control+Shift+Enter")
        page.wait_for_url(INBOX)
        expect(page.locator("[data-toasts]")).to_contain_text("That was the last task of this list.")
        expect(page.locator(".blank")).to_contain_text("Nothing is waiting for you")
        looks_right(page)


def test_what_is_claimed_and_given_back_on_a_phone_keeps_the_place_in_the_list(
    chromium: Browser, office: Office
) -> None:
    story, people = office.story, office.people
    for summary in ("one", "two", "three"):
        office.clock.move(minutes=5)
        story.start(people.manager1, **{**REQUEST, "summary": summary})
    say = office.words(CHINESE)
    with office.visited(chromium, "supervisor", width=PHONE) as page:
        page.goto("/tasks?folder=groups")
        page.locator("[data-rows] tbody tr").nth(1).locator("[data-claim]").click()
        expect(page.locator("tr.row-here")).to_contain_text("three")
        expect(page.locator("tr.row-here")).to_be_in_viewport()
        page.get_by_role("link", name=say("Open the task")).click()
        page.get_by_role("button", name=say("Give back")).click()
        expect(page.locator("[data-toasts]")).to_contain_text("two")
        page.locator(".blank-act a").first.click()
        expect(page.locator("[data-rows] tbody tr")).to_have_count(3)
        looks_right(page)
