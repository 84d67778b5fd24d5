"""Publishing drafts: differences, the gate of the scenarios, shares of new cases, taking over and rolling back."""

from __future__ import annotations

import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from crm.core.audit import AuditEntry
from crm.core.db import Database, reading, unit_of_work
from crm.core.errors import Conflict, Denied, Invalid, NotFound
from crm.service.operations import open_request
from tests.people import People
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST
from workflows import library
from workflows.models import DefinitionVersion, ProcessDefinition, ProcessInstance
from workflows.operations import deploying, sharing
from workflows.operations.deploying import DiagramRefused
from workflows.operations.starting import start_process
from workflows.studio.drafts import operations, queries
from workflows.studio.drafts.models import ProcessDraft
from workflows.studio.publishing.gate import examine
from workflows.studio.publishing.operations import ScenariosFail, publish
from workflows.studio.trying.models import Scenario
from workflows.task_forms import Submission

KEY = "service_request"
DIAGRAM = "service_request.bpmn"
REASON = "tried for the test"


@pytest.fixture
def draft_id(story: Story, people: People, now: datetime) -> int:
    return changed_draft(story.database, people, now)


def changed_draft(
    database: Database, people: People, now: datetime, old: str = "Handle", new: str = "Deal with it"
) -> int:
    """A draft of service requests in which the first step of that name is called otherwise."""
    with unit_of_work(database) as session:
        draft = operations.open_draft(session, by=people.admin, now=now, key=KEY)
        file = queries.file_of(session, draft.id, DIAGRAM)
        content = file.content.replace(f'name="{old}"', f'name="{new}"', 1)
        assert content != file.content
        save: dict[str, Any] = {"draft_id": draft.id, "name": DIAGRAM, "content": content, "seen": file.revision}
        operations.save_file(session, by=people.admin, now=now, **save)
        return draft.id


def publish_draft(database: Database, people: People, now: datetime, draft_id: int, **given: Any) -> int:
    """Check, replay and publish as the page does; answers the number."""
    examined = examine(database, draft_id, by=people.admin, now=now)
    values: dict[str, Any] = {"seen": examined.revision, "checked": examined.checked, "replayed": examined.replayed}
    with unit_of_work(database) as session:
        version = publish(session, by=people.admin, now=now, draft_id=draft_id, **{**values, **given})
        return version.number


def in_force(database: Database) -> int:
    with reading(database) as session:
        return library.active(session, KEY).number


def start(story: Story, number: int | None = None) -> int:
    """A case from the start form; answers the number of its version."""
    answers = {"customer_id": str(story.customer_id), **REQUEST}
    with unit_of_work(story.database) as session:
        case = start_process(
            session, by=story.people.manager1, now=story.clock(), key=KEY, submission=Submission(answers=answers),
            number=number,
        )  # fmt: skip
        return session.get_one(DefinitionVersion, case.version_id).number


def add_scenario(database: Database, now: datetime) -> None:
    """One that fails whatever is published: it cannot even be read."""
    with unit_of_work(database) as session:
        session.add(Scenario(process_key=KEY, name="Repair", content={}, created_at=now, updated_at=now))


def audited(database: Database, action: str) -> list[dict[str, Any]]:
    with reading(database) as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id))
        return [dict(row.new or {}) for row in rows]


def test_a_draft_becomes_the_version_in_force_and_is_over(
    database: Database, draft_id: int, people: People, now: datetime
) -> None:
    number = publish_draft(database, people, now, draft_id, note="called otherwise")
    assert number == 2 and in_force(database) == 2
    with reading(database) as session:
        version = library.version_of(session, KEY, 2)
        assert (version.note, version.exception, version.deployed_by_id) == ("called otherwise", "", people.admin.id)
        assert version.replayed is not None and version.replayed["number"] == 0
        assert session.get(ProcessDraft, draft_id) is None
    assert audited(database, "definition.published")[-1]["number"] == 2
    assert not audited(database, "draft.discarded")


