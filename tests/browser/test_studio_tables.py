"""An administrator changes a decision table in the browser: cells, rules, columns; tries rows out, closes a gap, and all of it is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from crm.core.db import reading, unit_of_work
from tests.browser.driver import accessibility_faults, foreign_words, sideways_overflow
from tests.browser.office import CHINESE, DESKTOP, ENGLISH, PHONE, Office
from tests.processes.small import script_task, straight, user_task
from tests.processes.test_service_request import REQUEST
from workflows.engine.decision_model import FIRST, Decision
from workflows.studio.drafts import operations, queries
from workflows.studio.tables.trying import read_table

pytestmark = pytest.mark.browser

FILE = "level.dmn"
HELD = re.compile("studio-table-held")
HOSTILE = "&quot;&gt;&lt;img src=x onerror=alert(1)&gt;"
TABLE = f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="defs" name="级别" namespace="https://heliu.example/dmn">
  <decision id="level" name="级别 {HOSTILE}">
    <decisionTable id="level_table" hitPolicy="UNIQUE">
      <input id="amount" label="金额"><inputExpression id="amount_is" typeRef="number"><text>amount</text></inputExpression></input>
      <input id="kind" label="类别 {HOSTILE}"><inputExpression id="kind_is" typeRef="string"><text>kind</text></inputExpression></input>
      <output id="answer" name="level" label="级别" typeRef="string" />
      <rule id="low"><inputEntry id="low_amount"><text>&lt; 10</text></inputEntry><inputEntry id="low_kind"><text>-</text></inputEntry><outputEntry id="low_level"><text>"low"</text></outputEntry></rule>
      <rule id="high"><inputEntry id="high_amount"><text>&gt; 10</text></inputEntry><inputEntry id="high_kind"><text>-</text></inputEntry><outputEntry id="high_level"><text>"high"</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>
"""
ASKING = '<bpmn:businessRuleTask id="ask" name="级别"><bpmn:extensionElements><spiffworkflow:calledDecisionId>level</spiffworkflow:calledDecisionId></bpmn:extensionElements></bpmn:businessRuleTask>'


def open_draft(office: Office, table: str = TABLE) -> int:
    files = dict(straight("small", user_task("check"), script_task("sum", '{amount: 5, kind: "a"}'), ASKING).files)
    with unit_of_work(office.database) as session:
        by = office.people.named("admin")
        given = {**files, FILE: table.encode()}
        return operations.new_draft(session, by=by, now=office.clock(), key="small", name="小", files=given).id


def stored(office: Office, draft_id: int) -> str:
    with reading(office.database) as session:
        return queries.file_of(session, draft_id, FILE).content


def read(office: Office, draft_id: int) -> Decision:
    """The decision as cases would take it."""
    with reading(office.database) as session:
        bundle = queries.bundle_of(session, draft_id)
    found = read_table(bundle, FILE, bundle.dmn[FILE])
    assert not found.problems
    return found.decisions[0]


def rules(office: Office, draft_id: int) -> list[list[str]]:
    table = read(office, draft_id).table
    assert table is not None
    return [
        [*(test.text for test in rule.tests), *(answer.text if answer else "" for answer in rule.answers)]
        for rule in table.rules
    ]


@contextmanager
def editing(
    office: Office, browser: Browser, draft_id: int, language: str, *, width: int = DESKTOP, file: str = FILE
) -> Iterator[Page]:
    with office.visited(browser, "admin", language=language, width=width) as page:
        page.goto(f"/studio/drafts/{draft_id}/tables/{file}")
        page.wait_for_selector("[data-table-editor][data-ready=yes]")
        yield page


def cell(page: Page, row: int, column: int) -> Locator:
    """A cell of a rule, both counted from 0."""
    return page.locator(f"[data-canvas] td[data-coords='{row}:{column}']")


def write(page: Page, row: int, column: int, text: str) -> None:
    """Type into a cell as a person does: a click, all that stands there, the new text."""
    cell(page, row, column).click()
    expect(cell(page, row, column).locator(":focus")).to_be_attached()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


