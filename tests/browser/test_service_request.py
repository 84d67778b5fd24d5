"""A service request on its way through the people concerned, as they see it: in Chinese at a desk, in English on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.driver import opened, sideways_overflow
from tests.browser.office import BROWSER_LANGUAGES, CHINESE, CUSTOMERS, DESKTOP, ENGLISH, INBOX, PHONE, Office, Words
from tests.people import PASSWORD

pytestmark = pytest.mark.browser

SUMMARY = "主轴转速超过 8000 时有异响"


@dataclass
class Desk:
    """A person's window, and what they do in it."""

    page: Page
    say: Words
    width: int

    def folder(self, name: str) -> Locator:
        """A folder of the inbox by its name."""
        folders = self.page.get_by_role("navigation", name=self.say("Folders"))
        return folders.get_by_role("link", name=self.say.in_context("folder", name))

    def open_inbox(self) -> None:
        """Go to the inbox by the navigation that this width has."""
        place = "Quick navigation" if self.width == PHONE else "Main navigation"
        links = self.page.get_by_role("navigation", name=self.say(place))
        links.get_by_role("link", name=self.say("Inbox")).click()

    def open_task(self, folder: str) -> None:
        """Open the request from a folder."""
        self.folder(folder).click()
        self.page.get_by_role("link", name=SUMMARY).click()
        self.page.wait_for_selector("[data-diagram][data-ready]")
        assert sideways_overflow(self.page) <= 0

    def press(self, label: str) -> None:
        """Press a button of the page."""
        self.page.get_by_role("main").get_by_role("button", name=self.say(label), exact=True).click()

    def field(self, label: str) -> Locator:
        """A field of the step's form by its label."""
        return self.page.get_by_label(self.say.of_process(label))

    def fill(self, label: str, words: str) -> None:
        self.field(label).fill(words)

    def is_told(self, start: str) -> None:
        """A message of the product begins so."""
        expect(self.page.locator("[data-toast]").first).to_contain_text(start)

    def stands_at(self, step: str, element: str) -> None:
        """Steps and diagram say where the case is."""
        expect(self.page.locator("[aria-current=step]")).to_contain_text(self.say.of_process(step))
        expect(self.page.locator(f"[data-element-id={element}] .halo-live")).to_have_count(1)

    def rate(self, stars: int) -> None:
        """Choose a satisfaction."""
        self.page.get_by_label(self.say("%(number)s of %(most)s stars") % {"number": stars, "most": 5}).check()


@contextmanager
def seated(browser: Browser, office: Office, language: str, width: int) -> Iterator[Callable[[str], Desk]]:
    """Answers the desk of a person, who has signed in there and is at the inbox. Each keeps their window from step to step."""
    with ExitStack() as stack:
        desks: dict[str, Desk] = {}

        def desk_of(username: str) -> Desk:
            if username not in desks:
                page = stack.enter_context(
                    opened(browser, office.address, locale=BROWSER_LANGUAGES[language], width=width)
                )
                desks[username] = Desk(page, office.words(language), width)
                sign_in(desks[username], username)
            else:
                desks[username].open_inbox()
            return desks[username]

        yield desk_of


def sign_in(desk: Desk, username: str) -> None:
    """By the page, and then choose the language by its switch."""
    page, say = desk.page, desk.say
    page.goto("/")
    expect(page.get_by_role("heading", name=say("Sign in"))).to_be_visible()
    page.get_by_label(say("User name")).fill(username)
    page.get_by_label(say("Password")).fill(PASSWORD)
    page.get_by_role("button", name=say("Sign in")).click()
    page.wait_for_url(INBOX)
    switch = page.locator(f".top-bar [name=language][value={say.language}]")
    if switch.get_attribute("aria-pressed") != "true":
        switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("heading", name=say("Inbox"))).to_be_visible()


@pytest.mark.parametrize(("language", "width"), [(CHINESE, DESKTOP), (ENGLISH, PHONE)])
def test_a_request_travels_from_creation_to_the_archive(
    chromium: Browser, office: Office, language: str, width: int
) -> None:
    with seated(chromium, office, language, width) as desk_of:
        create(desk_of("manager1"))
        assign(desk_of("supervisor"))
        handle(desk_of("agent1"), "已电话指导。")
        refuse(desk_of("manager1"))
        handle(desk_of("agent1"), "更换主轴轴承，试机正常。")
        confirm(desk_of("manager1"))
        archive(desk_of("agent2"))
        look_back(desk_of("manager1"), office)


def create(desk: Desk) -> None:
    """The customer manager records the request, at first with nothing filled in."""
    page, say = desk.page, desk.say
    expect(page.get_by_text(say("Nothing is waiting for you"))).to_be_visible()
    page.get_by_role("main").get_by_role("link", name=say("New case")).click()
    page.locator("#process-service_request").get_by_role("link", name=say("Start")).click()
    desk.press("Start")
    summary = page.locator("[data-error-summary]")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("listitem")).to_have_count(4)
    summary.get_by_role("link", name=say.of_process("Summary")).click()
    expect(desk.field("Summary")).to_be_focused()
    expect(desk.field("Summary")).to_have_attribute("aria-invalid", "true")

    customer = page.get_by_role("combobox", name=say.of_process("Customer"))
    customer.fill("恒力")
    page.get_by_role("option", name=CUSTOMERS[0][0]).click()
    page.locator("[name=type][value=repair]").check()
    page.get_by_label(say.of_process("Summary")).fill(SUMMARY)
    page.locator("[name=request]").fill("加工中心主轴有异响，请派人检查。")
    desk.press("Start")
    page.wait_for_url("**/cases/*")
    page.wait_for_selector("[data-diagram][data-ready]")
    desk.stands_at("Assign", "assign")
    desk.open_inbox()
    expect(desk.folder("Started by me")).to_contain_text("1")


