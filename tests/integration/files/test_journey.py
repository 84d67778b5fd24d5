"""A service request with files: sent in its forms, kept through refusals and drafts, seen by those whom it concerns."""

from __future__ import annotations

import json
import re

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from werkzeug.test import TestResponse

from crm.core.db import reading
from crm.files.models import FileUse, StoredFile
from crm.files.storage import FileStore
from tests.conftest import Browser, Program, as_user, program_of
from tests.integration.files.conftest import contents_in
from tests.integration.workflows.test_incidents import NEXT_DAY, TOO_MUCH
from tests.processes.small import properties, script_task, straight, user_task
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST
from tests.sample_files import HTML, PDF, PNG, sent
from workflows.engine import Bundle

FILE_FORM: dict[str, object] = {
    "type": "default",
    "components": [{"type": "filepicker", "id": "f", "key": "papers", "label": "Papers", "multiple": True}],
}


def rows(story: Story, what: type) -> int:
    with reading(story.database) as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def fetched(client: Browser | Program, path: str) -> TestResponse:
    """What a download answers, with the file closed behind it."""
    answer = client.get(path)
    answer.get_data()
    answer.close()
    return answer


def start(story: Story, client: Browser, *files: object, **changes: str) -> str:
    """Start a request through the page; answers where that led, and remembers the case."""
    as_user(client, "manager1")
    data = {"customer_id": str(story.customer_id), **REQUEST, **changes, "attachments": list(files)}
    answer = client.post("/processes/service_request/start", data=data)
    assert answer.status_code == 302, answer.text
    story.instance_id = int(answer.location.rsplit("/", 1)[1])
    return str(answer.location)


def assigned(story: Story) -> str:
    """The path of the agent's task."""
    people = story.people
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    return f"/tasks/{story.task('handle').id}"


def test_files_of_the_start_form_are_on_the_request_and_in_its_timeline(story: Story, client: Browser) -> None:
    page = as_user(client, "manager1").get("/processes/service_request/start").text
    assert 'enctype="multipart/form-data"' in page
    assert "附件" in page
    start(story, client, sent("主轴 照片.png", PNG), sent("../合同.pdf"))
    request = client.get(f"/service-requests/{story.request().id}").text
    assert request.count("主轴 照片.png") == 2
    assert "主轴 照片.png, 合同.pdf" in request
    links = re.findall(r'href="(/files/\d+)"', request)
    assert len(links) == 2
    answer = fetched(client, links[0])
    assert answer.data == PNG
    assert answer.headers["Content-Disposition"].startswith("attachment; filename")
    assert "filename*=UTF-8''%E4%B8%BB%E8%BD%B4%20%E7%85%A7%E7%89%87.png" in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-store"
    with reading(story.database) as session:
        uses = session.execute(select(FileUse.record_type, FileUse.record_id)).all()
    assert uses == [("service_request", story.request().id)] * 2


def test_whom_a_request_does_not_concern_its_files_do_not_exist(story: Story, client: Browser, app: Flask) -> None:
    start(story, client, sent("a.pdf"))
    with reading(story.database) as session:
        file_id = session.scalars(select(StoredFile.id)).one()
    # Whoever may see the request may have its file, and nobody else.
    record, found = story.request().id, {}
    for reader in ("manager1", "manager2", "agent1", "supervisor", "marketing", "admin", "stranger"):
        found[reader] = as_user(client, reader).get(f"/service-requests/{record}").status_code
        assert fetched(client, f"/files/{file_id}").status_code == found[reader], reader
        assert fetched(program_of(app, reader), f"/files/{file_id}").status_code == found[reader], reader
    assert (found["manager1"], found["supervisor"]) == (200, 200)
    assert (found["manager2"], found["stranger"]) == (404, 404)
    assert app.test_client().get(f"/files/{file_id}").location.startswith("/sign-in")
    assert as_user(client, "manager1").get("/files/999999999999999999999999").status_code == 404


def test_the_agents_files_are_on_the_request_and_leave_the_process(story: Story, client: Browser) -> None:
    start(story, client)
    task = assigned(story)
    as_user(client, "agent1")
    done = client.post(task, data={"handling": "换轴承", "_act": "complete", "attachments": [sent("维修单.pdf")]})
    assert done.status_code == 302, done.text
    assert "维修单.pdf" in client.get(f"/service-requests/{story.request().id}").text
    link = re.search(r'href="(/files/\d+)">维修单.pdf', client.get(task).text)
    assert link
    assert fetched(as_user(client, "supervisor"), link[1]).data == PDF
    # What the next step knows of the case holds no file any more.
    assert "维修单" not in json.dumps(story.task("feedback").data, ensure_ascii=False)


