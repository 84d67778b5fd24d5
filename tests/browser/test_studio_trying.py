"""An administrator tries a draft out in the browser, step by step, keeps the course as a scenario, and replays it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from crm.core.db import reading, unit_of_work
from tests.browser.driver import accessibility_faults, sideways_overflow
from tests.browser.office import CHINESE, PHONE, Office
from tests.browser.test_studio_publishing import finished
from workflows.models import ProcessEvent, ProcessInstance, Task
from workflows.studio.drafts import operations
from workflows.studio.trying.models import Scenario

pytestmark = pytest.mark.browser
KEY = "service_request"


def rows(office: Office) -> list[int]:
    """How many cases, tasks, lines of history and scenarios are stored."""
    with reading(office.database) as session:
        tables = (ProcessInstance, Task, ProcessEvent, Scenario)
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def say_what_operations_answer(page: Page) -> None:
    """Take what is proposed for each operation that the case calls, until it stands at a step or is over."""
    expect(page.locator("#answer, #task, #keep").first).to_be_visible()
    while page.locator("#answer").count():
        with page.expect_navigation():
            page.locator("#answer button[value=answer]").click()


def complete(page: Page, step: str, **answers: str) -> None:
    """Fill in the form of the step and complete it."""
    task = page.locator("#task")
    expect(task).to_contain_text(step)
    for name, value in answers.items():
        field = task.locator(f"[name='{name}']")
        if field.first.get_attribute("type") == "radio":
            task.locator(f"[name='{name}'][value='{value}']").check()
        else:
            field.fill(value)
    with page.expect_navigation():
        task.locator("button[value=complete]").first.click()
    say_what_operations_answer(page)


def test_a_draft_is_tried_step_by_step_and_its_course_kept_and_replayed(chromium: Browser, office: Office) -> None:
    finished(office)
    with unit_of_work(office.database) as session:
        draft_id = operations.open_draft(session, by=office.people.admin, now=office.clock(), key=KEY).id
    stored, say = rows(office), office.words(CHINESE)
    with office.visited(chromium, "admin", width=PHONE) as page:
        page.goto(f"/studio/drafts/{draft_id}/try")
        # What the newest case began with, and what its operations answered, is proposed.
        expect(page.locator("#start")).to_have_value(re.compile("request_id: 1"))
        with page.expect_navigation():
            page.locator("#begin button[value=begin]").click()
        say_what_operations_answer(page)
        complete(page, say.of_process("Assign"), note="")

        overdue = page.locator("#others li", has_text=say.of_process("Overdue"))
        with page.expect_navigation():
            overdue.get_by_role("button", name=say("Let it be due")).click()
        expect(page.locator("#course")).to_contain_text(
            say("The timer “{step}” is due", step=say.of_process("Overdue"))
        )
        say_what_operations_answer(page)
        assert accessibility_faults(page) == []
        assert sideways_overflow(page) == 0
        page.get_by_role("button", name=say("Take back the last act")).click()
        expect(page.locator("#course")).not_to_contain_text(say.of_process("Overdue"))

        page.locator("#task button[value=complete]").first.click()
        expect(page.locator("#task [data-error-summary]")).to_be_visible()
        complete(page, say.of_process("Handle"), handling="更换主轴轴承，试机正常。")
        complete(page, say.of_process("Feedback"), result="客户确认恢复正常", satisfaction="5")
        complete(page, say.of_process("Archive"))
        expect(page.locator(".notice-good")).to_contain_text(say("The case is over"))
        assert rows(office) == stored, "a trial stores nothing"

        page.locator("#scenario-name").fill("维修到归档")
        page.locator("#keep button").click()
        expect(page.locator(".page-top .state-good")).to_have_text(say("as expected"))
        page.locator("[name=act-2]").fill('{ result: "还有异响", satisfaction: 1, customer_words: "还是很响" }')
        page.locator("button[value=change]").click()
        expect(page.locator(".notice-bad")).to_contain_text(say("The scenario goes another way"))
        expect(page.locator("#diagram .flag-bad")).to_have_count(1)
        assert accessibility_faults(page) == []

        page.goto(f"/studio/processes/{KEY}/scenarios")
        page.locator("#against").select_option("1")
        page.get_by_role("button", name=say("Replay"), exact=True).click()
        expect(page.locator(".comparison-choice [role=status]")).to_contain_text("1")
        expect(page.locator("td .state-bad")).to_have_text(say("goes another way"))
        assert sideways_overflow(page) == 0

        # The course asks for more than the scenario answers by now: it goes on from there, and stays in its place.
        page.goto(f"/studio/processes/{KEY}/scenarios")
        page.get_by_role("link", name=say("Go on from here")).click()
        # No case has come this way yet, so that no answer is proposed.
        page.locator("#result").fill("{ due_at: now(), remind_at: null, assignee_id: 5 }")
        say_what_operations_answer(page)
        complete(page, say.of_process("Handle"), handling="再次更换轴承，试机正常。")
        complete(page, say.of_process("Feedback"), result="客户确认恢复正常", satisfaction="5")
        page.locator("button[value=follow]").click()
        expect(page.locator(".notice-good")).to_contain_text(say("The case is over"))
        assert accessibility_faults(page) == []
        assert sideways_overflow(page) == 0
        page.locator("#replace-reason").fill("不满意时须再次处理")
        page.locator("#replace button").click()
        expect(page.locator(".page-top .state-good")).to_have_text(say("as expected"))
        expect(page.locator(".page-top")).to_contain_text("维修到归档")
    assert rows(office) == [*stored[:3], 1]
