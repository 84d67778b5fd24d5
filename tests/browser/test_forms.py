"""A dynamic form in a real browser, with its script and without: rows, conditions, long lists, the error summary."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, jsonify, render_template_string, request
from flask.typing import ResponseReturnValue
from playwright.sync_api import Browser, Page, expect

import forms
from crm.web.assets import set_up_assets
from tests.browser.driver import accessibility_faults, opened, serving, sideways_overflow

ROOT = Path(__file__).resolve().parents[2]
PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Form</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1">
{% for name in ("vendor/tabler.min.css", "vendor/tom-select.min.css", "app/app.css") %}<link rel="stylesheet" href="/static/{{ name }}">{% endfor %}
<script defer src="/static/vendor/tom-select.min.js"></script><script defer src="/static/app/forms.js"></script></head>
<body><main class="container-xl"><h1>Form</h1>{% from "components/form.html" import dynamic_form %}
<form method="post">{{ dynamic_form(form, "/state") }}<button name="act" value="complete">Send</button></form></main></body></html>"""
PEOPLE = {
    key: forms.Choice(key, label, "Sales") for key, label in (("7", "Wang Wei"), ("8", "Li Na"), ("9", "Emma Zhao"))
}
STAGES = [{"value": "open", "label": "Open"}, {"value": "lost", "label": "Lost"}]
COMPONENTS: list[dict[str, Any]] = [
    {"type": "number", "key": "amount", "label": "Amount"},
    {"type": "expression", "key": "double", "label": "Double", "expression": "=amount * 2"},
    {"type": "radio", "key": "stage", "label": "Stage", "values": STAGES},
    {"type": "textfield", "key": "reason", "label": "Reason", "conditional": {"hide": '=stage != "lost"'}},
    {"type": "select", "key": "city", "label": "City", "valuesExpression": '=if stage = "lost" then ["Xi’an"] else []'},
    {"type": "select", "key": "who", "label": "Who", "valuesKey": "people", "validate": {"required": True}},
    {"type": "taglist", "key": "tags", "label": "Tags", "values": ["vip", "new"]},
    {"type": "number", "key": "stars", "label": "Stars", "properties": {"widget": "rating"}},
    {"type": "dynamiclist", "path": "lines", "label": "Lines", "components": [
        {"type": "textfield", "key": "item", "label": "Item"},
        {"type": "dynamiclist", "path": "parts", "label": "Parts", "defaultRepetitions": 0, "components": [
            {"type": "textfield", "key": "part", "label": "Part"}]}]},
]  # fmt: skip
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def answers() -> list[dict[str, Any]]:
    """What forms were sent off with."""
    return []


@pytest.fixture(scope="module")
def site(answers: list[dict[str, Any]]) -> Iterator[str]:
    """One page with a form, under the content security policy of the house."""
    app = Flask(__name__, template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "crm" / "static"))
    set_up_assets(app)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    description = forms.read({"components": COMPONENTS})
    remote = forms.RemoteChoices(find=PEOPLE.get, search_url="/people", first=lambda: [PEOPLE["7"]])

    def build(formdata: Any) -> forms.BoundForm:
        return forms.build(description, choices={"people": remote}, formdata=formdata)

    @app.route("/", methods=["GET", "POST"])
    def show() -> ResponseReturnValue:
        form = build(request.form if request.method == "POST" else None)
        if request.method == "POST" and form.validate():
            answers.append(form.answers)
            return "<title>sent</title>"
        return render_template_string(PAGE, form=form)

    @app.post("/state")
    def state() -> ResponseReturnValue:
        return jsonify(build(request.form).state)

    @app.get("/people")
    def people() -> ResponseReturnValue:
        found = [one for one in PEOPLE.values() if request.args["q"].lower() in one.label.lower()]
        return jsonify([{"value": one.value, "label": one.label, "hint": one.hint} for one in found])

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = "default-src 'self'; img-src 'self' data:; base-uri 'none'"
        return response

    with serving(app) as address:
        yield address


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    with opened(chromium, site) as window:
        window.goto("/")
        yield window


