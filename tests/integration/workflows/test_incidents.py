"""A step that fails is rolled back whole, keeps the answers, and can be tried again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from crm.core.claims import claim, give_back
from crm.core.db import reading, unit_of_work
from crm.core.errors import Conflict, Denied
from crm.notices.models import Notice
from tests.conftest import Browser, as_user, program_of
from tests.integration.workflows.listening import flow
from tests.processes.small import bundle, properties, script_task, straight, user_task
from tests.processes.stories import Story
from workflows.models import TIMER, Incident, InstanceStatus, ProcessInstance
from workflows.operate.repairing import move, resume, retry, suspend
from workflows.operations import incidents, timers
from workflows.operations.tasks import StepFault

# More than a case may hold, until the next day.
TOO_MUCH = '{ big: if now() &lt; @"2026-03-12T00:00:00Z" then (for i in 1..60000 return "some words to fill the state") else null }'
NEXT_DAY = datetime(2026, 3, 12, 1, tzinfo=UTC)


@pytest.fixture
def faulty(story: Story) -> Story:
    """A case whose next step fails until the next day."""
    story.publish(straight("faulty", user_task("check"), script_task("grow", TOO_MUCH)))
    story.start(story.people.manager1, key="faulty")
    return story


def test_a_failed_step_leaves_the_task_open_and_an_incident(faulty: Story, app: Flask) -> None:
    agent, admin = program_of(app, "agent1"), program_of(app, "admin")
    task = faulty.task("check")
    failed = agent.post(f"/tasks/{task.id}/complete", json={"answers": {"note": "wichtig 重要"}})
    assert failed.status_code == 500
    assert failed.get_json()["type"] == "urn:heliu:problem:step-failed"
    assert faulty.waiting() == ["check"]
    again = agent.get(f"/tasks/{task.id}").get_json()
    assert again["form"]["values"]["note"] == "wichtig 重要"
    seen = admin.get(f"/instances/{faulty.instance_id}").get_json()["incidents"]
    assert [incident["node_id"] for incident in seen] == ["check"]
    assert "state" in seen[0]["message"] or "large" in seen[0]["message"]


def test_an_administrator_lets_the_step_be_tried_again(faulty: Story, app: Flask) -> None:
    agent, admin = program_of(app, "agent1"), program_of(app, "admin")
    task = faulty.task("check")
    agent.post(f"/tasks/{task.id}/complete", json={"answers": {"note": "x"}})
    assert agent.post(f"/instances/{faulty.instance_id}/retry").status_code == 403
    faulty.clock.set(NEXT_DAY)
    retried = admin.post(f"/instances/{faulty.instance_id}/retry")
    assert retried.status_code == 200, retried.get_json()
    assert retried.get_json()["incidents"] == []
    assert faulty.instance().status == InstanceStatus.COMPLETED
    done = agent.get(f"/tasks/{task.id}").get_json()
    assert (done["answers"], done["closed_by"]) == ({"note": "x"}, faulty.people.agent1.name)


def test_an_administrator_finds_the_case_that_stopped_until_it_goes_on(
    faulty: Story, app: Flask, client: Browser
) -> None:
    program_of(app, "agent1").post(f"/tasks/{faulty.task('check').id}/complete", json={"answers": {"note": "x"}})
    as_user(client, "admin")
    address = f'href="/operate/cases/{faulty.instance_id}"'
    assert address in client.get("/studio").text
    faulty.clock.set(NEXT_DAY)
    program_of(app, "admin").post(f"/instances/{faulty.instance_id}/retry")
    assert address not in client.get("/studio").text


def test_a_retry_that_fails_again_keeps_one_incident(faulty: Story) -> None:
    people, database, now = faulty.people, faulty.database, faulty.clock()
    with pytest.raises(StepFault) as fault:
        faulty.do(people.agent1, "check", note="x")
    with unit_of_work(database) as session:
        incident_id = incidents.keep_fault(session, fault.value, now=now).id
    with pytest.raises(StepFault), unit_of_work(database) as session:
        incidents.retry(session, by=people.admin, now=now, incident_id=incident_id)
    with reading(database) as session:
        assert [incident.resolved_at for incident in session.scalars(select(Incident))] == [None]


def fail(story: Story) -> None:
    with pytest.raises(StepFault) as fault:
        story.do(story.people.agent1, "check", note="x")
    with unit_of_work(story.database) as session:
        incidents.keep_fault(session, fault.value, now=story.clock())


def open_incidents(story: Story) -> int:
    with reading(story.database) as session:
        return len(session.scalars(select(Incident).where(Incident.resolved_at.is_(None))).all())


def test_what_stopped_a_task_is_over_when_the_task_is_done_or_withdrawn(faulty: Story) -> None:
    fail(faulty)
    fail(faulty)
    assert open_incidents(faulty) == 1
    repairing = {"by": faulty.people.admin, "now": faulty.clock(), "instance_id": faulty.instance_id, "reason": "why"}
    with unit_of_work(faulty.database) as session:
        move(session, token=faulty.task("check").token, to="check", **repairing)  # type: ignore[arg-type]  # mixed values
    assert open_incidents(faulty) == 0
    fail(faulty)
    faulty.clock.set(NEXT_DAY)
    faulty.do(faulty.people.agent1, "check", note="x")
    assert open_incidents(faulty) == 0


def test_a_retry_waits_until_the_case_is_resumed_and_tells_what_it_opened(story: Story) -> None:
    story.publish(straight("faulty", user_task("check"), script_task("grow", TOO_MUCH), user_task("sign")))
    story.start(story.people.manager1, key="faulty")
    fail(story)
    repairing = {"by": story.people.admin, "instance_id": story.instance_id, "reason": "why"}
    story.clock.set(NEXT_DAY)
    with unit_of_work(story.database) as session:
        suspend(session, now=NEXT_DAY, **repairing)  # type: ignore[arg-type]  # mixed values
    with pytest.raises(Denied, match="suspended"), unit_of_work(story.database) as session:
        retry(session, now=NEXT_DAY, **repairing)  # type: ignore[arg-type]  # as above
    with pytest.raises(Conflict, match="suspended"), unit_of_work(story.database) as session:
        newest = session.scalars(select(Incident.id)).one()
        incidents.retry(session, by=story.people.admin, now=NEXT_DAY, incident_id=newest)
    with unit_of_work(story.database) as session:
        resume(session, now=NEXT_DAY, **repairing)  # type: ignore[arg-type]  # as above
        assert retry(session, now=NEXT_DAY, **repairing).opened == ("sign",)  # type: ignore[arg-type]  # as above
    assert story.waiting() == ["sign"]


def test_a_process_that_cannot_begin_says_so_keeps_what_was_entered_and_tells_administrators(
    story: Story, client: Browser, app: Flask
) -> None:
    broken = bundle(
        "broken",
        f'<bpmn:startEvent id="begin">{properties(formKey="note")}</bpmn:startEvent>{flow("begin", "grow")}'
        f'{script_task("grow", TOO_MUCH)}{flow("grow", "finish")}<bpmn:endEvent id="finish" />',
    )
    story.publish(broken)
    agent = as_user(client, "agent1")
    refused = agent.post("/processes/broken/start", data={"note": "nicht verlieren"})
    assert refused.status_code == 500
    assert "nicht verlieren" in refused.text
    assert "grow" in refused.text
    told = program_of(app, "agent1").post("/processes/broken/instances", json={"answers": {"note": "x"}})
    assert (told.status_code, told.get_json()["type"]) == (500, "urn:heliu:problem:start-failed")
    assert "grow" in told.get_json()["detail"]
    with reading(story.database) as session:
        assert session.scalars(select(ProcessInstance)).all() == []
        notices = session.scalars(select(Notice).where(Notice.user_id == story.people.admin.id)).all()
    assert [notice.link for notice in notices] == ["/operate/incidents"]
    assert as_user(client, "admin").get("/operate/incidents").text.count("grow") == 2


def test_only_those_who_administer_processes_may_retry(faulty: Story) -> None:
    with pytest.raises(Denied), unit_of_work(faulty.database) as session:
        incidents.retry(session, by=faulty.people.supervisor, now=faulty.clock(), incident_id=1)


def test_a_timer_that_fails_three_times_becomes_an_incident_and_can_be_retried(story: Story) -> None:
    body = (
        '<bpmn:startEvent id="begin" /><bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="check" />'
        f'<bpmn:userTask id="check" name="check">{properties(role="service_agent", formKey="note")}</bpmn:userTask>'
        '<bpmn:sequenceFlow id="f2" sourceRef="check" targetRef="finish" /><bpmn:endEvent id="finish" />'
        '<bpmn:boundaryEvent id="late" attachedToRef="check" cancelActivity="false"><bpmn:timerEventDefinition id="t">'
        "<bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
        '<bpmn:sequenceFlow id="f3" sourceRef="late" targetRef="grow" />'
        f'{script_task("grow", TOO_MUCH)}<bpmn:sequenceFlow id="f4" sourceRef="grow" targetRef="over" />'
        '<bpmn:endEvent id="over" />'
    )
    story.publish(bundle("timed", body))
    story.start(story.people.manager1, key="timed")
    now = story.clock.move(hours=1)
    for _ in range(3):
        with unit_of_work(story.database) as session:
            (row,) = claim(session, now=now, worker="test", kinds=[TIMER])
        with pytest.raises(Exception, match="state"), unit_of_work(story.database) as session:
            timers.fire(session, row, now=now)
        with unit_of_work(story.database) as session:
            if give_back(session, row, worker="test", now=now, error="too large"):
                incidents.keep_timer_fault(session, row, error="too large", now=now)
        now = story.clock.move(minutes=10)
    with reading(story.database) as session:
        (incident,) = session.scalars(select(Incident))
    assert (incident.kind, incident.node_id) == (TIMER, "late")
    story.clock.set(NEXT_DAY)
    with unit_of_work(story.database) as session:
        incidents.retry(session, by=story.people.admin, now=NEXT_DAY, incident_id=incident.id)
    assert story.pass_time(minutes=1) == 1
    assert story.waiting() == ["check"]
