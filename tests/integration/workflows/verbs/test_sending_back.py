"""Sending an earlier step back: where it may go, who gets it, what becomes of everything beside it."""

from __future__ import annotations

import pytest

from crm.core.db import reading
from crm.core.errors import Conflict, Denied, Invalid, NotFound, RuleBroken
from tests.processes.acting import act, history, open_tasks, told, why_not
from tests.processes.small import bundle, straight, user_task
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST
from workflows.models import Task
from workflows.operations import tasks
from workflows.verbs import sending_back
from workflows.verbs.sending_back import BackTo

FORK = (
    '<bpmn:startEvent id="begin" />{tasks}'
    '<bpmn:parallelGateway id="fork" /><bpmn:parallelGateway id="join" /><bpmn:endEvent id="finish" />'
    '<bpmn:sequenceFlow id="f0" sourceRef="begin" targetRef="first" />'
    '<bpmn:sequenceFlow id="f1" sourceRef="first" targetRef="fork" />'
    '<bpmn:sequenceFlow id="f2" sourceRef="fork" targetRef="left" />'
    '<bpmn:sequenceFlow id="f3" sourceRef="fork" targetRef="right" />'
    '<bpmn:sequenceFlow id="f4" sourceRef="left" targetRef="join" />'
    '<bpmn:sequenceFlow id="f5" sourceRef="right" targetRef="join" />'
    '<bpmn:sequenceFlow id="f6" sourceRef="join" targetRef="last" />'
    '<bpmn:sequenceFlow id="f7" sourceRef="last" targetRef="finish" />'
)


def forked() -> str:
    return FORK.format(tasks="".join(user_task(name) for name in ("first", "left", "right", "last")))


def targets(story: Story, task: Task) -> dict[str, BackTo]:
    with reading(story.database) as session:
        return {target.node_id: target for target in sending_back.targets(session, task, by=story.people.agent1)}


def test_a_step_goes_back_to_whoever_did_it_with_the_reason_and_their_answers(story: Story) -> None:
    people = story.people
    story.publish(straight("small", user_task("draft"), user_task("check"), user_task("sign")))
    story.start(people.manager1, key="small")
    story.do(people.agent1, "draft", note="第一稿")
    story.do(people.agent2, "check", note="可以")
    task = story.task("sign")
    assert why_not(story, people.agent2, task, "send-back") is None
    assert [(t.node_id, t.reason, t.done_by_id) for t in targets(story, task).values()] == [
        ("draft", None, people.agent1.id),
        ("check", None, people.agent2.id),
    ]
    act(story, sending_back.send_back, people.agent2, task, to="draft", reason="金额写错了")
    again = story.task("draft")
    assert (again.assignee_id, again.sent_back_from) == (people.agent1.id, "sign")
    assert again.draft is not None
    assert again.draft["note"] == "第一稿"
    assert told(story, people.agent1) == ["task.sent_back"]
    event = history(story)[-1]
    assert (event.kind, event.detail["to"], event.detail["reason"]) == ("sent_back", "draft", "金额写错了")
    assert story.waiting() == ["draft"]
    story.do(people.agent1, "draft", note="第二稿")
    assert story.waiting() == ["check"]


def test_sending_back_before_a_split_leaves_no_branch_behind(story: Story) -> None:
    people = story.people
    story.publish(bundle("forked", forked()))
    story.start(people.manager1, key="forked")
    story.do(people.agent1, "first")
    assert sorted(story.waiting()) == ["left", "right"]
    story.do(people.agent1, "right")
    act(story, sending_back.send_back, people.agent2, story.task("left"), to="first", reason="从头再来")
    assert story.waiting() == ["first"]
    for step in ("first", "left", "right", "last"):
        story.do(people.agent1, step)
    assert story.waiting() == []


def test_the_other_branch_is_no_target_and_says_why(story: Story) -> None:
    people = story.people
    story.publish(bundle("forked", forked()))
    story.start(people.manager1, key="forked")
    story.do(people.agent1, "first")
    story.do(people.agent1, "right")
    found = targets(story, story.task("left"))
    assert found["first"].reason is None
    assert "another branch" in str(found["right"].reason)
    with pytest.raises(RuleBroken, match="another branch"):
        act(story, sending_back.send_back, people.agent1, story.task("left"), to="right", reason="换一条")
    with pytest.raises(Invalid):
        act(story, sending_back.send_back, people.agent1, story.task("left"), to="last", reason="往前")
    assert story.waiting() == ["left"]


def test_who_sends_back_says_why_and_has_the_task(story: Story) -> None:
    people = story.people
    story.publish(straight("small", user_task("draft"), user_task("check")))
    story.start(people.manager1, key="small")
    assert "before this one" in str(why_not(story, people.agent1, story.task("draft"), "send-back"))
    story.do(people.agent1, "draft")
    task = act(story, tasks.claim, people.agent1, story.task("check"))
    with pytest.raises(Invalid):
        act(story, sending_back.send_back, people.agent1, task, to="draft", reason="  ")
    with pytest.raises(Denied):
        act(story, sending_back.send_back, people.agent2, task, to="draft", reason="不是我的")
    with pytest.raises(Denied):
        act(story, sending_back.send_back, people.manager1, task, to="draft", reason="不是我的")
    with pytest.raises(NotFound):
        act(story, sending_back.send_back, people.stranger, task, to="draft", reason="路过")
    story.complete(people.agent1, task.id)
    with pytest.raises(Conflict):
        act(story, sending_back.send_back, people.agent1, task, to="draft", reason="太晚了")


def test_the_request_stands_where_the_step_begins(story: Story) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    story.do(people.agent1, "handle", handling="已更换轴承")
    act(story, sending_back.send_back, people.manager1, story.task("feedback"), to="handle", reason="没有试机")
    request = story.request()
    assert (request.status, request.handled_at) == ("assigned", None)
    again = story.task("handle")
    assert again.assignee_id == people.agent1.id
    assert again.draft is not None
    assert again.draft["handling"] == "已更换轴承"
    act(story, sending_back.send_back, people.agent1, again, to="assign", reason="不是我的区域")
    assert story.request().status == "opened"
    assert [task.node_id for task in open_tasks(story)] == ["assign"]
    story.do(people.supervisor, "assign", assignee_id=str(people.agent2.id), priority="1")
    story.do(people.agent2, "handle", handling="试机正常")
    story.do(people.manager1, "feedback", result="好了", satisfaction=5)
    story.do(people.agent1, "archive")
    assert story.request().status == "archived"
