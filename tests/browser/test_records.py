"""Records in a browser: another record is named by typing, and a list's address names only what was asked for."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, expect

from crm.core.db import unit_of_work
from crm.customers.contact_operations import create_contact
from tests.browser.office import CHINESE, Office


def _add_contact(office: Office, name: str) -> None:
    with unit_of_work(office.database) as session:
        create_contact(
            session,
            by=office.people.manager1,
            now=office.clock(),
            customer_id=office.story.customer_id,
            values={"name": name},
        )


def test_an_interaction_is_recorded_by_typing_parts_of_names(chromium: Browser, office: Office) -> None:
    _add_contact(office, "王建国")
    with office.visited(chromium, "manager1", language=CHINESE) as page:
        page.goto("/interactions/new")
        page.locator("#customer_id-ts-control").click()
        page.keyboard.type("恒力")
        page.locator("#customer_id-ts-dropdown .option", has_text="恒力精密").click()
        page.locator("#contact_id-ts-control").click()
        page.locator("#contact_id-ts-dropdown .option", has_text="王建国").click()
        page.locator("#subject").fill("扩产需求")
        page.locator("main form button.btn-primary").click()
        expect(page.locator("h1")).to_contain_text("扩产需求")
        facts = page.locator("main dl").first
        expect(facts).to_contain_text("恒力精密")
        expect(facts).to_contain_text("王建国")


def test_the_address_of_a_list_names_only_the_filters_that_are_set(chromium: Browser, office: Office) -> None:
    with office.visited(chromium, "manager1", language=CHINESE) as page:
        page.goto("/interactions")
        page.locator("select[name=visits]").select_option("today")
        page.wait_for_url("**visits=today**")
        assert parse_qs(urlsplit(page.url).query) == {"sort": ["-held_at"], "visits": ["today"]}
        page.go_back()
        expect(page.locator("select[name=channel]")).to_be_enabled()
