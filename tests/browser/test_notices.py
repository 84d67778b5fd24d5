"""The bell: true on arrival, ringing while somebody looks, and a way of one click to where something can be done."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from crm.core.db import unit_of_work
from crm.core.i18n import text
from crm.notices.operations import notify
from tests.browser.office import ENGLISH, PHONE, Office

pytestmark = pytest.mark.browser
KIND = "task.urged"


def tell(office: Office, words: str) -> None:
    """agent1 is told something that leads to their tasks."""
    office.clock.move(minutes=1)
    with unit_of_work(office.database) as session:
        notify(
            session,
            to=[office.people.agent1.id],
            kind=KIND,
            message=text("{task}: {case}", task=words, case="SR-000035"),
            link="/tasks?folder=today",
            now=office.clock(),
            key=words,
        )


def look_again(page: Page) -> None:
    """The window is looked at again: the stream need not be waited for."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_the_bell_rings_while_the_page_is_open(chromium: Browser, office: Office) -> None:
    tell(office, "First")
    with office.visited(chromium, "agent1", language=ENGLISH) as page:
        page.goto("/customers")
        bell = page.locator("[data-notices]")
        expect(bell).to_have_attribute("title", "Notices, 1 unread")
        tell(office, "Second")
        look_again(page)
        expect(bell).to_have_attribute("title", "Notices, 2 unread")
        expect(bell.locator("[data-count]")).to_have_text("2")
        toast = page.locator("[data-toast]", has_text="Second")
        expect(toast).to_be_visible()
        expect(page.locator("[data-toast]", has_text="First")).to_have_count(0)
        toast.locator("a").click()
        page.wait_for_url("**/tasks?folder=today")
        expect(page.locator("[data-notices]")).to_have_attribute("title", "Notices, 1 unread")


def test_notices_are_read_on_a_phone_without_scripts(chromium: Browser, office: Office) -> None:
    tell(office, "First")
    tell(office, "Second")
    with office.visited(chromium, "agent1", language=ENGLISH, width=PHONE, scripts=False) as page:
        page.goto("/customers")
        page.locator("[data-notices]").click()
        page.wait_for_url("**/notices")
        expect(page.locator(".told-unread")).to_have_count(2)
        page.locator(".told-row", has_text="First").get_by_role("button").click()
        expect(page.locator(".told-unread")).to_have_count(1)
        page.get_by_role("button", name="Mark all as read").click()
        expect(page.locator(".told-unread")).to_have_count(0)
        expect(page.locator("[data-notices] [data-count]")).to_be_hidden()