def test_a_version_that_changes_nothing_is_refused(story: Story, people: People, now: datetime) -> None:
    with unit_of_work(story.database) as session:
        draft_id = operations.open_draft(session, by=people.admin, now=now, key=KEY).id
    with pytest.raises(Conflict, match="changes nothing"):
        publish_draft(story.database, people, now, draft_id)
    with reading(story.database) as session:
        assert session.get(ProcessDraft, draft_id) is not None


def test_a_version_that_is_tried_with_a_share_already_is_refused(
    database: Database, draft_id: int, people: People, now: datetime
) -> None:
    publish_draft(database, people, now, draft_id, share=25)
    with pytest.raises(Conflict, match="changes nothing"):
        publish_draft(database, people, now, changed_draft(database, people, now))


def test_a_draft_that_was_changed_since_it_was_looked_at_is_refused(
    database: Database, draft_id: int, people: People, now: datetime
) -> None:
    examined = examine(database, draft_id, by=people.admin, now=now)
    changed_draft(database, people, now, "Archive", "Put away")
    with pytest.raises(Conflict, match="was changed since"):
        publish_draft(
            database,
            people,
            now,
            draft_id,
            seen=examined.revision,
            checked=examined.checked,
            replayed=examined.replayed,
        )
    assert in_force(database) == 1


def test_a_draft_with_errors_is_refused_with_the_element(
    database: Database, draft_id: int, people: People, now: datetime
) -> None:
    with unit_of_work(database) as session:
        file = queries.file_of(session, draft_id, DIAGRAM)
        content = file.content.replace('name="formKey" value="assign"', 'name="formKey" value="gone"')
        save: dict[str, Any] = {"draft_id": draft_id, "name": DIAGRAM, "content": content, "seen": file.revision}
        operations.save_file(session, by=people.admin, now=now, **save)
    with pytest.raises(DiagramRefused) as refused:
        publish_draft(database, people, now, draft_id)
    assert [fault.field for fault in refused.value.faults] == ["assign"]


def test_a_process_with_another_key_is_not_published_as_this_one(
    database: Database, draft_id: int, people: People, now: datetime
) -> None:
    with unit_of_work(database) as session:
        file = queries.file_of(session, draft_id, DIAGRAM)
        content = file.content.replace('id="service_request"', 'id="another"').replace(
            'processRef="service_request"', 'processRef="another"'
        )
        save: dict[str, Any] = {"draft_id": draft_id, "name": DIAGRAM, "content": content, "seen": file.revision}
        operations.save_file(session, by=people.admin, now=now, **save)
    with pytest.raises(Invalid) as refused:
        publish_draft(database, people, now, draft_id)
    assert refused.value.faults[0].field == "another"
    with reading(database) as session:
        assert session.get(ProcessDefinition, "another") is None


def test_a_failing_scenario_stops_publishing_until_somebody_says_why(
    database: Database, draft_id: int, people: People, now: datetime
) -> None:
    add_scenario(database, now)
    for exception in ("", "   why   "):
        with pytest.raises(ScenariosFail):
            publish_draft(database, people, now, draft_id, exception=exception)
    assert in_force(database) == 1
    number = publish_draft(database, people, now, draft_id, exception="The scenario is of last year.")
    with reading(database) as session:
        version = library.version_of(session, KEY, number)
        assert version.exception == "The scenario is of last year."
        assert version.replayed is not None and [each["name"] for each in version.replayed["failed"]] == ["Repair"]
    told = audited(database, "definition.let_through")[0]
    assert (told["reason"], told["scenarios"]) == ("The scenario is of last year.", ["Repair"])


def test_an_exception_is_not_kept_where_no_scenario_fails(
    database: Database, draft_id: int, people: People, now: datetime
) -> None:
    publish_draft(database, people, now, draft_id, exception="Nothing fails at all here.")
    with reading(database) as session:
        assert library.version_of(session, KEY, 2).exception == ""
    assert not audited(database, "definition.let_through")