def test_a_refused_form_keeps_its_files_for_the_next_try(story: Story, client: Browser) -> None:
    start(story, client)
    task = assigned(story)
    as_user(client, "agent1")
    refused = client.post(task, data={"handling": "", "_act": "complete", "attachments": [sent("维修单.pdf")]})
    assert refused.status_code == 422
    kept = re.search(r'type="checkbox" name="attachments" value="(\d+)"[^>]*checked', refused.text)
    assert kept
    assert f'href="/files/{kept[1]}">维修单.pdf' in refused.text
    assert rows(story, FileUse) == 0
    again = {"handling": "换轴承", "_act": "complete", "attachments": [kept[1], sent("照片.png", PNG)]}
    assert client.post(task, data=again).status_code == 302
    page = client.get(f"/service-requests/{story.request().id}").text
    assert "维修单.pdf" in page
    assert "照片.png" in page


def test_a_draft_keeps_its_files_for_whoever_goes_on_with_it(story: Story, client: Browser) -> None:
    start(story, client)
    task = assigned(story)
    as_user(client, "agent1")
    saved = client.post(task, data={"_act": "save", "attachments": [sent("一.pdf"), sent("二.pdf", PDF + b"2")]})
    assert saved.status_code == 302
    page = client.get(task).text
    first, second = re.findall(r'name="attachments" value="(\d+)"', page)
    assert "一.pdf" in page
    assert fetched(as_user(client, "supervisor"), f"/files/{first}").data == PDF
    # One of them is taken out: from now on it is its uploader's alone, and the sweep will find it.
    as_user(client, "agent1")
    assert client.post(task, data={"_act": "save", "attachments": [second]}).status_code == 302
    assert "一.pdf" not in client.get(task).text
    assert fetched(as_user(client, "supervisor"), f"/files/{first}").status_code == 404
    as_user(client, "agent1")
    assert client.post(task, data={"handling": "好", "_act": "complete", "attachments": [second]}).status_code == 302
    request = client.get(f"/service-requests/{story.request().id}").text
    assert "二.pdf" in request
    assert "一.pdf" not in request


@pytest.mark.parametrize(
    ("name", "contents", "told"),
    [
        ("脚本.exe", b"MZ", "脚本.exe"),
        ("页面.html", HTML, "页面.html"),
        ("假.pdf", HTML, "假.pdf"),
        ("空.pdf", b"", "空.pdf"),
        ("大.pdf", PDF + bytes(20_000_001), "大.pdf"),
    ],
)
def test_a_file_that_is_not_taken_is_named_beside_its_field(
    story: Story, client: Browser, store: FileStore, name: str, contents: bytes, told: str
) -> None:
    as_user(client, "manager1")
    data = {"customer_id": str(story.customer_id), **REQUEST, "attachments": [sent(name, contents)]}
    refused = client.post("/processes/service_request/start", data=data)
    assert refused.status_code == 422
    # The test client keeps a large body in a file and leaves it open.
    refused.request.environ["wsgi.input"].close()
    assert re.search(rf'href="#field-attachments">[^<]*{told}', refused.text)
    assert contents_in(store) == []
    assert rows(story, StoredFile) == 0


def test_a_body_without_end_is_cut_off(story: Story, client: Browser) -> None:
    as_user(client, "manager1")
    length = {"CONTENT_LENGTH": "200000000"}
    data = {"attachments": [sent("a.pdf")]}
    answer = client.post("/processes/service_request/start", data=data, environ_overrides=length)
    assert answer.status_code == 413


def test_nobody_sends_files_to_a_task_that_is_not_theirs(story: Story, client: Browser, store: FileStore) -> None:
    start(story, client)
    task = assigned(story)
    for other, status in (("stranger", 404), ("agent2", 409)):
        as_user(client, other)
        answer = client.post(task, data={"handling": "x", "_act": "complete", "attachments": [sent("a.pdf")]})
        assert answer.status_code == status, other
    assert rows(story, StoredFile) == 0
    assert contents_in(store) == []


def test_a_program_sends_files_first_and_names_them_in_its_answers(story: Story, app: Flask) -> None:
    manager, agent, other = program_of(app, "manager1"), program_of(app, "agent1"), program_of(app, "agent2")
    file = manager.post("/files", data={"file": sent("图纸.pdf")})
    assert file.status_code == 201, file.get_json()
    assert {name: file.get_json()[name] for name in ("name", "size", "content_type")} == {
        "name": "图纸.pdf",
        "size": len(PDF),
        "content_type": "application/pdf",
    }
    file_id = file.get_json()["id"]
    assert fetched(manager, f"/files/{file_id}").data == PDF
    assert fetched(other, f"/files/{file_id}").status_code == 404
    started = manager.post(
        "/processes/service_request/instances",
        json={"answers": {"customer_id": str(story.customer_id), **REQUEST, "attachments": [file_id]}},
    )
    assert started.status_code == 201, started.get_json()
    record = manager.get(f"/service-requests/{started.get_json()['record_id']}").get_json()
    assert [(each["id"], each["name"]) for each in record["attachments"]] == [(file_id, "图纸.pdf")]
    story.instance_id = started.get_json()["id"]
    task = assigned(story)
    # A file that only a colleague has cannot be named, nor one of a kind that the field does not take.
    foreign = other.post("/files", data={"file": sent("b.pdf")}).get_json()["id"]
    wrong = agent.post("/files", data={"file": sent("c.txt", b"text")}).get_json()["id"]
    for named in (foreign, wrong, 999_999, "x", {"id": foreign}):
        answers = {"handling": "好", "attachments": [named]}
        refused = agent.post(f"{task}/complete", json={"answers": answers})
        assert (refused.status_code, refused.get_json()["errors"][0]["field"]) == (422, "attachments"), named
    mine = agent.post("/files", data={"file": sent("d.pdf")}).get_json()["id"]
    done = agent.post(f"{task}/complete", json={"answers": {"handling": "好", "attachments": [{"id": mine}]}})
    assert done.status_code == 200, done.get_json()
    assert done.get_json()["answers"]["attachments"] == [{"id": mine, "name": "d.pdf"}]
    assert fetched(manager, f"/files/{mine}").status_code == 200


