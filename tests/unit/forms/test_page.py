"""How forms are drawn: labels, marks, errors, escaping; static WTForms forms by the same macro."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
import wtforms
from werkzeug.datastructures import MultiDict
from wtforms import validators

import forms
from tests.unit.forms.conftest import Build

Page = Callable[..., str]
NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> **bold** [x](javascript:alert(1)) {{7*7}}"
VALUES = [{"value": "a", "label": "Alpha"}, {"value": "b", "label": "Beta"}]
EVERYTHING: list[dict[str, Any]] = [
    {"type": "textfield", "key": "name", "label": "Name", "description": "Help for it", "validate": {"required": True}, "layout": {"row": "r", "columns": 8}},
    {"type": "number", "key": "amount", "label": "Amount", "appearance": {"prefixAdorner": "¥", "suffixAdorner": "yuan"}, "layout": {"row": "r", "columns": 8}},
    {"type": "textarea", "key": "note", "label": "Note"},
    {"type": "datetime", "subtype": "date", "key": "day", "dateLabel": "Day"},
    {"type": "checkbox", "key": "agree", "label": "Agree", "validate": {"required": True}},
    {"type": "radio", "key": "kind", "label": "Kind", "values": VALUES, "validate": {"required": True}},
    {"type": "checklist", "key": "needs", "label": "Needs", "values": VALUES},
    {"type": "select", "key": "stage", "label": "Stage", "values": VALUES},
    {"type": "taglist", "key": "tags", "label": "Tags", "values": VALUES},
    {"type": "number", "key": "stars", "label": "Stars", "properties": {"widget": "rating"}},
    {"type": "filepicker", "key": "files", "label": "Files", "multiple": True, "accept": ".pdf"},
    {"type": "expression", "key": "double", "label": "Double", "expression": "=amount * 2"},
    {"type": "group", "path": "address", "label": "Address", "showOutline": True, "components": [{"type": "textfield", "key": "city", "label": "City"}]},
    {"type": "dynamiclist", "path": "lines", "label": "Lines", "components": [{"type": "textfield", "key": "item", "label": "Item", "validate": {"required": True}}]},
    {"type": "text", "id": "words", "text": "# Title\n**strong** and {{name}}\n\n- one\n- two\n\n[link](https://example.com)"},
    {"type": "html", "id": "html", "content": "<p onclick='x()'>Hi <b>{{name}}</b><script>x()</script></p>"},
    {"type": "table", "id": "table", "label": "Orders", "dataSource": "=orders", "columns": [{"key": "no", "label": "Number"}]},
    {"type": "image", "id": "image", "source": "/static/logo.svg", "alt": "Logo"},
    {"type": "separator", "id": "line"},
    {"type": "spacer", "id": "gap", "height": 40},
]  # fmt: skip


class Elements(HTMLParser):
    """The start tags of a page with their attributes; fails on tags that do not match."""

    VOID = ("input", "img", "hr", "br")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), attrs
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def by_id(self, wanted: str) -> dict[str, str | None]:
        (found,) = [attributes for _, attributes in self.found if attributes.get("id") == wanted]
        return found


@pytest.fixture(params=["first", "faults", "read_only"])
def everything(form: Build, page: Page, request: pytest.FixtureRequest) -> str:
    options: dict[str, Any] = {"context": {"orders": [{"no": NASTY}]}, "values": {"name": NASTY}}
    if request.param == "faults":
        options["post"] = [("name", ""), ("amount", NASTY), ("day", "never"), ("lines.3.item", "")]
    if request.param == "read_only":
        options["read_only"] = True
    bound = form(*EVERYTHING, **options)
    assert bound.validate() is (request.param == "read_only")
    return page("dynamic_form(form, '/state')", form=bound)


def test_every_label_and_description_leads_somewhere(everything: str) -> None:
    elements = Elements(everything).found
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in elements:
        for name in ("for", "aria-describedby", "aria-labelledby"):
            for target in (attributes.get(name) or "").split():
                assert target in ids, (tag, attributes)
        if (attributes.get("href") or "").startswith("#"):
            assert (attributes["href"] or "")[1:] in ids
        if tag in ("input", "select", "textarea") and attributes.get("type") != "hidden":
            assert attributes["id"] in [other.get("for") for _, other in elements], attributes


def test_nothing_in_a_page_runs(everything: str) -> None:
    for tag, attributes in Elements(everything).found:
        assert tag not in ("script", "style", "iframe", "object")
        assert not any(name.startswith("on") or name == "style" for name in attributes), attributes
        assert not (attributes.get("href") or "").lower().startswith("javascript")
        if tag == "img":
            assert (attributes["src"] or "").startswith("/")


def test_faults_stand_at_the_top_and_at_their_fields(form: Build, page: Page) -> None:
    bound = form(*EVERYTHING[:6], post=[("amount", "abc")])
    assert not bound.validate()
    html = page("dynamic_form(form)", form=bound)
    elements = Elements(html)
    links = [attributes["href"] for _, attributes in elements.found if attributes.get("href")]
    assert links == ["#field-name", "#field-amount", "#field-agree", "#field-kind"]
    name = elements.by_id("field-name")
    assert name["aria-invalid"] == "true"
    assert name["aria-required"] == "true"
    assert name["aria-describedby"] == "field-name-help field-name-error"
    assert "required" not in name
    assert elements.by_id("field-amount")["value"] == "abc"
    assert html.count("Name is required.") == 2


def test_a_form_without_faults_has_no_summary(form: Build, page: Page) -> None:
    html = page("dynamic_form(form)", form=form(*EVERYTHING))
    assert "data-error-summary" not in html
    assert "aria-invalid" not in html


def test_a_hidden_field_is_in_the_page_only_if_it_can_appear_there(form: Build, page: Page) -> None:
    by_field = {"type": "textfield", "key": "reason", "label": "Reason", "conditional": {"hide": "=kind = null"}}
    by_role = {"type": "textfield", "key": "margin", "label": "Margin", "conditional": {"hide": '=role != "manager"'}}
    bound = form(EVERYTHING[5], by_field, by_role, context={"role": "agent"}, values={"margin": "12345", "reason": "r"})
    html = page("dynamic_form(form)", form=bound)
    assert "12345" not in html
    assert re.search(r'data-node="field-reason" hidden>', html)
    assert '<input type="hidden" name="_hidden" value="reason"' in html


def test_a_group_that_can_appear_is_drawn_with_its_fields(form: Build, page: Page) -> None:
    group = {"type": "group", "id": "g", "components": [EVERYTHING[0]], "conditional": {"hide": "=kind = null"}}
    html = page("dynamic_form(form)", form=form(EVERYTHING[5], group))
    assert 'id="field-name"' in html
    assert 'value="name" data-hidden-fields' in html


def test_dates_that_are_no_dates_can_be_read_and_corrected(form: Build, page: Page) -> None:
    html = page("dynamic_form(form)", form=form(EVERYTHING[3], post=[("day", "31/12/2026")]))
    day = Elements(html).by_id("field-day")
    assert (day["type"], day["value"]) == ("text", "31/12/2026")
    html = page("dynamic_form(form)", form=form(EVERYTHING[3], post=[("day", "2026-12-31")]))
    assert Elements(html).by_id("field-day")["type"] == "date"


def test_stored_files_are_listed_with_a_box_to_keep_them(form: Build, page: Page) -> None:
    bound = form(EVERYTHING[10], values={"files": [{"id": "7", "name": "a<b>.pdf"}]})
    html = page("dynamic_form(form, file_url=url)", form=bound, url=lambda key: f"/files/{key}")
    assert '<input class="form-check-input" type="checkbox" name="files" value="7"' in html
    assert '<a href="/files/7">a&lt;b&gt;.pdf</a>' in html


def test_a_read_only_value_reads_like_a_value(form: Build, page: Page) -> None:
    bound = form(
        *EVERYTHING, values={"kind": "b", "needs": ["a", "b"], "amount": 1234567, "agree": True}, read_only=True
    )
    html = page("dynamic_form(form)", form=bound)
    for words in ("Beta", "Alpha、Beta", "1,234,567", "Yes"):
        assert words in html
    assert not [tag for tag, _ in Elements(html).found if tag in ("input", "select", "textarea", "button")]


def test_values_in_html_are_only_text_and_foreign_pictures_are_not_shown(form: Build, page: Page) -> None:
    html = {"type": "html", "id": "h", "content": '<p>{{x}}</p><a href="{{link}}">go</a>'}
    picture = {"type": "image", "id": "i", "source": "{{picture}}"}
    context = {"x": "<b>no</b>", "link": "javascript:alert(1)", "picture": "https://example.com/spy.png"}
    drawn = page("dynamic_form(form)", form=form(html, picture, context=context))
    assert "<p>&lt;b&gt;no&lt;/b&gt;</p>" in drawn
    assert "javascript" not in drawn
    assert "<img" not in drawn
    shown = page("dynamic_form(form)", form=form(picture, context={"picture": "/static/logo.svg"}))
    assert '<img class="img-fluid mb-3" src="/static/logo.svg" alt="">' in shown


def test_moments_in_texts_stand_in_the_readers_zone(form: Build, page: Page) -> None:
    text = {"type": "text", "id": "t", "text": "due {{due}}"}
    due = {"due": datetime(2026, 12, 1, 20, 0, tzinfo=UTC)}
    assert "due 2026-12-02 04:00" in page("dynamic_form(form)", form=form(text, context=due)).replace("&#45;", "-")


def test_markdown_is_drawn_and_values_in_it_are_only_text(form: Build, page: Page) -> None:
    text = {
        "type": "text",
        "id": "t",
        "text": "## A *b* `c`\nline {{x}}\n1. one\n2. two\n[ok](/path) [bad](javascript:x)\n<u>raw</u>",
    }
    html = page("dynamic_form(form)", form=form(text, context={"x": "**no** <i>no</i>\n# no"}))
    assert "<h3>A <em>b</em> <code>c</code></h3>" in html
    assert "<p>line **no** &lt;i&gt;no&lt;/i&gt; # no</p>" in html
    assert "<ol><li>one</li><li>two</li></ol>" in html
    assert '<a href="/path" rel="noopener noreferrer">ok</a>' in html
    assert "javascript" not in html
    assert "&lt;u&gt;raw&lt;/u&gt;" in html


AB: Any = ["a", "b"]


class Static(wtforms.Form):
    """One of everything that static forms use."""

    name = wtforms.StringField("Name", [validators.InputRequired()], description="Help")
    password = wtforms.PasswordField("Password")
    kind = wtforms.SelectField("Kind", choices=AB)
    one = wtforms.RadioField("One", choices=AB, validators=[validators.Optional()])
    many = wtforms.SelectMultipleField("Many", choices=AB, option_widget=wtforms.widgets.CheckboxInput())
    agree = wtforms.BooleanField("Agree")
    note = wtforms.TextAreaField("Note")
    file = wtforms.FileField("File")
    secret = wtforms.HiddenField(default="s")
    lines = wtforms.FieldList(wtforms.StringField("Line"), min_entries=1)
    send = wtforms.SubmitField("Send")


def test_static_forms_look_the_same(page: Page) -> None:
    static = Static(MultiDict([("kind", "a")]))
    static.many.widget = wtforms.widgets.ListWidget()
    assert not static.validate()
    html = page("error_summary(form)", form=static) + "".join(page("field(f)", f=f) for f in static)
    elements = Elements(html)
    assert '<a class="alert-link" href="#name">Name: This field is required.</a>' in html
    name = elements.by_id("name")
    assert (name["class"], name["aria-describedby"], name["aria-required"]) == (
        "form-control is-invalid",
        "name-help name-error",
        "true",
    )
    assert (elements.by_id("kind")["class"] or "").startswith("form-select")
    assert (elements.by_id("agree")["class"] or "").startswith("form-check-input")
    assert (elements.by_id("send")["class"], elements.by_id("secret")["type"]) == ("btn btn-primary", "hidden")
    assert [tag for tag, attributes in elements.found if attributes.get("id") in ("one", "many")] == [
        "fieldset",
        "fieldset",
    ]


def test_both_languages_speak(page: Page) -> None:
    words = {"{label} is required.": "请填写{label}。", "Name": "名称", "Alpha": "甲"}
    description = forms.read({"components": [EVERYTHING[0], EVERYTHING[7]]})
    bound = forms.build(description, formdata=MultiDict(), translate=lambda source: words.get(source, source))
    assert not bound.validate()
    assert [fault.message for fault in bound.faults] == ["请填写名称。"]
    assert ">甲</option>" in page("dynamic_form(form)", form=bound)
