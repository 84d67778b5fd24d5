"""Changes that are done later come in their order, before whatever follows, and with the transaction or not at all."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crm.core.db import Database, reading, unit_of_work
from crm.core.due import DueRow
from crm.core.errors import Conflict
from crm.core.i18n import text
from crm.core.prepared import Prepared, insert_into
from crm.core.queued import MOST_WAITING

ADD = insert_into(DueRow.__table__, "kind", "payload", "key", "due_at", "created_at", "attempts")
RENAME = Prepared(update(DueRow).where(DueRow.kind == bindparam("old_kind")).values(kind=bindparam("new_kind")))
COUNT = Prepared(select(func.count()).select_from(DueRow).where(DueRow.kind == bindparam("of_kind")))


def row(kind: str, now: datetime, key: str | None = None) -> dict[str, object]:
    return {"kind": kind, "payload": {}, "key": key, "due_at": now, "created_at": now, "attempts": 0}


def number(session: Session, kind: str) -> int:
    return session.scalar(select(func.count()).select_from(DueRow).where(DueRow.kind == kind)) or 0


def stored(database: Database, kind: str) -> int:
    with reading(database) as session:
        return number(session, kind)


def test_a_later_change_is_seen_by_the_next_statement_of_any_kind(session: Session, now: datetime) -> None:
    ADD.later(session, row("first", now))
    assert COUNT.first(session, {"of_kind": "first"}) == (1,)
    ADD.later(session, row("first", now))
    assert number(session, "first") == 2
    ADD.later(session, row("first", now))
    assert session.connection().exec_driver_sql("SELECT count(*) FROM due_row WHERE kind = 'first'").scalar() == 3


def test_a_statement_about_something_else_leaves_them_waiting(session: Session, now: datetime) -> None:
    ADD.later(session, row("first", now))
    assert COUNT.rows(session, {"of_kind": "first"}, apart=True) == [(0,)]
    assert COUNT.rows(session, {"of_kind": "first"}) == [(1,)]


def test_later_changes_keep_their_order(database: Database, now: datetime) -> None:
    with unit_of_work(database) as session:
        ADD.later(session, row("one", now))
        RENAME.later(session, {"old_kind": "one", "new_kind": "two"})
        ADD.later(session, row("one", now))
    assert (stored(database, "one"), stored(database, "two")) == (1, 1)


def test_a_refused_change_takes_everything_back(database: Database, now: datetime) -> None:
    with pytest.raises(Conflict), unit_of_work(database) as session:
        ADD.later(session, row("lost", now))
        RENAME.later(
            session, {"old_kind": "absent", "new_kind": "x"}, refusal=lambda: Conflict(text("Please look again."))
        )
        ADD.later(session, row("lost", now))
    assert stored(database, "lost") == 0


@pytest.mark.parametrize("behind", [0, 3])
def test_a_fault_of_the_database_is_said_at_the_commit_and_keeps_its_kind(
    database: Database, now: datetime, behind: int
) -> None:
    with unit_of_work(database) as session:
        ADD.later(session, row("kept", now, key="same"))
    with pytest.raises(IntegrityError), unit_of_work(database) as session:
        ADD.later(session, row("again", now, key="same"))
        for _ in range(behind):
            ADD.later(session, row("again", now))
    assert (stored(database, "kept"), stored(database, "again")) == (1, 0)


def test_what_a_rolled_back_part_had_queued_is_forgotten(database: Database, now: datetime) -> None:
    with unit_of_work(database) as session:
        ADD.later(session, row("outer", now))
        with pytest.raises(RuntimeError), session.begin_nested():
            ADD.later(session, row("inner", now))
            raise RuntimeError("only this part")
        with session.begin_nested():
            ADD.later(session, row("second", now))
    assert [stored(database, kind) for kind in ("outer", "inner", "second")] == [1, 0, 1]


def test_nothing_waits_for_the_next_user_of_a_connection(database: Database, now: datetime) -> None:
    with reading(database) as session:
        ADD.later(session, row("only read", now))
    with unit_of_work(database) as session:
        ADD.later(session, row("written", now))
    assert (stored(database, "only read"), stored(database, "written")) == (0, 1)


def test_more_than_a_pipeline_holds_is_stored(database: Database, now: datetime) -> None:
    many = MOST_WAITING * 2 + 7
    with unit_of_work(database) as session:
        for _ in range(many):
            ADD.later(session, row("many", now))
    assert stored(database, "many") == many
