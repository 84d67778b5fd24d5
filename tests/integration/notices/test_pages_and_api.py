"""Notices in the browser and over the API: the bell, the list, the live stream, the choices and the robots."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy import select

from crm.core.audit import AuditEntry
from crm.core.db import reading, unit_of_work
from crm.core.i18n import text
from crm.notices.models import NoticeRobot
from crm.notices.operations import notify
from tests.conftest import Browser, program_of
from tests.integration.notices.conftest import Office
from tests.people import People

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def stream(browser: Browser, seen: int, **headers: str) -> dict[str, object]:
    """The one event of the live stream."""
    answer = browser.get(f"/notices/live?seen={seen}", headers=headers)
    assert answer.content_type == "text/event-stream; charset=utf-8"
    lines = dict(line.split(": ", 1) for line in answer.text.strip().splitlines())
    assert (lines["event"], int(lines["retry"]) >= 5000) == ("notices", True)
    return {"id": int(lines["id"]), **json.loads(lines["data"])}


def test_the_bell_counts_on_every_page_and_a_click_reads_and_leads_on(
    office: Office, people: People, client: Browser
) -> None:
    office.tell(people.agent1, key="a", words="SR-000035 <b>x</b>")
    browser = client.signed_in_as("agent1")
    page = browser.get("/tasks").text
    assert "data-notices" in page
    assert '<span class="count count-accent">1</span>' in page
    listed = browser.get("/notices").text
    assert "SR-000035 &lt;b&gt;x&lt;/b&gt;" in listed
    [notice] = office.notices()
    answer = browser.get(f"/notices/{notice.id}")
    assert (answer.status_code, answer.location) == (302, "/tasks/7")
    assert office.notices()[0].read_at is not None


@SQLITE
def test_lists_have_pages_and_unread_ones_alone(office: Office, people: People, client: Browser) -> None:
    for number in range(35):
        office.tell(people.agent1, key=f"k{number}", words=f"Matter {number}.")
    browser = client.signed_in_as("agent1")
    first = browser.get("/notices").text
    assert ("Matter 34." in first, "Matter 5." in first, "Matter 4." in first) == (True, True, False)
    second = browser.get(f"/notices?before={office.notices()[5].id}").text
    assert ("Matter 4." in second, "Matter 5." in second) == (True, False)
    browser.post(f"/notices/{office.notices()[34].id}/read")
    assert "Matter 34." not in browser.get("/notices?show=unread").text


def test_all_can_be_marked_as_read_up_to_what_was_seen(office: Office, people: People, client: Browser) -> None:
    office.tell(people.agent1, key="a")
    seen = office.notices()[0].id
    office.tell(people.agent1, key="b")
    client.signed_in_as("agent1").post("/notices/read", data={"up_to": seen})
    assert [notice.read_at is not None for notice in office.notices()] == [True, False]


def test_nobody_follows_or_reads_anothers_notice(office: Office, people: People, client: Browser) -> None:
    office.tell(people.agent1)
    [notice] = office.notices()
    browser = client.signed_in_as("agent2")
    assert browser.get(f"/notices/{notice.id}").status_code == 404
    assert browser.post(f"/notices/{notice.id}/read").status_code == 404
    assert browser.get("/notices").text.count("told-row") == 0


def test_the_stream_says_what_is_new_since_the_reader_looked_and_ends(
    office: Office, people: People, client: Browser
) -> None:
    browser = client.signed_in_as("agent1")
    nothing = stream(browser, 0)
    assert (nothing["id"], nothing["unread"], nothing["said"]) == (0, 0, [])
    office.tell(people.agent1, key="a", words="First")
    office.tell(people.agent1, key="b", words="Second")
    event = stream(browser, 0)
    assert (event["unread"], [each["words"] for each in event["said"]]) == (2, ["Second", "First"])  # type: ignore[attr-defined]
    newest = event["id"]
    assert stream(browser, 0, **{"Last-Event-ID": str(newest)})["said"] == []
    assert stream(browser, int(str(newest)))["said"] == []
    office.tell(people.agent2, key="c")
    assert stream(browser, int(str(newest)))["said"] == []


@pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 40])
@SQLITE
def test_a_stream_asked_with_nonsense_begins_at_the_beginning(
    office: Office, people: People, client: Browser, seen: str
) -> None:
    office.tell(people.agent1)
    assert client.signed_in_as("agent1").get(f"/notices/live?seen={seen}").status_code == 200


def test_a_person_chooses_on_the_page_how_to_be_told(office: Office, people: People, client: Browser) -> None:
    browser = client.signed_in_as("agent1")
    browser.post(
        "/profile/notices/robots", data={"kind": "feishu", "name": "群", "address": "abcdefgh1234", "secret": ""}
    )
    answer = browser.post(
        "/profile/notices",
        data={"test.calm.mail": "off", "test.calm.robot:1": "1", "test.loud.mail": "now", "digest_hour": "17"},
    )
    assert answer.status_code == 302
    office.tell(people.agent1, key="a", kind="test.calm", words="Calm")
    office.tell(people.agent1, key="b", kind="test.loud", words="Loud")
    office.work()
    assert office.courier.carried == [("群", "Calm")]
    assert [letter.subject for letter in office.letters.sent] == ["Loud"]
    page = browser.get("/profile/notices").text
    assert "abcdefgh1234" not in page
    assert "••••1234" in page


@pytest.mark.parametrize(
    "form",
    [
        {"test.calm.mail": "sometimes"},
        {"digest_hour": "24"},
        {"digest_hour": "99"},
    ],
)
@SQLITE
def test_choices_that_do_not_exist_are_refused(
    office: Office, people: People, client: Browser, form: dict[str, str]
) -> None:
    assert client.signed_in_as("agent1").post("/profile/notices", data=form).status_code == 422


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost:9000/hook",
        "http://127.0.0.1/hook",
        "http://[::1]/hook",
        "http://[::ffff:127.0.0.1]/hook",
        "http://2130706433/hook",
        "http://0x7f.1/hook",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.8/hook",
        "http://192.168.1.1/hook",
        "ftp://example.com/hook",
        "javascript:alert(1)",
    ],
)
@SQLITE
def test_a_webhook_in_our_own_network_is_refused_with_the_reason(
    office: Office, people: People, client: Browser, address: str
) -> None:
    answer = client.signed_in_as("agent1").post(
        "/profile/notices/robots", data={"kind": "webhook", "name": "Inside", "address": address, "secret": ""}
    )
    assert answer.status_code == 422
    assert 'id="address-error"' in answer.text
    with reading(office.database) as session:
        assert session.scalar(select(NoticeRobot.id)) is None


def test_naming_and_removing_a_robot_is_audited_without_its_secrets(
    office: Office, people: People, client: Browser
) -> None:
    browser = client.signed_in_as("agent1")
    browser.post(
        "/profile/notices/robots",
        data={"kind": "dingtalk", "name": "群", "address": "tokentoken1234", "secret": "SECsecret99"},
    )
    browser.post("/profile/notices/robots/1/switch", data={"active": "0"})
    browser.post("/profile/notices/robots/1/remove")
    with reading(office.database) as session:
        entries = list(
            session.scalars(select(AuditEntry).where(AuditEntry.action.like("notices.%")).order_by(AuditEntry.id))
        )
        assert [entry.action for entry in entries] == [
            "notices.robot_named",
            "notices.robot_off",
            "notices.robot_forgotten",
        ]
        words = json.dumps([entry.new for entry in entries])
        assert "tokentoken" not in words
        assert "SECsecret" not in words
        assert session.scalar(select(NoticeRobot.id)) is None


def test_nobody_touches_anothers_robot(office: Office, people: People, client: Browser) -> None:
    client.signed_in_as("agent1").post(
        "/profile/notices/robots", data={"kind": "wecom", "name": "群", "address": "abcdefgh1234"}
    )
    browser = client.signed_in_as("agent2")
    for act in ("trial", "switch", "remove"):
        assert browser.post(f"/profile/notices/robots/1/{act}").status_code == 404


def test_a_trial_shows_what_went_wrong_and_is_not_repeated_at_once(
    office: Office, people: People, client: Browser, app: Flask
) -> None:
    with reading(office.database) as session:
        assert session.scalar(select(NoticeRobot.id)) is None
    # Named while the address led outside; meanwhile it leads to this machine.
    with office.database.engine.begin() as connection:
        connection.execute(
            NoticeRobot.__table__.insert().values(  # type: ignore[attr-defined]  # a table
                user_id=people.agent1.id,
                kind="webhook",
                name="Moved",
                address="http://localhost:9000/hook",
                secret="",
                active=True,
                created_at=office.clock(),
            )
        )
    browser = client.signed_in_as("agent1")
    assert browser.post("/profile/notices/robots/1/trial").status_code == 302
    assert "robot-fault" in browser.get("/profile/notices").text
    assert browser.post("/profile/notices/robots/1/trial").status_code == 422
    office.clock.move(seconds=11)
    assert program_of(app, "agent1").post("/notices/robots/1/trial").json["taken"] is False  # type: ignore[index]


def test_the_api_lists_reads_and_chooses(office: Office, people: People, app: Flask) -> None:
    for number in range(3):
        office.tell(people.agent1, key=f"k{number}", words=f"Matter {number}")
    api = program_of(app, "agent1")
    first = api.get("/notices?limit=2").json or {}
    assert [item["message"] for item in first["items"]] == ["Matter 2", "Matter 1"]
    assert first["unread"] == 3
    second = api.get(f"/notices?limit=2&cursor={first['next']}").json or {}
    assert ([item["message"] for item in second["items"]], second["next"]) == (["Matter 0"], None)
    read = api.post(f"/notices/{first['items'][0]['id']}/read").json or {}
    assert read["read"] is True
    assert (api.post("/notices/read", json={}).json or {})["count"] == 2
    assert (api.get("/notices?unread=true").json or {})["items"] == []
    changed = api.patch(
        "/notices/choices",
        json={"digest_hour": 6, "choices": [{"kind": "test.calm", "road": "mail", "choice": "now"}]},
    ).json
    assert changed is not None
    assert changed["digest_hour"] == 6
    assert {"kind": "test.calm", "road": "mail", "choice": "now"} in changed["choices"]
    twice = [{"kind": "test.calm", "road": "mail", "choice": "now"}] * 2
    assert api.patch("/notices/choices", json={"choices": twice}).status_code == 422
    unknown = [{"kind": "test.calm", "road": "pigeon", "choice": "now"}]
    assert api.patch("/notices/choices", json={"choices": unknown}).status_code == 422


def test_the_api_keeps_robots_and_never_shows_their_keys(office: Office, people: People, app: Flask) -> None:
    api = program_of(app, "agent1")
    made = api.post(
        "/notices/robots", json={"kind": "dingtalk", "name": "群", "address": "tokentoken1234", "secret": "SECsecret99"}
    )
    assert made.status_code == 201
    assert "tokentoken" not in made.text
    assert "SECsecret" not in made.text
    inside = {"kind": "webhook", "name": "Inside", "address": "http://127.0.0.1/x"}
    assert api.post("/notices/robots", json=inside).status_code == 422
    assert [robot["name"] for robot in api.get("/notices/robots").json or []] == ["群"]
    assert program_of(app, "agent2").delete("/notices/robots/1").status_code == 404
    assert api.delete("/notices/robots/1").status_code == 204
    assert api.get("/notices/robots").json == []


@SQLITE
def test_there_is_an_end_to_the_number_of_robots(office: Office, people: People, app: Flask) -> None:
    api = program_of(app, "agent1")
    made = [
        api.post("/notices/robots", json={"kind": "wecom", "name": f"群{n}", "address": "abcdefgh1234"}).status_code
        for n in range(11)
    ]
    assert made == [201] * 10 + [422]


def test_whoever_comes_to_the_page_by_another_way_has_read_the_notice(
    office: Office, people: People, client: Browser
) -> None:
    with unit_of_work(office.database) as session:
        notify(
            session,
            to=[people.agent1.id],
            kind="test.loud",
            message=text("Open"),
            link="/reminders",
            now=office.clock(),
            key="here",
        )
    office.tell(people.agent1, key="elsewhere")
    assert '<span class="count count-accent">1</span>' in client.signed_in_as("agent1").get("/reminders").text
    assert [notice.read_at is not None for notice in office.notices()] == [True, False]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_stream_whose_session_has_ended_is_told_to_stay_away(client: Browser) -> None:
    answer = client.get("/notices/live", headers={"Accept": "text/event-stream"})
    assert (answer.status_code, answer.data) == (204, b"")