def names(page: Page, kind: str) -> list[str]:
    found: list[str] = page.eval_on_selector_all(f'[name$=".{kind}"]', "all => all.map(one => one.name)")
    return found


def test_fields_that_depend_on_others_follow_them(page: Page) -> None:
    expect(page.get_by_label("Reason")).to_be_hidden()
    page.get_by_label("Lost").check()
    expect(page.get_by_label("Reason")).to_be_visible()
    expect(page.locator("#field-city option")).to_have_count(2)
    page.get_by_label("Open").check()
    expect(page.get_by_label("Reason")).to_be_hidden()
    page.get_by_label("Amount").fill("1,250.25")
    expect(page.locator("#field-double")).to_have_text("2,500.50")


def test_rows_are_added_and_removed_in_place(page: Page) -> None:
    add = page.locator("fieldset[data-list=lines] > [data-list-add]")
    add.click()
    add.click()
    assert names(page, "item") == ["lines.0.item", "lines.1.item", "lines.2.item"]
    expect(page.locator("#field-lines-2-item")).to_be_focused()
    page.locator("fieldset[data-list='lines.2.parts'] > [data-list-add]").click()
    assert names(page, "part") == ["lines.2.parts.0.part"]
    page.locator("[data-list-remove][value='lines.1']").click()
    assert names(page, "item") == ["lines.0.item", "lines.2.item"]
    expect(page.locator("[data-form-status]")).to_have_text("The row was removed")


def test_a_form_is_filled_in_and_sent_with_the_keyboard(page: Page, answers: list[dict[str, Any]]) -> None:
    page.get_by_label("Amount").fill("5")
    page.locator("#field-who-ts-control").focus()
    page.keyboard.type("emma")
    expect(page.locator(".ts-dropdown .option.active", has_text="Emma Zhao")).to_be_visible()
    page.keyboard.press("Enter")
    page.locator("#field-tags-ts-control").focus()
    page.keyboard.type("vip")
    expect(page.locator(".ts-dropdown .option.active", has_text="vip")).to_be_visible()
    page.keyboard.press("Enter")
    page.locator("#field-stars-0").focus()
    page.keyboard.press("ArrowRight")
    page.locator("#field-lines-0-item").fill("pump")
    page.keyboard.press("Enter")
    expect(page).to_have_title("sent")
    sent = answers[-1]
    assert (sent["amount"], sent["who"], sent["tags"], sent["stars"]) == (5, "9", ["vip"], 2)
    assert sent["lines"] == [{"item": "pump", "parts": []}]


def test_the_error_summary_takes_the_focus_and_leads_to_the_field(page: Page) -> None:
    page.get_by_role("button", name="Send").click()
    summary = page.locator("[data-error-summary]")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="Who: choose one of the list.").click()
    expect(page.locator("#field-who-ts-control")).to_be_focused()


def test_everybody_can_use_it(chromium: Browser, site: str) -> None:
    for width in (1280, 390):
        with opened(chromium, site, width=width) as page:
            page.goto("/")
            page.get_by_role("button", name="Send").click()
            expect(page.locator("[data-error-summary]")).to_be_visible()
            assert accessibility_faults(page) == []
            assert sideways_overflow(page) == 0


def test_it_works_without_a_script(chromium: Browser, site: str, answers: list[dict[str, Any]]) -> None:
    with opened(chromium, site, scripts=False) as page:
        page.goto("/")
        with page.expect_navigation():
            page.locator("fieldset[data-list=lines] > [data-list-add]").click()
        assert names(page, "item") == ["lines.0.item", "lines.1.item"]
        page.locator("[name='lines.1.item']").fill("pump")
        with page.expect_navigation():
            page.locator("[name='lines.1.item']").press("Enter")
        assert names(page, "item") == ["lines.0.item", "lines.1.item"]
        page.get_by_label("Lost").check()
        page.get_by_label("Who").select_option("7")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_text("More fields belong to what you entered.")).to_be_visible()
        page.get_by_label("Reason").fill("price")
        page.get_by_role("button", name="Send").click()
        expect(page).to_have_title("sent")
    assert (answers[-1]["reason"], answers[-1]["lines"]) == ("price", [{"item": "pump", "parts": []}])
