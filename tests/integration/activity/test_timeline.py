"""The timeline: in the reader's language, only about records that they may see, page after page."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from crm.activity.operations import Entry, Person, record
from crm.activity.queries import timeline_of
from crm.core.db import Database, unit_of_work
from crm.core.i18n import ctext, text
from crm.customers.operations import create_customer
from crm.permissions import SYSTEM
from tests.people import People


@pytest.fixture
def customer_id(database: Database, people: People, now: datetime) -> int:
    """A customer of manager1."""
    with unit_of_work(database) as session:
        return create_customer(session, by=people.manager1, now=now, values={"name": "Rheinwerk"}).id


def test_people_and_entries_are_named_in_the_readers_language(
    database: Database, people: People, now: datetime, customer_id: int
) -> None:
    message = text(
        "{a}; {b}",
        a=text("{who} likes {what}", who=Person(people.agent1.id), what=Entry("grade", "focus")),
        b=ctext("trial", "<i>"),
    )
    with unit_of_work(database) as session:
        record(
            session,
            at=now,
            actor=SYSTEM,
            record_type="customer",
            record_id=customer_id,
            kind="trial",
            message=message,
            detail="in their words",
            link="/customers/1",
        )
        chinese, english = (
            timeline_of(session, by=reader, record_type="customer", record_id=customer_id)[0]
            for reader in (people.manager1, replace(people.manager1, locale="en"))
        )
    assert chinese.words == "刘芳 likes 重点开发客户; <i>"
    assert english.words == "Liu Fang likes Focus; <i>"
    assert (english.detail, english.link, english.who) == ("in their words", "/customers/1", "The system")


def test_a_word_with_a_context_leaves_the_sentence_around_it_translated(
    database: Database, people: People, now: datetime, customer_id: int
) -> None:
    message = text("{sort} “{name}” was created", sort=ctext("sales", "Order"), name="SO-1")
    with unit_of_work(database) as session:
        record(
            session,
            at=now,
            actor=SYSTEM,
            record_type="customer",
            record_id=customer_id,
            kind="trial",
            message=message,
        )
        entry = timeline_of(session, by=people.manager1, record_type="customer", record_id=customer_id)[0]
    assert entry.words == "创建了订单“SO-1”"


def test_lines_of_records_out_of_reach_or_of_an_unknown_sort_are_hidden(
    database: Database, people: People, now: datetime, customer_id: int
) -> None:
    with unit_of_work(database) as session:
        record(
            session,
            at=now,
            actor=SYSTEM,
            record_type="secret",
            record_id=1,
            customer_id=customer_id,
            kind="trial",
            message=text("Hidden"),
        )
        assert timeline_of(session, by=people.manager2, customer_id=customer_id) == []
        assert timeline_of(session, by=people.stranger, record_type="customer", record_id=customer_id) == []
        assert timeline_of(session, by=people.executive, record_type="secret", record_id=1) == []
        told = timeline_of(session, by=people.manager1, customer_id=customer_id)
    assert [line.kind for line in told] == ["customer.created"]


def test_pages_show_every_line_once_even_at_one_moment(
    database: Database, people: People, now: datetime, customer_id: int
) -> None:
    with unit_of_work(database) as session:
        for number in range(7):
            record(
                session,
                at=now + timedelta(minutes=number // 4),
                actor=people.agent1,
                record_type="customer",
                record_id=customer_id,
                customer_id=customer_id,
                kind=f"line.{number}",
                message=text("Line {number}", number=number),
            )
        seen, before = [], None
        while page := timeline_of(session, by=people.manager1, customer_id=customer_id, before=before, limit=3):
            seen += [line.kind for line in page]
            before = page[-1].before
        forged = timeline_of(session, by=people.manager1, customer_id=customer_id, before="nonsense", limit=3)
    assert seen == [f"line.{number}" for number in (6, 5, 4, 3, 2, 1, 0)] + ["customer.created"]
    assert [line.kind for line in forged] == seen[:3]
