"""The pages of the verbs, as a browser without JavaScript uses them."""

from __future__ import annotations

import io
import re

import pytest

from tests.conftest import Browser, as_user
from tests.processes.acting import act, kinds, task_of
from tests.processes.small import straight, user_task
from tests.processes.stories import Story
from workflows.models import Task
from workflows.operations import tasks
from workflows.verbs.acts import ACTS


@pytest.fixture
def check(story: Story, client: Browser) -> Task:
    """agent1's second step in a small process; agent1 sits at the browser."""
    story.publish(straight("small", user_task("draft"), user_task("check"), user_task("last")))
    story.start(story.people.manager1, key="small")
    story.do(story.people.agent1, "draft", note="第一稿")
    as_user(client, "agent1")
    return task_of(story, act(story, tasks.claim, story.people.agent1, story.task("check")))


def post(client: Browser, task: Task, verb: str, **form: object) -> int:
    return client.post(f"/tasks/{task.id}/{verb}?folder=mine", data={"_seen": str(task.version), **form}).status_code


def test_a_task_page_offers_its_verbs_and_says_why_others_sleep(client: Browser, check: Task) -> None:
    page = client.get(f"/tasks/{check.id}").get_data(as_text=True)
    for verb in ("transfer", "delegate", "add-signer", "send-back", "cc", "priority"):
        assert f"/tasks/{check.id}/{verb}" in page, verb
    assert f"/tasks/{check.id}/due" not in page
    assert "menu-asleep" in page


@pytest.mark.parametrize("verb", list(ACTS))
def test_every_verb_has_a_page(client: Browser, check: Task, verb: str) -> None:
    answer = client.get(f"/tasks/{check.id}/{verb}")
    assert answer.status_code == 200
    as_user(client, "stranger")
    assert client.get(f"/tasks/{check.id}/{verb}").status_code == 404


def test_a_task_is_transferred_by_its_page(story: Story, client: Browser, check: Task) -> None:
    assert post(client, check, "transfer", note="x") == 422
    answer = client.post(
        f"/tasks/{check.id}/transfer?folder=mine",
        data={"_seen": str(check.version), "user_id": str(story.people.agent2.id), "note": "请接手"},
    )
    assert (answer.status_code, answer.location) == (302, "/tasks?folder=mine")
    assert task_of(story, check).assignee_id == story.people.agent2.id
    assert post(client, check, "transfer", user_id=str(story.people.agent2.id)) in (403, 409)


def test_a_stale_page_changes_nothing_and_keeps_what_was_typed(story: Story, client: Browser, check: Task) -> None:
    body = {"_seen": str(check.version - 1), "user_id": str(story.people.agent2.id), "note": "请接手这件事"}
    answer = client.post(f"/tasks/{check.id}/transfer", data=body)
    assert answer.status_code == 409
    assert "请接手这件事" in answer.get_data(as_text=True)
    assert task_of(story, check).assignee_id == story.people.agent1.id


def test_the_page_of_sending_back_offers_the_steps_passed(story: Story, client: Browser, check: Task) -> None:
    page = client.get(f"/tasks/{check.id}/send-back").get_data(as_text=True)
    assert 'value="draft"' in page
    assert 'value="last"' not in page
    assert f"/tasks/{check.id}/send-back?to=draft" in page
    assert post(client, check, "send-back", to="draft", reason="") == 422
    assert post(client, check, "send-back", to="draft", reason="写得太短") == 302
    again = story.task("draft")
    shown = client.get(f"/tasks/{again.id}").get_data(as_text=True)
    assert "写得太短" in shown
    assert "第一稿" in shown


