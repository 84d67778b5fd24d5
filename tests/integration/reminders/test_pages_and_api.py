"""The pages and the API of reminders: one's own, the rules, and whom they would tell."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from crm.core.audit import AuditEntry
from crm.core.db import reading
from crm.notices.models import Notice
from crm.reminders.models import ReminderRule
from tests.conftest import Browser, program_of
from tests.integration.reminders.conftest import Desk

TODAY = date(2026, 3, 11)
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
FORM = {"active": "y", "span": "2", "hour": "9", "whom": "holder", "version": "1"}


def tell_and_try(desk: Desk) -> None:
    desk.spoken(desk.customer("恒力机械"), TODAY + timedelta(days=1))


def test_people_see_what_concerns_them_and_nothing_else(desk: Desk, client: Browser, app: Flask) -> None:
    desk.spoken(desk.customer("恒力机械"), TODAY)
    desk.spoken(desk.customer("别人的客户", by=desk.people.manager2), TODAY, by=desk.people.manager2)
    page = client.signed_in_as("manager1").get("/reminders").text
    assert ("恒力机械" in page, "别人的客户" in page) == (True, False)
    listed = program_of(app, "manager2").get("/reminders").json or []
    assert [(each["kind"], "别人的客户" in each["message"]) for each in listed] == [("visit", True)]
    assert program_of(app, "agent1").get("/reminders").json == []


def test_an_administrator_tunes_a_rule_and_it_is_audited(desk: Desk, client: Browser) -> None:
    browser = client.signed_in_as("admin")
    assert browser.get("/administration/reminders").status_code == 200
    page = browser.get("/administration/reminders/visit").text
    version = re.search(r'name="version"[^>]*value="(\d+)"', page)
    assert version is not None
    answer = browser.post("/administration/reminders/visit", data={**FORM, "version": version[1]})
    assert (answer.status_code, answer.location) == (302, "/administration/reminders")
    with reading(desk.database) as session:
        rule = session.get_one(ReminderRule, "visit")
        assert (rule.active, rule.span, rule.hour, rule.whom, rule.version) == (True, 2, 9, ["holder"], 2)
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "reminder.changed"))
        assert (entry.subject_name, entry.old, entry.new) == ("visit", {"span": 0, "hour": 7}, {"span": 2, "hour": 9})
    assert browser.post("/administration/reminders/visit", data=FORM).status_code == 409


@pytest.mark.parametrize(
    "change",
    [
        {"span": "31"},
        {"span": "-1"},
        {"span": "many"},
        {"span": ""},
        {"hour": "24"},
        {"whom": "everybody"},
        {"whom": []},
        {"version": "x"},
        {"version": "9" * 30},
    ],
)
@SQLITE
def test_settings_beyond_their_bounds_are_refused(desk: Desk, client: Browser, change: dict[str, object]) -> None:
    answer = client.signed_in_as("admin").post("/administration/reminders/visit", data={**FORM, **change})
    assert answer.status_code == 422
    with reading(desk.database) as session:
        rule = session.get(ReminderRule, "visit")
        assert rule is None or rule.version == 1


def test_trying_a_setting_shows_whom_it_would_tell_and_tells_nobody(desk: Desk, client: Browser) -> None:
    tell_and_try(desk)
    browser = client.signed_in_as("admin")
    assert "恒力机械" not in browser.get("/administration/reminders/visit").text
    tried = browser.post("/administration/reminders/visit", data={**FORM, "_act": "try"})
    assert (tried.status_code, "恒力机械" in tried.text) == (200, True)
    with reading(desk.database) as session:
        assert list(session.scalars(select(Notice))) == []


def test_the_preview_marks_whom_it_told_already(desk: Desk, app: Flask) -> None:
    desk.only("visit")
    tell_and_try(desk)
    desk.begin()
    desk.clock.move(days=1)
    api = program_of(app, "admin")
    before = api.get("/reminder-rules/visit/preview").json or []
    assert [(line["person"], line["told"]) for line in before] == [(desk.people.manager1.name, False)]
    desk.days(1)
    # At the end of the day it is still the same day's visit, told by now.
    desk.clock.move(hours=-20)
    after = api.get("/reminder-rules/visit/preview").json or []
    assert [line["told"] for line in after] == [True]


def test_the_api_tunes_rules_with_the_version_seen(desk: Desk, app: Flask) -> None:
    api = program_of(app, "admin")
    listed = {rule["kind"]: rule for rule in api.get("/reminder-rules").json or []}
    assert {"visit", "visit_missed", "birthday", "silent", "service", "task_soon", "task_late"} <= set(listed)
    seen = api.get("/reminder-rules/birthday")
    tag = seen.headers["ETag"]
    assert api.patch("/reminder-rules/birthday", json={"span": 5}).status_code == 428
    changed = api.patch("/reminder-rules/birthday", json={"span": 5, "active": False}, headers={"If-Match": tag})
    assert ((changed.json or {})["span"], (changed.json or {})["active"]) == (5, False)
    assert api.patch("/reminder-rules/birthday", json={"span": 6}, headers={"If-Match": tag}).status_code == 409
    assert api.get("/reminder-rules/unknown").status_code == 404
    wrong = api.patch("/reminder-rules/birthday", json={"span": 500}, headers={"If-Match": changed.headers["ETag"]})
    assert wrong.status_code == 422


@pytest.mark.parametrize("person", ["manager1", "supervisor", "agent1", "stranger"])
@SQLITE
def test_rules_are_for_administrators(desk: Desk, client: Browser, app: Flask, person: str) -> None:
    browser = client.signed_in_as(person)
    assert browser.get("/administration/reminders").status_code == 403
    assert browser.post("/administration/reminders/visit", data=FORM).status_code == 403
    assert program_of(app, person).patch("/reminder-rules/visit", json={}).status_code == 403