def assign(desk: Desk) -> None:
    """The supervisor claims, gives back, claims again, keeps a draft, and assigns."""
    page, say = desk.page, desk.say
    expect(desk.folder("My groups' tasks")).to_contain_text("1")
    desk.folder("My groups' tasks").click()
    desk.press("Claim")
    desk.is_told(SUMMARY)
    page.get_by_role("link", name=say("Open the task")).click()
    desk.press("Give back")
    desk.is_told(SUMMARY)
    desk.open_task("My groups' tasks")
    desk.stands_at("Assign", "assign")
    desk.fill("Note for the agent", "客户希望周四上午")
    desk.press("Save draft")
    desk.is_told(say("The draft is kept."))
    expect(desk.field("Note for the agent")).to_have_value("客户希望周四上午")
    expect(page.get_by_text(say("A draft is kept; it is shown here."))).to_be_visible()
    choose_agent(desk)
    desk.press("Complete")
    page.wait_for_url(INBOX)
    expect(desk.folder("Done")).to_contain_text("1")


def choose_agent(desk: Desk) -> None:
    """agent1 handles it, whoever is proposed."""
    name = {CHINESE: "刘芳", ENGLISH: "Liu Fang"}[desk.say.language]
    who = desk.page.get_by_role("combobox", name=desk.say.of_process("Who handles it"))
    who.fill(name)
    desk.page.get_by_role("option", name=name).click()


def handle(desk: Desk, words: str) -> None:
    """The agent does the work and says so; without words the step is not taken."""
    expect(desk.folder("My tasks")).to_contain_text("1")
    desk.open_task("My tasks")
    desk.stands_at("Handle", "handle")
    # In the second round too: the feedback of the first is not the feedback to come.
    expect(desk.page.locator(".stage-done")).to_have_count(1)
    desk.press("Complete")
    expect(desk.page.locator("[data-error-summary]")).to_be_focused()
    desk.fill("Handling", words)
    desk.press("Complete")
    desk.page.wait_for_url(INBOX)
    expect(desk.page.get_by_text(desk.say("Nothing is waiting for you"))).to_be_visible()


def refuse(desk: Desk) -> None:
    """The customer is not content: the form asks for their words, and the request goes back."""
    desk.open_task("My tasks")
    desk.stands_at("Feedback", "feedback")
    expect(desk.field("What the customer said")).to_be_hidden()
    desk.fill("Result", "问题仍在")
    desk.rate(2)
    expect(desk.field("What the customer said")).to_be_visible()
    desk.fill("What the customer said", "声音还是很大")
    desk.press("Complete")
    desk.page.wait_for_url(INBOX)


def confirm(desk: Desk) -> None:
    """The customer is content now."""
    desk.open_task("My tasks")
    desk.fill("Result", "客户确认恢复正常")
    desk.rate(5)
    desk.press("Complete")
    desk.page.wait_for_url(INBOX)


def archive(desk: Desk) -> None:
    """An agent takes the last step from the group."""
    desk.open_task("My groups' tasks")
    desk.stands_at("Archive", "archive")
    desk.press("Claim")
    desk.fill("Closing note", "轴承批次已记录")
    desk.press("Complete")
    desk.page.wait_for_url(INBOX)


def look_back(desk: Desk, office: Office) -> None:
    """The case tells its whole story, also why it went back."""
    page, say = desk.page, desk.say
    page.goto("/service-requests")
    page.get_by_role("link", name=SUMMARY).click()
    page.wait_for_selector("[data-diagram][data-ready]")
    expect(page.locator("[aria-current=step]")).to_have_count(0)
    history = page.locator("#history li")
    handled = say("completed “{step}”", step=say.of_process("Handle"))
    expect(history.filter(has_text=handled)).to_have_count(2)
    went_back = say(
        "decided “{question}”: {answer}",
        question=say.of_process("Satisfied?"),
        answer=say.of_process("No, below 3"),
    )
    expect(history.filter(has_text=went_back)).to_have_count(1)
    expect(page.locator("[data-element-id=f_again].story-past")).to_have_count(1)
    for username in ("supervisor", "agent1", "agent2"):
        actor = office.people.named(username)
        assert actor.id is not None
        expect(page.locator("#history")).to_contain_text(office.name_of(actor.id, say.language))


def test_who_signs_in_wrongly_is_told_and_tries_again(chromium: Browser, office: Office) -> None:
    say = office.words(CHINESE)
    with office.visited(chromium) as page:
        page.goto("/customers?q=1")
        page.get_by_label(say("User name")).fill("agent1")
        page.get_by_label(say("Password")).fill("falsch")
        page.get_by_role("button", name=say("Sign in")).click()
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_label(say("User name"))).to_have_value("agent1")
        expect(page.get_by_label(say("Password"))).to_be_focused()
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/customers?q=1")
