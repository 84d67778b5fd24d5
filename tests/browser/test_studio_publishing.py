"""An administrator changes the service process and puts it in force with care, all of it in the browser: a second approval is drawn,
a scenario fails and the draft is corrected, a part of the new cases goes with it, ten running ones are moved, and all is taken back."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pytest import approx
from sqlalchemy import select

from crm.core.db import reading, unit_of_work
from tests.browser.driver import accessibility_faults
from tests.browser.office import CHINESE, Office, Words
from tests.browser.test_studio_editor import choose, expect_saved, middle_of
from tests.integration.migrating.test_migrating import let_clock_work
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST
from workflows.models import DefinitionVersion, InstanceStatus, ProcessInstance, Task
from workflows.operations import tasks
from workflows.task_forms import Submission

pytestmark = pytest.mark.browser
KEY = "service_request"
APPROVAL = "二次审批"
NOTE = "客户希望周四上午"


def begun(office: Office, number: int, *, assigned: bool = False) -> list[Story]:
    """Cases that wait to be assigned, or are assigned and wait to be handled."""
    people = office.people
    stories = [Story(office.database, office.clock, people, office.story.customer_id) for _ in range(number)]
    for story in stories:
        story.start(people.manager1, **REQUEST)
        if assigned:
            story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="2", note="")
    return stories


def finished(office: Office) -> int:
    """A request that was handled and archived; answers its case."""
    people = office.people
    (story,) = begun(office, 1, assigned=True)
    story.do(people.agent1, "handle", handling="更换主轴轴承，试机正常。")
    story.do(people.manager1, "feedback", result="客户确认恢复正常", satisfaction=5)
    story.do(people.agent2, "archive", note="")
    return story.instance_id


def held(office: Office, story: Story) -> Task:
    """The supervisor takes the task of a case and writes half of the answer."""
    by, now, task = office.people.supervisor, office.clock(), story.task("assign")
    with unit_of_work(office.database) as session:
        tasks.claim(session, by=by, now=now, task_id=task.id)
    with unit_of_work(office.database) as session:
        answers = {"assignee_id": str(office.people.agent2.id), "priority": "3", "note": NOTE}
        tasks.save_draft(session, by=by, now=now, task_id=task.id, submission=Submission(answers=answers))
    return story.task("assign")


def versions(office: Office) -> Counter[int]:
    """How many running cases there are of each version."""
    with reading(office.database) as session:
        rows = session.execute(
            select(DefinitionVersion.number)
            .join(ProcessInstance, ProcessInstance.version_id == DefinitionVersion.id)
            .where(ProcessInstance.status == InstanceStatus.RUNNING)
        )
        return Counter(row[0] for row in rows)


def find(page: Page, name: str) -> None:
    """Bring an element into view with the search of the editor."""
    page.wait_for_selector("[data-editor][data-ready=yes]")
    page.locator("[data-act=find]").click()
    expect(page.locator(".djs-search-input input")).to_be_focused()
    page.keyboard.type(name)
    expect(page.locator(".djs-search-result")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#field-id")).to_have_value(name)


def connect(page: Page, source: str, target: str) -> None:
    choose(page, source)
    page.locator(".djs-context-pad [data-action=connect]").click()
    x, y = middle_of(page, target)
    page.mouse.move(x - 10, y, steps=4)
    page.mouse.move(x, y, steps=2)
    page.mouse.click(x, y)


def draw_an_approval(page: Page, say: Words) -> str:
    """A step of the supervisors between "Satisfied?" and "Archive", which everybody passes. Answers its id."""
    find(page, "keep_archive")
    lane = page.locator("[data-canvas] [data-element-id=lane_supervisor] .djs-visual").first.bounding_box()
    assert lane is not None
    (left, low), (right, high) = middle_of(page, "satisfied"), middle_of(page, "archive")
    # The flow that is to go stands upright between the two.
    page.mouse.click(left + 0.4 * (right - left), (low + high) / 2)
    expect(page.locator("#field-id")).to_have_value("is_satisfied")
    page.keyboard.press("Delete")
    x, y = left + 40, lane["y"] + lane["height"] / 2
    page.locator(".djs-palette [data-action='create.task']").click()
    page.mouse.move(x - 60, y, steps=4)
    page.mouse.move(x, y, steps=4)
    page.mouse.click(x, y)
    page.keyboard.type(APPROVAL)
    page.keyboard.press("Enter")
    page.get_by_label(say("Form"), exact=True).select_option("archive")
    expect_saved(page)
    step = page.locator("#field-id").input_value()
    connect(page, "satisfied", step)
    connect(page, step, "archive")
    choose(page, "satisfied")
    page.get_by_label(say("The way when no condition holds")).select_option(label=APPROVAL)
    expect_saved(page)
    expect(page.locator("[data-findings-sum]")).to_have_text(say("Nothing stands in the way of publishing."))
    return step


def ask_complaints_only(page: Page, say: Words) -> None:
    """Only complaints pass the approval; all others go to the archive as they did."""
    find(page, "keep_archive")
    connect(page, "satisfied", "archive")
    choose(page, "satisfied")
    page.get_by_label(say("The way when no condition holds")).select_option(label=say.of_process("Archive"))
    page.get_by_role("button", name=say("Write an expression")).click()
    condition = page.get_by_label(say("Condition for “{name}”", name=APPROVAL))
    condition.fill('type = "complaint"')
    condition.press("Tab")
    expect_saved(page)


def weigh(page: Page, say: Words) -> None:
    """Go to publishing, and wait until scenarios and running cases have been tried."""
    page.locator(".tabs a", has_text=say("Publish")).click()
    page.wait_for_selector("#impact")


def look_at_the_new_course(page: Page, say: Words) -> None:
    """Go on from the scenario: it stands at the approval, and goes to its end when that is given. Leaving keeps nothing."""
    page.get_by_role("link", name=say("Go on from here")).click()
    expect(page.locator("#task")).to_contain_text(APPROVAL)
    page.locator("#task button[value=complete]").first.click()
    page.locator("button[value=follow]").click()
    expect(page.locator(".notice-good")).to_contain_text(say("The case is over"))
    expect(page.locator("#replace")).to_contain_text("维修到归档")


def give_reason(page: Page, dialog: str, reason: str) -> None:
    page.locator(f"[data-opens={dialog}]").click()
    page.locator(f"#{dialog}-reason").fill(reason)
    page.locator(f"#{dialog} form button.btn").last.click()


def test_a_second_approval_goes_from_the_diagram_to_a_part_of_the_cases_and_back(
    chromium: Browser, office: Office
) -> None:
    case_id = finished(office)
    first, *_ = begun(office, 7)
    begun(office, 3, assigned=True)
    before = held(office, first)
    say = office.words(CHINESE)
    with office.visited(chromium, "admin", language=CHINESE) as page:
        page.goto(f"/cases/{case_id}")
        page.get_by_role("link", name=say("Keep as a test scenario")).click()
        page.locator("#name").fill("维修到归档")
        page.locator("main form button.btn-primary").last.click()
        page.wait_for_url("**/scenarios/*")

        page.goto("/studio")
        page.locator("tr", has_text=KEY).get_by_role("button", name=say("Change")).click()
        step = draw_an_approval(page, say)
        weigh(page, say)
        failures = page.locator(".scenario-failures")
        expect(failures).to_contain_text(APPROVAL)
        expect(page.locator("#impact")).to_contain_text(say("Moves by itself"))
        expect(page.locator(".comparison .halo-added")).to_have_count(1)
        assert accessibility_faults(page) == []
        page.locator("#publish form button.btn-primary").click()
        expect(page.locator(".notice-bad")).to_contain_text(say("Nothing was published."))

        failures.get_by_role("link", name="维修到归档", exact=True).click()
        expect(page.locator("#diagram .flag-bad")).to_have_count(1)
        expect(page.locator(".notice-bad")).to_contain_text(say("The scenario goes another way"))
        look_at_the_new_course(page, say)
        page.locator(".tabs a", has_text=say("Diagram")).click()
        ask_complaints_only(page, say)
        weigh(page, say)
        expect(page.locator("#scenarios .state-good")).to_be_visible()
        compare_by_mouse_and_keyboard(page, step)
        page.locator("[name=share][value='25']").check()
        page.locator("#note").fill("投诉需要二次审批")
        page.locator("#publish form button.btn-primary").click()
        page.wait_for_url("**/versions/2")
        expect(page.locator("#share")).to_contain_text("25%")
        begun(office, 4)
        assert versions(office) == {1: 13, 2: 1}

        page.get_by_role("link", name=say("Move running cases")).click()
        page.locator("[name=from]").select_option("1")
        page.locator("[name=at][value=assign]").check()
        page.get_by_role("button", name=say("Look at it"), exact=True).click()
        page.locator("#reason").fill("统一到新流程")
        assert accessibility_faults(page) == []
        page.get_by_role("button", name=say("Move %(number)s cases") % {"number": 10}).click()
        page.wait_for_url("**/migrations/*")
        run = page.url
        progress = page.locator("#progress [role=status]")
        none_done = say("%(done)s of %(all)s cases are done.") % {"done": 0, "all": 10}
        expect(progress).to_have_text(none_done)
        let_clock_work(office.story)
        # The page asks for itself how far it is.
        expect(progress).to_have_text(say("All %(all)s cases are done.") % {"all": 10})
        expect(page.locator("#results tbody .state-good")).to_have_count(10)
        assert accessibility_faults(page) == []
        assert versions(office) == {1: 3, 2: 11}

        complete_what_was_begun(chromium, office, first, before)

        page.goto(f"/definitions/{KEY}")
        give_reason(page, "roll-back", "先回退观察")
        page.wait_for_url("**/versions/1")
        expect(page.locator("main")).to_contain_text(say("In force"))
        page.goto(run)
        page.get_by_role("button", name=say("Take the moves back")).click()
        page.locator("#confirm [data-yes]").click()
        expect(progress).to_have_text(none_done)
        let_clock_work(office.story)
        expect(progress).to_have_text(say("Taken back."))
        expect(page.locator("#results")).to_contain_text(say("Somebody has gone on with this case since it was moved."))
        begun(office, 4)
        assert versions(office) == {1: 16, 2: 2}


def compare_by_mouse_and_keyboard(page: Page, step: str) -> None:
    """Both diagrams show the same part, by a click on a difference and by the keys, until each is to move alone."""
    expect(page.locator(".comparison-sides [data-diagram][data-ready]")).to_have_count(2)
    old, new = page.locator(".comparison-sides [data-canvas]").all()

    def look(canvas: Locator) -> list[float]:
        found = canvas.locator(".viewport").get_attribute("transform") or ""
        return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", found)]

    page.locator(f"[data-difference={step}]").first.click()
    expect(new.locator(f"[data-element-id={step}].story-shown")).to_be_visible()
    shown = look(new)
    assert look(old) == approx(shown, abs=0.1)
    page.locator(".comparison-sides svg[tabindex='0']").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("-")
    moved = look(new)
    assert look(old) == approx(moved, abs=0.1)
    assert moved != approx(shown, abs=10)
    page.locator("[data-together]").uncheck()
    page.locator(".comparison-sides svg[tabindex='0']").first.focus()
    page.keyboard.press("ArrowLeft")
    assert look(new) == moved
    assert look(old) != approx(moved, abs=10)


def complete_what_was_begun(chromium: Browser, office: Office, story: Story, before: Task) -> None:
    """The supervisor finds the task as it was left, and completes it in the other version."""
    after = story.task("assign")
    kept = ("id", "assignee_id", "due_at", "draft", "opened_at", "priority")
    assert {name: getattr(after, name) for name in kept} == {name: getattr(before, name) for name in kept}
    with office.visited(chromium, "supervisor", language=CHINESE) as page:
        page.goto(f"/tasks/{after.id}")
        expect(page.locator("[name=note]")).to_have_value(NOTE)
        page.get_by_role("button", name=office.words(CHINESE)("Complete"), exact=True).click()
        expect(page).not_to_have_url(f"/tasks/{after.id}")
    assert story.waiting() == ["handle"]
