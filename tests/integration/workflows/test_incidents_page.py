"""Incidents of all cases on one page: grouped, counted in the navigation, told to administrators, tried again one by one or all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.core.audit import write_audit
from crm.core.db import reading, unit_of_work
from crm.notices.models import Notice
from tests.conftest import Browser, as_user
from tests.integration.workflows.test_incidents import NEXT_DAY, TOO_MUCH
from tests.processes.small import script_task, straight, user_task
from tests.processes.stories import Story
from workflows.models import Incident, InstanceStatus
from workflows.operations import incidents
from workflows.operations.tasks import StepFault


@pytest.fixture
def stopped(story: Story) -> Story:
    """Two cases that stopped of the same cause."""
    story.publish(straight("faulty", user_task("check"), script_task("grow", TOO_MUCH)))
    for _ in range(2):
        story.start(story.people.manager1, key="faulty")
        fail(story)
    return story


def fail(story: Story) -> None:
    with pytest.raises(StepFault) as fault:
        story.do(story.people.agent1, "check", note="x")
    with unit_of_work(story.database) as session:
        incidents.keep_fault(session, fault.value, now=story.clock())


def open_incidents(story: Story) -> list[int]:
    with reading(story.database) as session:
        return list(session.scalars(select(Incident.id).where(Incident.resolved_at.is_(None)).order_by(Incident.id)))


def test_two_cases_of_one_cause_are_one_line_with_its_number(stopped: Story, client: Browser) -> None:
    page = as_user(client, "admin").get("/operate/incidents").text
    assert page.count("/operate/incidents/retry") == 1
    assert "count-bad" in page
    assert as_user(client, "supervisor").get("/operate/incidents").status_code == 403
    assert "/operate/incidents" not in as_user(client, "agent1").get("/tasks").text


def test_the_cause_is_told_in_the_readers_language(stopped: Story, client: Browser) -> None:
    paths = ("/operate/incidents", f"/operate/cases/{stopped.instance_id}", f"/cases/{stopped.instance_id}")
    as_user(client, "admin")
    for path in paths:
        page = client.get(path).get_data(as_text=True)
        assert "表达式的计算超过" in page and "StepRefused" not in page, path
    incident = client.get(f"/api/v1/instances/{stopped.instance_id}").get_json()["incidents"][0]
    assert incident["message"].startswith("The expression {")


def test_a_group_is_tried_again_as_a_whole_once_its_cause_is_gone(stopped: Story, client: Browser) -> None:
    newest = open_incidents(stopped)[-1]
    told = as_user(client, "admin").post("/operate/incidents/retry", data={"incident": newest, "all": "1"})
    assert told.status_code == 200
    assert told.text.count("表达式的计算超过") == 2
    assert len(open_incidents(stopped)) == 2
    stopped.clock.set(NEXT_DAY)
    as_user(client, "admin")
    assert client.post("/operate/incidents/retry", data={"incident": newest}).status_code == 302
    assert len(open_incidents(stopped)) == 1
    assert client.post("/operate/incidents/retry", data={"incident": open_incidents(stopped)[0]}).status_code == 302
    assert open_incidents(stopped) == []
    assert stopped.instance().status == InstanceStatus.COMPLETED
    assert client.post("/operate/incidents/retry", data={"incident": 999}).status_code == 404
    assert client.post("/operate/incidents/retry").status_code == 404


def test_administrators_are_told_once_an_hour_for_each_case(stopped: Story) -> None:
    fail(stopped)
    stopped.clock.move(hours=1)
    fail(stopped)
    with reading(stopped.database) as session:
        told = session.scalars(select(Notice).where(Notice.kind == "case.incident").order_by(Notice.id)).all()
    assert {notice.user_id for notice in told} == {stopped.people.admin.id}
    links = [notice.link for notice in told]
    assert links == [f"/operate/cases/{stopped.instance_id - 1}", *2 * [f"/operate/cases/{stopped.instance_id}"]]


def test_cases_that_could_not_begin_are_named_for_a_week(story: Story, client: Browser) -> None:
    for age, words in ((1, "no customer was named"), (8, "long forgotten")):
        with unit_of_work(story.database) as session:
            write_audit(
                session,
                at=story.clock() - timedelta(days=age),
                actor_id=None,
                actor_name="Heliu",
                action="definition.not_begun",
                subject_type="definition",
                subject_id=1,
                subject_name="Service",
                new={"process": "service_request", "element": "begin", "error": words},
            )
    page = as_user(client, "admin").get("/operate/incidents").text
    assert "no customer was named" in page
    assert "long forgotten" not in page
