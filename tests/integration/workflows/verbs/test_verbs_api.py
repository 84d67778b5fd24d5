"""The verbs of a task through the API: what each answers, what is refused how, and several tasks at once."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.conftest import Program, program_of
from tests.processes.small import straight, user_task
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST

FORM = {
    "type": "default",
    "components": [
        {
            "type": "radio",
            "id": "decision_field",
            "key": "decision",
            "label": "Decision",
            "values": [{"label": "Approve", "value": "approve"}, {"label": "Refuse", "value": "refuse"}],
            "validate": {"required": True},
        }
    ],
}


@pytest.fixture
def agent1(app: Flask, story: Story) -> Program:
    story.publish(straight("small", user_task("draft"), user_task("check"), user_task("last")))
    story.publish(straight("judged", user_task("judge", form="judge"), forms={"judge": FORM}))
    return program_of(app, "agent1")


@pytest.fixture
def agent2(app: Flask, agent1: Program) -> Program:
    return program_of(app, "agent2")


def start(story: Story, key: str = "small", step: str = "draft") -> int:
    story.start(story.people.manager1, key=key)
    return story.task(step).id


def answered(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.get_json()
    return response.get_json()


def test_every_verb_is_listed_with_its_reason(story: Story, agent1: Program, agent2: Program, app: Flask) -> None:
    task_id = start(story)
    answered(agent1.post(f"/tasks/{task_id}/claim"))
    mine = answered(agent1.get(f"/tasks/{task_id}"))["actions"]
    allowed = {verb for verb, action in mine.items() if action["allowed"]}
    assert allowed == {
        "release", "complete", "save", "transfer", "delegate", "add-signer", "cc", "comment", "attach", "priority"
    }  # fmt: skip
    assert all(action["allowed"] == (action["reason"] is None) for action in mine.values())
    theirs = answered(agent2.get(f"/tasks/{task_id}"))["actions"]
    assert theirs["transfer"]["reason"]
    assert {verb for verb, action in theirs.items() if action["allowed"]} == {"urge", "comment"}
    assert program_of(app, "stranger").get(f"/tasks/{task_id}").status_code == 404


def test_a_task_travels_by_its_verbs(story: Story, agent1: Program, agent2: Program, app: Flask) -> None:
    people, task_id = story.people, start(story)
    answered(agent1.post(f"/tasks/{task_id}/claim"))
    body = {"user_id": people.agent2.id, "note": "请看"}
    delegated = answered(agent1.post(f"/tasks/{task_id}/delegate", json=body))
    assert (delegated["assignee_id"], delegated["around"]["delegated_by_id"]) == (people.agent2.id, people.agent1.id)
    assert answered(agent2.post(f"/tasks/{task_id}/return", json={"note": "好的"}))["assignee_id"] == people.agent1.id
    answered(agent1.post(f"/tasks/{task_id}/comment", json={"text": "@manager2 你好"}))
    copied = answered(agent1.post(f"/tasks/{task_id}/cc", json={"user_ids": [people.contracts.id]}))["around"]
    assert [copy["user"] for copy in copied["copies"]] == ["张伟", "吴晓东"]
    assert [said["text"] for said in copied["comments"]] == ["@manager2 你好"]
    contracts = program_of(app, "contracts")
    assert answered(contracts.get(f"/tasks/{task_id}"))["around"]["copies"][1]["read_at"] is None
    assert contracts.post(f"/tasks/{task_id}/read").status_code == 204
    assert answered(contracts.get(f"/tasks/{task_id}"))["around"]["copies"][1]["read_at"] is not None
    answered(agent1.post(f"/tasks/{task_id}/priority", json={"priority": "urgent"}))
    due = {"due": "2026-03-20T02:00:00Z", "note": ""}
    assert agent1.post(f"/tasks/{task_id}/due", json=due).status_code == 403
    supervisor = program_of(app, "supervisor")
    assert answered(supervisor.post(f"/tasks/{task_id}/due", json=due))["due"].startswith("2026-03-20")
    assert answered(program_of(app, "manager1").post(f"/tasks/{task_id}/urge", json={}))["around"]["urged_at"]
    signer = {"user_id": people.manager2.id, "where": "parallel"}
    signers = answered(agent1.post(f"/tasks/{task_id}/add-signer", json=signer))["around"]["signers"]
    assert [each["user_id"] for each in signers] == [people.agent1.id, people.manager2.id]
    answered(agent1.post(f"/tasks/{signers[1]['task_id']}/remove-signer", json={}))
    done = answered(agent1.post(f"/tasks/{task_id}/complete", json={"answers": {"note": "完成"}}))
    assert done["actions"]["withdraw"]["allowed"]
    assert answered(agent1.post(f"/tasks/{task_id}/withdraw"))["status"] == "open"
    answered(agent1.post(f"/tasks/{task_id}/complete", json={"answers": {"note": "完成"}}))
    check = story.task("check").id
    targets = answered(agent2.get(f"/tasks/{check}/send-back"))["items"]
    assert [(t["node_id"], t["done_by"], t["allowed"]) for t in targets] == [("draft", "刘芳", True)]
    answered(agent2.post(f"/tasks/{check}/send-back", json={"to": "draft", "reason": "缺附件"}))
    assert story.task("draft").assignee_id == people.agent1.id
    assert (
        answered(agent1.post(f"/tasks/{story.task('draft').id}/transfer", json=body))["assignee_id"] == people.agent2.id
    )


def test_a_stale_version_is_a_conflict(story: Story, agent1: Program) -> None:
    task_id = start(story)
    answered(agent1.post(f"/tasks/{task_id}/claim"))
    tag = agent1.get(f"/tasks/{task_id}").headers["ETag"]
    answered(agent1.post(f"/tasks/{task_id}/priority", json={"priority": "high"}, headers={"If-Match": tag}))
    stale = agent1.post(f"/tasks/{task_id}/priority", json={"priority": "low"}, headers={"If-Match": tag})
    assert stale.status_code == 409
    body = {"user_id": story.people.agent2.id}
    assert agent1.post(f"/tasks/{task_id}/transfer", json=body, headers={"If-Match": tag}).status_code == 409


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("transfer", {}),
        ("transfer", {"user_id": "x"}),
        ("transfer", {"user_id": 2**60}),
        ("delegate", {"user_id": 1, "note": "长" * 1_001}),
        ("add-signer", {"user_id": 1}),
        ("add-signer", {"user_id": 1, "where": "beside"}),
        ("send-back", {"to": "draft"}),
        ("send-back", {"to": "nowhere", "reason": "x"}),
        ("cc", {"user_ids": []}),
        ("cc", {"user_ids": list(range(1, 30))}),
        ("comment", {"text": ""}),
        ("attach", {"file_ids": [999]}),
        ("priority", {"priority": "huge"}),
        ("due", {"due": "tomorrow"}),
        ("due", {}),
        ("nonsense", {}),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(story: Story, agent1: Program, verb: str, body: Any) -> None:
    task_id = start(story)
    answered(agent1.post(f"/tasks/{task_id}/claim"))
    before = answered(agent1.get(f"/tasks/{task_id}"))
    assert agent1.post(f"/tasks/{task_id}/{verb}", json=body).status_code in (403, 404, 422)
    assert answered(agent1.get(f"/tasks/{task_id}")) == before


def test_several_tasks_at_once_say_what_became_of_each(story: Story, agent1: Program, agent2: Program) -> None:
    ids = [start(story) for _ in range(3)]
    answered(agent2.post(f"/tasks/{ids[1]}/claim"))
    story.start(story.people.manager1, **REQUEST)
    foreign = story.task("assign").id
    claimed = answered(agent1.post("/tasks/bulk", json={"verb": "claim", "ids": [*ids, foreign, 10**9]}))
    assert [item["done"] for item in claimed["items"]] == [True, False, True, False, False]
    assert (claimed["done"], claimed["refused"]) == (2, 3)
    assert claimed["items"][4]["title"] == "#1000000000"
    done = answered(agent1.post("/tasks/bulk", json={"verb": "complete", "ids": ids}))
    assert [item["done"] for item in done["items"]] == [True, False, True]
    moved = {"verb": "transfer", "ids": [ids[1]], "user_id": story.people.agent1.id}
    assert answered(agent2.post("/tasks/bulk", json=moved))["done"] == 1
    assert answered(agent1.post("/tasks/bulk", json={"verb": "release", "ids": [ids[1]]}))["done"] == 1
    assert agent1.post("/tasks/bulk", json={"verb": "transfer", "ids": ids}).status_code == 422
    assert agent1.post("/tasks/bulk", json={"verb": "claim", "ids": list(range(1, 300))}).status_code == 422


def test_approving_in_bulk_gives_the_approving_answer_and_nothing_else(story: Story, agent1: Program) -> None:
    judged = start(story, "judged", "judge")
    asked = answered(agent1.post("/tasks/bulk", json={"verb": "complete", "ids": [judged]}))
    assert asked["refused"] == 1
    plain = start(story)
    approved = answered(agent1.post("/tasks/bulk", json={"verb": "approve", "ids": [judged, plain]}))
    assert [item["done"] for item in approved["items"]] == [True, False]
    assert answered(agent1.get(f"/tasks/{judged}"))["answers"] == {"decision": "approve"}


def test_views_of_the_inbox_are_kept_by_programs_too(agent1: Program, agent2: Program) -> None:
    body = {"name": "急件", "folder": "groups", "priority": 3, "q": "主轴", "is_default": True}
    kept = answered(agent1.post("/tasks/views", json=body), 201)
    assert {name: kept[name] for name in body} == body
    answered(agent1.post("/tasks/views", json={"name": "急件", "folder": "mine"}), 201)
    other = answered(agent1.post("/tasks/views", json={"name": "昨天", "folder": "done"}), 201)
    assert agent1.post(f"/tasks/views/{other['id']}/default").status_code == 204
    views = answered(agent1.get("/tasks/views"))["items"]
    assert [(v["name"], v["folder"], v["is_default"]) for v in views] == [
        ("急件", "mine", False),
        ("昨天", "done", True),
    ]
    assert answered(agent2.get("/tasks/views")) == {"items": []}
    assert agent2.delete(f"/tasks/views/{other['id']}").status_code == 404
    assert agent1.delete(f"/tasks/views/{other['id']}").status_code == 204
    assert agent1.post("/tasks/views", json={"name": "x", "folder": "nowhere"}).status_code == 422
