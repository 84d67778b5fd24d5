"""What people do with tasks besides completing them, in a real browser: menus, pages, the diagram, several at once, by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.driver import accessibility_faults, sideways_overflow
from tests.browser.office import DESKTOP, ENGLISH, PHONE, Office
from tests.processes.acting import act
from tests.processes.small import straight, user_task
from tests.processes.test_service_request import REQUEST
from workflows.operations import tasks

pytestmark = pytest.mark.browser


def handling(office: Office) -> int:
    """A request that agent1 is to handle. Answers the task."""
    story, people = office.story, office.people
    story.start(people.manager1, **REQUEST)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    return story.task("handle").id


def small_tasks(office: Office, number: int) -> list[int]:
    """Tasks offered to the agents that ask for nothing."""
    office.story.publish(straight("small", user_task("check"), user_task("last")))
    found = []
    for _ in range(number):
        office.story.start(office.people.manager1, key="small")
        found.append(office.story.task("check").id)
    return found


def choose(page: Page, verb: str) -> None:
    """Open the menu of the task and choose there."""
    page.locator("main [data-menu] > summary").first.click()
    page.locator(f"main .menu-list a[href*='/{verb}']").click()
    page.wait_for_url(f"**/{verb}*")


def pick(page: Page, name: str) -> None:
    """Look a colleague up by typing."""
    page.locator(".ts-control").click()
    page.keyboard.type(name)
    page.locator(".ts-dropdown .option", has_text=name).click()


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_a_task_is_transferred_by_its_menu(chromium: Browser, office: Office, width: int) -> None:
    task_id = handling(office)
    with office.visited(chromium, "agent1", language=ENGLISH, width=width) as page:
        page.goto(f"/tasks/{task_id}?folder=mine")
        choose(page, "transfer")
        assert accessibility_faults(page) == []
        assert sideways_overflow(page) == 0
        pick(page, "agent2")
        page.locator("[name=note]").fill("You are nearer")
        page.locator("main form button.btn-primary").click()
        page.wait_for_url("**/tasks?folder=mine")
        expect(page.locator("[data-rows] tbody tr")).to_have_count(0)
    assert office.story.task("handle").assignee_id == office.people.agent2.id
    with office.visited(chromium, "agent2", language=ENGLISH, width=width) as page:
        page.goto(f"/tasks/{task_id}")
        expect(page.locator("#history")).to_contain_text("You are nearer")


def test_a_step_goes_back_by_a_click_on_the_diagram(chromium: Browser, office: Office) -> None:
    story, people = office.story, office.people
    handling(office)
    story.do(people.agent1, "handle", handling="Bearing replaced")
    with office.visited(chromium, "manager1", language=ENGLISH) as page:
        page.goto(f"/tasks/{story.task('feedback').id}")
        page.get_by_role("link", name="Send back").first.click()
        page.wait_for_selector("[data-diagram][data-ready]")
        assert accessibility_faults(page) == []
        page.locator("[data-diagram] [data-element-id=handle]").first.click()
        page.wait_for_url("**to=handle**")
        expect(page.locator("[name=to][value=handle]")).to_be_checked()
        page.locator("[name=reason]").fill("Nobody has tried it")
        page.locator("main form button.btn-danger").click()
        page.wait_for_url("**/tasks")
    with office.visited(chromium, "agent1", language=ENGLISH) as page:
        page.goto(f"/tasks/{story.task('handle').id}")
        expect(page.locator(".notice-warn")).to_contain_text("Nobody has tried it")
        expect(page.locator("[name=handling]")).to_have_value("Bearing replaced")


def test_a_task_is_delegated_and_comes_back_without_javascript(chromium: Browser, office: Office) -> None:
    task_id, people = handling(office), office.people
    with office.visited(chromium, "agent1", scripts=False) as page:
        page.goto(f"/tasks/{task_id}")
        choose(page, "delegate")
        page.locator("[name=user_id]").select_option(str(people.agent2.id))
        with page.expect_navigation():
            page.locator("main form button.btn-primary").click()
        page.goto("/tasks?folder=delegated")
        expect(page.locator("[data-rows] tbody tr")).to_have_count(1)
    with office.visited(chromium, "agent2", scripts=False) as page:
        page.goto(f"/tasks/{task_id}")
        page.locator("[name=handling]").fill("Order 7014C")
        with page.expect_navigation():
            page.locator("button[value=save]").click()
        page.locator(".notice a[href*='/return']").click()
        page.locator("[name=note]").fill("7014C fits")
        with page.expect_navigation():
            page.locator("main form button.btn-primary").click()
    with office.visited(chromium, "agent1", scripts=False) as page:
        page.goto(f"/tasks/{task_id}")
        expect(page.locator("[name=handling]")).to_have_value("Order 7014C")
        expect(page.locator("#history")).to_contain_text("7014C fits")


def test_a_step_is_taken_back(chromium: Browser, office: Office) -> None:
    task_id = handling(office)
    with office.visited(chromium, "agent1", language=ENGLISH) as page:
        page.goto(f"/tasks/{task_id}")
        page.locator("[name=handling]").fill("Too early")
        with page.expect_navigation():
            page.locator("button[value=complete]").click()
        page.goto(f"/tasks/{task_id}")
        page.locator(".notice a[href*='/withdraw']").click()
        page.locator("main form button.btn-primary").click()
        expect(page.locator("[name=handling]")).to_have_value("Too early")
    assert office.story.request().status == "assigned"


def test_rows_are_claimed_ticked_and_completed_by_keyboard(chromium: Browser, office: Office) -> None:
    small_tasks(office, 3)
    with office.visited(chromium, "agent1", language=ENGLISH) as page:
        page.goto("/tasks?folder=groups")
        for key in ("j", "x", "j", "x"):
            page.keyboard.press(key)
        expect(page.locator("[data-bulk-count]")).to_have_text("2 selected")
        assert accessibility_faults(page) == []
        with page.expect_navigation():
            page.locator("[data-bulk] button[value=claim]").click()
        expect(page.locator("[data-rows] tbody tr")).to_have_count(1)
        page.keyboard.press("j")
        page.keyboard.press("c")
        page.get_by_role("link", name="Open the task").wait_for()
        page.goto("/tasks?folder=mine")
        page.locator("[data-check-all]").check()
        page.locator("[data-bulk] button[value=complete]").click()
        page.locator("#confirm [data-yes]").click()
        expect(page.locator("[data-rows] tbody tr")).to_have_count(0)
        page.goto("/tasks?folder=done")
        expect(page.locator("[data-rows] tbody tr")).to_have_count(3)


def test_what_is_refused_in_bulk_is_reported(chromium: Browser, office: Office) -> None:
    ids = small_tasks(office, 2)
    handle = handling(office)
    for task_id in ids:
        act(office.story, tasks.claim, office.people.agent1, task_id)
    for width in (DESKTOP, PHONE):
        with office.visited(chromium, "agent1", language=ENGLISH, width=width) as page:
            page.goto("/tasks?folder=mine")
            page.locator(f"[data-check][value='{handle}']").check()
            page.locator("[data-bulk] button[value=approve]").click()
            page.locator("#confirm [data-yes]").click()
            expect(page.locator("[data-rows]")).to_contain_text("This step asks for no approval.")
            assert accessibility_faults(page) == []
            assert sideways_overflow(page) == 0


def test_a_view_is_kept_and_opens_first(chromium: Browser, office: Office) -> None:
    small_tasks(office, 1)
    with office.visited(chromium, "agent1", language=ENGLISH) as page:
        page.goto("/tasks?folder=groups&sort=newest")
        page.locator(".views summary").click()
        page.locator("#view-name").fill("New in the pool")
        page.locator(".views-form [name=default]").check()
        page.locator(".views-form button.btn-primary").click()
        expect(page.locator(".views .chip-on")).to_have_text("New in the pool")
        page.goto("/tasks")
        expect(page.locator(".views .chip-on")).to_have_text("New in the pool")
        assert accessibility_faults(page) == []


def test_a_comment_mentions_a_colleague_who_then_sees_the_case(chromium: Browser, office: Office) -> None:
    task_id = handling(office)
    with office.visited(chromium, "agent1", language=ENGLISH, width=PHONE) as page:
        page.goto(f"/tasks/{task_id}")
        page.locator("#talk textarea").fill("@marketing is this covered by the warranty?")
        page.locator("#talk button[type=submit]").click()
        expect(page.locator("#talk .talk-text")).to_have_text("@marketing is this covered by the warranty?")
        page.locator("main [data-menu] > summary").first.click()
        assert accessibility_faults(page) == []
        assert sideways_overflow(page) == 0
    with office.visited(chromium, "marketing", language=ENGLISH) as page:
        page.goto("/tasks?folder=copied")
        expect(page.locator("[data-rows] tbody tr.row-unread")).to_have_count(1)
        page.locator("[data-rows] tbody tr a").first.click()
        expect(page.locator("#talk")).to_contain_text("warranty")
