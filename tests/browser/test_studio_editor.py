"""An administrator changes a diagram in the browser: draws a step, says who does it, sees what is wrong, and all of it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from crm.core.db import reading, unit_of_work
from tests.browser.driver import accessibility_faults, foreign_words, sideways_overflow
from tests.browser.office import CHINESE, DESKTOP, ENGLISH, PHONE, Office
from tests.processes.small import bundle, straight, user_task
from workflows.engine import Bundle
from workflows.engine.diagram import Diagram
from workflows.engine.reading import read_diagram
from workflows.studio.drafts import operations, queries

pytestmark = pytest.mark.browser

HOSTILE = '"><img src=x onerror=alert(1)>'
CHOICE = (
    '<bpmn:startEvent id="begin" />'
    + user_task("check")
    + '<bpmn:exclusiveGateway id="fit" name="Fit?" default="no" />'
    '<bpmn:endEvent id="good" /><bpmn:endEvent id="bad" />'
    '<bpmn:sequenceFlow id="to_check" sourceRef="begin" targetRef="check" />'
    '<bpmn:sequenceFlow id="to_fit" sourceRef="check" targetRef="fit" />'
    '<bpmn:sequenceFlow id="no" sourceRef="fit" targetRef="bad" />'
    '<bpmn:sequenceFlow id="yes" name="Yes" sourceRef="fit" targetRef="good">'
    "<bpmn:conditionExpression>note = null</bpmn:conditionExpression></bpmn:sequenceFlow>"
)

UNSAID = (
    '<bpmn:startEvent id="begin" /><bpmn:serviceTask id="serve" name="Serve" /><bpmn:scriptTask id="sum" name="Sum" />'
    '<bpmn:intermediateCatchEvent id="paid" name="Paid"><bpmn:messageEventDefinition id="paid_message" /></bpmn:intermediateCatchEvent>'
    '<bpmn:intermediateCatchEvent id="rest" name="Rest"><bpmn:timerEventDefinition id="rest_timer" /></bpmn:intermediateCatchEvent>'
    + user_task("sign").replace("</bpmn:userTask>", "<bpmn:multiInstanceLoopCharacteristics /></bpmn:userTask>")
    + '<bpmn:endEvent id="finish" />'
    + "".join(
        f'<bpmn:sequenceFlow id="flow_{a}" sourceRef="{a}" targetRef="{b}" />'
        for a, b in pairwise(("begin", "serve", "sum", "paid", "rest", "sign", "finish"))
    )
)


def open_draft(office: Office, drawn: Bundle, key: str) -> int:
    """A draft of a small process. It has no picture yet: the editor gets one from the server."""
    with unit_of_work(office.database) as session:
        by = office.people.named("admin")
        return operations.new_draft(session, by=by, now=office.clock(), key=key, name=key, files=dict(drawn.files)).id


def stored(office: Office, draft_id: int) -> bytes:
    with reading(office.database) as session:
        return queries.bundle_of(session, draft_id).bpmn[1]


def drawn(office: Office, draft_id: int) -> Diagram:
    return read_diagram(stored(office, draft_id), "small.bpmn")


@contextmanager
def editing(office: Office, browser: Browser, draft_id: int, language: str, width: int = DESKTOP) -> Iterator[Page]:
    with office.visited(browser, "admin", language=language, width=width) as page:
        page.goto(f"/studio/drafts/{draft_id}/diagram")
        page.wait_for_selector("[data-editor][data-ready=yes]")
        yield page


def element(page: Page, name: str) -> Locator:
    return page.locator(f"[data-canvas] [data-element-id='{name}'] .djs-hit").first


def choose(page: Page, name: str) -> None:
    # The tools of the element chosen before may lie over this one.
    page.locator("[data-canvas]").click(position={"x": 300, "y": 20})
    element(page, name).click(force=True, position={"x": 8, "y": 8})


def middle_of(page: Page, name: str) -> tuple[float, float]:
    box = page.locator(f"[data-canvas] [data-element-id='{name}'] .djs-visual").first.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def expect_saved(page: Page) -> None:
    expect(page.locator("[data-save-state]")).to_have_attribute("data-state", "saved")


def test_a_second_approval_is_drawn_between_two_steps_and_saved_by_itself(chromium: Browser, office: Office) -> None:
    draft_id = open_draft(office, straight("small", user_task("check"), user_task("last")), "small")
    before = stored(office, draft_id)
    with editing(office, chromium, draft_id, CHINESE) as page:
        say = office.words(CHINESE)
        expect(page.locator("[data-findings-sum]")).to_have_text(say("Nothing stands in the way of publishing."))
        choose(page, "check")
        expect(page.get_by_label(say("Role"), exact=True)).to_have_value("service_agent")
        assert stored(office, draft_id) == before, "nothing is written that nobody changed"

        x, y = middle_of(page, "flow_1")
        page.locator(".djs-palette [data-action='create.task']").click()
        page.mouse.move(x - 30, y, steps=4)
        page.mouse.move(x, y, steps=4)
        page.mouse.click(x, y)
        page.keyboard.type("二次审批")
        page.keyboard.press("Enter")
        mark = page.locator(".studio-mark-error")
        expect(mark.first).to_be_visible()
        expect(page.locator(".studio-panel-problems")).to_contain_text("表单")

        page.get_by_label(say("Role"), exact=True).select_option("sales_supervisor")
        page.locator("#field-formKey").focus()
        page.keyboard.press("ArrowDown")
        page.get_by_label(say("Who of them")).select_option("superior")
        page.get_by_label(say("Due")).fill("P2D")
        page.get_by_label(say("Due")).press("Tab")
        expect(mark).to_have_count(0)
        expect_saved(page)
        assert page.evaluate("heliuMissing()") == []
        assert accessibility_faults(page) == []
        page.reload()
        page.wait_for_selector("[data-editor][data-ready=yes]")
        expect(page.locator("[data-canvas]")).to_contain_text("二次审批")

    diagram = drawn(office, draft_id)
    step = next(node for node in diagram.nodes.values() if node.name == "二次审批")
    assert (step.kind, step.role, step.form_key) == ("userTask", "sales_supervisor", "note")
    assert step.properties["dueDate"] == "P2D"
    assert step.properties["assign"] == "superior"
    assert [diagram.flows[ident].source for ident in step.incoming] == ["check"]
    assert [diagram.flows[ident].target for ident in step.outgoing] == ["last"]


def test_a_name_gets_its_translation_beside_it(chromium: Browser, office: Office) -> None:
    small = straight("named", user_task("check"), user_task("last"))
    texts = '{"zh_CN": {"Other": "其他"}, "en": {"核对": "Check"}}'
    draft_id = open_draft(office, Bundle({**small.files, "texts.json": texts.encode()}), "named")
    with editing(office, chromium, draft_id, CHINESE) as page:
        say = office.words(CHINESE)
        choose(page, "check")
        page.get_by_label(say("Name in Chinese"), exact=True).fill("核对")
        page.get_by_label(say("Name in Chinese"), exact=True).press("Tab")
        expect(page.locator(".studio-panel-head h2")).to_have_text("核对")
        switch = page.get_by_role("button", name=say("Names in my language"))
        expect(page.locator("[data-canvas]")).to_contain_text("核对")
        switch.click()
        expect(switch).to_have_attribute("aria-pressed", "false")
        expect(page.locator("[data-canvas]")).not_to_contain_text("核对")
        switch.click()
        page.locator("[data-act=find]").click()
        page.locator(".djs-search-input input").fill("核对")
        page.keyboard.press("End")
        expect(page.locator(".djs-search-result.djs-search-result-selected")).to_contain_text("核对 · check")
        page.keyboard.press("Enter")
        page.get_by_label(say("Name"), exact=True).fill("核对")
        translated = page.get_by_label(say("Name in English"), exact=True)
        expect(translated).to_have_value("Check")
        translated.fill("Verify")
        # Whoever leaves at once loses nothing.
        page.get_by_role("link", name=say("Texts")).click()
        page.wait_for_url("**/texts")
        expect(page.locator("[data-source='核对'][data-locale='en']")).to_have_value("Verify")
    with reading(office.database) as session:
        kept = queries.bundle_of(session, draft_id).texts
    assert kept == {"zh_CN": {"Other": "其他", "check": "核对"}, "en": {"核对": "Verify"}}
    assert drawn(office, draft_id).nodes["check"].name == "核对"


def test_a_condition_is_completed_and_checked_while_it_is_typed(chromium: Browser, office: Office) -> None:
    small = bundle("small", CHOICE.replace("<bpmn:exclusiveGateway", "<!-- ours --><bpmn:exclusiveGateway"))
    draft_id = open_draft(office, small, "small")
    before = stored(office, draft_id)
    with editing(office, chromium, draft_id, ENGLISH) as page:
        choose(page, "fit")
        field = page.get_by_label("Condition for “Yes”")
        expect(field).to_have_value("note = null")
        field.fill("")
        field.press_sequentially("no")
        expect(page.locator(".studio-offers [aria-selected=true]")).to_contain_text("note")
        field.press("Enter")
        expect(field).to_have_value("note")
        field.press_sequentially(" = ")
        expect(page.locator(".studio-fault").filter(has_text="expression")).to_be_visible()
        field.press_sequentially('"fine"')
        expect(page.locator(".studio-fault").filter(has_text="expression")).to_have_count(0)
        field.press("Tab")
        expect_saved(page)
        assert drawn(office, draft_id).flows["yes"].condition == 'note = "fine"'
        assert b'<bpmn:exclusiveGateway id="fit"' in stored(office, draft_id).split(b"<!-- ours -->")[1].split(b"\n")[1]

        choose(page, "check")
        page.get_by_label("Name", exact=True).fill(HOSTILE)
        page.get_by_label("Name", exact=True).press("Tab")
        page.get_by_label("Form", exact=True).select_option("")
        expect(page.locator(".studio-panel-problems")).to_contain_text(HOSTILE)
        expect(page.locator(".studio-mark-error")).to_be_visible()
        assert page.locator("main img").count() == 0
        page.locator("[data-act=undo]").click()
        expect(page.locator(".studio-mark-error")).to_have_count(0)

        page.locator("[data-simulation]").click()
        page.locator(".bts-palette [title='Toggle Simulation Log']").click()
        assert page.locator("main img").count() == 0
        page.locator("[data-simulation]").click()
        for _ in range(12):
            if page.locator("[data-act=undo]").is_enabled():
                page.locator("[data-act=undo]").click()
        expect(page.locator("[data-act=undo]")).to_be_disabled()
        expect_saved(page)
    assert stored(office, draft_id) == before, "taking everything back gives the file as it was"


def test_steps_of_the_machine_are_told_what_to_do_until_nothing_is_wrong(chromium: Browser, office: Office) -> None:
    draft_id = open_draft(office, bundle("small", UNSAID), "small")
    with editing(office, chromium, draft_id, ENGLISH) as page:
        expect(page.locator(".studio-mark-error").first).to_be_visible()
        for _ in range(4):
            page.locator("[data-act=out]").click()
        expect(page.locator("[data-canvas] .studio-far")).to_be_attached()
        mark = page.locator("[data-container-id=serve] .studio-mark").bounding_box()
        step = page.locator("[data-canvas] [data-element-id=serve] .djs-visual").first.bounding_box()
        assert mark is not None
        assert step is not None
        assert mark["height"] <= step["height"] / 3, "a mark from afar leaves its element to be seen"
        page.locator("[data-act=fit]").click()
        choose(page, "serve")
        page.get_by_label("Operation", exact=True).select_option("service/archive")
        page.get_by_label("request_id number").fill("12")
        page.get_by_label("Result goes into the variable").fill("archived")
        choose(page, "sum")
        page.get_by_label("Script", exact=True).fill("{ total: 1 + 2 }")
        choose(page, "paid")
        page.get_by_label("Name of the message").fill("payment")
        page.get_by_label("What comes goes into the variable").fill("money")
        choose(page, "rest")
        page.get_by_label("Time", exact=True).fill("PT2H")
        page.get_by_label("In working time").check()
        choose(page, "sign")
        page.get_by_label("For each of the list").fill("[1, 2]")
        page.get_by_label("Each one is called").fill("signer")
        page.get_by_label("Countersigning").fill("60%")
        page.get_by_label("Countersigning").press("Tab")
        page.get_by_label("One agrees when").fill('note = "yes"')
        page.get_by_label("One agrees when").press("Tab")
        expect(page.locator(".studio-mark-error")).to_have_count(0)
        expect_saved(page)
        assert accessibility_faults(page) == []

    nodes = drawn(office, draft_id).nodes
    serve = nodes["serve"].operator
    assert serve is not None
    assert (serve.name, serve.parameters, serve.result) == ("service/archive", (("request_id", "12"),), "archived")
    assert nodes["sum"].script == "{ total: 1 + 2 }"
    assert nodes["paid"].events[0].name == "payment"
    assert nodes["paid"].events[0].variable == "money"
    assert nodes["rest"].events[0].text == "PT2H"
    assert nodes["rest"].properties["workingTime"] == "true"
    signing = nodes["sign"].repetition
    assert signing is not None
    assert (signing.collection, signing.item) == ("[1, 2]", "signer")
    assert nodes["sign"].properties["countersignAgree"] == 'note = "yes"'


def test_a_copied_step_keeps_what_it_says_and_the_menus_offer_only_what_runs(chromium: Browser, office: Office) -> None:
    draft_id = open_draft(office, straight("small", user_task("check", dueDate="PT4H"), user_task("last")), "small")
    with editing(office, chromium, draft_id, CHINESE) as page:
        choose(page, "check")
        page.keyboard.press("Control+c")
        page.keyboard.press("Control+v")
        x, y = middle_of(page, "check")
        page.mouse.move(x, y + 110, steps=4)
        page.mouse.click(x, y + 120)
        page.locator(".djs-context-pad [data-action=replace]").click()
        expect(page.locator(".djs-popup [data-id=replace-with-manual-task]")).to_be_visible()
        offered = page.locator(".djs-popup [data-id]").evaluate_all("all => all.map((each) => each.dataset.id)")
        assert "replace-with-service-task" in offered
        assert not [name for name in offered if "data-" in name or name == "replace-with-task"]
        page.locator(".djs-popup [data-id=replace-with-manual-task]").click()
        expect(page.locator("[data-panel]")).to_contain_text("手工任务")
        expect_saved(page)
        assert page.locator(".djs-palette [data-action^='create.data']").count() == 0
        assert page.evaluate("heliuMissing()") == []
        within: str = page.locator("[data-editor]").evaluate("(editor) => editor.outerHTML")
        assert [words for words in foreign_words(page) if words in within] == []
    nodes = drawn(office, draft_id).nodes
    copied = next(node for node in nodes.values() if node.kind == "manualTask")
    assert copied.name == "check"
    assert (copied.form_key, copied.role, copied.properties["dueDate"]) == ("note", "service_agent", "PT4H")


def test_a_diagram_is_drawn_by_keyboard_alone_and_copied_into_another_draft(chromium: Browser, office: Office) -> None:
    draft_id = open_draft(office, straight("small", user_task("check"), user_task("last")), "small")
    other_id = open_draft(office, straight("other", user_task("check")), "other")
    with editing(office, chromium, draft_id, ENGLISH) as page:
        canvas, keyboard = page.locator("[data-canvas] svg[tabindex='0']"), page.keyboard
        selected = page.locator("[data-canvas] .djs-shape.selected")
        canvas.focus()
        keyboard.press("Control+f")
        expect(page.locator(".djs-search-input input")).to_be_focused()
        keyboard.type("last")
        expect(page.locator(".djs-search-result")).to_have_count(1)
        keyboard.press("Enter")
        expect(selected).to_have_attribute("data-element-id", "last")
        keyboard.press("n")
        expect(page.locator(".djs-popup-search input")).to_be_focused()
        keyboard.type("Exclusive")
        expect(page.locator(".djs-popup .entry")).to_have_count(1)
        keyboard.press("Enter")
        expect(page.locator(".djs-direct-editing-content")).to_be_focused()
        keyboard.type("Fit?")
        keyboard.press("Enter")
        expect(page.locator("[data-canvas]")).to_contain_text("Fit?")
        expect(page.locator(".studio-panel-head h2")).to_have_text("Fit?")
        keyboard.press("c")
        expect(page.locator(".djs-popup .entry.selected")).to_contain_text("check")
        keyboard.press("Enter")
        expect(page.locator(".djs-popup")).to_have_count(0)
        keyboard.press("Control+c")
        expect_saved(page)
        page.goto(f"/studio/drafts/{other_id}/diagram")
        page.wait_for_selector("[data-editor][data-ready=yes]")
        canvas.focus()
        keyboard.press("Control+v")
        expect(page.locator("[data-canvas]")).to_contain_text("Fit?")
        expect_saved(page)
    diagram = drawn(office, draft_id)
    made = next(node for node in diagram.nodes.values() if node.name == "Fit?")
    assert made.kind == "exclusiveGateway"
    assert {(flow.source, flow.target) for flow in diagram.flows.values()} >= {("last", made.id), (made.id, "check")}
    assert "Fit?" in {node.name for node in drawn(office, other_id).nodes.values()}


def test_a_narrow_screen_shows_the_diagram_and_says_where_it_can_be_changed(chromium: Browser, office: Office) -> None:
    draft_id = open_draft(office, straight("small", user_task("check")), "small")
    with editing(office, chromium, draft_id, ENGLISH, width=PHONE) as page:
        expect(page.locator("[data-canvas]")).to_contain_text("check")
        expect(page.locator("[data-editor] .alert").first).to_contain_text("900 pixels")
        assert page.locator(".djs-palette").count() == 0
        assert sideways_overflow(page) == 0
        assert accessibility_faults(page) == []


def test_a_file_that_cannot_be_read_is_shown_as_text_and_corrected_there(chromium: Browser, office: Office) -> None:
    draft_id = open_draft(office, straight("small", user_task("check")), "small")
    whole = stored(office, draft_id).decode()
    with unit_of_work(office.database) as session:
        by = office.people.named("admin")
        file = queries.file_of(session, draft_id, "small.bpmn")
        operations.save_file(
            session,
            by=by,
            now=office.clock(),
            draft_id=draft_id,
            name=file.name,
            content=whole[:-9],
            seen=file.revision,
        )
    with office.visited(chromium, "admin", language=ENGLISH) as page:
        page.goto(f"/studio/drafts/{draft_id}/diagram")
        page.get_by_label("Text of the file").fill(whole)
        page.get_by_role("button", name="Open again").click()
        page.wait_for_selector("[data-editor][data-ready=yes]")
        expect(page.locator("[data-canvas]")).to_contain_text("check")
    assert stored(office, draft_id).decode() == whole
