"""Drafts: made, saved file by file by several people, compared with the version in force, discarded."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.audit import AuditEntry
from crm.core.db import Database, reading, unit_of_work
from crm.core.errors import Conflict, Denied, Invalid, NotFound
from tests.conftest import MovableClock
from tests.people import People
from tests.processes.stories import Story
from workflows import library
from workflows.engine import Bundle
from workflows.operations import deploying
from workflows.studio.drafts import operations, queries
from workflows.studio.drafts.models import DraftVisit, ProcessDraft
from workflows.studio.findings import all_findings, findings
from workflows.studio.xml_edit import set_property

KEY = "service_request"
DIAGRAM = "service_request.bpmn"
ROLES = frozenset({"administrator"})


@pytest.fixture
def draft_id(story: Story, people: People, now: datetime) -> int:
    with unit_of_work(story.database) as session:
        return operations.open_draft(session, by=people.admin, now=now, key=KEY).id


def revision(database: Database, draft_id: int, name: str) -> int:
    with reading(database) as session:
        return queries.file_of(session, draft_id, name).revision


def test_a_draft_has_the_files_of_the_version_in_force_byte_for_byte(
    database: Database, draft_id: int, people: People
) -> None:
    with reading(database) as session:
        draft = queries.find_draft(session, draft_id, by=people.admin)
        in_force = library.active(session, KEY)
        assert queries.bundle_of(session, draft_id).content_hash == in_force.definition.bundle.content_hash
        assert draft.base_version_id == in_force.version_id
        assert draft.name == in_force.definition.name
        assert queries.behind(session, draft) is None


def test_a_process_has_one_draft_whoever_opens_it(
    database: Database, draft_id: int, people: People, now: datetime
) -> None:
    with unit_of_work(database) as session:
        assert operations.open_draft(session, by=people.admin, now=now, key=KEY).id == draft_id
        assert len(queries.all_drafts(session, by=people.admin)) == 1


def test_two_people_may_change_two_files_at_once(
    database: Database, draft_id: int, people: People, now: datetime
) -> None:
    seen = {name: revision(database, draft_id, name) for name in (DIAGRAM, "handle.form.json")}
    with unit_of_work(database) as session:
        content = queries.file_of(session, draft_id, DIAGRAM).content.replace("<bpmn:process", "\r\n<bpmn:process", 1)
        saved = operations.save_file(
            session, by=people.admin, now=now, draft_id=draft_id, name=DIAGRAM, content=content, seen=seen[DIAGRAM]
        )
    with unit_of_work(database) as session:
        other = operations.save_file(
            session,
            by=people.admin,
            now=now,
            draft_id=draft_id,
            name="handle.form.json",
            content="{}",
            seen=seen["handle.form.json"],
        )
    assert seen[DIAGRAM] < saved < other
    with reading(database) as session:
        assert queries.bundle_of(session, draft_id).files[DIAGRAM] == content.encode()


def test_whoever_saves_what_somebody_else_has_saved_since_is_told_the_name(
    database: Database, draft_id: int, people: People, now: datetime
) -> None:
    seen = revision(database, draft_id, "handle.form.json")

    def save(session: Session, content: str) -> int:
        return operations.save_file(
            session, by=people.admin, now=now, draft_id=draft_id, name="handle.form.json", content=content, seen=seen
        )

    with unit_of_work(database) as session:
        newer = save(session, '{"a": 1}')
    with unit_of_work(database) as session, pytest.raises(Conflict) as refused:
        save(session, '{"a": 2}')
    assert refused.value.current == {"name": people.admin.name, "at": now.isoformat(), "revision": newer}
    with unit_of_work(database) as session:
        assert save(session, '{"a": 1}') == newer, "the same content is no conflict"


def test_a_file_made_anew_is_not_mistaken_for_the_one_that_was_removed(
    database: Database, draft_id: int, people: People, now: datetime
) -> None:
    def save(content: str, seen: int) -> int:
        with unit_of_work(database) as session:
            return operations.save_file(
                session, by=people.admin, now=now, draft_id=draft_id, name="new.form.json", content=content, seen=seen
            )

    first = save("{}", 0)
    with unit_of_work(database) as session:
        operations.remove_file(session, by=people.admin, now=now, draft_id=draft_id, name="new.form.json", seen=first)
    with pytest.raises(Conflict):
        save('{"b": 1}', first)
    second = save('{"c": 1}', 0)
    assert second > first
    with pytest.raises(Conflict):
        save('{"d": 1}', first)


def test_a_file_gets_another_name_of_its_sort(database: Database, draft_id: int, people: People, now: datetime) -> None:
    def rename(new_name: str) -> None:
        with unit_of_work(database) as session:
            operations.rename_file(
                session,
                by=people.admin,
                now=now,
                draft_id=draft_id,
                name="handle.form.json",
                new_name=new_name,
                seen=revision(database, draft_id, "handle.form.json"),
            )

    for refused in ("handle.dmn", "assign.form.json", "../x.form.json"):
        with pytest.raises(Invalid):
            rename(refused)
    rename("work.form.json")
    with reading(database) as session:
        names = [file.name for file in queries.files_of(session, draft_id)]
    assert "work.form.json" in names and "handle.form.json" not in names


@pytest.mark.parametrize(
    "name",
    [
        "../x.form.json", "a/b.dmn", "a\\b.dmn", ".form.json", "x.py", "texts.json.exe", "mytexts.json", "x\x00.dmn", " .dmn",
        "x" * 200 + ".dmn", "second.bpmn", "x\ud800.dmn", "..dmn",
    ],
)  # fmt: skip
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_names_that_lead_elsewhere_or_say_no_sort_are_refused(
    database: Database, draft_id: int, people: People, now: datetime, name: str
) -> None:
    with unit_of_work(database) as session, pytest.raises(Invalid):
        operations.save_file(session, by=people.admin, now=now, draft_id=draft_id, name=name, content="{}", seen=0)


@pytest.mark.parametrize("content", ["a\x00b", "half \ud83d", "x" * 2_000_001, "中" * 700_000])
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_cannot_be_stored_or_is_too_large_is_refused(
    database: Database, draft_id: int, people: People, now: datetime, content: str
) -> None:
    with unit_of_work(database) as session, pytest.raises(Invalid):
        operations.save_file(
            session, by=people.admin, now=now, draft_id=draft_id, name="x.form.json", content=content, seen=0
        )


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_files_of_a_draft_have_a_limit_together(
    database: Database, draft_id: int, people: People, now: datetime
) -> None:
    def save(number: int, content: str) -> None:
        with unit_of_work(database) as session:
            operations.save_file(
                session,
                by=people.admin,
                now=now,
                draft_id=draft_id,
                name=f"f{number}.form.json",
                content=content,
                seen=0,
            )

    save(1, "x" * 1_950_000)
    save(2, "x" * 1_950_000)
    with pytest.raises(Invalid):
        save(3, "x" * 150_000)
    with unit_of_work(database) as session, pytest.raises(Invalid):
        operations.replace_files(
            session,
            by=people.admin,
            now=now,
            draft_id=draft_id,
            files={"a.bpmn": b"x", **{f"f{n}.form.json": b"{}" for n in range(200)}},
            seen=queries.find_draft(session, draft_id, by=people.admin).revision,
        )


def test_a_new_process_can_be_published_as_it_begins(database: Database, people: People, now: datetime) -> None:
    with unit_of_work(database) as session:
        draft = operations.new_draft(
            session, by=people.admin, now=now, key="website_delivery", name='官网交付 <"&{role}>'
        )
    with reading(database) as session:
        bundle = queries.bundle_of(session, draft.id)
        assert findings(bundle, roles=ROLES, locale="en", thorough=True, key="website_delivery") == []
        ready = library.drafted(bundle)
        assert (ready.version_id, ready.number) == (0, 0)
        assert (ready.key, ready.definition.name) == ("website_delivery", '官网交付 <"&{role}>')
        assert ready.form("work") is not None


@pytest.mark.parametrize(
    "key",
    ["", "1st", "has space", "Start", "End", "root", "a:b", "x" * 81, "<b>", "service_request", "SERVICE_request"],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_keys_that_are_taken_or_no_names_are_refused(story: Story, people: People, now: datetime, key: str) -> None:
    with unit_of_work(story.database) as session, pytest.raises(Invalid) as refused:
        operations.new_draft(session, by=people.admin, now=now, key=key, name="Something")
    assert [fault.field for fault in refused.value.faults] == ["key"]


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\x01b"])
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_process_needs_a_name_that_can_be_drawn(database: Database, people: People, now: datetime, name: str) -> None:
    with unit_of_work(database) as session, pytest.raises(Invalid) as refused:
        operations.new_draft(session, by=people.admin, now=now, key="fine", name=name)
    assert [fault.field for fault in refused.value.faults] == ["name"]


def test_an_import_replaces_all_files_and_takes_the_name_of_its_diagram(
    database: Database, draft_id: int, people: People, now: datetime
) -> None:
    with unit_of_work(database) as session:
        new = operations.new_draft(session, by=people.admin, now=now, key="other", name="Other")
        files = {**queries.bundle_of(session, new.id).files, "texts.json": b"{}"}
        seen = queries.find_draft(session, draft_id, by=people.admin).revision
        draft = operations.replace_files(session, by=people.admin, now=now, draft_id=draft_id, files=files, seen=seen)
        assert draft.name == "Other"
    with unit_of_work(database) as session, pytest.raises(Conflict):
        operations.replace_files(session, by=people.admin, now=now, draft_id=draft_id, files=files, seen=seen)
    with reading(database) as session:
        assert queries.bundle_of(session, draft_id).files == files
        told = findings(queries.bundle_of(session, draft_id), roles=ROLES, locale="en", key=KEY)
        assert "this is the draft of service_request" in told[0].message


def test_a_file_that_is_no_utf8_is_refused_with_its_name(database: Database, people: People, now: datetime) -> None:
    files = {"a.bpmn": b'<?xml version="1.0" encoding="GB18030"?>' + "审批".encode("gb18030")}
    with unit_of_work(database) as session, pytest.raises(Invalid) as refused:
        operations.new_draft(session, by=people.admin, now=now, key="a", name="A", files=files)
    assert refused.value.faults[0].field == "a.bpmn"


def publish_with(database: Database, people: People, now: datetime, change: Callable[[dict[str, bytes]], None]) -> None:
    """Somebody else publishes a version meanwhile."""
    with unit_of_work(database) as session:
        files = dict(library.active(session, KEY).definition.bundle.files)
        change(files)
        roles = deploying.role_keys(session)
        checked = deploying.check_files(files, roles=roles)
        deploying.deploy(session, by=people.admin, now=now, checked=checked)


def test_a_draft_takes_over_what_others_published_and_keeps_what_it_changed(
    database: Database, draft_id: int, people: People, now: datetime
) -> None:
    def relabel(raw: bytes, word: str) -> bytes:
        form: dict[str, Any] = json.loads(raw)
        form["components"][0]["label"] = word
        return json.dumps(form).encode()

    def theirs(files: dict[str, bytes]) -> None:
        for name in ("handle.form.json", "feedback.form.json"):
            files[name] = relabel(files[name], "Theirs")

    with unit_of_work(database) as session:
        file = queries.file_of(session, draft_id, "handle.form.json")
        mine = relabel(file.content.encode(), "Mine").decode()
        operations.save_file(
            session, by=people.admin, now=now, draft_id=draft_id, name=file.name, content=mine, seen=file.revision
        )
    publish_with(database, people, now, theirs)
    with unit_of_work(database) as session:
        draft = queries.find_draft(session, draft_id, by=people.admin)
        assert queries.behind(session, draft) == queries.Behind(in_force=2, made_from=1)
        done = operations.rebase(session, by=people.admin, now=now, draft_id=draft_id)
        assert done == operations.Rebased(taken=("feedback.form.json",), kept=("handle.form.json",))
    with reading(database) as session:
        draft = queries.find_draft(session, draft_id, by=people.admin)
        assert queries.behind(session, draft) is None
        files = queries.bundle_of(session, draft_id).files
        assert b"Theirs" in files["feedback.form.json"]
        assert files["handle.form.json"] == mine.encode()


def test_a_discarded_draft_is_gone_with_its_files_and_leaves_a_line_in_the_audit_log(
    database: Database, draft_id: int, people: People, now: datetime
) -> None:
    with unit_of_work(database) as session:
        operations.note_visit(session, by=people.admin, now=now, draft_id=draft_id, window="w", file="")
        operations.discard_draft(session, by=people.admin, now=now, draft_id=draft_id)
    with reading(database) as session:
        assert queries.draft_of(session, KEY) is None
        with pytest.raises(NotFound):
            queries.find_draft(session, draft_id, by=people.admin)
        with pytest.raises(NotFound):
            queries.bundle_of(session, draft_id)
        acts = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_type == "process_draft"))
        assert sorted(acts) == ["draft.discarded", "draft.opened"]


def test_a_window_left_open_on_a_draft_that_is_over_cannot_save_into_the_next_one(
    database: Database, draft_id: int, people: People, now: datetime
) -> None:
    seen = revision(database, draft_id, "texts.json")
    with unit_of_work(database) as session:
        operations.discard_draft(session, by=people.admin, now=now, draft_id=draft_id)
    with unit_of_work(database) as session:
        other = operations.open_draft(session, by=people.admin, now=now, key="complaint").id
    with pytest.raises(NotFound), unit_of_work(database) as session:
        operations.save_file(
            session, by=people.admin, now=now, draft_id=draft_id, name="texts.json", content="{}", seen=seen
        )
    with reading(database) as session:
        assert queries.file_of(session, other, "texts.json").content != "{}"


def test_somebody_named_who_does_not_work_here_is_found_while_the_diagram_is_drawn(
    database: Database, draft_id: int, now: datetime
) -> None:
    with reading(database) as session:
        files = dict(queries.bundle_of(session, draft_id).files)
        roles = deploying.role_keys(session)
    assert not all_findings(database, Bundle(files), roles=roles, locale="en", now=now)
    for name, value in {"assignee": "", "assign": "person", "assignTo": "nobody-here"}.items():
        files[DIAGRAM] = set_property(files[DIAGRAM], "handle", name, value)
    found = all_findings(database, Bundle(files), roles=roles, locale="en", now=now)
    assert [(each.element, each.severity) for each in found] == [("handle", "error")]
    assert "nobody-here" in found[0].message


def test_windows_hear_of_each_other_until_they_fall_silent(
    database: Database, draft_id: int, people: People, clock: MovableClock
) -> None:
    def visit(window: str, file: str) -> list[tuple[str, str]]:
        with unit_of_work(database) as session:
            seen = operations.note_visit(
                session, by=people.admin, now=clock(), draft_id=draft_id, window=window, file=file
            )
        return [(each.user, each.file) for each in seen]

    assert visit("one", DIAGRAM) == []
    assert visit("two", "texts.json") == [(people.admin.name, DIAGRAM)]
    assert visit("one", DIAGRAM) == [(people.admin.name, "texts.json")]
    clock.move(seconds=60)
    assert visit("one", "") == []
    with reading(database) as session:
        assert len(session.scalars(select(DraftVisit)).all()) == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_only_whoever_administers_processes_may_see_or_change_a_draft(
    database: Database, draft_id: int, people: People, now: datetime
) -> None:
    by = people.supervisor
    acts: list[Callable[[Session], object]] = [
        lambda session: queries.find_draft(session, draft_id, by=by),
        lambda session: queries.all_drafts(session, by=by),
        lambda session: operations.open_draft(session, by=by, now=now, key=KEY),
        lambda session: operations.new_draft(session, by=by, now=now, key="x", name="X"),
        lambda session: operations.replace_files(session, by=by, now=now, draft_id=draft_id, files={}, seen=1),
        lambda session: operations.save_file(
            session, by=by, now=now, draft_id=draft_id, name="x.dmn", content="", seen=0
        ),
        lambda session: operations.remove_file(session, by=by, now=now, draft_id=draft_id, name=DIAGRAM, seen=1),
        lambda session: operations.rename_file(
            session, by=by, now=now, draft_id=draft_id, name=DIAGRAM, new_name="x.bpmn", seen=1
        ),
        lambda session: operations.rebase(session, by=by, now=now, draft_id=draft_id),
        lambda session: operations.discard_draft(session, by=by, now=now, draft_id=draft_id),
        lambda session: operations.note_visit(session, by=by, now=now, draft_id=draft_id, window="w", file=""),
    ]
    with unit_of_work(database) as session:
        for act in acts:
            with pytest.raises(Denied):
                act(session)
        assert session.scalars(select(ProcessDraft)).one().revision == 1
