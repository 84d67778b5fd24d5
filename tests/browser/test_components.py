"""The components and layouts in a real browser: what they look like is judged by eye, what they do is proved here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import flash, render_template, request
from jinja2 import ChoiceLoader, FileSystemLoader
from playwright.sync_api import Browser, Page, expect

from app import create_app
from crm.web.doors import public
from crm.web.security import draws_diagrams
from tests.browser.driver import accessibility_faults, opened, serving, sideways_overflow
from tests.conftest import MovableClock, settings
from tests.databases import NOON, SqliteTemplate

PAGES = Path(__file__).parent / "pages"
DIAGRAM = (PAGES / "process.bpmn").read_text(encoding="utf-8")
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def received() -> list[dict[str, str]]:
    """What forms have sent to /sent in all tests."""
    return []


@pytest.fixture
def sent(received: list[dict[str, str]]) -> list[dict[str, str]]:
    """What forms have sent to /sent in this test."""
    received.clear()
    return received


@pytest.fixture(scope="module")
def site(
    sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory, received: list[dict[str, str]]
) -> Iterator[str]:
    """An application of its own, with pages of ours that show all components."""
    folder = tmp_path_factory.mktemp("components")
    database = sqlite_template.copy(folder)
    app = create_app(settings(database.url, folder), database=database, clock=MovableClock())
    now = NOON

    def ago(hours: float) -> datetime:
        return now - timedelta(hours=hours)

    rows = [
        {
            "id": 1,
            "url": "/opened/1",
            "label": "Handle the pump",
            "person": "李晓芸",
            "priority": "urgent",
            "due": ago(5),
        },
        {"id": 2, "url": "/opened/2", "label": "Call back", "person": "", "priority": "normal", "due": ago(-2)},
        {"id": 3, "url": "/opened/3", "label": "Archive", "person": "Emma Zhao", "priority": "low", "due": None},
    ]

    @public
    def components() -> str:
        if "said" in request.args:
            flash("It is done.", "good")
            flash("A colleague was faster.", "bad")
        return render_template("components.html", rows=rows, ago=ago)

    @public
    def process() -> str:
        draws_diagrams()
        return render_template("process.html", xml=request.args.get("xml", DIAGRAM))

    @public
    def opened_row(number: int) -> str:
        return f"<title>row {number}</title>"

    @public
    def receive() -> str:
        received.append(request.form.to_dict())
        return "<title>sent</title>"

    @public
    def count() -> str:
        return '<span class="count">18</span>'

    loaders = [loader for loader in (app.jinja_loader, FileSystemLoader(PAGES)) if loader]
    app.jinja_loader = ChoiceLoader(loaders)
    app.add_url_rule("/components", view_func=components)
    app.add_url_rule("/process", view_func=process)
    app.add_url_rule("/opened/<int:number>", view_func=opened_row)
    app.add_url_rule("/sent", view_func=receive, methods=["POST"])
    app.add_url_rule("/count", view_func=count)
    entry = {"label": "Tasks", "url": "/tasks", "icon": "inbox", "active": True, "badge": 17, "badge_url": "/count"}
    other = {"label": "Settings", "url": "/opened/9", "icon": "settings", "group": "Administration"}
    account = {"name": "李晓芸", "note": "客服专员", "items": [], "sign_out_url": "/sent"}
    app.jinja_env.globals.update(
        navigation=lambda: [entry, other], account_menu=lambda: account, search_url="/components"
    )
    with serving(app) as address:
        yield address
    database.close()


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    with opened(chromium, site, locale="en-GB") as page:
        yield page


@pytest.mark.parametrize("path", ["/components?said=1", "/process", "/no/such/page"])
def test_pages_fit_the_window_and_hide_nothing_from_anybody(chromium: Browser, site: str, path: str) -> None:
    for width, dark in ((1280, False), (1280, True), (390, False), (390, True)):
        with opened(chromium, site, width=width, dark=dark) as page:
            page.goto(path)
            if path == "/process":
                page.wait_for_selector("[data-ready]")
            assert accessibility_faults(page) == [], f"{width} wide, dark: {dark}"
            assert sideways_overflow(page) <= 0, f"{width} wide"


def test_values_are_shown_as_text_and_never_as_markup(page: Page) -> None:
    page.goto("/components")
    expect(page.get_by_text("Yunfan <b>Ltd</b>")).to_be_visible()


def test_a_page_is_complete_without_scripts(chromium: Browser, site: str, sent: list[dict[str, str]]) -> None:
    with opened(chromium, site, locale="en-GB", scripts=False) as page:
        page.goto("/components?said=1")
        expect(page.get_by_text("A colleague was faster.")).to_be_visible()
        expect(page.get_by_role("button", name="Claim all")).to_be_visible()
        expect(page.get_by_label("To", exact=True)).to_be_visible()
        page.locator("summary", has_text="More").click()
        page.get_by_role("button", name="Urge").click()
        expect(page).to_have_title("sent")
    assert len(sent) == 1


def test_a_phone_opens_the_navigation_without_scripts(chromium: Browser, site: str) -> None:
    with opened(chromium, site, locale="en-GB", width=390, scripts=False) as page:
        page.goto("/components")
        page.locator("header [popovertarget=navigation]").click()
        page.locator("#navigation").get_by_role("link", name="Settings").click()
        expect(page).to_have_title("row 9")


def test_a_sleeping_button_says_why_and_does_nothing(page: Page) -> None:
    page.goto("/components")
    button = page.get_by_role("button", name="Withdraw")
    expect(button).to_have_accessible_name(re.compile("Wang Lei has opened the next step"))
    button.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_title("Components · Heliu CRM")


def test_the_keyboard_leaves_a_menu_and_comes_back_to_it_from_a_window(page: Page) -> None:
    page.goto("/components")
    opener = page.locator("summary.account")
    opener.press("Enter")
    expect(page.locator("[data-menu][open]")).to_have_count(1)
    page.locator("[data-opens=shortcuts]").press("Enter")
    expect(page.locator("#shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    opener.press("Enter")
    expect(page.locator("[data-menu][open]")).to_have_count(1)
    opener.press("Shift+Tab")
    expect(page.locator("[data-menu][open]")).to_have_count(0)


def test_a_dangerous_act_asks_before_it_happens(page: Page, sent: list[dict[str, str]]) -> None:
    page.goto("/components")
    page.get_by_role("button", name="Delete").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Delete it for ever?")
    page.keyboard.press("Escape")
    assert sent == []
    page.get_by_role("button", name="Delete").click()
    question.locator("[data-yes]").click()
    expect(page).to_have_title("sent")
    assert sent[0]["task"] == "4"


def test_a_form_is_sent_once_however_often_it_is_clicked(page: Page, sent: list[dict[str, str]]) -> None:
    page.goto("/components")
    page.get_by_role("button", name="Claim", exact=True).dblclick()
    expect(page).to_have_title("sent")
    assert [form["task"] for form in sent] == ["3"]


def test_rows_are_walked_and_opened_by_keys(page: Page) -> None:
    page.goto("/components")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_role("group", name="Acts on the selected rows")).to_contain_text("1 selected")
    page.keyboard.press("Enter")
    expect(page).to_have_title("row 2")


def test_letters_typed_into_a_field_are_only_letters(page: Page) -> None:
    page.goto("/components")
    page.keyboard.press("/")
    page.keyboard.type("jx?")
    expect(page.locator("[data-search]")).to_have_value("jx?")
    expect(page.locator("#shortcuts")).to_be_hidden()


def test_all_rows_are_ticked_at_once_and_sent(page: Page, sent: list[dict[str, str]]) -> None:
    page.goto("/components")
    page.locator("[data-check-all]").check()
    page.get_by_role("button", name="Claim all").click()
    expect(page).to_have_title("sent")
    assert sent[0]["do"] == "claim"


def test_good_news_can_be_dismissed_and_bad_news_stays(page: Page) -> None:
    page.goto("/components?said=1")
    page.locator("[data-toast=good] button").click()
    expect(page.get_by_text("It is done.")).to_have_count(0)
    expect(page.get_by_text("A colleague was faster.")).to_be_visible()


def test_the_language_of_the_page_follows_its_reader(chromium: Browser, site: str) -> None:
    for locale, tag in (("en-GB", "en"), ("zh-CN", "zh-CN")):
        with opened(chromium, site, locale=locale) as page:
            page.goto("/components")
            expect(page.locator("html")).to_have_attribute("lang", tag)
            expect(page.locator(".top-bar .language [aria-pressed=true]")).to_have_attribute("lang", tag[:2])


def test_a_diagram_shows_path_position_and_names_in_the_readers_language(page: Page) -> None:
    page.goto("/process")
    page.wait_for_selector("[data-ready]")
    expect(page.locator("[data-element-id=second] .halo-live")).to_have_count(1)
    expect(page.locator("[data-element-id=first] .halo-path")).to_have_count(1)
    expect(page.locator("[data-element-id=to_first].story-past")).to_have_count(1)
    expect(page.locator("[data-element-id=third] .halo")).to_have_count(0)
    expect(page.locator("[data-element-id=second]")).to_contain_text("服务处理")
    expect(page.get_by_title("12 wait here")).to_have_text("12")


def test_a_diagram_keeps_the_colours_of_its_author(page: Page) -> None:
    page.goto("/process")
    page.wait_for_selector("[data-ready]")
    shape = page.locator("[data-element-id=second] .djs-visual > rect").first
    assert "rgb(255, 224, 178)" in shape.evaluate("element => getComputedStyle(element).fill")


def test_a_diagram_is_moved_by_keys_and_enlarged_by_buttons(page: Page) -> None:
    page.goto("/process")
    page.wait_for_selector("[data-ready]")
    viewport = page.locator("[data-canvas] g.viewport")
    before = viewport.get_attribute("transform")
    page.locator("[data-canvas] svg").first.focus()
    page.keyboard.press("ArrowRight")
    expect(viewport).not_to_have_attribute("transform", before or "")
    moved = viewport.get_attribute("transform")
    page.get_by_role("button", name="Larger").click()
    expect(viewport).not_to_have_attribute("transform", moved or "")


def test_a_diagram_that_cannot_be_drawn_leaves_the_steps(page: Page) -> None:
    page.goto("/process?xml=<nothing")
    expect(page.locator("[data-fault]")).to_be_visible()
    expect(page.get_by_role("list").filter(has_text="Handle")).to_be_visible()


def test_counts_in_the_navigation_renew_themselves(page: Page) -> None:
    page.clock.install()
    page.goto("/components")
    expect(page.locator(".side-badge")).to_have_text("17")
    page.clock.fast_forward(21_000)
    expect(page.locator(".side-badge")).to_have_text("18")
    expect(page.locator(".bottom-badge")).to_have_text("18")


def test_a_count_that_cannot_be_renewed_stays_as_it_was(page: Page) -> None:
    page.route("**/count", lambda route: route.fulfill(status=503, body="<h1>away</h1>"))
    page.clock.install()
    page.goto("/components")
    with page.expect_response("**/count") as asked:
        page.clock.fast_forward(21_000)
    asked.value.finished()
    page.clock.fast_forward(1_000)
    expect(page.locator(".side-badge")).to_have_text("17")


def test_parts_of_a_page_are_sent_with_the_token(page: Page, sent: list[dict[str, str]]) -> None:
    page.goto("/components")
    status = page.evaluate("""async () => {
        const answered = new Promise((done) => addEventListener(
            "htmx:after:request", (event) => done(event.detail.ctx.response.status), {once: true, capture: true}));
        htmx.ajax("POST", "/sent", {target: "#story", values: {note: "3"}});
        return answered;
    }""")
    assert status == 200
    assert sent == [{"note": "3"}]


def test_a_person_chooses_light_or_dark_on_this_device(page: Page) -> None:
    page.goto("/components")
    html = page.locator("html")
    expect(html).to_have_attribute("data-bs-theme", "light")
    page.locator("summary.account").click()
    page.get_by_role("button", name="Dark").click()
    expect(html).to_have_attribute("data-bs-theme", "dark")
    page.reload()
    expect(html).to_have_attribute("data-bs-theme", "dark")
    page.locator("summary.account").click()
    page.get_by_role("button", name="Like the system").click()
    expect(html).to_have_attribute("data-bs-theme", "light")
