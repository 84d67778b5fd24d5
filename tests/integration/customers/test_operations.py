"""What may be done with customers and contacts, and by whom; on both databases."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from crm.activity.queries import timeline_of
from crm.core.audit import AuditEntry
from crm.core.db import Database, reading, unit_of_work
from crm.core.errors import Conflict, Denied, Invalid, NotFound, RuleBroken
from crm.customers.contact_operations import change_contact, create_contact, delete_contact
from crm.customers.contact_queries import contacts_of, find_contact
from crm.customers.models import Contact, Customer
from crm.customers.operations import PossibleDuplicate, change_customer, create_customer, delete_customer
from crm.customers.queries import find_customer, find_customers, find_duplicates
from crm.dictionary.models import DictionaryEntry
from crm.dictionary.queries import entries_changed
from crm.service.operations import archive, assign, open_request, record_feedback, record_handling
from tests.people import People


def test_a_manager_sees_own_customers_and_an_agent_sees_all(
    database: Database, people: People, ids: dict[str, int]
) -> None:
    with reading(database) as session:
        seen = {
            name: {row.id for row in find_customers(session, by=people.named(name)).rows}
            for name in ("manager1", "manager2", "agent1", "supervisor", "executive", "stranger")
        }
    everything = {ids["hengli"], ids["rhein"]}
    assert seen == {
        "manager1": {ids["hengli"]},
        "manager2": {ids["rhein"]},
        "agent1": everything,
        "supervisor": everything,
        "executive": everything,
        "stranger": set(),
    }


def test_a_colleagues_customer_is_not_found(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    with unit_of_work(database) as session:
        with pytest.raises(NotFound):
            find_customer(session, by=people.manager2, customer_id=ids["hengli"])
        with pytest.raises(NotFound):
            find_contact(session, by=people.manager2, contact_id=ids["wang"])
        with pytest.raises(NotFound):
            change_customer(session, by=people.manager2, now=now, customer_id=ids["hengli"], version=1, values={})
        with pytest.raises(NotFound):
            create_contact(session, by=people.manager2, now=now, customer_id=ids["hengli"], values={"name": "x"})


def test_an_agent_may_look_but_not_change(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    with unit_of_work(database) as session, pytest.raises(Denied):
        change_customer(session, by=people.agent1, now=now, customer_id=ids["hengli"], version=1, values={"note": "x"})


def test_a_manager_cannot_give_a_customer_away(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    with unit_of_work(database) as session, pytest.raises(Denied):
        change_customer(
            session,
            by=people.manager1,
            now=now,
            customer_id=ids["hengli"],
            version=1,
            values={"owner_id": people.manager2.id},
        )


def test_a_supervisor_hands_a_customer_over_with_its_department(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    with unit_of_work(database) as session:
        changed = change_customer(
            session,
            by=people.supervisor,
            now=now,
            customer_id=ids["hengli"],
            version=1,
            values={"owner_id": people.manager2.id},
        )
        assert changed.department_id == people.manager2.department_id
        find_customer(session, by=people.manager2, customer_id=ids["hengli"])
        told = timeline_of(session, by=people.manager2, customer_id=ids["hengli"])
    assert "王海燕" in told[0].words
    assert "张伟" in told[0].words


def test_a_stale_change_is_refused_with_the_newer_values(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    with unit_of_work(database) as session:
        change_customer(
            session, by=people.manager1, now=now, customer_id=ids["hengli"], version=1, values={"phone": "110"}
        )
    with unit_of_work(database) as session, pytest.raises(Conflict) as refused:
        change_customer(
            session, by=people.manager1, now=now, customer_id=ids["hengli"], version=1, values={"phone": "119"}
        )
    assert refused.value.current["phone"] == "110"
    assert refused.value.current["version"] == 2


def test_a_change_is_audited_and_told_with_old_and_new_value(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    with unit_of_work(database) as session:
        change_customer(
            session, by=people.manager1, now=now, customer_id=ids["hengli"], version=1, values={"grade": "partner"}
        )
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "customer.changed")).one()
        told = timeline_of(session, by=people.manager1, customer_id=ids["hengli"])[0]
    assert (entry.old, entry.new) == ({"grade": "key_account"}, {"grade": "partner"})
    assert "大客户 → 合作伙伴" in told.words


def test_saving_without_a_change_changes_nothing(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    with unit_of_work(database) as session:
        kept = change_customer(
            session, by=people.manager1, now=now, customer_id=ids["hengli"], version=1, values={"grade": "key_account"}
        )
        assert kept.version == 1


@pytest.mark.parametrize(
    ("values", "like"),
    [
        ({"name": "苏州 恒力精密机械有限公司"}, "name"),
        ({"name": "另一家公司", "phone": "+86 512 66881234"}, "phone"),
    ],
)
def test_a_likely_duplicate_is_shown_and_possible_on_purpose(
    database: Database, people: People, ids: dict[str, int], now: datetime, values: dict[str, object], like: str
) -> None:
    with unit_of_work(database) as session, pytest.raises(PossibleDuplicate) as refused:
        create_customer(session, by=people.manager1, now=now, values=values)
    (found,) = refused.value.found
    assert (found.id, found.like) == (ids["hengli"], like)
    with unit_of_work(database) as session:
        assert create_customer(session, by=people.manager1, now=now, values=values, on_purpose=True).id != found.id


def test_a_duplicate_warning_tells_nothing_about_a_colleagues_customer(
    database: Database, people: People, ids: dict[str, int]
) -> None:
    with reading(database) as session:
        (found,) = find_duplicates(session, by=people.manager2, name="X", phone="0512-66881234")
    assert (found.id, found.number, found.name, found.owner) == (None, "", "", "王海燕")


def test_a_customer_with_requests_stays_and_others_vanish_with_their_contacts(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    with unit_of_work(database) as session:
        open_request(
            session, by=people.agent1, now=now, customer_id=ids["rhein"], type="enquiry", summary="s", request="r"
        )
    with unit_of_work(database) as session, pytest.raises(RuleBroken, match="1 service requests"):
        delete_customer(session, by=people.supervisor, now=now, customer_id=ids["rhein"], version=1)
    with unit_of_work(database) as session:
        delete_customer(session, by=people.supervisor, now=now, customer_id=ids["hengli"], version=1)
    with reading(database) as session:
        assert [row.id for row in find_customers(session, by=people.executive).rows] == [ids["rhein"]]
        with pytest.raises(NotFound):
            find_contact(session, by=people.executive, contact_id=ids["wang"])


def test_a_contact_of_a_running_request_stays_until_it_is_archived(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    with unit_of_work(database) as session:
        request = open_request(
            session,
            by=people.agent1,
            now=now,
            customer_id=ids["hengli"],
            contact_id=ids["wang"],
            type="enquiry",
            summary="s",
            request="r",
        )
    with unit_of_work(database) as session, pytest.raises(RuleBroken):
        delete_contact(session, by=people.manager1, now=now, contact_id=ids["wang"], version=1)
    with unit_of_work(database) as session:
        assign(session, by=people.supervisor, now=now, request_id=request.id, assignee_id=people.agent1.id)
        record_handling(session, by=people.agent1, now=now, request_id=request.id, handling="h")
        record_feedback(session, by=people.agent1, now=now, request_id=request.id, result="r", satisfaction=4)
        archive(session, by=people.agent1, now=now, request_id=request.id)
        delete_contact(session, by=people.manager1, now=now, contact_id=ids["wang"], version=1)
        assert contacts_of(session, by=people.manager1, customer_id=ids["hengli"]) == []


def test_only_one_contact_is_the_first_to_turn_to(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    with unit_of_work(database) as session:
        li = create_contact(
            session, by=people.manager1, now=now, customer_id=ids["hengli"], values={"name": "李娜", "is_primary": True}
        )
        assert [
            (row.id, row.is_primary) for row in contacts_of(session, by=people.manager1, customer_id=ids["hengli"])
        ] == [
            (li.id, True),
            (ids["wang"], False),
        ]
        change_contact(
            session, by=people.manager1, now=now, contact_id=ids["wang"], version=2, values={"is_primary": True}
        )
        assert [row.id for row in contacts_of(session, by=people.manager1, customer_id=ids["hengli"])] == [
            ids["wang"],
            li.id,
        ]


def test_a_birthday_in_the_future_is_refused(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    with unit_of_work(database) as session, pytest.raises(Invalid, match="marked"):
        create_contact(
            session,
            by=people.manager1,
            now=now,
            customer_id=ids["hengli"],
            values={"name": "x", "birthday": "2030-01-01"},
        )


def test_an_entry_that_was_switched_off_stays_where_it_is(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:

    with unit_of_work(database) as session:
        session.execute(update(DictionaryEntry).where(DictionaryEntry.key == "east").values(active=False))
        entries_changed(session)
    with unit_of_work(database) as session:
        values = {"region": "east", "note": "x"}
        change_customer(session, by=people.manager1, now=now, customer_id=ids["hengli"], version=1, values=values)
    with unit_of_work(database) as session, pytest.raises(Invalid):
        create_customer(session, by=people.manager1, now=now, values={"name": "Neu", "region": "east"})


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (Customer, {"satisfaction": 6}),
        (Customer, {"credit": 0}),
        (Customer, {"name": ""}),
        (Customer, {"version": 0}),
        (Contact, {"name": ""}),
    ],
)
def test_the_database_itself_refuses_impossible_rows(
    database: Database, ids: dict[str, int], table: type[Customer] | type[Contact], values: dict[str, object]
) -> None:
    with pytest.raises(IntegrityError), unit_of_work(database) as session:
        session.execute(update(table).values(**values))