@pytest.mark.parametrize("share", [0, -1, 101])
def test_a_share_is_a_whole_number_of_percent(
    database: Database, draft_id: int, people: People, now: datetime, share: int
) -> None:
    with pytest.raises(Invalid) as refused:
        publish_draft(database, people, now, draft_id, share=share)
    assert refused.value.faults[0].field == "share"


def test_a_share_of_25_percent_gets_exactly_10_of_40_cases(
    story: Story, draft_id: int, people: People, now: datetime
) -> None:
    publish_draft(story.database, people, now, draft_id, share=25)
    assert in_force(story.database) == 1
    numbers = [start(story) for _ in range(40)]
    assert Counter(numbers) == {1: 30, 2: 10}
    assert numbers[:8] == [1, 1, 1, 2, 1, 1, 1, 2]


def test_cases_that_a_record_begins_take_part_in_the_share(
    story: Story, draft_id: int, people: People, now: datetime
) -> None:
    publish_draft(story.database, people, now, draft_id, share=50)
    for number in range(10):
        with unit_of_work(story.database) as session:
            open_request(
                session, by=people.manager1, now=now, customer_id=story.customer_id, type="enquiry",
                summary=f"Call {number}", request="How?",
            )  # fmt: skip
            session.info["database"].listeners.hear(session)
    with reading(story.database) as session:
        rows = session.execute(
            select(DefinitionVersion.number, func.count())
            .join(ProcessInstance, ProcessInstance.version_id == DefinitionVersion.id)
            .group_by(DefinitionVersion.number)
        )
        assert {row[0]: row[1] for row in rows} == {1: 5, 2: 5}


def test_the_form_that_was_filled_in_and_the_case_are_of_one_version(
    story: Story, draft_id: int, people: People, now: datetime
) -> None:
    publish_draft(story.database, people, now, draft_id, share=50)
    with reading(story.database) as session:
        assert library.offered(session, KEY).number == 1
        assert library.offered(session, KEY, 2).number == 2
    # Two forms of the next version are sent off first; the share makes up for it afterwards.
    assert [start(story, 2), start(story, 2)] == [2, 2]
    assert [start(story) for _ in range(6)] == [1, 1, 1, 2, 1, 2]
    with unit_of_work(story.database) as session:
        sharing.roll_back(session, by=people.admin, now=now, key=KEY, reason=REASON)
    assert start(story, 2) == 1


def test_where_no_share_is_set_nothing_is_counted(story: Story) -> None:
    start(story)
    with reading(story.database) as session:
        process = session.get_one(ProcessDefinition, KEY)
        assert (process.next_version_id, process.next_share, process.next_started, process.next_taken) == (
            None,
            0,
            0,
            0,
        )


def test_taking_over_puts_the_version_with_a_share_in_force(
    story: Story, draft_id: int, people: People, now: datetime
) -> None:
    publish_draft(story.database, people, now, draft_id, share=10)
    with unit_of_work(story.database) as session:
        sharing.set_share(session, by=people.admin, now=now, key=KEY, percent=100, reason=REASON)
    assert in_force(story.database) == 2
    assert {start(story) for _ in range(5)} == {2}
    told = audited(story.database, "definition.activated")[-1]
    assert (told["reason"], told["instead_of"]) == (REASON, 1)


def test_rolling_back_ends_a_share_and_afterwards_leads_to_the_version_before(
    story: Story, draft_id: int, people: People, now: datetime
) -> None:
    database = story.database
    publish_draft(database, people, now, draft_id, share=10)

    def act(verb: Any, **values: Any) -> int:
        with unit_of_work(database) as session:
            version: DefinitionVersion = verb(session, by=people.admin, now=now, key=KEY, reason=REASON, **values)
            return version.number

    assert act(sharing.roll_back) == 1
    assert {start(story) for _ in range(12)} == {1}
    assert act(sharing.set_share, percent=100, number=2) == 2
    assert in_force(database) == 2
    assert act(sharing.roll_back) == 1
    assert in_force(database) == 1
    with pytest.raises(Conflict, match="no version before"):
        act(sharing.roll_back)
    assert len(audited(database, "definition.rolled_back")) == 2


