"""The file store and the sweep: nothing is lost that is used, nothing stays that nobody needs."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from sqlalchemy import func, select

from crm.core.db import Database, reading, unit_of_work
from crm.core.errors import Invalid, NotFound, RuleBroken
from crm.files import operations, rules
from crm.files.models import FileUse, StoredFile
from crm.files.operations import Received, attach, detach, keep_file, receive, sweep
from crm.files.queries import find_file
from crm.files.storage import FileStore, TooLarge
from crm.permissions import SYSTEM, Actor
from tests.integration.files.conftest import contents_in
from tests.people import People
from tests.sample_files import PDF

# The disk knows only the real time, so here the sweep does, too.
TODAY = datetime.now(UTC)
LATER = TODAY + timedelta(days=2)


def keep(database: Database, store: FileStore, by: Actor, contents: bytes = PDF) -> StoredFile:
    received = receive(store, name="a.pdf", stream=BytesIO(contents))
    with unit_of_work(database) as session:
        return keep_file(session, by=by, now=TODAY, received=received)


def run_sweep(database: Database, store: FileStore, now: datetime) -> None:
    with unit_of_work(database) as session:
        sweep(session, now=now, store=store)


def test_what_was_put_in_comes_out_and_equal_contents_are_kept_once(store: FileStore) -> None:
    first = store.put(BytesIO(b"contents"), largest=100)
    again = store.put(BytesIO(b"contents"), largest=100)
    assert first == again
    assert store.path(first.sha256).read_bytes() == b"contents"
    assert contents_in(store) == [store.path(first.sha256)]


def test_more_than_may_be_kept_leaves_nothing_behind(store: FileStore) -> None:
    with pytest.raises(TooLarge):
        store.put(BytesIO(bytes(101)), largest=100)
    assert contents_in(store) == []


def test_a_file_that_is_empty_or_too_large_is_refused_by_name(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "LARGEST", 10)
    for contents in (b"", PDF):
        with pytest.raises(Invalid) as refused:
            receive(store, name="a.pdf", stream=BytesIO(contents))
        assert [fault.field for fault in refused.value.faults] == ["file"]
        assert "a.pdf" in str(refused.value.faults[0].message)
    assert contents_in(store) == []


def test_a_file_that_somebody_kept_is_unknown_to_everybody_else(
    database: Database, people: People, store: FileStore
) -> None:
    file = keep(database, store, people.agent1)
    with reading(database) as session:
        assert find_file(session, by=people.agent1, file_id=file.id).name == "a.pdf"
        for other in (people.agent2, people.admin, people.executive, people.stranger):
            with pytest.raises(NotFound):
                find_file(session, by=other, file_id=file.id)
        for nothing in (0, -1, file.id + 1, 10**30):
            with pytest.raises(NotFound):
                find_file(session, by=people.agent1, file_id=nothing)


def test_nobody_attaches_a_file_that_they_may_not_have(database: Database, people: People, store: FileStore) -> None:
    file = keep(database, store, people.agent1)
    with pytest.raises(NotFound), unit_of_work(database) as session:
        attach(session, by=people.agent2, now=TODAY, record_type="case", record_id=1, file_ids=[file.id])
    with reading(database) as session:
        assert session.scalar(select(func.count()).select_from(FileUse)) == 0


def test_attaching_twice_is_attaching_once(database: Database, people: People, store: FileStore) -> None:
    file = keep(database, store, people.agent1)
    for _ in range(2):
        with unit_of_work(database) as session:
            attach(session, by=people.agent1, now=TODAY, record_type="case", record_id=1, file_ids=[file.id])
    with reading(database) as session:
        assert session.scalar(select(func.count()).select_from(FileUse)) == 1


def test_a_transaction_that_fails_leaves_contents_that_the_sweep_removes(
    database: Database, people: People, store: FileStore
) -> None:
    received = receive(store, name="a.pdf", stream=BytesIO(PDF))
    with pytest.raises(RuntimeError), unit_of_work(database) as session:
        keep_file(session, by=people.agent1, now=TODAY, received=received)
        raise RuntimeError
    with reading(database) as session:
        assert session.scalar(select(func.count()).select_from(StoredFile)) == 0
    assert contents_in(store) == [store.path(received.sha256)]
    run_sweep(database, store, TODAY)
    assert contents_in(store) == [store.path(received.sha256)]
    run_sweep(database, store, LATER)
    assert contents_in(store) == []


def test_a_used_file_stays_and_an_unused_one_goes_after_a_day(
    database: Database, people: People, store: FileStore
) -> None:
    used, unused = keep(database, store, people.agent1), keep(database, store, people.agent1, PDF + b"other")
    with unit_of_work(database) as session:
        attach(session, by=people.agent1, now=TODAY, record_type="case", record_id=1, file_ids=[used.id])
    run_sweep(database, store, TODAY + timedelta(hours=23))
    with reading(database) as session:
        assert session.scalar(select(func.count()).select_from(StoredFile)) == 2
    # The first night forgets the row, the next one the contents that nothing names any more.
    run_sweep(database, store, LATER)
    with reading(database) as session:
        assert session.scalars(select(StoredFile.id)).all() == [used.id]
    assert len(contents_in(store)) == 2
    run_sweep(database, store, LATER + timedelta(days=1))
    assert contents_in(store) == [store.path(used.sha256)]
    assert unused.sha256 != used.sha256


def test_a_file_that_was_let_go_is_swept(database: Database, people: People, store: FileStore) -> None:
    file = keep(database, store, people.agent1)
    with unit_of_work(database) as session:
        attach(session, by=people.agent1, now=TODAY, record_type="case", record_id=1, file_ids=[file.id])
        detach(session, record_type="case", record_id=1, file_ids=[file.id])
    run_sweep(database, store, LATER)
    with reading(database) as session:
        assert session.scalar(select(func.count()).select_from(StoredFile)) == 0


def test_contents_that_come_in_anew_while_they_are_swept_stay(store: FileStore) -> None:
    blob = store.put(BytesIO(PDF), largest=1000)
    old = (TODAY - timedelta(days=9)).timestamp()
    os.utime(store.path(blob.sha256), (old, old))
    found = list(store.older_than(TODAY))
    assert found == [blob.sha256]
    store.put(BytesIO(PDF), largest=1000)
    store.discard(blob.sha256, older_than=TODAY - timedelta(days=1))
    assert store.path(blob.sha256).read_bytes() == PDF
    store.discard("0" * 64, older_than=LATER)


def test_a_temporary_file_of_a_process_that_died_is_removed(store: FileStore) -> None:
    store.put(BytesIO(PDF), largest=1000)
    left = store.root / "incoming" / "tmpdied"
    left.write_bytes(b"half")
    assert list(store.older_than(TODAY - timedelta(days=1))) == []
    assert left.exists()
    list(store.older_than(LATER))
    assert not left.exists()


def test_one_person_cannot_fill_the_disk_with_files_that_nobody_uses(
    database: Database, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "MOST_UNUSED", 2)
    received = Received("a.pdf", rules.UNKNOWN, 1, "0" * 64)
    with unit_of_work(database) as session:
        for _ in range(2):
            keep_file(session, by=people.agent1, now=TODAY, received=received)
        with pytest.raises(RuleBroken):
            keep_file(session, by=people.agent1, now=TODAY, received=received)
        keep_file(session, by=people.agent2, now=TODAY, received=received)
        keep_file(session, by=people.agent1, now=LATER, received=received)
        keep_file(session, by=SYSTEM, now=TODAY, received=received)
