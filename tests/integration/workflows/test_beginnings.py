"""Cases that the clock begins: each time once, by the version in force, however many schedulers there are."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import jobs
from crm.core.audit import AuditEntry
from crm.core.claims import LEASE, claim
from crm.core.config import Config
from crm.core.db import reading, unit_of_work
from crm.core.due import DueRow
from crm.core.errors import Conflict, Denied, NotFound
from scheduler.sweep import tick
from tests.conftest import Browser, program_of
from tests.databases import NOON
from tests.integration.workflows.listening import (
    cases,
    event,
    message,
    process,
    set_starts,
    signal,
    timer,
    told,
)
from tests.processes.small import bundle as drawn
from tests.processes.small import script_task, user_task
from tests.processes.stories import Story
from workflows import library
from workflows.engine import Bundle
from workflows.messaging.models import ProcessStart
from workflows.models import DefinitionVersion
from workflows.operations import deploying

WEEK = timedelta(days=7)


def weekly(every: str = "R/P7D", **more: str) -> Bundle:
    return process("weekly", event("startEvent", "monday", timer(every), **more))


def checked(story: Story, bundle: Bundle) -> deploying.Checked:
    """What publishing looks at; nothing in it is wrong by itself."""
    with reading(story.database) as session:
        roles = deploying.role_keys(session)
    found = deploying.check_files(bundle.files, roles=roles)
    assert found.errors == ()
    return found


def deploy(story: Story, bundle: Bundle) -> DefinitionVersion:
    """Publish as an administrator does."""
    fit = checked(story, bundle)
    with unit_of_work(story.database) as session:
        return deploying.deploy(session, by=story.people.admin, now=story.clock(), checked=fit)


def test_each_week_the_clock_begins_one_case_in_nobodys_name(story: Story, run: Callable[[], int]) -> None:
    deploy(story, weekly(name="Every week"))
    assert [row.due_at for row in set_starts(story.database)] == [NOON + WEEK]
    assert run() == 0
    story.clock.move(days=7)
    assert run() == 1
    story.clock.move(days=7)
    assert run() == 1
    first, second = cases(story.database, "weekly")
    assert (first.title, second.title) == ("weekly 2026-03-18", "weekly 2026-03-25")
    assert first.started_by_id is None
    began = told(story.database, first.id, "started")[0]
    assert (began.actor_id, began.node_id, began.detail["begun_by"]) == (None, "monday", "timer")
    assert "late_seconds" not in began.detail
    assert [row.due_at for row in set_starts(story.database)] == [NOON + 3 * WEEK]


def test_the_history_says_that_the_clock_began_the_case(story: Story, client: Browser, run: Callable[[], int]) -> None:
    deploy(story, weekly(name="Every week"))
    story.clock.move(days=7)
    run()
    (case,) = cases(story.database, "weekly")
    page = client.signed_in_as("admin").get(f"/cases/{case.id}").get_data(as_text=True)
    assert "“Every week”" in page


def test_after_an_outage_one_case_is_caught_up_with_and_marked_late(story: Story, run: Callable[[], int]) -> None:
    deploy(story, weekly("R/P1D"))
    story.clock.move(days=10, hours=3)
    assert run() == 1
    assert run() == 0
    (case,) = cases(story.database, "weekly")
    late = timedelta(days=9, hours=3)
    assert told(story.database, case.id, "started")[0].detail["late_seconds"] == late.total_seconds()
    assert [row.due_at for row in set_starts(story.database)] == [NOON + timedelta(days=11)]


@pytest.mark.parametrize("text", ["2026-03-12T08:00:00+08:00", "PT20H"])
def test_a_date_or_a_duration_begins_one_case_and_no_more(story: Story, run: Callable[[], int], text: str) -> None:
    kind = "timeDuration" if text.startswith("P") else "timeDate"
    deploy(story, process("once", event("startEvent", "then", timer(text, kind))))
    story.clock.move(days=1)
    assert run() == 1
    assert len(cases(story.database, "once")) == 1
    assert set_starts(story.database) == []


def test_a_new_version_takes_the_clock_over(story: Story, run: Callable[[], int]) -> None:
    old = deploy(story, weekly())
    new = deploy(story, weekly("R/P2D"))
    assert [row.due_at for row in set_starts(story.database)] == [NOON + timedelta(days=2)]
    story.clock.move(days=7)
    assert run() == 1
    assert [case.version_id for case in cases(story.database, "weekly")] == [new.id]
    with unit_of_work(story.database) as session:
        deploying.activate(session, by=story.people.admin, now=story.clock(), key="weekly", number=old.number)
    assert [row.due_at for row in set_starts(story.database)] == [NOON + 2 * WEEK]


def test_a_version_without_a_timer_and_a_process_out_of_force_have_no_clock(
    story: Story, run: Callable[[], int]
) -> None:
    deploy(story, weekly())
    deploy(story, process("weekly", event("startEvent", "by_hand")))
    assert set_starts(story.database) == []
    deploy(story, weekly("R/P2D"))
    with unit_of_work(story.database) as session:
        deploying.suspend(session, by=story.people.admin, now=story.clock(), key="weekly")
    assert set_starts(story.database) == []
    story.clock.move(days=30)
    assert run() == 0
    with unit_of_work(story.database) as session, pytest.raises(Conflict):
        deploying.suspend(session, by=story.people.admin, now=story.clock(), key="weekly")
    with reading(story.database) as session, pytest.raises(NotFound):
        library.active(session, "weekly")
    with unit_of_work(story.database) as session, pytest.raises(Denied):
        deploying.suspend(session, by=story.people.agent1, now=story.clock(), key="weekly")


def test_a_delivered_process_that_was_taken_out_of_force_stays_so(story: Story) -> None:
    with unit_of_work(story.database) as session:
        deploying.suspend(session, by=story.people.admin, now=story.clock(), key="service_request")
        library.seed_from_files(session, now=story.clock())
        with pytest.raises(NotFound):
            library.active(session, "service_request")


def test_two_schedulers_begin_one_case_each_time(story: Story, config: Config) -> None:
    deploy(story, weekly("R/P1D"))
    both = Barrier(2)

    def sweep(worker: str) -> int:
        both.wait()
        return tick(story.database, jobs(config), story.clock, worker=worker).done

    rounds = 15
    with ThreadPoolExecutor(2) as schedulers:
        for _ in range(rounds):
            story.clock.move(days=1)
            assert sum(schedulers.map(sweep, ("one", "other"))) == 1
    assert len(cases(story.database, "weekly")) == rounds
    assert len(set_starts(story.database)) == 1


def test_a_version_that_comes_into_force_while_the_clock_begins_a_case_leaves_one_clock(
    story: Story, config: Config
) -> None:
    deploy(story, weekly("R/P1D"))
    both = Barrier(2)

    def sweep(_number: int) -> None:
        both.wait()
        tick(story.database, jobs(config), story.clock, worker="here")

    def publish(number: int) -> None:
        bundle = weekly(f"R/PT{30 + number}H")
        both.wait()
        story.publish(bundle)

    with ThreadPoolExecutor(2) as people:
        for number in range(10):
            story.clock.move(days=3)
            futures = [people.submit(sweep, number), people.submit(publish, number)]
            for future in futures:
                future.result()
            with reading(story.database) as session:
                (start,) = session.scalars(select(ProcessStart).where(ProcessStart.process_key == "weekly"))
                assert library.active(session, "weekly").version_id == start.version_id
            assert [row.subject_id for row in set_starts(story.database) if row.due_at > story.clock()] == [start.id]


def test_a_beginning_that_fails_is_told_and_the_next_one_comes_all_the_same(story: Story, config: Config) -> None:
    failing = [script_task("compute", "{n: number(&quot;x&quot;)}"), user_task("look", assignee="&quot;nobody&quot;")]
    story.publish(process("weekly", event("startEvent", "monday", timer("R/P7D")), steps=failing))
    story.clock.move(days=7)
    for _ in range(3):
        assert tick(story.database, jobs(config), story.clock).failed == 1
        story.clock.move(minutes=10)
    assert cases(story.database, "weekly") == []
    with reading(story.database) as session:
        (noted,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "definition.not_begun"))
        assert noted.new["process"] == "weekly"
        ahead = session.scalars(select(DueRow.due_at).where(DueRow.failed_at.is_(None), DueRow.kind == "begin")).all()
    assert ahead == [NOON + 2 * WEEK]


def test_a_process_has_the_right_start_for_everybody(story: Story, app: Flask, run: Callable[[], int]) -> None:
    """By hand, by a message, by a signal and by the clock: each leads its own way."""
    bodies = [("by_hand", ""), ("called", message()), ("shouted", signal()), ("weekly", timer("R/P7D"))]
    starts = "".join(event("startEvent", f"s_{name}", body, name=name) for name, body in bodies)
    tasks = "".join(user_task(f"t_{name}") for name, _ in bodies)
    flows = "".join(
        f'<bpmn:sequenceFlow id="a_{name}" sourceRef="s_{name}" targetRef="t_{name}" />'
        f'<bpmn:sequenceFlow id="b_{name}" sourceRef="t_{name}" targetRef="finish" />'
        for name, _ in bodies
    )

    deploy(story, drawn("many", f'{starts}{tasks}<bpmn:endEvent id="finish" />{flows}'))
    story.start(story.people.agent1, key="many")
    assert story.waiting() == ["t_by_hand"]
    admin = program_of(app, "admin")
    begun = admin.post("/messages", json={"name": "called"})
    assert begun.status_code == 200, begun.get_json()
    assert admin.post("/signals", json={"name": "shouted"}).status_code == 202
    story.clock.move(days=7)
    run()
    opened = []
    for case in cases(story.database, "many"):
        story.instance_id = case.id
        opened += story.waiting()
    assert sorted(opened) == ["t_by_hand", "t_called", "t_shouted", "t_weekly"]


def test_nobody_starts_by_hand_what_begins_by_itself(story: Story) -> None:
    deploy(story, weekly())
    with pytest.raises(Denied, match="nobody starts it by hand"):
        story.start(story.people.admin, key="weekly")


def refused(story: Story, bundle: Bundle) -> dict[str, str]:
    fit = checked(story, bundle)
    with unit_of_work(story.database) as session, pytest.raises(deploying.DiagramRefused) as refusal:
        deploying.deploy(session, by=story.people.admin, now=story.clock(), checked=fit)
    return {fault.field: str(fault.message) for fault in refusal.value.faults}


def test_two_processes_cannot_begin_with_the_same_message(story: Story, tmp_path: Path) -> None:
    deploy(story, process("first", event("startEvent", "order_came", message())))
    said = refused(story, process("second", event("startEvent", "order_came", message())))
    assert "already begins the process first" in said["order_came"]
    deploy(story, process("first", event("startEvent", "by_hand")))
    deploy(story, process("second", event("startEvent", "order_came", message())))
    with unit_of_work(story.database) as session, pytest.raises(deploying.DiagramRefused):
        deploying.activate(session, by=story.people.admin, now=story.clock(), key="first", number=1)
    # One that is delivered waits in the list instead of keeping the program from starting.
    for name, content in process("third", event("startEvent", "order_came", message())).files.items():
        (tmp_path / "third").mkdir(exist_ok=True)
        (tmp_path / "third" / name).write_bytes(content)
    with unit_of_work(story.database) as session:
        assert len(library.seed_from_files(session, now=story.clock(), place=tmp_path)) == 1
        with pytest.raises(NotFound):
            library.active(session, "third")


def test_several_processes_may_begin_with_the_same_signal(story: Story) -> None:
    for key in ("first", "second"):
        deploy(story, process(key, event("startEvent", "alarm", signal())))
    with reading(story.database) as session:
        assert session.scalar(select(func.count()).select_from(ProcessStart).where(ProcessStart.name == "alarm")) == 2


def test_the_clock_cannot_begin_what_is_about_a_record(story: Story) -> None:
    said = refused(story, process("service_request", event("startEvent", "monday", timer("R/P7D"))))
    assert "about a record" in said["monday"]


def test_a_time_that_is_over_begins_nothing_and_is_told(story: Story, app: Flask, run: Callable[[], int]) -> None:
    bundle = process("once", event("startEvent", "then", timer("2026-03-01T08:00:00+08:00", "timeDate")))
    files = {name: content.decode() for name, content in bundle.files.items()}
    answer = program_of(app, "admin").post("/definitions/check", json={"files": files}).get_json()
    assert answer["can_be_published"] is True
    assert [(problem["element"], problem["severity"]) for problem in answer["problems"]] == [("then", "warning")]
    deploy(story, bundle)
    assert run() == 0
    assert set_starts(story.database) == []


def test_versions_from_before_start_events_were_kept_listen_after_the_next_start(story: Story) -> None:
    deploy(story, weekly())
    with unit_of_work(story.database) as session:
        for start in session.scalars(select(ProcessStart)):
            session.delete(start)
        for row in session.scalars(select(DueRow)):
            session.delete(row)
    with unit_of_work(story.database) as session:
        library.seed_from_files(session, now=story.clock())
        library.seed_from_files(session, now=story.clock())
    assert [row.due_at for row in set_starts(story.database)] == [NOON + WEEK]


def test_a_lease_that_ran_out_begins_no_second_case(story: Story, run: Callable[[], int]) -> None:
    """A scheduler that died after its claim leaves the row to another one."""

    deploy(story, weekly())
    at: datetime = story.clock.move(days=7)
    with unit_of_work(story.database) as session:
        assert len(claim(session, now=at, worker="dead")) == 1
    assert run() == 0
    story.clock.set(at + LEASE)
    assert run() == 1
    assert len(cases(story.database, "weekly")) == 1


def test_the_page_of_a_process_says_how_cases_begin_and_takes_it_out_of_force(story: Story, client: Browser) -> None:
    deploy(
        story, process("weekly", event("startEvent", "monday", timer("R/P7D")), event("startEvent", "order", message()))
    )
    admin = client.signed_in_as("admin")
    page = admin.get("/definitions/weekly").get_data(as_text=True)
    assert "2026-03-18" in page
    assert "order" in page
    assert "/definitions/weekly/suspend" in page
    assert admin.post("/definitions/weekly/suspend").status_code == 302
    page = admin.get("/definitions/weekly").get_data(as_text=True)
    assert "2026-03-18" not in page
    assert "/definitions/weekly/suspend" not in page
    listed = admin.get("/studio").get_data(as_text=True)
    assert "/definitions/weekly" in listed
    assert admin.post("/definitions/weekly/versions/1/activate").status_code == 302
    assert "2026-03-18" in admin.get("/definitions/weekly").get_data(as_text=True)
    agent = client.signed_in_as("agent1")
    assert agent.post("/definitions/weekly/suspend").status_code == 403


def test_a_program_takes_a_process_out_of_force_and_puts_it_back(story: Story, app: Flask) -> None:
    deploy(story, weekly())
    admin = program_of(app, "admin")
    assert admin.post("/definitions/weekly/suspend").get_json()["active"] is False
    assert admin.post("/definitions/weekly/suspend").status_code == 409
    assert set_starts(story.database) == []
    assert admin.post("/definitions/weekly/versions/1/activate").get_json()["active"] is True
    assert len(set_starts(story.database)) == 1
    assert program_of(app, "agent1").post("/definitions/weekly/suspend").status_code == 403
