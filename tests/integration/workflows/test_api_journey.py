"""The whole service request through the API alone."""

from __future__ import annotations

from flask import Flask

from tests.conftest import program_of
from tests.processes.small import straight, user_task
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST


def test_a_request_travels_from_creation_to_archive_through_the_api(story: Story, app: Flask) -> None:
    manager, supervisor = program_of(app, "manager1"), program_of(app, "supervisor")
    agent, other = program_of(app, "agent1"), program_of(app, "agent2")

    offered = manager.get("/processes").get_json()["items"]
    assert ("service_request", True) in [(p["key"], p["may_start"]) for p in offered]
    form = manager.get("/processes/service_request/form").get_json()
    fields = {field["path"]: field for field in form["fields"]}
    assert fields["type"]["label"] == "服务类型"
    assert {"value": "repair", "label": "报修"} in fields["type"]["choices"]

    started = manager.post(
        "/processes/service_request/instances",
        json={"answers": {"customer_id": str(story.customer_id), **REQUEST}},
    )
    assert started.status_code == 201, started.get_json()
    case = started.get_json()
    assert case["position"] == ["assign"]
    assert case["waiting_for"] == "服务分配 (销售主管)"

    inbox = supervisor.get("/tasks?folder=groups").get_json()
    assert inbox["counts"]["groups"] == 1
    task_id = inbox["items"][0]["id"]
    assert agent.get(f"/tasks/{task_id}").get_json()["actions"]["claim"]["allowed"] is False
    assert supervisor.post(f"/tasks/{task_id}/claim").get_json()["assignee_id"] == story.people.supervisor.id
    saved = supervisor.post(f"/tasks/{task_id}/save", json={"answers": {"note": "先打电话"}})
    assert saved.get_json()["form"]["values"]["note"] == "先打电话"
    done = supervisor.post(
        f"/tasks/{task_id}/complete",
        json={"answers": {"assignee_id": str(story.people.agent1.id), "priority": "3"}},
    )
    assert done.status_code == 200, done.get_json()
    assert done.get_json()["status"] == "done"

    mine = agent.get("/tasks").get_json()["items"]
    assert [(t["node_id"], t["priority"]) for t in mine] == [("handle", "urgent")]
    assert (
        agent.post(f"/tasks/{mine[0]['id']}/complete", json={"answers": {"handling": "已更换轴承"}}).status_code == 200
    )
    feedback = manager.get("/tasks").get_json()["items"][0]
    answers = {"result": "恢复正常", "satisfaction": 4}
    assert manager.post(f"/tasks/{feedback['id']}/complete", json={"answers": answers}).status_code == 200
    archive = other.get("/tasks?folder=groups").get_json()["items"][0]
    assert other.post(f"/tasks/{archive['id']}/complete", json={"answers": {}}).status_code == 200

    ended = manager.get(f"/instances/{case['id']}").get_json()
    assert ended["status"] == "completed"
    assert ended["tasks"] == []
    assert "keep_archive" in ended["path"]
    events = manager.get(f"/instances/{case['id']}/events").get_json()["items"]
    assert [event["kind"] for event in events] == ["started", "claimed", *["completed"] * 4]
    assert manager.get("/me").get_json()["counts"]["started"] == 0
    assert other.get("/tasks?folder=done").get_json()["items"][0]["node_id"] == "archive"


def test_amounts_and_times_come_back_as_programs_read_them(story: Story, app: Flask) -> None:
    form = {
        "components": [
            {"type": "number", "id": "a", "key": "amount", "decimalDigits": 2},
            {"type": "datetime", "id": "w", "key": "when", "subtype": "datetime"},
        ]
    }
    story.publish(straight("visit", user_task("plan", form="visit"), user_task("after"), forms={"visit": form}))
    story.start(story.people.manager1, key="visit")
    path = f"/tasks/{story.task('plan').id}"
    agent = program_of(app, "agent1")
    agent.post(f"{path}/complete", json={"answers": {"amount": "12.50", "when": "2026-03-02T09:30"}})
    assert agent.get(path).get_json()["answers"] == {"amount": "12.50", "when": "2026-03-02T01:30:00+00:00"}
