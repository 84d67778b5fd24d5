"""Papers as a browser gets them: who may have which, in whose language, and what stands on them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import reportlab
from flask import Flask
from pypdf import PdfReader

from app import stand_on
from crm.accounts import own_account
from crm.core.db import Database, unit_of_work
from crm.web.doors import Ground
from tests.conftest import Browser, as_user, program_of
from tests.integration.workflows.test_incidents import TOO_MUCH
from tests.processes.small import script_task, straight, user_task
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST

PROCESS = "/definitions/service_request/versions/1/diagram"
WORDS_OF_CUSTOMER = "声音还是很大"
ONE_KIND = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def sent_back(story: Story) -> Story:
    """A request that is handled for the second time, with its timers running."""
    people = story.people
    story.start(people.manager1, **REQUEST)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    story.clock.move(hours=1)
    story.do(people.agent1, "handle", handling="已电话指导。")
    story.do(people.manager1, "feedback", result="问题仍在", satisfaction=2, customer_words=WORDS_OF_CUSTOMER)
    return story


def read_english(story: Story, *names: str) -> None:
    with unit_of_work(story.database) as session:
        for name in names:
            own_account.set_language(session, by=story.people.named(name), now=story.clock(), locale="en")


def text_of(browser: Browser, address: str) -> str:
    """All text of a PDF, without blanks."""
    answer = browser.get(address)
    assert answer.status_code == 200
    return "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(answer.data)).pages)


def test_a_case_is_printed_with_path_steps_timers_and_history(sent_back: Story, client: Browser) -> None:
    read_english(sent_back, "manager1")
    printed = text_of(as_user(client, "manager1"), f"/cases/{sent_back.instance_id}/diagram.pdf")
    for words in ("主轴异响", "Pathtaken", "Standshere", "苏州恒力精密机械有限公司"):
        assert words in printed
    steps = printed.partition("StepWhoBegunDueEndedStatus")[2].partition("Timersandmessages")[0]
    assert steps.startswith("AssignLiMingyuan11Mar2026,10:00")
    assert steps.count("HandleLiuFang") == 2
    assert steps.endswith("Open")
    assert "TimerReminder11Mar2026" in printed
    history = printed.partition("TimeWhoWhathappened")[2]
    assert history.index("startedthecase") < history.index("completed“Assign”") < history.index("completed“Feedback”")


def test_a_case_is_printed_in_chinese(sent_back: Story, client: Browser) -> None:
    printed = text_of(as_user(client, "manager1"), f"/cases/{sent_back.instance_id}/diagram.pdf")
    for words in ("服务处理", "已走路径", "当前位置", "定时器与消息", "办理记录", "打印于2026-03-1111:00", "王海燕"):
        assert words in printed


def test_answers_are_not_printed(sent_back: Story, client: Browser) -> None:
    page = as_user(client, "manager1").get(f"/cases/{sent_back.instance_id}").text
    assert WORDS_OF_CUSTOMER in page
    assert WORDS_OF_CUSTOMER not in text_of(client, f"/cases/{sent_back.instance_id}/diagram.pdf")


@ONE_KIND
def test_the_picture_of_a_case_tells_where_it_stands(sent_back: Story, client: Browser) -> None:
    read_english(sent_back, "manager1")
    answer = as_user(client, "manager1").get(f"/cases/{sent_back.instance_id}/diagram.svg")
    assert answer.mimetype == "image/svg+xml"
    assert '<desc id="told">Where it stands: Handle (Liu Fang)</desc>' in answer.text
    assert answer.headers["Content-Security-Policy"].startswith(
        "default-src 'self'; script-src 'self'; style-src 'self';"
    )
    assert answer.headers["Content-Disposition"] == f"inline; filename=case-{sent_back.instance_id}.svg"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_case_of_others_is_not_found(sent_back: Story, client: Browser) -> None:
    as_user(client, "stranger")
    for address in ("", "/diagram.svg", "/diagram.pdf"):
        assert client.get(f"/cases/{sent_back.instance_id}{address}").status_code == 404


@ONE_KIND
def test_a_version_is_printed_for_administrators_of_processes_alone(story: Story, client: Browser) -> None:
    read_english(story, "admin")
    assert "Remindthesupervisor" in text_of(as_user(client, "admin"), f"{PROCESS}.pdf")
    picture = client.get(f"{PROCESS}.svg")
    assert '<title id="title">Service request</title>' in picture.text
    assert ">Service request · Version 1</text>" in picture.text
    for name in ("agent1", "supervisor"):
        for kind in ("svg", "pdf"):
            assert as_user(client, name).get(f"{PROCESS}.{kind}").status_code == 403


@ONE_KIND
def test_a_paper_that_there_is_not_is_not_found(sent_back: Story, client: Browser) -> None:
    as_user(client, "admin")
    for address in (
        f"{PROCESS}.png",
        f"/cases/{sent_back.instance_id}/diagram.html",
        "/definitions/service_request/versions/9/diagram.svg",
        "/definitions/unknown/versions/1/diagram.pdf",
        "/cases/987654/diagram.pdf",
    ):
        assert client.get(address).status_code == 404


def test_the_cause_of_an_incident_is_printed_for_those_who_can_mend_it(
    story: Story, app: Flask, client: Browser
) -> None:
    story.publish(straight("faulty", user_task("check"), script_task("grow", TOO_MUCH)))
    story.start(story.people.manager1, key="faulty")
    read_english(story, "admin", "manager1")
    program_of(app, "agent1").post(f"/tasks/{story.task('check').id}/complete", json={"answers": {"note": "x"}})
    address = f"/cases/{story.instance_id}/diagram.pdf"
    seen_by_admin = text_of(as_user(client, "admin"), address)
    assert "Theadministratorshavebeentold." not in seen_by_admin
    assert "TimeStepCauseSettled" in seen_by_admin
    assert "Theadministratorshavebeentold." in text_of(as_user(client, "manager1"), address)


@ONE_KIND
def test_the_font_of_the_installation_is_used(story: Story, app: Flask, client: Browser, database: Database) -> None:
    ground: Ground = app.extensions["heliu"]
    font = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
    stand_on(app, Ground(ground.config.with_(pdf_font=font), database, ground.clock))
    assert b"BitstreamVera" in as_user(client, "admin").get(f"{PROCESS}.pdf").data


@ONE_KIND
def test_pages_lead_to_their_papers(sent_back: Story, client: Browser) -> None:
    case = as_user(client, "admin").get(f"/cases/{sent_back.instance_id}").text
    version = client.get("/definitions/service_request").text
    for kind in ("svg", "pdf"):
        assert f'href="/cases/{sent_back.instance_id}/diagram.{kind}"' in case
        assert f'href="{PROCESS}.{kind}"' in version
