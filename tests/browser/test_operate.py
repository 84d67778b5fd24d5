"""A step fails; the administrator sees it in the navigation, looks into the case, mends a variable and has it tried again."""

from __future__ import annotations

from decimal import Decimal

import pytest
from playwright.sync_api import Browser, expect

from crm.core.db import unit_of_work
from tests.browser.driver import accessibility_faults, sideways_overflow
from tests.browser.office import CHINESE, PHONE, Office
from tests.processes.small import script_task, straight, user_task
from workflows.models import InstanceStatus
from workflows.operate import repairing
from workflows.operations import incidents
from workflows.operations.tasks import StepFault

pytestmark = pytest.mark.browser

# More than a case may hold, as long as `size` is large.
GROW = '{ big: if size &gt; 100 then (for i in 1..60000 return "some words to fill the state") else null }'


def let_a_step_fail(office: Office) -> int:
    """A case whose step could not be carried out. Answers its number."""
    story, people = office.story, office.people
    story.publish(straight("faulty", user_task("check"), script_task("grow", GROW)))
    story.start(people.manager1, key="faulty")
    with unit_of_work(office.database) as session:
        repairing.set_variables(
            session,
            by=people.admin,
            now=office.clock(),
            instance_id=story.instance_id,
            token=None,
            changes={"size": Decimal(1000)},
            reason="as it came in",
        )
    with pytest.raises(StepFault) as fault:
        story.do(people.agent1, "check", note="x")
    with unit_of_work(office.database) as session:
        incidents.keep_fault(session, fault.value, now=office.clock())
    return story.instance_id


def test_a_failed_step_is_mended_and_tried_again(chromium: Browser, office: Office) -> None:
    case = let_a_step_fail(office)
    say = office.words(CHINESE)
    with office.visited(chromium, "admin") as page:
        page.goto("/operate/incidents")
        badge = page.get_by_role("navigation", name=say("Main navigation")).locator('a[href="/operate/incidents"]')
        expect(badge).to_contain_text("1")
        expect(page.locator("#incidents")).to_contain_text("check")
        # And on from here on a telephone.
        page.set_viewport_size({"width": PHONE, "height": 844})
        page.goto(f"/operate/cases/{case}")
        assert accessibility_faults(page) == []
        assert sideways_overflow(page) <= 0
        page.locator("#places .place").get_by_role("link", name=say("Change a variable")).click()
        page.locator("[name=name]").fill("size")
        page.locator("[name=kind]").select_option("number")
        page.locator("[name=value]").fill("many")
        page.locator("[name=reason]").fill("a slip of the pen")
        page.get_by_role("button", name=say("Try it first")).click()
        expect(page.locator(".notice-bad")).to_contain_text(say("This must be a number such as 12 or 12.50."))
        assert accessibility_faults(page) == []
        page.locator("[name=value]").fill("1")
        page.get_by_role("button", name=say("Try it first")).click()
        expect(page.locator(".notice-good")).to_contain_text(say("This can be done"))
        page.get_by_role("button", name=say("Change a variable")).click()
        page.get_by_role("link", name=say("Try again")).click()
        page.locator("[name=reason]").fill("the size is mended")
        page.get_by_role("button", name=say("Try again")).click()
        page.wait_for_url(f"**/operate/cases/{case}")
        expect(page.locator("#history")).to_contain_text("a slip of the pen")
    assert office.story.instance().status == InstanceStatus.COMPLETED
