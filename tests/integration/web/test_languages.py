"""In which language, zone and form the reader is answered."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask, g

from crm.core.i18n import text
from crm.web.languages import shown, shown_ago, shown_date, shown_datetime, shown_number
from tests.conftest import Browser
from tests.databases import NOON

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def language_of(browser: Browser, **headers: str) -> str:
    return browser.get("/sign-in", headers=headers).text.split('<html lang="')[1].split('"')[0]


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("", "zh-CN"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("zh-TW", "zh-CN"),
        ("en-US,en;q=0.9", "en"),
        ("en-GB;q=0.5,zh;q=0.9", "zh-CN"),
        ("fr,de", "zh-CN"),
        ("fr,en;q=0.3", "en"),
        ("*", "zh-CN"),
    ],
)
def test_a_guest_is_answered_in_the_browsers_language(client: Browser, asked: str, answered: str) -> None:
    assert language_of(client, **{"Accept-Language": asked}) == answered


def test_the_switch_is_remembered_by_cookie_and_by_account(app: Flask, client: Browser) -> None:
    page = client.get("/sign-in").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    answer = client.post("/language", data={"language": "en", "next": "/sign-in", "csrf_token": token})
    assert (answer.status_code, answer.location) == (302, "/sign-in")
    assert language_of(client, **{"Accept-Language": "zh-CN"}) == "en"
    client.signed_in_as("agent1").post("/language", data={"language": "en", "next": "/profile"})
    elsewhere = app.test_client()
    assert isinstance(elsewhere, Browser)
    assert '<html lang="en">' in elsewhere.signed_in_as("agent1").get("/profile").text


def test_an_unknown_language_is_refused(client: Browser) -> None:
    browser = client.signed_in_as("agent1")
    browser.post("/language", data={"language": "tlh", "next": "/profile"})
    assert '<html lang="zh-CN">' in browser.get("/profile").text


@pytest.mark.parametrize(
    ("locale", "zone", "moment", "day", "number"),
    [
        ("zh_CN", "Asia/Shanghai", "2026-03-12 01:30", "2026-03-12", "1,234,567.50"),
        ("en", "Asia/Shanghai", "12 Mar 2026, 01:30", "12 Mar 2026", "1,234,567.50"),
        ("en", "America/New_York", "11 Mar 2026, 13:30", "11 Mar 2026", "1,234,567.50"),
        ("zh_CN", "Mars/Olympus", "2026-03-12 01:30", "2026-03-12", "1,234,567.50"),
    ],
)
def test_times_and_numbers_have_the_readers_form(
    app: Flask, locale: str, zone: str, moment: str, day: str, number: str
) -> None:
    at = datetime(2026, 3, 11, 17, 30, tzinfo=UTC)
    with app.test_request_context():
        g.user_locale, g.user_timezone = locale, zone
        assert shown_datetime(at) == moment
        assert shown_date(at) == day
        assert shown_number(Decimal("1234567.5"), 2) == number
        assert (shown_datetime(None), shown_date(None), shown_number(None)) == ("", "", "")


def test_a_plain_day_is_the_same_in_every_zone(app: Flask) -> None:
    with app.test_request_context():
        g.user_timezone = "America/New_York"
        assert shown_date(date(2026, 3, 12)) == "2026-03-12"


def test_distances_are_told_in_words(app: Flask) -> None:
    with app.test_request_context():
        g.user_locale = "en"
        assert shown_ago(NOON - timedelta(hours=3)) == "3 hours ago"
        assert shown_ago(NOON + timedelta(days=2)) == "in 2 days"
        g.user_locale = "zh_CN"
        assert shown_ago(NOON - timedelta(hours=3)) == "3小时前"


def test_outside_of_a_request_the_default_language_speaks(app: Flask) -> None:
    with app.app_context():
        assert shown(text("Plain words without a translation {n}", n=3)) == "Plain words without a translation 3"
