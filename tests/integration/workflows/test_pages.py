"""The pages of inbox, tasks, cases and definitions as a browser gets them."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from tests.conftest import Browser, as_user
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST
from workflows.inbox.queries import PAGE
from workflows.models import InstanceStatus


def test_a_request_is_started_and_moved_on_through_pages(story: Story, client: Browser) -> None:
    as_user(client, "manager1")
    assert "客户服务" in client.get("/processes").text
    page = client.get("/processes/service_request/start")
    assert page.status_code == 200
    assert "苏州恒力精密机械有限公司" in page.text
    refused = client.post("/processes/service_request/start", data={"type": "repair"})
    assert refused.status_code == 422
    started = client.post("/processes/service_request/start", data={"customer_id": str(story.customer_id), **REQUEST})
    assert started.status_code == 302, started.text
    case = client.get(started.location)
    assert case.status_code == 200
    assert "服务分配" in case.text
    story.instance_id = int(started.location.rsplit("/", 1)[1])

    as_user(client, "supervisor")
    inbox = client.get("/tasks?folder=groups")
    assert "主轴异响" in inbox.text
    task = story.task("assign")
    assert client.get(f"/tasks/{task.id}").status_code == 200
    answers = {"assignee_id": str(story.people.agent1.id), "priority": "1"}
    assert client.post(f"/tasks/{task.id}", data={**answers, "_act": "complete"}).status_code == 302
    assert story.waiting() == ["handle"]


def test_a_second_person_is_told_who_was_first_and_keeps_what_was_typed(story: Story, client: Browser) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    story.do(people.agent1, "handle", handling="完成")
    story.do(people.manager1, "feedback", result="好", satisfaction=5)
    archive = story.task("archive")
    story.do(people.agent2, "archive")
    as_user(client, "agent1")
    late = client.post(f"/tasks/{archive.id}", data={"note": "我写了很久的说明", "_act": "complete"})
    assert late.status_code == 409
    assert people.agent2.name in late.text
    assert "我写了很久的说明" in late.text
    assert "归档说明" in late.text and "Closing note" not in late.text


def test_pressing_twice_has_one_effect(story: Story, client: Browser) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)
    task = story.task("assign")
    as_user(client, "supervisor")
    data = {"assignee_id": str(people.agent1.id), "priority": "1", "_act": "complete"}
    assert client.post(f"/tasks/{task.id}", data=data).status_code == 302
    assert client.post(f"/tasks/{task.id}", data=data).status_code == 302
    assert story.waiting() == ["handle"]


def test_completing_a_task_leads_back_to_the_place_in_the_list(story: Story, client: Browser) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)
    task = story.task("assign")
    as_user(client, "supervisor")
    place = "folder=groups&sort=priority&q=%E4%B8%BB%E8%BD%B4"
    shown = client.get(f"/tasks?{place}").text.replace("&amp;", "&")
    assert f'href="/tasks/{task.id}?{place}"' in shown
    claimed = client.post(f"/tasks/{task.id}/claim?{place}")
    assert claimed.location == f"/tasks/{task.id}?{place}"
    data = {"assignee_id": str(people.agent1.id), "priority": "1", "_act": "complete"}
    assert client.post(f"/tasks/{task.id}?{place}", data=data).location == f"/tasks?{place}"


def test_the_pages_of_the_inbox_lead_back_one_by_one_and_an_emptied_one_to_the_top(
    story: Story, client: Browser
) -> None:
    people = story.people
    for _ in range(PAGE + 1):
        story.start(people.manager1, **REQUEST)
    last = story.task("assign")
    as_user(client, "supervisor")
    first = client.get("/tasks?folder=groups").text.replace("&amp;", "&")
    address = re.search(r'rel="next" href="([^"]+)"', first)
    assert address
    second = client.get(address[1]).text.replace("&amp;", "&")
    assert f"/tasks/{last.id}?" in second
    assert 'rel="prev" href="/tasks?folder=groups"' in second
    mark = parse_qs(urlsplit(address[1]).query)["after"][0]
    third = client.get(f"{address[1]}&earlier={mark}").text.replace("&amp;", "&")
    assert f'rel="prev" href="{address[1]}"' in third
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    emptied = client.get(address[1]).text
    assert emptied.count("data-url=") == PAGE
    assert 'rel="prev"' not in emptied


def test_others_tasks_and_cases_do_not_exist_for_a_stranger(story: Story, client: Browser) -> None:
    story.start(story.people.manager1, **REQUEST)
    task = story.task("assign")
    as_user(client, "stranger")
    assert client.get(f"/tasks/{task.id}").status_code == 404
    assert client.get(f"/cases/{story.instance_id}").status_code == 404
    assert client.get("/tasks/999999").status_code == 404


def test_an_administrator_sees_versions_and_cancels_a_case_with_a_reason(story: Story, client: Browser) -> None:
    story.start(story.people.manager1, **REQUEST)
    as_user(client, "admin")
    assert "service_request" in client.get("/studio").text
    assert client.get("/definitions/service_request").status_code == 200
    assert client.get("/definitions/service_request/versions/1/bundle").mimetype == "application/zip"
    assert client.post(f"/cases/{story.instance_id}/cancel", data={"reason": " "}).status_code == 422
    assert client.post(f"/cases/{story.instance_id}/cancel", data={"reason": "重复登记"}).status_code == 302
    assert story.instance().status == InstanceStatus.CANCELLED
    assert story.waiting() == []
