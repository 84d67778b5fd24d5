"""What the rules find, whom they tell, and that they tell it once however late or often the clock comes by."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from crm.accounts.models import User
from crm.core.db import reading, unit_of_work
from crm.core.due import DueRow
from crm.permissions import SYSTEM
from crm.reminders import operations
from crm.reminders.models import ReminderRule, ReminderTold
from crm.service.operations import assign, open_request
from crm.service.watching import remind as remind_of_request
from crm.worktime.seed import seed_calendar
from scheduler.sweep import tick
from tests.integration.reminders.conftest import Desk

# The clock of the tests stands at ten in the morning of Wednesday, 11 March 2026, in Shanghai.
TODAY = date(2026, 3, 11)


def test_a_visit_is_told_on_its_day_at_the_hour_of_the_rule_and_never_again(desk: Desk) -> None:
    desk.only("visit", hour=9)
    desk.spoken(desk.customer("恒力机械"), TODAY + timedelta(days=2))
    desk.begin()
    desk.days(1)
    assert desk.told(desk.people.manager1) == []
    # Eight and nine o'clock of the day.
    desk.clock.move(hours=22)
    tick(desk.database, desk.jobs, desk.clock)
    assert desk.told(desk.people.manager1) == []
    desk.clock.move(hours=1)
    tick(desk.database, desk.jobs, desk.clock)
    assert desk.told(desk.people.manager1) == ["Visit today: 恒力机械, 价格谈判"]
    desk.days(4)
    assert len(desk.told(desk.people.manager1)) == 1


def test_a_visit_that_was_made_meanwhile_is_told_to_nobody(desk: Desk) -> None:
    desk.only("visit")
    customer = desk.customer("恒力机械")
    desk.spoken(customer, TODAY + timedelta(days=1))
    desk.clock.move(hours=3)
    desk.spoken(customer)
    desk.begin()
    desk.days(3)
    assert desk.told(desk.people.manager1) == []


def test_a_clock_that_was_down_for_three_days_tells_each_visit_once(desk: Desk) -> None:
    desk.only("visit")
    desk.begin()
    desk.days(1)
    for number in range(3):
        desk.spoken(desk.customer(f"客户{number}"), TODAY + timedelta(days=2 + number))
    desk.down(days=3)
    desk.days(2)
    assert desk.told(desk.people.manager1) == [
        "Visit of 2026-03-13 not made yet: 客户0, 价格谈判",
        "Visit of 2026-03-14 not made yet: 客户1, 价格谈判",
        "Visit today: 客户2, 价格谈判",
    ]


def test_a_missed_visit_goes_to_the_superior_too_but_twice_to_nobody(desk: Desk) -> None:
    desk.tune("visit", active=True)
    desk.tune("visit_missed", span=3, whom=["holder", "manager"])
    desk.begin()
    desk.days(1)
    desk.spoken(desk.customer("恒力机械"), TODAY + timedelta(days=1))
    desk.down(days=5)
    desk.days(2)
    assert desk.told(desk.people.manager1) == ["Visit of 2026-03-12 not made yet: 恒力机械, 价格谈判"]
    assert desk.told(desk.people.supervisor) == ["Visit of 2026-03-12 not made yet: 恒力机械, 价格谈判"]


def test_birthdays_are_told_ahead_once_a_year(desk: Desk) -> None:
    desk.only("birthday", span=3)
    customer = desk.customer("恒力机械")
    desk.contact(customer, "王强", date(1980, 3, 15))
    desk.contact(customer, "李梅", date(1990, 7, 1))
    desk.begin()
    desk.days(8)
    assert desk.told(desk.people.manager1) == ["Birthday on 2026-03-15: 王强, 恒力机械"]
    desk.clock.move(days=355)
    desk.days(8)
    assert desk.told(desk.people.manager1)[1:] == ["Birthday on 2027-03-15: 王强, 恒力机械"]


def test_whoever_was_born_on_a_leap_day_has_a_birthday_every_year(desk: Desk) -> None:
    desk.only("birthday", span=0)
    desk.contact(desk.customer("恒力机械"), "闰生", date(1988, 2, 29))
    desk.clock.move(days=(date(2027, 2, 27) - TODAY).days)
    desk.begin()
    desk.days(3)
    assert desk.told(desk.people.manager1) == ["Birthday today: 闰生, 恒力机械"]


def test_a_birthday_over_new_year_is_seen_ahead(desk: Desk) -> None:
    desk.only("birthday", span=5)
    desk.contact(desk.customer("恒力机械"), "元旦", date(1970, 1, 2))
    desk.clock.move(days=(date(2026, 12, 29) - TODAY).days)
    desk.begin()
    desk.days(6)
    assert desk.told(desk.people.manager1) == ["Birthday on 2027-01-02: 元旦, 恒力机械"]


def test_a_customer_who_falls_silent_is_told_once_for_each_silence(desk: Desk) -> None:
    desk.only("silent", span=10)
    customer = desk.customer("恒力机械")
    desk.spoken(customer)
    desk.begin()
    desk.days(12)
    assert desk.told(desk.people.manager1) == ["No contact for 10 days: 恒力机械"]
    desk.days(5)
    desk.spoken(customer)
    desk.days(13)
    assert desk.told(desk.people.manager1) == ["No contact for 10 days: 恒力机械"] * 2


def test_a_service_counts_as_having_been_in_touch(desk: Desk) -> None:
    desk.only("silent", span=10)
    customer = desk.customer("恒力机械")
    desk.begin()
    desk.days(8)
    with unit_of_work(desk.database) as session:
        open_request(
            session,
            by=desk.people.manager1,
            now=desk.clock(),
            customer_id=customer.id,
            type="repair",
            summary="主轴异响",
            request="请派人",
        )
    desk.days(5)
    assert desk.told(desk.people.manager1) == []


def test_many_at_once_are_one_notice_with_their_names(desk: Desk) -> None:
    desk.only("visit")
    for number in range(6):
        desk.spoken(desk.customer(f"客户{number}"), TODAY + timedelta(days=1))
    desk.begin()
    desk.days(2)
    assert desk.told(desk.people.manager1) == ["6 visits are due"]
    with reading(desk.database) as session:
        assert session.scalar(select(func.count()).select_from(ReminderTold)) == 6


def test_more_than_a_batch_is_told_in_full(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.reminders.queries.BATCH", 3)
    monkeypatch.setattr("crm.reminders.operations.BATCH", 3)
    desk.only("visit")
    for number in range(7):
        desk.spoken(desk.customer(f"客户{number}"), TODAY + timedelta(days=1))
    desk.begin()
    desk.days(2)
    assert sorted(words.split(": ")[1] for words in desk.told(desk.people.manager1)) == [
        f"客户{number}, 价格谈判" for number in range(7)
    ]


def test_customers_are_looked_through_in_stretches(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.reminders.operations.STRETCH", 2)
    desk.only("silent", span=10)
    for number in range(7):
        desk.customer(f"客户{number}")
    desk.begin()
    desk.days(12)
    assert sorted(desk.told(desk.people.manager1)) == [f"No contact for 10 days: 客户{number}" for number in range(7)]


def test_a_rule_that_is_off_tells_nothing(desk: Desk) -> None:
    desk.only("visit", active=False)
    desk.spoken(desk.customer("恒力机械"), TODAY + timedelta(days=1))
    desk.begin()
    desk.days(3)
    assert desk.told(desk.people.manager1) == []


def test_whoever_left_is_told_nothing(desk: Desk) -> None:
    desk.only("visit")
    desk.spoken(desk.customer("恒力机械"), TODAY + timedelta(days=1))
    with unit_of_work(desk.database) as session:
        session.get_one(User, desk.people.manager1.id).active = False
    desk.begin()
    desk.days(2)
    assert desk.told(desk.people.manager1) == []


def test_on_free_days_a_rule_may_rest_and_makes_up_for_them(desk: Desk) -> None:
    desk.only("visit", workdays_only=True)
    # Saturday, 14 March: the demonstration's week ends on Friday.
    desk.spoken(desk.customer("恒力机械"), date(2026, 3, 14))
    with unit_of_work(desk.database) as session:
        seed_calendar(session, desk.clock())
    desk.begin()
    desk.days(4)
    assert desk.told(desk.people.manager1) == []
    desk.days(2)
    assert desk.told(desk.people.manager1) == ["Visit of 2026-03-14 not made yet: 恒力机械, 价格谈判"]


def test_a_service_request_is_told_by_its_case_or_by_the_rule_but_not_by_both(desk: Desk) -> None:
    desk.only("service", span=240)
    customer = desk.customer("恒力机械")
    with unit_of_work(desk.database) as session:
        request = open_request(
            session,
            by=desk.people.manager1,
            now=desk.clock(),
            customer_id=customer.id,
            type="repair",
            summary="主轴异响",
            request="请派人",
        )
        request = assign(
            session,
            by=desk.people.supervisor,
            now=desk.clock(),
            request_id=request.id,
            assignee_id=desk.people.agent1.id,
        )
    desk.begin()
    desk.days(1)
    with unit_of_work(desk.database) as session:
        remind_of_request(session, by=SYSTEM, now=desk.clock(), request_id=request.id)
    desk.days(1)
    soon = [words for words in desk.told(desk.people.agent1) if "due soon" in words]
    assert soon == [f"{request.number} is due soon: 主轴异响"]


def test_two_clocks_that_look_at_once_tell_it_once(desk: Desk) -> None:
    desk.only("visit")
    for number in range(4):
        desk.spoken(desk.customer(f"客户{number}"), TODAY + timedelta(days=1))
    desk.clock.move(days=1)
    with unit_of_work(desk.database) as session:
        for _ in range(2):
            session.add(
                DueRow(
                    kind=operations.DUE,
                    payload={"kind": "visit", "after": 0, "since": None},
                    due_at=desk.clock(),
                    created_at=desk.clock(),
                )
            )
    both = threading.Barrier(2)

    def work(name: str) -> None:
        both.wait()
        tick(desk.database, desk.jobs, desk.clock, worker=name)

    clocks = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    for clock in clocks:
        clock.start()
    for clock in clocks:
        clock.join()
    # What one of them could not do beside the other is done now.
    desk.clock.move(minutes=10)
    tick(desk.database, desk.jobs, desk.clock)
    assert sorted(desk.told(desk.people.manager1)) == [f"Visit today: 客户{number}, 价格谈判" for number in range(4)]


def test_what_was_told_long_ago_is_forgotten(desk: Desk) -> None:
    desk.only("visit")
    desk.spoken(desk.customer("恒力机械"), TODAY + timedelta(days=1))
    desk.begin()
    desk.days(2)
    with unit_of_work(desk.database) as session:
        assert operations.forget_old(session, desk.clock() + timedelta(days=390)) == 0
        assert operations.forget_old(session, desk.clock() + timedelta(days=410)) == 1


def test_every_rule_shows_when_it_last_looked(desk: Desk) -> None:
    desk.only("visit")
    desk.begin()
    desk.days(1)
    with reading(desk.database) as session:
        rule = session.get_one(ReminderRule, "visit")
        assert (rule.looked_on, rule.looked_at is None) == (TODAY + timedelta(days=1), False)
