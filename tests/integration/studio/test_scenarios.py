"""Scenarios: recorded from finished cases, replayed against definitions, changed and told to expect another outcome."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from crm.core.audit import AuditEntry
from crm.core.db import Database, reading, unit_of_work
from crm.core.errors import Conflict, Denied, Invalid, NotFound, RuleBroken
from tests.people import People
from tests.processes.acting import act
from tests.processes.opportunities import SMALL, Sale
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST
from workflows import library
from workflows.engine import Bundle, Definition
from workflows.engine import compile as compiled
from workflows.models import ProcessEvent, ProcessInstance
from workflows.operations import cancelling
from workflows.studio.trying import operations
from workflows.studio.trying.models import Scenario
from workflows.studio.trying.recording import Recording, from_case
from workflows.studio.trying.replay import replay_all
from workflows.studio.trying.script import from_json, to_json
from workflows.verbs import taking_back

KEY = "service_request"


def finish(story: Story) -> int:
    """A request that went from creation to archive, with a second round at the agent."""
    people = story.people
    story.start(people.manager1, **REQUEST)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="2", note="尽快联系客户")
    story.do(people.agent1, "handle", handling="更换主轴轴承，试机正常。")
    story.do(people.manager1, "feedback", result="客户确认恢复正常", satisfaction=5)
    story.do(people.agent2, "archive", note="轴承批次已记录")
    return story.instance_id


def record(session: Session, instance_id: int) -> Recording:
    return from_case(session, session.get_one(ProcessInstance, instance_id))


def keep(story: Story, instance_id: int, name: str = "an ordinary request") -> Scenario:
    with unit_of_work(story.database) as session:
        recording = record(session, instance_id)
        return operations.keep_scenario(
            session,
            by=story.people.admin,
            now=story.clock(),
            definition=recording.definition,
            name=name,
            about="",
            script=recording.script,
            recorded_from_id=instance_id,
        )


def in_force(database: Database, key: str) -> Definition:
    with reading(database) as session:
        return library.active(session, key).definition


def changed(definition: Definition, old: str, new: str) -> Definition:
    """The same process with another text in its diagram."""
    name, raw = definition.bundle.bpmn
    assert old in raw.decode()
    return compiled(Bundle({**definition.bundle.files, name: raw.decode().replace(old, new).encode()}))


def test_a_finished_request_is_recorded_as_it_went(story: Story, database: Database) -> None:
    instance_id = finish(story)
    with reading(database) as session:
        recording = record(session, instance_id)
    assert [act.name for act in recording.script.acts] == ["assign", "handle", "feedback", "archive"]
    assert recording.script.acts[0].values["note"] == "尽快联系客户"
    assert recording.script.start["request_id"] == story.instance().record_id
    assert recording.guessed == ()
    assert recording.path[-1] in recording.definition.nodes


def test_a_recorded_request_is_replayed_the_same_way(story: Story, database: Database, now: datetime) -> None:
    instance_id = finish(story)
    keep(story, instance_id)
    with reading(database) as session:
        path = record(session, instance_id).path
        replayed = replay_all(session, KEY, library.active(session, KEY).definition, now=now)
        assert not session.in_transaction()
    (outcome,) = replayed.results
    assert outcome.differences == ()
    assert outcome.situation is not None
    assert outcome.situation.path == path
    assert outcome.situation.completed


def test_a_recorded_opportunity_is_replayed_the_same_way(sale: Sale, database: Database, now: datetime) -> None:
    people = sale.people
    sale.begin(people.manager1, SMALL)
    sale.do(people.supervisor, "assign", manager_id=str(people.manager2.id))
    step = {"planned_on": sale.day(5).isoformat(), "subject": "上门了解车间布局"}
    sale.do(people.manager2, "develop", plan=[step], outcome="goes_on", chance=70)
    done = {"item_id": str(sale.plan()[0].id), "result": "布局可行，客户要求两周内报价。"}
    sale.do(people.manager2, "develop", results=[done], outcome="won", closing_words="报价后当场签约")
    keep(sale, sale.instance_id)
    with reading(database) as session:
        path = record(session, sale.instance_id).path
        (outcome,) = replay_all(
            session, "opportunity", library.active(session, "opportunity").definition, now=now
        ).results
    assert outcome.differences == ()
    assert outcome.expected.path == path


def test_an_older_case_whose_operations_were_not_noted_is_recorded_from_what_later_tasks_knew(
    story: Story, database: Database, now: datetime
) -> None:
    instance_id = finish(story)
    with unit_of_work(database) as session:
        for event in session.scalars(select(ProcessEvent).where(ProcessEvent.instance_id == instance_id)):
            detail = {name: value for name, value in event.detail.items() if name not in ("called", "data")}
            session.execute(update(ProcessEvent).where(ProcessEvent.id == event.id).values(detail=detail))
    keep(story, instance_id)
    with reading(database) as session:
        recording = record(session, instance_id)
        (outcome,) = replay_all(session, KEY, library.active(session, KEY).definition, now=now).results
    assert recording.guessed
    assert outcome.differences == ()
    assert outcome.expected.path == recording.path


def test_a_step_that_was_done_again_after_being_taken_back_is_recorded_once(story: Story, database: Database) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="2")
    story.do(people.agent1, "handle", handling="更换主轴轴承，试机正常。")
    with reading(database) as session:
        done = session.scalar(select(ProcessEvent.task_id).where(ProcessEvent.node_id == "handle"))
    act(story, taking_back.withdraw, people.agent1, done or 0)
    story.do(people.agent1, "handle", handling="轴承更换，再次试机正常。")
    story.do(people.manager1, "feedback", result="客户确认恢复正常", satisfaction=5)
    story.do(people.agent2, "archive")
    with reading(database) as session:
        recording = record(session, story.instance_id)
    assert [act.name for act in recording.script.acts] == ["assign", "handle", "feedback", "archive"]
    assert recording.script.acts[1].values["handling"] == "轴承更换，再次试机正常。"
    keep(story, story.instance_id)


def test_a_case_that_is_not_over_cannot_be_recorded(story: Story, database: Database, now: datetime) -> None:
    story.start(story.people.manager1, **REQUEST)
    with reading(database) as session, pytest.raises(RuleBroken) as refused:
        record(session, story.instance_id)
    assert str(refused.value.message) == "Only a case that went to its end can be recorded."
    with unit_of_work(database) as session:
        cancelling.cancel(
            session, by=story.people.admin, now=now, instance_id=story.instance_id, reason="customer withdrew"
        )
    with reading(database) as session, pytest.raises(RuleBroken):
        record(session, story.instance_id)


def test_what_a_change_does_to_a_scenario_is_named(story: Story, database: Database, now: datetime) -> None:
    keep(story, finish(story))
    other = changed(in_force(database, KEY), "satisfaction &lt; 3", "satisfaction &gt; 3")
    with reading(database) as session:
        replayed = replay_all(session, KEY, other, now=now)
    (failed,) = replayed.failed
    (told,) = failed.told(other, "en")
    assert told.startswith("“Back to handling” calls the operation service/return_to_handling")
    assert failed.told(other, "zh_CN") != [told]
    assert failed.differences[0].element in other.nodes


def test_replaying_touches_no_row(story: Story, database: Database, now: datetime) -> None:
    keep(story, finish(story))

    def rows() -> dict[str, int]:
        with reading(database) as session:
            tables = Scenario.metadata.sorted_tables
            return {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}

    before = rows()
    with reading(database) as session:
        definition = library.active(session, KEY).definition
        recording = record(session, story.instance_id)
        operations.run(session, definition, recording.script)
        replay_all(session, KEY, definition, now=now)
    assert rows() == before


def test_another_outcome_is_accepted_with_a_reason_that_is_kept(
    story: Story, database: Database, people: People, now: datetime
) -> None:
    scenario = keep(story, finish(story))
    script = from_json(scenario.content)
    other = changed(in_force(database, KEY), 'id="archive"', 'id="archive"')
    given: dict[str, Any] = {
        "by": people.admin,
        "now": now,
        "key": KEY,
        "scenario_id": scenario.id,
        "definition": other,
        "script": script,
    }
    with unit_of_work(database) as session, pytest.raises(Invalid):
        operations.accept_outcome(session, **given, seen=1, reason=" ")
    with unit_of_work(database) as session:
        accepted = operations.accept_outcome(session, **given, seen=1, reason="the archive is done by others now")
        assert accepted.version == 2
    with unit_of_work(database) as session, pytest.raises(Conflict):
        operations.accept_outcome(session, **given, seen=1, reason="once more")
    with reading(database) as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "scenario.accepted")).all()
    assert [entry.new["reason"] for entry in entries if entry.new] == ["the archive is done by others now"]


def test_values_are_changed_and_what_is_expected_stays(
    story: Story, database: Database, people: People, now: datetime
) -> None:
    scenario = keep(story, finish(story))
    script = from_json(scenario.content)
    with unit_of_work(database) as session:
        operations.change_scenario(
            session, by=people.admin, now=now, key=KEY, scenario_id=scenario.id, seen=1, name="renamed", about="why",
            script=script,
        )  # fmt: skip
    with reading(database) as session:
        (found,) = operations.scenarios_of(session, KEY, by=people.admin)
        assert (found.name, found.about, found.version, found.content) == ("renamed", "why", 2, to_json(script))


def test_two_scenarios_of_a_process_have_two_names(story: Story) -> None:
    instance_id = finish(story)
    keep(story, instance_id)
    with pytest.raises(Invalid) as refused:
        keep(story, instance_id)
    assert [fault.field for fault in refused.value.faults] == ["name"]
    keep(story, instance_id, "another one")


def test_a_course_that_cannot_be_played_to_its_last_step_is_not_kept(
    story: Story, database: Database, people: People, now: datetime
) -> None:
    finish(story)
    with unit_of_work(database) as session:
        recording = record(session, story.instance_id)
        without = replace(recording.script, operations={})
        with pytest.raises(RuleBroken):
            operations.keep_scenario(
                session, by=people.admin, now=now, definition=recording.definition, name="x", about="", script=without
            )


def test_scenarios_are_for_those_who_administer_processes(
    story: Story, database: Database, people: People, now: datetime
) -> None:
    scenario = keep(story, finish(story))
    with reading(database) as session:
        with pytest.raises(Denied):
            operations.scenarios_of(session, KEY, by=people.agent1)
        with pytest.raises(Denied):
            operations.delete_scenario(session, by=people.agent1, now=now, key=KEY, scenario_id=scenario.id)
        with pytest.raises(NotFound):
            operations.find_scenario(session, "opportunity", scenario.id, by=people.admin)
    with unit_of_work(database) as session:
        operations.delete_scenario(session, by=people.admin, now=now, key=KEY, scenario_id=scenario.id)
    with reading(database) as session:
        assert operations.scenarios_of(session, KEY, by=people.admin) == []
