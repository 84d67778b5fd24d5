"""Finding customers and contacts by any part of their words; the same answers from both databases."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from crm.core.db import Database, reading, unit_of_work
from crm.core.errors import Invalid
from crm.core.search import index, matches
from crm.customers.contact_queries import find_contacts
from crm.customers.models import Customer
from crm.customers.operations import change_customer, create_customer
from crm.customers.queries import find_customers
from tests.people import People


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("恒力", {"hengli"}),
        ("恒", {"hengli"}),
        ("力精密机", {"hengli"}),
        ("精力", set()),
        ("有限公司 苏州", {"hengli"}),
        ("rhein", {"rhein"}),
        ("WERK auto", {"rhein"}),
        ("ＲＨＥＩＮ", {"rhein"}),
        ("gmbhx", set()),
        ("6688", {"hengli"}),
        ("051266881234", {"hengli"}),
        ("512-6688", {"hengli"}),
        ("王建国", {"hengli"}),
        ("恒力 建国", {"hengli"}),
        ("7788", {"hengli"}),
        ("星湖街 328", {"hengli"}),
        ("VIP", {"hengli"}),
        ("恒力 rhein", set()),
        ("'\" OR 1=1 --", set()),
        ("* AND NEAR(", set()),
        ("👍", set()),
    ],
)
def test_a_customer_is_found_by_any_part_of_its_words(
    database: Database, people: People, ids: dict[str, int], query: str, found: set[str]
) -> None:
    with reading(database) as session:
        rows = find_customers(session, by=people.executive, query=query).rows
    assert {row.id for row in rows} == {ids[name] for name in found}


def test_a_customer_is_found_by_its_number(database: Database, people: People, ids: dict[str, int]) -> None:
    with reading(database) as session:
        (row,) = find_customers(session, by=people.executive, query=f"K-{ids['rhein']:06d}").rows
        assert row.number == session.scalar(select(Customer.number).where(Customer.id == row.id))
    assert row.id == ids["rhein"]


def test_a_new_name_is_found_and_the_old_one_no_more(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    with unit_of_work(database) as session:
        change_customer(
            session, by=people.manager2, now=now, customer_id=ids["rhein"], version=1, values={"name": "Donau AG"}
        )
        assert find_customers(session, by=people.executive, query="rheinwerk").rows == []
        assert [row.id for row in find_customers(session, by=people.executive, query="donau").rows] == [ids["rhein"]]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"grade": "key_account"}, {"hengli"}),
        ({"region": "overseas", "credit": "4"}, {"rhein"}),
        ({"tags": "VIP"}, {"hengli"}),
        ({"tags": "VIP, 展会"}, {"hengli"}),
        ({"tags": "VI"}, set()),
        ({"name": "Rheinwerk Automation GmbH"}, {"rhein"}),
        ({"grade": "no_such_key"}, set()),
        ({"grade": ""}, {"hengli", "rhein"}),
    ],
)
def test_filters_leave_what_fits(
    database: Database, people: People, ids: dict[str, int], filters: dict[str, object], found: set[str]
) -> None:
    with reading(database) as session:
        rows = find_customers(session, by=people.executive, filters=filters).rows
    assert {row.id for row in rows} == {ids[name] for name in found}


@pytest.mark.parametrize("filters", [{"colour": "red"}, {"credit": "high"}, {"owner_id": "me"}, {"note": "x"}])
def test_a_filter_that_cannot_be_is_refused_by_name(
    database: Database, people: People, filters: dict[str, object]
) -> None:
    with reading(database) as session, pytest.raises(Invalid) as refused:
        find_customers(session, by=people.executive, filters=filters)
    assert [fault.field for fault in refused.value.faults] == list(filters)


@pytest.mark.parametrize("sort", ["name", "-name", "number", "-number", "updated", "-updated"])
def test_pages_show_every_row_once_in_both_directions(
    database: Database, people: People, now: datetime, ids: dict[str, int], sort: str
) -> None:
    with unit_of_work(database) as session:
        for number in range(9):
            # Equal names and equal times: only the key tells the rows apart.
            create_customer(
                session, by=people.manager1, now=now, values={"name": f"公司{number // 3}"}, on_purpose=True
            )
        pages = []
        page = find_customers(session, by=people.executive, sort=sort, limit=4)
        while True:
            pages.append([row.id for row in page.rows])
            if page.next is None:
                break
            page = find_customers(session, by=people.executive, sort=sort, limit=4, place=page.next)
        back = find_customers(session, by=people.executive, sort=sort, limit=4, place=page.previous, backwards=True)
        whole = [row.id for row in find_customers(session, by=people.executive, sort=sort, limit=100).rows]
    assert [len(rows) for rows in pages] == [4, 4, 3]
    assert [row_id for rows in pages for row_id in rows] == whole
    assert [row.id for row in back.rows] == pages[1]
    assert back.previous is not None


def test_contacts_are_found_by_their_own_words_and_by_their_customers(
    database: Database, people: People, ids: dict[str, int]
) -> None:
    with reading(database) as session:
        for query in ("建国", "0512 7788", "恒力"):
            assert [row.id for row in find_contacts(session, by=people.manager1, query=query).rows] == [ids["wang"]]
        assert find_contacts(session, by=people.manager2, query="建国").rows == []


def test_long_and_repeated_text_is_indexed_without_harm(database: Database) -> None:
    with unit_of_work(database) as session:
        index(session, "trial", 1, "哈" * 50_000 + " end")
        index(session, "trial", 2, "a" * 100_000)
        assert list(session.scalars(matches(session, "trial", "哈哈哈"))) == [1]
        assert list(session.scalars(matches(session, "trial", "a" * 500))) == [2]
