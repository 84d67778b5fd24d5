"""Cases without an open task: they are chosen by where they wait, and go on in another version with what they waited for."""

from __future__ import annotations

import re

import pytest

from crm.core.db import reading, unit_of_work
from tests.conftest import Browser
from tests.integration.migrating.test_migrating import cases, let_clock_work, version_of
from tests.integration.migrating.versions import KEY
from tests.processes.stories import Story
from tests.unit.engine.drawing import MESSAGE, Drawing, timer
from workflows.engine import Bundle
from workflows.models import Incident, InstanceStatus
from workflows.operations import messages
from workflows.operations.messages import Sending
from workflows.standing import Sort, cases_at, counted

PLACE = f"/definitions/{KEY}/move"


def waiting(pause: str, paid: str, late: str, *, twice: bool = False) -> Bundle:
    """After a check the case waits for a time and, urged after a day, for a message; where the check listens for that message as
    well (`twice`), its name does not tell where a case stands."""
    drawing = Drawing(KEY).start(role="service_agent").user("check", role="service_agent")
    drawing.gateway("split", kind="parallel").gateway("join", kind="parallel").end().end("urged")
    drawing.catch(pause, timer("P2D")).node("receiveTask", paid, MESSAGE)
    drawing.border(late, paid, timer("P1D"), interrupting=False)
    drawing.chain("start", "check", "split", pause, "join", "end").chain("split", paid, "join").chain(late, "urged")
    if twice:
        drawing.border("paid_early", "check", MESSAGE, interrupting=False).end("early").chain("paid_early", "early")
    return drawing.bundle()


@pytest.fixture
def admin(story: Story, client: Browser) -> Browser:
    browser = client.signed_in_as("admin")
    browser.post("/language", data={"language": "en"})
    return browser


def offered(page: str) -> dict[str, str]:
    """The elements from which one may choose, with what is said of their cases."""
    found = re.findall(r'name="at" value="(\w+)".*?<span class="text-secondary">\((.*?)\)', page)
    return dict(found)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_cases_that_wait_are_chosen_by_where_and_go_on_with_what_they_waited_for(story: Story, admin: Browser) -> None:
    story.publish(waiting("pause", "paid", "late"))
    (checked,) = cases(story, 1)
    (waits,) = cases(story, 1, "check")
    story.publish(waiting("rest", "settled", "urge"))
    with unit_of_work(story.database) as session:
        stopped = {"node_id": "paid", "kind": "timer", "message": "it failed", "at": story.clock()}
        session.add(Incident(instance_id=waits, **stopped))
    page = admin.get(PLACE).text
    assert offered(page) == {"check": "1", "paid": "1; incidents: 1", "pause": "1"}
    page = admin.get(f"{PLACE}?at=pause").text
    assert "Move 1 cases" in page
    # What waits for the same is proposed.
    assert '<option value="rest" selected>' in page and '<option value="settled" selected>' in page
    plan = {"to": "2", "at": "pause", "map.pause": "rest", "map.paid": "settled"}
    tried = admin.post(f"{PLACE}/check", data=plan).text
    assert "The event late does not watch any more." in tried
    assert '<option value="">Watches no more</option><option value="urge">' in tried

    plan |= {"map.late": "urge", "reason": "new names"}
    where = admin.post(f"{PLACE}/begin", data=plan).headers["Location"]
    let_clock_work(story)
    assert "Only cases at the steps</dt><dd>pause</dd>" in admin.get(where).text
    assert (version_of(story, waits), version_of(story, checked)) == (2, 1)
    with reading(story.database) as session:
        stands = counted(session, KEY, story.instance().version_id)
    assert stands == {
        Sort.TASK: {}, Sort.TIMER: {"rest": 1, "urge": 1}, Sort.HEARING: {"settled": 1}, Sort.INCIDENT: {"settled": 1},
    }  # fmt: skip
    assert story.pass_time(days=3) == 2
    with unit_of_work(story.database) as session:
        sent = messages.send_message(session, Sending("paid", {}), by=story.people.admin, now=story.clock())
    assert sent.reached == (waits,)
    assert story.instance().status == InstanceStatus.COMPLETED


def test_where_several_elements_listen_for_one_name_the_case_itself_says_where_it_stands(
    story: Story, admin: Browser
) -> None:
    story.publish(waiting("pause", "paid", "late", twice=True))
    cases(story, 2)
    (waits,) = cases(story, 1, "check")
    with reading(story.database) as session:
        assert session.scalars(cases_at(session, KEY, ["paid"])).all() == [waits]
        assert len(session.scalars(cases_at(session, None, ["check"])).all()) == 2
    story.publish(waiting("pause", "paid", "late"))
    assert offered(admin.get(PLACE).text) == {"check": "2", "paid": "1", "pause": "1"}
    table = admin.get(f"/operate/{KEY}/map?version=1&as=csv").text
    assert "paid,paid,0,0,1,0,0" in table
    listed = admin.get(f"/operate?process={KEY}&node=paid").text
    assert f"/cases/{waits}" in listed and f"/cases/{waits - 1}" not in listed