@contextmanager
def saved(page: Page) -> Iterator[None]:
    """What is done inside is stored by itself."""
    with page.expect_response(lambda answer: answer.request.method == "PUT"):
        yield
    expect(page.locator("[data-save-state]")).to_have_attribute("data-state", "saved")


def policy(office: Office, draft_id: int) -> str:
    table = read(office, draft_id).table
    assert table is not None
    return table.hit_policy


def found(page: Page, kind: str) -> Locator:
    return page.locator(f"[data-found={kind}]")


def test_a_table_is_changed_tried_out_and_made_whole(chromium: Browser, office: Office) -> None:
    draft_id = open_draft(office)
    before = stored(office, draft_id)
    with editing(office, chromium, draft_id, CHINESE) as page:
        say = office.words(CHINESE)
        try_out = page.get_by_role("button", name=say("Try it out"), exact=True)
        page.locator("#in-0").fill("12")
        try_out.click()
        expect(page.locator("[data-tried]")).to_contain_text("high")
        expect(cell(page, 1, 0)).to_have_class(HELD)
        expect(cell(page, 0, 0)).not_to_have_class(HELD)
        assert stored(office, draft_id) == before, "nothing is written that nobody changed"

        add = found(page, "gap").get_by_role("button", name=say("Add a rule for this"), exact=True)
        with saved(page):
            add.click()
        with saved(page):
            page.locator("[data-act=undo]").click()
        assert stored(office, draft_id) == before, "what was undone leaves no trace"
        with saved(page):
            add.click()
            write(page, 2, 2, '"middle"')
        expect(found(page, "gap")).to_have_count(0)
        assert rules(office, draft_id)[2] == ["10", "-", '"middle"']

        with saved(page):
            write(page, 0, 1, '"a b"')
        assert rules(office, draft_id)[0] == ["< 10", '"a b"', '"low"']
        expect(found(page, "gap")).to_have_count(1)

        with saved(page):
            page.get_by_label("命中策略").click()
            page.locator(".dms-select-options .option", has_text="首个").click()
        assert policy(office, draft_id) == FIRST

        with saved(page):
            page.locator(".add-input button").click()
        expect(page.locator(".studio-findings-bad")).to_be_visible()
        with saved(page):
            page.locator("[data-act=undo]").click()
        expect(page.locator("[data-findings-sum]")).to_have_text(say("Nothing stands in the way of publishing."))

        with saved(page):
            page.locator("tfoot td.add-rule").first.click()
            expect(cell(page, 3, 0).locator(":focus")).to_be_attached()
            page.keyboard.type("> 99")
        assert [row[0] for row in rules(office, draft_id)] == ["< 10", "> 10", "10", "> 99"]
        assert page.evaluate("heliuMissing()") == []
        page.reload()
        expect(cell(page, 0, 1)).to_have_text('"a b"')
        expect(cell(page, 3, 0)).to_have_text("> 99")


def test_names_are_those_of_the_reader_and_changed_at_the_head_of_a_column(chromium: Browser, office: Office) -> None:
    draft_id = open_draft(office)
    with unit_of_work(office.database) as session:
        texts = json.dumps({"en": {"金额": "Amount", "级别": "Level"}})
        operations.save_file(
            session, by=office.people.named("admin"), now=office.clock(), draft_id=draft_id, name="texts.json",
            content=texts, seen=0,
        )  # fmt: skip
    with editing(office, chromium, draft_id, ENGLISH) as page:
        heads = page.locator("[data-canvas] thead")
        expect(heads).to_contain_text("Amount")
        expect(heads.locator(".output-label")).to_have_text("Level")
        expect(page.locator("#try-out")).to_contain_text("Amount")
        page.get_by_label("Name in English", exact=True).fill("Level <b>")
        page.get_by_label("Name in English", exact=True).press("Enter")
        expect(page.locator(".decision-table-name")).to_contain_text("Level <b>")
        page.locator("th.input-editor").first.dblclick()
        menu = page.locator(".context-menu")
        menu.get_by_label("Name in English", exact=True).fill("Sum")
        page.keyboard.press("Enter")
        expect(heads).to_contain_text("Sum")
        expect(page.locator("#try-out")).to_contain_text("Sum")
        page.locator("th.input-editor").first.dblclick()
        field = menu.get_by_role("textbox").first
        field.click()
        expect(field).to_be_focused()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("Order value")
        menu.get_by_label("Name in Chinese", exact=True).fill("订单金额")
        # Whoever leaves at once loses nothing.
        page.get_by_role("link", name="All decision tables").click()
        page.wait_for_url("**/tables")
        expect(page.get_by_role("table", name="Decision tables")).to_contain_text("Level <b>")
    decision = read(office, draft_id)
    assert decision.table is not None
    assert decision.table.inputs[0].label == "Order value"
    with reading(office.database) as session:
        kept = queries.bundle_of(session, draft_id).texts
    assert kept["en"] == {"金额": "Sum", "级别": "Level", decision.name: "Level <b>"}
    assert kept["zh_CN"] == {"Order value": "订单金额"}


