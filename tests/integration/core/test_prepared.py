"""Prepared statements give and take the same values as ordinary ones, within the same transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.core.due import DueRow
from crm.core.prepared import Prepared, as_read, columns_of, insert_into, loaded
from tests.people import People

BY_ID = Prepared(select(*columns_of(User)).where(User.id == bindparam("user_id")))
RENAME = Prepared(update(User).where(User.id == bindparam("user_id")).values(name=bindparam("new_name")))
ADD_DUE = insert_into(DueRow.__table__, "kind", "payload", "due_at", "created_at", "attempts")
OF_KINDS = Prepared(select(*columns_of(DueRow)).where(DueRow.kind.in_(["a", "b"]), DueRow.due_at > bindparam("after")))


def test_times_and_documents_come_back_as_they_went_in(session: Session, now: datetime) -> None:
    for kind in ("a", "b", "c"):
        given = {"kind": kind, "payload": {"n": 1}, "due_at": now, "created_at": now, "attempts": 0}
        assert ADD_DUE.change(session, given) == 1
    rows = [loaded(session, DueRow, row) for row in OF_KINDS.rows(session, {"after": now - timedelta(seconds=1)})]
    assert sorted((row.kind, row.payload["n"], row.due_at) for row in rows) == [("a", 1, now), ("b", 1, now)]
    assert OF_KINDS.first(session, {"after": now}) is None


def test_an_object_that_the_session_has_is_brought_up_to_date(session: Session, people: People) -> None:
    user = session.get_one(User, people.agent1.id)
    assert RENAME.change(session, {"user_id": user.id, "new_name": "改名"}) == 1
    row = BY_ID.first(session, {"user_id": user.id})
    assert row is not None
    assert loaded(session, User, row) is user
    assert user.name == "改名"
    assert not session.dirty


def test_a_row_becomes_an_object_whose_changes_are_stored(session: Session, people: People) -> None:
    session.expunge_all()
    row = BY_ID.first(session, {"user_id": people.agent1.id})
    assert row is not None
    loaded(session, User, row).job_title = "组长"
    session.flush()
    session.expunge_all()
    assert session.get_one(User, people.agent1.id).job_title == "组长"


def test_what_the_session_holds_is_seen(session: Session, people: People) -> None:
    session.get_one(User, people.agent1.id).job_title = "组长"
    row = BY_ID.first(session, {"user_id": people.agent1.id})
    assert row is not None
    assert loaded(session, User, row).job_title == "组长"


def test_a_value_that_is_missing_is_not_taken_for_nothing(session: Session) -> None:
    with pytest.raises((KeyError, DBAPIError)):
        BY_ID.rows(session, {})


def test_an_object_to_read_holds_every_value_and_is_none_of_the_sessions(session: Session, people: People) -> None:
    session.expunge_all()
    row = BY_ID.first(session, {"user_id": people.agent1.id})
    assert row is not None
    user = as_read(session, User, row)
    assert (user.id, user.username) == (people.agent1.id, "agent1")
    assert not list(session.identity_map.values())
    known = session.get_one(User, people.agent1.id)
    RENAME.later(session, {"user_id": user.id, "new_name": "改名"})
    again = BY_ID.first(session, {"user_id": people.agent1.id})
    assert again is not None
    assert as_read(session, User, again) is known
    assert known.name == "改名"
    assert not session.dirty