def test_rolling_back_twice_for_one_reason_is_refused_to_the_second(
    story: Story, draft_id: int, people: People, now: datetime
) -> None:
    publish_draft(story.database, people, now, draft_id)
    publish_draft(story.database, people, now, changed_draft(story.database, people, now, "Archive", "Put away"))
    with reading(story.database) as session:
        seen = session.get_one(ProcessDefinition, KEY).version
    with unit_of_work(story.database) as session:
        sharing.roll_back(session, by=people.admin, now=now, key=KEY, reason=REASON, seen=seen)
    with pytest.raises(Conflict, match="look again"), unit_of_work(story.database) as session:
        sharing.roll_back(session, by=people.admin, now=now, key=KEY, reason=REASON, seen=seen)
    assert in_force(story.database) == 2


@pytest.mark.parametrize("verb", [sharing.set_share, sharing.roll_back])
def test_shares_are_for_administrators_with_a_reason(
    story: Story, draft_id: int, people: People, now: datetime, verb: Any
) -> None:
    publish_draft(story.database, people, now, draft_id, share=10)
    values: dict[str, Any] = {"now": now, "key": KEY, **({"percent": 20} if verb is sharing.set_share else {})}
    with pytest.raises(Denied), unit_of_work(story.database) as session:
        verb(session, by=people.supervisor, reason=REASON, **values)
    with pytest.raises(Invalid), unit_of_work(story.database) as session:
        verb(session, by=people.admin, reason="  ", **values)
    with pytest.raises(NotFound), unit_of_work(story.database) as session:
        verb(session, by=people.admin, reason=REASON, **{**values, "key": "nothing"})


def test_two_who_publish_at_once_have_one_winner(story: Story, draft_id: int, people: People, now: datetime) -> None:
    database = story.database
    examined = examine(database, draft_id, by=people.admin, now=now)
    given: dict[str, Any] = {"seen": examined.revision, "checked": examined.checked, "replayed": examined.replayed}
    barrier = Barrier(2)

    def one(note: str) -> str:
        barrier.wait()
        try:
            with unit_of_work(database) as session:
                publish(session, by=people.admin, now=now, draft_id=draft_id, note=note, **given)
        except (NotFound, Conflict):
            return "refused"
        return "published"

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(one, ("one", "two"))) == ["published", "refused"]
    assert in_force(database) == 2


def test_cases_that_begin_at_once_are_shared_out_exactly(
    story: Story, draft_id: int, people: People, now: datetime
) -> None:
    publish_draft(story.database, people, now, draft_id, share=50)
    with ThreadPoolExecutor(4) as many:
        numbers = list(many.map(lambda _: start(story), range(12)))
    assert Counter(numbers) == {1: 6, 2: 6}


def test_a_delivered_version_waits_while_another_is_tried(
    story: Story, draft_id: int, people: People, now: datetime, tmp_path: Path
) -> None:
    publish_draft(story.database, people, now, draft_id, share=10)
    place = tmp_path / KEY
    shutil.copytree(library.PROCESS_FILES / KEY, place, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    diagram = place / DIAGRAM
    diagram.write_text(diagram.read_text().replace('name="Archive"', 'name="Put away"', 1))
    with unit_of_work(story.database) as session:
        stored = library.seed_from_files(session, now=now, place=tmp_path)
        assert [version.number for version in stored] == [3]
    with reading(story.database) as session:
        process = session.get_one(ProcessDefinition, KEY)
        assert process.next_share == 10
        assert library.active(session, KEY).number == 1


def test_whatever_else_comes_into_force_ends_the_share(
    story: Story, draft_id: int, people: People, now: datetime
) -> None:
    publish_draft(story.database, people, now, draft_id, share=10)
    with unit_of_work(story.database) as session:
        deploying.suspend(session, by=people.admin, now=now, key=KEY)
    with unit_of_work(story.database) as session:
        deploying.activate(session, by=people.admin, now=now, key=KEY, number=1)
    assert {start(story) for _ in range(10)} == {1}
