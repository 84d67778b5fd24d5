"""A manager's day: what the team has open, the late first; handing it on in bulk, on a phone too; and an approval in passing."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from crm.core.db import reading
from tests.browser.driver import accessibility_faults, sideways_overflow
from tests.browser.office import CHINESE, DESKTOP, ENGLISH, INBOX, PHONE, Office
from tests.processes.test_service_request import REQUEST
from workflows.models import Task

pytestmark = pytest.mark.browser


def begin_the_day(office: Office) -> list[int]:
    """Two requests with agent1, one of them late, and one with nobody. Answers the tasks of agent1."""
    people, story = office.people, office.story
    tasks = []
    for summary in ("主轴异响", "冷却液泄漏"):
        story.start(people.manager1, **{**REQUEST, "summary": summary})
        story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
        tasks.append(story.task("handle").id)
        office.clock.move(days=4)
    story.start(people.manager1, **{**REQUEST, "summary": "刀库卡刀"})
    return tasks


@pytest.mark.parametrize(("language", "width"), [(ENGLISH, DESKTOP), (CHINESE, PHONE)])
def test_late_tasks_of_the_team_are_found_first_and_handed_on_together(
    chromium: Browser, office: Office, language: str, width: int
) -> None:
    tasks = begin_the_day(office)
    say, people = office.words(language), office.people
    with office.visited(chromium, "supervisor", language=language, width=width) as page:
        page.goto("/tasks")
        folders = page.get_by_role("navigation", name=say("Folders"))
        folders.get_by_role("link", name=say.in_context("folder", "My team")).click()
        page.wait_for_url("**/tasks?folder=team")
        rows = page.locator("[data-rows] tbody tr")
        expect(rows).to_have_count(3)
        expect(rows.first).to_contain_text("主轴异响")
        expect(rows.first.locator(".due-over")).to_be_visible()
        assert accessibility_faults(page) == []
        assert sideways_overflow(page) == 0
        for task_id in tasks:
            page.locator(f"[data-check][value='{task_id}']").check()
        page.locator("[data-bulk] button[value=transfer]").click()
        choice = page.locator("#user_id")
        expect(choice.locator("optgroup").first).to_contain_text(office.name_of(people.agent2.id or 0, language))
        choice.select_option(str(people.agent2.id))
        page.locator("#note").fill("请今天先打电话")
        assert accessibility_faults(page) == []
        assert sideways_overflow(page) == 0
        page.locator("main form button.btn-primary").click()
        page.wait_for_url("**/tasks?folder=team*")
        expect(page.locator("[data-toasts]")).to_contain_text("2")
        with reading(office.database) as session:
            assert {session.get_one(Task, each).assignee_id for each in tasks} == {people.agent2.id}
    with office.visited(chromium, "agent2", language=language, width=width) as page:
        page.goto("/notices")
        page.get_by_role("main").get_by_role("link").filter(has_text="冷却液泄漏").first.click()
        expect(page.locator("[name=handling]")).to_be_visible()
        expect(page.locator("#history")).to_contain_text("请今天先打电话")


def test_a_manager_assigns_one_after_the_other_on_a_phone(chromium: Browser, office: Office) -> None:
    people, story = office.people, office.story
    for summary in ("one", "two"):
        office.clock.move(minutes=5)
        story.start(people.manager1, **{**REQUEST, "summary": summary})
    say = office.words(ENGLISH)
    with office.visited(chromium, "supervisor", language=ENGLISH, width=PHONE) as page:
        page.goto("/tasks?folder=groups")
        page.locator("[data-rows] tbody tr a").first.click()
        for following in ("two", None):
            expect(page.locator("#customer summary")).to_be_visible()
            assert accessibility_faults(page) == []
            assert sideways_overflow(page) == 0
            page.get_by_role("button", name=say("Complete and next")).click()
            expect(page.locator("[data-toasts]")).to_contain_text("It goes on with: ")
            if following:
                expect(page.locator("h1")).to_contain_text(following)
        page.wait_for_url(INBOX)
        expect(page.locator(".blank-title")).to_have_text("Your groups have no open task")


def test_whoever_directs_nobody_has_no_folder_for_a_team(chromium: Browser, office: Office) -> None:
    begin_the_day(office)
    with office.visited(chromium, "manager1", language=ENGLISH) as page:
        page.goto("/tasks")
        expect(page.locator(".folders a[href*='folder=team']")).to_have_count(0)
