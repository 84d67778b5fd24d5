"""Business calendars as administrators keep them: operations on both databases, pages, the API, who may not."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from crm.accounts.models import Department
from crm.accounts.organisation import create_department, edit_department
from crm.core.audit import AuditEntry
from crm.core.db import Database, reading, unit_of_work
from crm.core.errors import Conflict, Denied, Invalid, NotFound, RuleBroken
from crm.worktime import kept, operations, queries
from crm.worktime.kept import calendar_of
from crm.worktime.models import WorkCalendar
from crm.worktime.seed import office, seed_calendar, seed_worktime
from crm.worktime.showing import week_in_words
from tests.conftest import Browser, as_user, program_of
from tests.people import People

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY_MORNING = datetime(2026, 3, 16, 10, 0, tzinfo=SHANGHAI)
SATURDAY = datetime(2026, 3, 14, 10, 0, tzinfo=SHANGHAI)


def values(name: str, **changes: object) -> dict[str, object]:
    return {**office(name, "", timezone="Asia/Shanghai"), **changes}


def department(session: Session, name: str) -> Department:
    return session.scalars(select(Department).where(Department.name == name)).one()


def test_without_any_calendar_every_hour_counts(session: Session) -> None:
    assert calendar_of(session, None).is_always_open


def test_an_installation_begins_with_office_hours_and_keeps_what_became_of_them(
    session: Session, people: People, now: datetime
) -> None:
    seed_calendar(session, now)
    (first,) = queries.all_calendars(session, by=people.admin)
    assert first.is_default and first.chinese_holidays
    assert calendar_of(session, None).is_open(MONDAY_MORNING)
    assert not calendar_of(session, None).is_open(SATURDAY)
    changed = {**queries.calendar_values(first), "saturday": "10:00-12:00"}
    operations.edit_calendar(
        session, by=people.admin, now=now, calendar_id=first.id, version=first.version, values=changed
    )
    seed_calendar(session, now)
    assert len(queries.all_calendars(session, by=people.admin)) == 1
    assert calendar_of(session, None).is_open(SATURDAY)


def test_a_department_inherits_down_the_tree_and_a_move_counts_at_once(
    session: Session, people: People, now: datetime
) -> None:
    seed_calendar(session, now)
    weekend = operations.create_calendar(
        session, by=people.admin, now=now, values=values("周末", saturday="09:00-17:00")
    )
    sales, east = department(session, "销售部"), department(session, "华东销售部")
    operations.give_calendar(session, by=people.admin, now=now, department_id=sales.id, calendar_id=weekend.id)
    assert calendar_of(session, sales.id).is_open(SATURDAY)
    assert calendar_of(session, east.id).is_open(SATURDAY)
    assert not calendar_of(session, department(session, "客户服务部").id).is_open(SATURDAY)
    below = create_department(session, by=people.admin, now=now, name="苏州办事处", parent_id=east.id)
    kept.CALENDARS.look_again()  # what another process does two seconds later
    assert calendar_of(session, below.id).is_open(SATURDAY)
    edit_department(
        session, by=people.admin, now=now, department_id=below.id, version=below.version, name="苏州办事处", name_en="",
        parent_id=None, manager_id=None,
    )  # fmt: skip
    kept.CALENDARS.look_again()
    assert not calendar_of(session, below.id).is_open(SATURDAY)
    operations.give_calendar(session, by=people.admin, now=now, department_id=sales.id, calendar_id=None)
    assert not calendar_of(session, east.id).is_open(SATURDAY)


def test_exceptions_come_and_go(session: Session, people: People, now: datetime) -> None:
    calendar = operations.create_calendar(session, by=people.admin, now=now, values=values("办公室"))
    given = {"day": "2026-03-16", "last_day": "2026-03-18", "hours": "", "name": "搬迁"}
    days = operations.set_exceptions(session, by=people.admin, now=now, calendar_id=calendar.id, values=given)
    assert days == [date(2026, 3, 16), date(2026, 3, 17), date(2026, 3, 18)]
    assert not calendar_of(session, None).is_open(MONDAY_MORNING)
    again = {"day": "2026-03-16", "hours": "10:00-11:00"}
    operations.set_exceptions(session, by=people.admin, now=now, calendar_id=calendar.id, values=again)
    assert calendar_of(session, None).is_open(MONDAY_MORNING)
    assert len(queries.exceptions_of(session, calendar.id)) == 3
    operations.remove_exception(session, by=people.admin, now=now, calendar_id=calendar.id, day=date(2026, 3, 17))
    with pytest.raises(NotFound):
        operations.remove_exception(session, by=people.admin, now=now, calendar_id=calendar.id, day=date(2026, 3, 17))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"monday": "nine to five"}, "monday"),
        ({"friday": "18:00-09:00"}, "friday"),
        ({"make_up": "09:00"}, "make_up"),
        (dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), ""), "monday"),
        ({"sunrise": "05:00"}, "sunrise"),
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_calendar_that_cannot_be_is_refused_by_field(
    session: Session, people: People, now: datetime, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        operations.create_calendar(session, by=people.admin, now=now, values={**values("办公室"), **changes})
    assert [fault.field for fault in refused.value.faults] == [field]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"day": "yesterday"}, "day"),
        ({"day": "1999-12-31"}, "day"),
        ({"day": "2026-03-16", "last_day": "2026-03-15"}, "last_day"),
        ({"day": "2026-03-16", "last_day": "2028-03-15"}, "last_day"),
        ({"day": "2026-03-16", "hours": "9"}, "hours"),
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_exception_that_cannot_be_is_refused_by_field(
    session: Session, people: People, now: datetime, given: dict[str, object], field: str
) -> None:
    calendar = operations.create_calendar(session, by=people.admin, now=now, values=values("办公室"))
    with pytest.raises(Invalid) as refused:
        operations.set_exceptions(session, by=people.admin, now=now, calendar_id=calendar.id, values=given)
    assert [fault.field for fault in refused.value.faults] == [field]


def test_a_calendar_stays_while_it_is_needed(session: Session, people: People, now: datetime) -> None:
    first = operations.create_calendar(session, by=people.admin, now=now, values=values("甲"))
    second = operations.create_calendar(session, by=people.admin, now=now, values=values("乙"))
    assert (first.is_default, second.is_default) == (True, False)
    with pytest.raises(RuleBroken):
        operations.delete_calendar(session, by=people.admin, now=now, calendar_id=first.id)
    service = department(session, "客户服务部")
    operations.give_calendar(session, by=people.admin, now=now, department_id=service.id, calendar_id=first.id)
    operations.make_default(session, by=people.admin, now=now, calendar_id=second.id)
    session.refresh(first)
    assert (first.is_default, second.is_default) == (False, True)
    with pytest.raises(RuleBroken):
        operations.delete_calendar(session, by=people.admin, now=now, calendar_id=first.id)
    operations.give_calendar(session, by=people.admin, now=now, department_id=service.id, calendar_id=second.id)
    operations.delete_calendar(session, by=people.admin, now=now, calendar_id=first.id)
    assert session.scalar(select(func.count()).select_from(WorkCalendar)) == 1
    acts = set(session.scalars(select(AuditEntry.action).where(AuditEntry.subject_type == "work_calendar")))
    assert acts == {"calendar.created", "calendar.made_default", "calendar.deleted"}


def test_two_names_and_two_at_once_are_refused(session: Session, people: People, now: datetime) -> None:
    first = operations.create_calendar(session, by=people.admin, now=now, values=values("甲"))
    with pytest.raises(Invalid):
        operations.create_calendar(session, by=people.admin, now=now, values=values("甲"))
    operations.edit_calendar(
        session, by=people.admin, now=now, calendar_id=first.id, version=1, values=values("甲", sunday="09:00-12:00")
    )
    with pytest.raises(Conflict):
        operations.edit_calendar(
            session, by=people.admin, now=now, calendar_id=first.id, version=1, values=values("甲")
        )
    with pytest.raises(Denied):
        operations.create_calendar(session, by=people.supervisor, now=now, values=values("丙"))


def test_what_was_rolled_back_is_not_remembered(database: Database, people: People, now: datetime) -> None:
    with unit_of_work(database) as session:
        seed_calendar(session, now)
    with pytest.raises(ZeroDivisionError), unit_of_work(database) as session:
        calendar = queries.all_calendars(session, by=people.admin)[0]
        operations.edit_calendar(
            session, by=people.admin, now=now, calendar_id=calendar.id, version=1,
            values={**queries.calendar_values(calendar), "saturday": "09:00-12:00"},
        )  # fmt: skip
        assert calendar_of(session, None).is_open(SATURDAY)
        raise ZeroDivisionError
    kept.CALENDARS.look_again()
    with reading(database) as session:
        assert not calendar_of(session, None).is_open(SATURDAY)


def test_another_process_sees_the_change_when_it_looks_again(database: Database, people: People, now: datetime) -> None:
    other = Database(database.url)
    with unit_of_work(database) as session:
        seed_calendar(session, now)
    with reading(other) as session:
        assert not calendar_of(session, None).is_open(SATURDAY)
    with unit_of_work(database) as session:
        given = {"day": "2026-03-14", "hours": "09:00-12:00"}
        (calendar,) = queries.all_calendars(session, by=people.admin)
        operations.set_exceptions(session, by=people.admin, now=now, calendar_id=calendar.id, values=given)
    kept.CALENDARS.look_again()
    with reading(other) as session:
        assert calendar_of(session, None).is_open(SATURDAY)
    other.close()


def test_the_demonstration_has_a_hotline(session: Session, people: People, now: datetime) -> None:
    seed_worktime(session, now)
    seed_worktime(session, now)
    assert len(queries.all_calendars(session, by=people.admin)) == 2
    assert calendar_of(session, people.agent1.department_id).is_open(SATURDAY)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_administrator_keeps_calendars_in_the_browser(client: Browser, database: Database, now: datetime) -> None:
    as_user(client, "admin")
    assert client.get("/administration/calendars").status_code == 200
    form = {key: str(value) for key, value in values("办公室").items() if value not in (True, False)}
    wrong = client.post("/administration/calendars/new", data={**form, "monday": "9 to 5"})
    assert wrong.status_code == 422
    made = client.post("/administration/calendars/new", data={**form, "chinese_holidays": "y"})
    assert made.status_code == 302
    page = client.get(f"{made.location}?month=2026-10").get_data(as_text=True)
    assert "国庆节" in page and "2026-10" in page and 'datetime="2026-10-10"' in page
    later = client.get(f"{made.location}?month=2027-01").get_data(as_text=True)
    assert "2027" in later and later.count("notice-warn") > page.count("notice-warn")
    for odd in ("2026-13", "x", "9999-01", "2026-1"):
        assert client.get(f"{made.location}?month={odd}").status_code == 200
    added = client.post(f"{made.location}/exceptions", data={"day": "2026-10-09", "name": "搬迁"})
    assert added.status_code == 302
    assert "搬迁" in client.get(f"{made.location}?month=2026-10").get_data(as_text=True)
    assert client.post(f"{made.location}/exceptions/2026-10-09/remove").status_code == 302
    assert client.post(f"{made.location}/exceptions/sometime/remove").status_code == 404
    with reading(database) as session:
        service = department(session, "客户服务部").id
    assert client.post("/administration/calendars/departments", data={f"department_{service}": "1"}).status_code == 302
    with reading(database) as session:
        assert queries.hours_of_department(session, service).own_id == 1
    assert client.post(made.location, data={**form, "version": "0"}).status_code == 409


def test_programs_keep_calendars(app: Flask, people: People) -> None:
    api = program_of(app, "admin")
    made = api.post("/calendars", json=values("办公室"))
    assert made.status_code == 201 and made.json is not None and made.json["is_default"] is True
    path = f"/calendars/{made.json['id']}"
    assert api.patch(path, json={"saturday": "09:00-12:00"}).status_code == 428
    changed = api.patch(path, json={"saturday": "09:00-12:00"}, headers={"If-Match": made.headers["ETag"]})
    assert changed.json is not None and changed.json["saturday"] == "09:00-12:00"
    assert api.open("PUT", f"{path}/exceptions/2026-10-09", json={"name": "搬迁"}).status_code == 200
    days = api.get(f"{path}/days?first=2026-10-07&count=4").json
    assert days is not None
    assert [(day["rule"], day["minutes"], day["holiday"]) for day in days] == [
        ("holiday", 0, "国庆节"),
        ("week", 480, None),
        ("exception", 0, None),
        ("make_up", 480, "国庆节"),
    ]
    department_id = people.agent1.department_id
    given = api.open("PUT", f"/calendars/departments/{department_id}", json={"calendar_id": made.json["id"]})
    number = made.json["id"]
    assert given.json == {"department_id": department_id, "calendar_id": number, "works_by_id": number}
    assert api.delete(path).status_code == 422
    assert program_of(app, "agent1").get("/calendars").status_code == 403
    assert api.get("/calendars/99").status_code == 404


def test_days_that_are_alike_stand_together_in_words() -> None:
    office_hours, short = ((540, 1080),), ((540, 720),)
    week = (office_hours, office_hours, (), office_hours, office_hours, office_hours, short)
    words = [(days.in_language("en"), hours) for days, hours in week_in_words(week)]
    assert words == [
        ("Monday to Tuesday", "09:00-18:00"),
        ("Thursday to Saturday", "09:00-18:00"),
        ("Sunday", "09:00-12:00"),
    ]
    assert week_in_words(((),) * 7) == []


def test_asking_for_calendars_costs_no_statement_while_they_are_fresh(
    database: Database, people: People, now: datetime
) -> None:
    with unit_of_work(database) as session:
        seed_worktime(session, now)
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with reading(database) as session:
        calendar_of(session, people.agent1.department_id)
        assert asked
        asked.clear()
        for person in (people.agent1, people.manager1, people.executive) * 50:
            calendar_of(session, person.department_id).add(now, 600)
        assert asked == []
        kept.CALENDARS.look_again()
        calendar_of(session, people.agent1.department_id)
        # Only the stamp is looked at, and it is the same.
        assert len(asked) == 1