def test_the_values_of_a_case_fill_the_row_and_its_answer_stands_beside(chromium: Browser, office: Office) -> None:
    office.story.start(office.people.manager1, **REQUEST)
    with unit_of_work(office.database) as session:
        by = office.people.admin
        draft_id = operations.open_draft(session, by=by, now=office.clock(), key="service_request").id
    with editing(office, chromium, draft_id, CHINESE, file="who_handles.dmn") as page:
        page.locator("select[data-case]").select_option(index=1)
        expect(page.locator("#in-0")).to_have_value("repair")
        expect(page.locator("[data-as-then=yes]")).to_be_visible()
        expect(cell(page, 3, 0)).to_have_class(HELD)
        with saved(page):
            write(page, 3, 5, '"owner"')
        expect(page.locator("[data-as-then=no]")).to_be_visible()
        expect(page.locator("[data-then]")).to_contain_text("same_as_before")
        assert accessibility_faults(page) == []


def test_a_file_that_is_no_table_can_be_corrected_as_text(chromium: Browser, office: Office) -> None:
    draft_id = open_draft(office, TABLE.replace("</decision>", ""))
    with office.visited(chromium, "admin", language=ENGLISH) as page:
        page.goto(f"/studio/drafts/{draft_id}/tables/{FILE}")
        page.wait_for_selector("[data-table-editor][data-ready=fault]")
        assert accessibility_faults(page) == []
        page.get_by_label("Text of the file").fill(TABLE)
        page.get_by_role("button", name="Open again").click()
        page.wait_for_selector("[data-table-editor][data-ready=yes]")
        expect(cell(page, 1, 0)).to_have_text("> 10")
    assert stored(office, draft_id) == TABLE


@pytest.mark.parametrize("language", [CHINESE, ENGLISH])
def test_the_editor_can_be_used_by_everybody(chromium: Browser, office: Office, language: str) -> None:
    with editing(office, chromium, open_draft(office), language) as page:
        assert accessibility_faults(page) == []
        assert sideways_overflow(page) == 0
        assert page.locator("img[src=x]").count() == 0
        if language == CHINESE:
            assert page.evaluate("heliuMissing()") == []
            # The names of the table are its author's.
            assert [words for words in foreign_words(page) if "onerror" not in words] == []


def test_on_a_telephone_a_table_is_only_looked_at_but_can_be_tried_out(chromium: Browser, office: Office) -> None:
    draft_id = open_draft(office)
    with editing(office, chromium, draft_id, CHINESE, width=PHONE) as page:
        expect(page.locator(".studio-table-narrow")).to_be_visible()
        expect(page.locator("[data-canvas]")).to_contain_text('"high"')
        assert page.locator("[data-canvas] [contenteditable]").count() == 0
        expect(page.locator("[data-add-rule]").first).to_be_hidden()
        page.locator("#in-0").fill("5")
        page.get_by_role("button", name=office.words(CHINESE)("Try it out"), exact=True).click()
        expect(page.locator("[data-tried]")).to_contain_text("low")
        assert sideways_overflow(page) == 0
