"""An administrator imports a foreign diagram: the report on the diagram and line by line, roles chosen, a draft made of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from crm.core.db import reading
from tests.browser.office import CHINESE, ENGLISH, Office
from tests.unit.studio.exchange.foreign_files import diagram, straight
from workflows.bundle_files import archive_of
from workflows.studio.drafts.queries import bundle_of, draft_of

pytestmark = pytest.mark.browser

HOSTILE = "&lt;img src=x onerror=alert(1)&gt;"
BODY = (
    f'<bpmn:startEvent id="begin" name="{HOSTILE}"/>'
    '<bpmn:userTask id="approve" name="Approve" camunda:candidateGroups="management">'
    '<bpmn:extensionElements><camunda:taskListener event="create" class="x.Y"/></bpmn:extensionElements></bpmn:userTask>'
    '<bpmn:exclusiveGateway id="which"/><bpmn:endEvent id="yes"/><bpmn:endEvent id="no"/>'
    '<bpmn:sequenceFlow id="f0" sourceRef="begin" targetRef="approve"/><bpmn:sequenceFlow id="f1" sourceRef="approve" targetRef="which"/>'
    '<bpmn:sequenceFlow id="f2" sourceRef="which" targetRef="yes"><bpmn:conditionExpression>${amount &gt; 1}</bpmn:conditionExpression></bpmn:sequenceFlow>'
    '<bpmn:sequenceFlow id="f3" sourceRef="which" targetRef="no"/>'
)
PROCESS = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d">'
    '<bpmn:process id="{}" name="{}" isExecutable="true">{}</bpmn:process></bpmn:definitions>'
)
FILE: FilePayload = {"name": "order.bpmn", "mimeType": "text/xml", "buffer": diagram(BODY, speaks=("camunda",))}


def read(page: Page) -> None:
    page.goto("/studio/import")
    page.locator("#files").set_input_files(FILE)
    page.locator("#import button.btn-primary").click()
    page.wait_for_selector("[data-diagram][data-ready=yes]")


def line(page: Page, words: str) -> str:
    return page.locator("#lines tbody tr", has_text=words).first.inner_text()


def test_a_foreign_diagram_becomes_a_draft_that_says_what_is_left_to_do(chromium: Browser, office: Office) -> None:
    say = office.words(CHINESE)
    dialogs: list[str] = []
    note: Callable[[object], None] = lambda dialog: dialogs.append(str(dialog))  # noqa: E731 -- a listener of one line
    with office.visited(chromium, "admin") as page:
        page.on("dialog", note)
        read(page)
        assert "amount > 1" in line(page, "${amount > 1}")
        assert say("To do by hand") in line(page, "management")
        # Two things are left at the step: a role for its group, and its listener; an empty form was put beside it.
        expect(page.locator(".flag-warn", has_text="2")).to_be_visible()
        expect(page.locator(".flag-good")).to_have_count(3)
        page.get_by_label("management", exact=True).select_option("sales_supervisor")
        page.get_by_role("button", name=say("Make a draft")).click()
        page.wait_for_url("**/report")
        expect(page.locator("#lines tbody tr", has_text="x.Y")).to_be_visible()
        page.wait_for_selector("[data-diagram][data-ready=yes]")
        with page.expect_download() as download:
            page.get_by_role("link", name=say("Download the files")).click()
        assert download.value.suggested_filename == "order.zip"
    with reading(office.database) as session:
        draft = draft_of(session, "order")
        assert draft is not None
        assert b'value="sales_supervisor"' in bundle_of(session, draft.id).bpmn[1]
    assert dialogs == []


def test_a_zip_of_processes_that_call_each_other_becomes_drafts_at_once(chromium: Browser, office: Office) -> None:
    called = '<bpmn:callActivity id="c" name="Collect the money" calledElement="pay"/>'
    files = {
        "shop/sale.bpmn": PROCESS.format("sale", "Sale", straight(called)),
        "shop/parts/pay.bpmn": PROCESS.format("pay", "Pay", straight('<bpmn:manualTask id="ask" name="Ask"/>')),
        "shop/refund.bpmn": PROCESS.format(
            "refund", "Refund", straight('<bpmn:manualTask id="back" name="Give back"/>')
        ),
    }
    raw = archive_of({path: content.encode() for path, content in files.items()})
    with office.visited(chromium, "admin", language=ENGLISH) as page:
        page.goto("/studio/import")
        page.locator("#files").set_input_files({"name": "shop.zip", "mimeType": "application/zip", "buffer": raw})
        page.locator("#import button.btn-primary").click()
        expect(page.locator("#files-told tbody tr")).to_have_count(3)
        expect(page.locator("[data-diagram][data-ready=yes]")).to_have_count(2)
        expect(page.locator("[data-canvas] [data-element-id=ask]").first).to_be_visible()
        page.get_by_label("Key of the process “Refund”").fill("giving_back")
        page.get_by_role("button", name="Make drafts").click()
        page.wait_for_url("**/report")
        expect(page.locator("#files-told a", has_text="sale").first).to_be_visible()
    with reading(office.database) as session:
        assert draft_of(session, "sale") is not None
        assert draft_of(session, "giving_back") is not None


def test_what_cannot_be_read_is_told_and_other_files_can_be_chosen(chromium: Browser, office: Office) -> None:
    with office.visited(chromium, "admin", language=ENGLISH) as page:
        page.goto("/studio/import")
        page.locator("#files").set_input_files({"name": "x.bpmn", "mimeType": "text/xml", "buffer": b"<definitions"})
        page.locator("#import button.btn-primary").click()
        assert "Refused" in line(page, "x.bpmn")
        expect(page.get_by_role("button", name="Make a draft")).to_have_count(0)