def test_a_program_opens_a_request_with_files(story: Story, app: Flask) -> None:
    manager = program_of(app, "manager1")
    file_id = manager.post("/files", data={"file": sent("a.pdf")}).get_json()["id"]
    body = {**REQUEST, "priority": 1, "customer_id": story.customer_id}
    opened = manager.post("/service-requests", json={**body, "attachments": [file_id]})
    assert opened.status_code == 201, opened.get_json()
    assert [each["id"] for each in opened.get_json()["attachments"]] == [file_id]
    foreign = program_of(app, "agent1").post("/files", data={"file": sent("b.pdf")}).get_json()["id"]
    assert manager.post("/service-requests", json={**body, "attachments": [foreign]}).status_code == 404


def test_what_is_wrong_with_a_sent_file_is_told_to_the_program(story: Story, app: Flask) -> None:
    agent = program_of(app, "agent1")
    for data in ({}, {"file": "words"}, {"file": sent("a.pdf", HTML)}, {"file": sent("a.pdf", b"")}):
        refused = agent.post("/files", data=data, content_type="multipart/form-data")
        assert (refused.status_code, refused.get_json()["errors"][0]["field"]) == (422, "file")


def test_a_case_without_a_record_holds_the_files_of_its_start_form(story: Story, client: Browser) -> None:
    small = straight("small", user_task("check"), forms={"papers": FILE_FORM})
    start_form = f'<bpmn:startEvent id="begin">{properties(formKey="papers")}</bpmn:startEvent>'
    diagram = small.files["small.bpmn"].replace(b'<bpmn:startEvent id="begin" />', start_form.encode())
    story.publish(Bundle({**small.files, "small.bpmn": diagram}))
    as_user(client, "manager1")
    started = client.post("/processes/small/start", data={"papers": [sent("a.pdf")]})
    assert started.status_code == 302, started.text
    with reading(story.database) as session:
        use = session.scalars(select(FileUse)).one()
    assert use.record_type == "case"
    assert fetched(as_user(client, "agent1"), f"/files/{use.file_id}").status_code == 200
    assert fetched(as_user(client, "contracts"), f"/files/{use.file_id}").status_code == 404


def test_a_step_that_fails_through_our_fault_keeps_its_files_for_the_retry(
    story: Story, client: Browser, app: Flask
) -> None:
    papers = user_task("check", form="papers")
    story.publish(straight("faulty", papers, script_task("grow", TOO_MUCH), forms={"papers": FILE_FORM}))
    story.start(story.people.manager1, key="faulty")
    task = story.task("check")
    as_user(client, "agent1")
    failed = client.post(f"/tasks/{task.id}", data={"act": "complete", "papers": [sent("a.pdf")]})
    assert failed.status_code == 500
    page = client.get(f"/tasks/{task.id}").text
    assert "a.pdf" in page
    with reading(story.database) as session:
        use = session.scalars(select(FileUse)).one()
    assert (use.record_type, use.record_id) == ("task", task.id)
    story.clock.set(NEXT_DAY)
    assert program_of(app, "admin").post(f"/instances/{story.instance_id}/retry").status_code == 200
    assert story.waiting() == []
    assert f"/files/{use.file_id}" in as_user(client, "agent1").get(f"/tasks/{task.id}").text


def test_a_lost_file_is_told_as_such(story: Story, client: Browser, store: FileStore) -> None:
    start(story, client, sent("a.pdf"))
    for path in contents_in(store):
        path.unlink()
    with reading(story.database) as session:
        file_id = session.scalars(select(StoredFile.id)).one()
    assert fetched(client, f"/files/{file_id}").status_code == 404


def test_a_step_without_files_asks_the_database_nothing_about_files(story: Story) -> None:
    asked: list[str] = []
    event.listen(story.database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    story.start(story.people.manager1, **REQUEST)
    story.do(story.people.supervisor, "assign", assignee_id=str(story.people.agent1.id), priority="1")
    story.do(story.people.agent1, "handle", handling="换轴承")
    assert asked
    assert [statement for statement in asked if "stored_file" in statement or "file_use" in statement] == []
