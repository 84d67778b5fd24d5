"""The list of the inbox: folders of what was delegated and copied, several tasks at once, views that a person keeps."""

from __future__ import annotations

import pytest

from crm.core.db import reading
from tests.conftest import Browser, as_user, program_of
from tests.processes.acting import act, task_of
from tests.processes.small import straight, user_task
from tests.processes.stories import Story
from workflows.inbox.folders import Folder
from workflows.inbox.queries import counts, page
from workflows.operations import tasks
from workflows.verbs import handing, telling


@pytest.fixture
def three(story: Story, client: Browser) -> list[int]:
    """Three tasks offered to agent1, who sits at the browser."""
    story.publish(straight("small", user_task("check"), user_task("last")))
    found = []
    for _ in range(3):
        story.start(story.people.manager1, key="small")
        found.append(story.task("check").id)
    as_user(client, "agent1")
    return found


def rows(story: Story, who: str, folder: Folder) -> list[int]:
    with reading(story.database) as session:
        by = story.people.named(who)
        found = [row.id for row in page(session, by=by, now=story.clock(), folder=folder).rows]
        assert counts(session, by=by, now=story.clock())[folder] == len(found)
    return found


def test_what_is_delegated_waits_in_a_folder_until_it_comes_back(story: Story, three: list[int]) -> None:
    people = story.people
    act(story, tasks.claim, people.agent1, three[0])
    act(story, handing.delegate, people.agent1, three[0], user_id=people.manager2.id)
    assert rows(story, "agent1", Folder.DELEGATED) == [three[0]]
    assert rows(story, "agent1", Folder.MINE) == []
    assert rows(story, "manager2", Folder.MINE) == [three[0]]
    act(story, handing.give_back, people.manager2, three[0])
    assert rows(story, "agent1", Folder.DELEGATED) == []


def test_copies_stand_newest_first_and_unread_ones_stand_out(story: Story, three: list[int], client: Browser) -> None:
    people = story.people
    for task_id in three[:2]:
        act(story, tasks.claim, people.agent1, task_id)
        act(story, telling.copy, people.agent1, task_id, user_ids=[people.contracts.id])
    assert rows(story, "contracts", Folder.COPIED) == [three[1], three[0]]
    as_user(client, "contracts")
    assert client.get("/tasks?folder=copied").get_data(as_text=True).count("row-unread") == 2
    client.get(f"/tasks/{three[0]}")
    assert client.get("/tasks?folder=copied").get_data(as_text=True).count("row-unread") == 1
    assert rows(story, "contracts", Folder.COPIED) == [three[1], three[0]]
    api = program_of(client.application, "contracts")
    first = api.get("/tasks?folder=copied&limit=1").get_json()
    second = api.get(f"/tasks?folder=copied&limit=1&cursor={first['next']}").get_json()
    assert [item["id"] for item in (*first["items"], *second["items"])] == [three[1], three[0]]


def test_ticked_tasks_are_claimed_and_completed_together(story: Story, three: list[int], client: Browser) -> None:
    page_ = client.get("/tasks?folder=groups").get_data(as_text=True)
    assert page_.count('name="ids"') == 3
    claimed = client.post("/tasks/bulk?folder=groups", data={"verb": "claim", "ids": [str(i) for i in three]})
    assert (claimed.status_code, claimed.location) == (302, "/tasks?folder=groups")
    assert sorted(rows(story, "agent1", Folder.MINE)) == three
    act(story, handing.transfer, story.people.agent1, three[2], user_id=story.people.agent2.id)
    done = client.post("/tasks/bulk?folder=mine", data={"verb": "complete", "ids": [str(i) for i in three]})
    assert done.status_code == 200
    report = done.get_data(as_text=True)
    assert report.count("<tr data-url") == 0
    assert [task_of(story, i).status for i in three] == ["done", "done", "open"]


def test_ticked_tasks_are_handed_on_after_saying_to_whom(story: Story, three: list[int], client: Browser) -> None:
    ids = [str(i) for i in three]
    client.post("/tasks/bulk", data={"verb": "claim", "ids": ids})
    asked = client.post("/tasks/bulk?folder=mine", data={"verb": "transfer", "ids": ids})
    assert asked.get_data(as_text=True).count('name="ids"') == 3
    to = str(story.people.agent2.id)
    assert client.post("/tasks/bulk", data={"verb": "transfer", "ids": ids, "user_id": to}).status_code == 302
    assert {task_of(story, i).assignee_id for i in three} == {story.people.agent2.id}


@pytest.mark.parametrize("data", [{}, {"verb": "claim"}, {"verb": "explode", "ids": ["1"]}, {"ids": ["1"]}])
def test_nothing_ticked_or_nothing_meant_leads_back(three: list[int], client: Browser, data: dict[str, object]) -> None:
    assert client.post("/tasks/bulk?folder=groups", data=data).location == "/tasks?folder=groups"


def test_a_view_is_kept_opened_first_and_deleted(story: Story, three: list[int], client: Browser) -> None:
    kept = client.post(
        "/tasks/views?folder=groups&sort=priority&q=small&priority=0", data={"name": "我的池", "default": "1"}
    )
    assert kept.status_code == 302
    assert "folder=groups" in kept.location
    opened = client.get("/tasks")
    assert opened.status_code == 302
    assert opened.location == kept.location
    shown = client.get(opened.location).get_data(as_text=True)
    assert "我的池" in shown
    assert client.get("/tasks?folder=mine").status_code == 200
    as_user(client, "agent2")
    assert client.get("/tasks").status_code == 200
    view_id = kept.location.rsplit("view=", 1)[1]
    assert client.post(f"/tasks/views/{view_id}/forget").status_code == 404
    assert client.post(f"/tasks/views/{view_id}/default").status_code == 404
    as_user(client, "agent1")
    assert client.post(f"/tasks/views/{view_id}/forget?folder=groups").status_code == 302
    assert client.get("/tasks").status_code == 200


def test_a_view_has_a_name_and_there_are_not_too_many(three: list[int], client: Browser) -> None:
    client.post("/tasks/views?folder=mine", data={"name": "  "})
    client.post("/tasks/views?folder=mine", data={"name": "x" * 61})
    assert "view=" not in client.get("/tasks?folder=mine").get_data(as_text=True)
    for number in range(31):
        client.post("/tasks/views?folder=mine", data={"name": f"第 {number} 个"})
    shown = client.get("/tasks?folder=mine").get_data(as_text=True)
    assert "第 29 个" in shown
    assert "第 30 个" not in shown
    client.post("/tasks/views?folder=groups", data={"name": "第 0 个", "default": "1"})
    client.post("/tasks/views?folder=done", data={"name": "第 1 个", "default": "1"})
    assert "folder=done" in client.get("/tasks").location