def test_copy_signer_priority_urge_and_withdraw_by_their_pages(story: Story, client: Browser, check: Task) -> None:
    people = story.people
    assert post(client, check, "cc", user_ids=[str(people.contracts.id), str(people.manager2.id)]) == 302
    assert post(client, check, "priority", priority="3") == 302
    check = task_of(story, check)
    assert post(client, check, "add-signer", user_id=str(people.manager2.id), where="after") == 302
    check = task_of(story, check)
    as_user(client, "manager1")
    assert post(client, check, "urge", note="客户在催") == 302
    as_user(client, "agent1")
    assert "客户在催" in client.get(f"/tasks/{check.id}").get_data(as_text=True)
    story.complete(people.agent1, check.id, note="好")
    check = task_of(story, check)
    assert f"/tasks/{check.id}/withdraw" in client.get(f"/tasks/{check.id}").get_data(as_text=True)
    assert post(client, check, "withdraw") == 302
    assert task_of(story, check).status == "open"
    assert kinds(story)[-6:] == ["copied", "priority", "signer_added", "urged", "completed", "withdrawn"]


def test_reading_the_page_reads_the_copy(story: Story, client: Browser, check: Task) -> None:
    post(client, check, "cc", user_ids=[str(story.people.contracts.id)])
    as_user(client, "contracts")
    assert client.get(f"/tasks/{check.id}").status_code == 200
    as_user(client, "agent1")
    assert "还没有看" not in client.get(f"/tasks/{check.id}").get_data(as_text=True)


def test_comments_and_files_stand_on_the_page(story: Story, client: Browser, check: Task) -> None:
    said = client.post(f"/tasks/{check.id}/comment", data={"text": "<b>@manager2</b> 请看 @nobody1"})
    assert said.status_code == 302
    client.post(f"/tasks/{check.id}/comment", data={"text": "<b>粗体</b> @manager2"})
    file = {"files": (io.BytesIO(b"%PDF-1.4 small"), "报价.pdf")}
    assert client.post(f"/tasks/{check.id}/attach", data=file, content_type="multipart/form-data").status_code == 302
    bad = {"files": (io.BytesIO(b""), "empty.pdf")}
    assert client.post(f"/tasks/{check.id}/attach", data=bad, content_type="multipart/form-data").status_code == 302
    page = client.get(f"/tasks/{check.id}").get_data(as_text=True)
    assert "&lt;b&gt;粗体" in page
    assert "报价.pdf" in page
    assert kinds(story)[-2:] == ["commented", "attached"]
    remove = re.findall(rf"/tasks/{check.id}/files/\d+/remove", page)
    assert len(remove) == 1
    assert client.post(remove[0]).headers["Location"].endswith("#files")
    assert kinds(story)[-1] == "detached"
    assert client.post(remove[0]).status_code == 404
    as_user(client, "stranger")
    assert client.post(f"/tasks/{check.id}/comment", data={"text": "x"}).status_code == 404
    again = {"files": (io.BytesIO(b"%PDF-1.4 small"), "报价.pdf")}
    assert client.post(f"/tasks/{check.id}/attach", data=again, content_type="multipart/form-data").status_code == 404


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_unknown_verb_is_not_found(client: Browser, check: Task) -> None:
    assert client.get(f"/tasks/{check.id}/explode").status_code == 404
    assert client.post(f"/tasks/{check.id}/explode").status_code == 404


def test_a_signer_who_comes_later_is_named_and_can_be_removed(story: Story, client: Browser, check: Task) -> None:
    people = story.people
    post(client, check, "add-signer", user_id=str(people.manager2.id), where="after")
    page = client.get(f"/tasks/{check.id}").get_data(as_text=True)
    address = f"/tasks/{check.id}/remove-signer?user_id={people.manager2.id}"
    assert address in page
    assert client.get(address).status_code == 200
    assert client.post(address, data={"_seen": str(task_of(story, check).version)}).status_code == 302
    assert address not in client.get(f"/tasks/{check.id}").get_data(as_text=True)
    assert kinds(story)[-1] == "signer_removed"
    assert client.post(address, data={}).status_code == 422
    as_user(client, "agent2")
    assert client.post(address, data={}).status_code == 403
