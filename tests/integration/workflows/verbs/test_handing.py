"""Handing a task on, for good or to be given back, and what its record hears of it."""

from __future__ import annotations

import pytest

from crm.accounts.models import User
from crm.accounts.queries import actor_for
from crm.core.db import reading, unit_of_work
from crm.core.errors import Conflict, Denied, Invalid, NotFound
from tests.processes.acting import act, history, kinds, task_of, told, why_not
from tests.processes.small import straight, user_task
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST
from workflows.models import Task
from workflows.operations import tasks
from workflows.task_forms import Submission
from workflows.verbs import handing


@pytest.fixture
def check(story: Story) -> Task:
    """A task of agent1's in a small process that manager1 started."""
    story.publish(straight("small", user_task("check"), user_task("after")))
    story.start(story.people.manager1, key="small")
    return task_of(story, act(story, tasks.claim, story.people.agent1, story.task("check")))


def test_a_transferred_task_is_the_new_holders_alone(story: Story, check: Task) -> None:
    people = story.people
    act(story, handing.transfer, people.agent1, check, user_id=people.agent2.id, note="我去出差")
    with pytest.raises(Conflict):
        story.complete(people.agent1, check.id)
    event = history(story)[-1]
    assert (event.kind, event.actor_id, event.detail["reason"]) == ("transferred", people.agent1.id, "我去出差")
    assert event.detail["people"] == {str(people.agent2.id): "赵磊"}
    assert told(story, people.agent2) == ["task.transferred"]
    story.complete(people.agent2, check.id, note="done")
    assert story.waiting() == ["after"]


def test_a_supervisor_assigns_an_offered_task_and_takes_one_from_a_colleague(story: Story, check: Task) -> None:
    people = story.people
    act(story, handing.transfer, people.supervisor, check, user_id=people.agent2.id)
    assert told(story, people.agent1) == ["task.withdrawn"]
    story.complete(people.agent2, check.id)
    act(story, handing.transfer, people.supervisor, story.task("after"), user_id=people.agent1.id)
    assert kinds(story)[-1] == "assigned"
    assert story.task("after").assignee_id == people.agent1.id


def test_only_the_holder_and_who_directs_them_hand_a_task_on(story: Story, check: Task) -> None:
    people = story.people
    with pytest.raises(Denied, match="with a colleague"):
        act(story, handing.transfer, people.agent2, check, user_id=people.agent2.id)
    with pytest.raises(Denied):
        act(story, handing.transfer, people.manager1, check, user_id=people.agent2.id)
    with pytest.raises(NotFound):
        act(story, handing.transfer, people.stranger, check, user_id=people.agent2.id)
    assert why_not(story, people.manager1, check, "transfer") == "This task is with a colleague."
    assert why_not(story, people.agent1, check, "transfer") is None


@pytest.mark.parametrize("who", ["agent1", "stranger"])
def test_a_task_goes_to_a_colleague_who_works_here(story: Story, check: Task, who: str) -> None:
    with pytest.raises(Invalid):
        act(story, handing.transfer, story.people.agent1, check, user_id=story.people.named(who).id)
    with pytest.raises(Invalid):
        act(story, handing.transfer, story.people.agent1, check, user_id=2**40)


def test_a_screen_that_is_out_of_date_hands_nothing_on(story: Story, check: Task) -> None:
    people = story.people
    seen = check.version
    act(story, tasks.save_draft, people.agent1, check, submission=Submission(answers={"note": "x"}))
    with pytest.raises(Conflict, match="has changed"):
        act(story, handing.transfer, people.agent1, check, user_id=people.agent2.id, seen=seen)
    act(story, handing.transfer, people.agent1, check, user_id=people.agent2.id, seen=seen + 1)


def test_a_delegated_task_is_worked_on_and_given_back(story: Story, check: Task) -> None:
    people = story.people
    act(story, handing.delegate, people.agent1, check, user_id=people.manager2.id, note="请看一下")
    draft = Submission(answers={"note": "轴承型号 7014C"})
    act(story, tasks.save_draft, people.manager2, check, submission=draft)
    with pytest.raises(Conflict, match="hand it back"):
        story.complete(people.manager2, check.id)
    for verb in ("transfer", "delegate", "release", "add-signer", "send-back"):
        assert why_not(story, people.manager2, check, verb) is not None, verb
    act(story, handing.give_back, people.manager2, check, note="用 7014C")
    back = task_of(story, check)
    assert (back.assignee_id, back.delegated_by_id) == (people.agent1.id, None)
    assert back.draft is not None
    assert back.draft["note"] == "轴承型号 7014C"
    assert told(story, people.manager2) == ["task.delegated"]
    assert told(story, people.agent1) == ["task.returned"]
    story.complete(people.agent1, check.id, note="换 7014C")
    assert kinds(story) == ["started", "claimed", "delegated", "returned", "completed"]


def test_who_delegated_a_task_may_want_it_back(story: Story, check: Task) -> None:
    people = story.people
    act(story, handing.delegate, people.agent1, check, user_id=people.agent2.id)
    assert why_not(story, people.agent1, check, "return") is None
    assert why_not(story, people.supervisor, check, "return") is not None
    act(story, handing.give_back, people.agent1, check)
    assert kinds(story)[-1] == "called_back"
    assert task_of(story, check).assignee_id == people.agent1.id
    assert told(story, people.agent2) == ["task.delegated", "task.withdrawn"]
    with pytest.raises(Denied, match="not been delegated"):
        act(story, handing.give_back, people.agent1, check)


def test_handing_the_handling_over_assigns_the_request(story: Story) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    act(story, handing.transfer, people.agent1, story.task("handle"), user_id=people.agent2.id, note="他在现场")
    assert story.request().assigned_to_id == people.agent2.id
    story.do(people.agent2, "handle", handling="已更换")
    story.do(people.manager1, "feedback", result="还有异响", satisfaction=2, customer_words="没修好")
    assert story.task("handle").assignee_id == people.agent2.id


def test_a_substitute_hands_on_in_the_absent_persons_place(story: Story, check: Task) -> None:
    people, now = story.people, story.clock()
    with unit_of_work(story.database) as session:
        user = session.get_one(User, people.agent1.id)
        user.substitute_id, user.substitute_from = people.manager2.id, now
    with reading(story.database) as session:
        substitute = actor_for(session, people.manager2.id or 0).at(now)
    act(story, handing.delegate, substitute, check, user_id=people.agent2.id)
    delegated = task_of(story, check)
    assert (delegated.assignee_id, delegated.delegated_by_id) == (people.agent2.id, people.agent1.id)
    assert history(story)[-1].detail["in_place_of"] == people.agent1.id
    act(story, handing.give_back, people.agent2, check)
    assert task_of(story, check).assignee_id == people.agent1.id
