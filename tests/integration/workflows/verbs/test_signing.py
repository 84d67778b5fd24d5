"""Signers: one more before, after or beside the holder; one less; and steps that the diagram has done by several people."""

from __future__ import annotations

import pytest

from crm.core.db import reading
from crm.core.errors import Denied, Invalid, NotFound, RuleBroken
from tests.processes.acting import act, history, kinds, open_tasks, task_of, told, why_not
from tests.processes.small import straight, user_task
from tests.processes.stories import Story
from workflows.models import Task
from workflows.operations import tasks
from workflows.task_forms import Submission
from workflows.verbs import sending_back, signing


@pytest.fixture
def check(story: Story) -> Task:
    """A task of agent1's, with a step before it and one after it."""
    story.publish(straight("small", user_task("draft"), user_task("check"), user_task("last")))
    story.start(story.people.manager1, key="small")
    story.do(story.people.agent1, "draft", note="第一稿")
    return task_of(story, act(story, tasks.claim, story.people.agent1, story.task("check")))


def holders(story: Story) -> list[tuple[str, int | None]]:
    return [(task.node_id, task.assignee_id) for task in open_tasks(story)]


def together(*, condition: str = "", sequential: str = "false") -> str:
    """A step for several people, at once or in turn, until `condition` is met."""
    enough = f'<bpmn:completionCondition xsi:type="bpmn:tFormalExpression">{condition}</bpmn:completionCondition>'
    many = (
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{sequential}">'
        "<bpmn:loopDataInputRef>people</bpmn:loopDataInputRef>"
        '<bpmn:inputDataItem id="person_item" name="person" />'
        f"{enough if condition else ''}</bpmn:multiInstanceLoopCharacteristics>"
    )
    return user_task("sign", assignee="person").replace("</bpmn:userTask>", many + "</bpmn:userTask>")


def start_together(story: Story, **options: str) -> None:
    people = story.people
    ids = f"[{people.agent1.id}, {people.agent2.id}, {people.manager2.id}]"
    listing = f'<bpmn:scriptTask id="who" scriptFormat="feel"><bpmn:script>{{ people: {ids} }}</bpmn:script></bpmn:scriptTask>'
    story.publish(straight("signed", listing, together(**options), user_task("last")))
    story.start(people.manager1, key="signed")


def test_a_signer_before_has_the_task_first_and_it_comes_back(story: Story, check: Task) -> None:
    people = story.people
    act(story, tasks.save_draft, people.agent1, check, submission=Submission(answers={"note": "写了一半"}))
    act(story, signing.add_signer, people.agent1, check, user_id=people.manager2.id, where="before", note="请先看")
    assert holders(story) == [("check", people.manager2.id)]
    task = story.task("check")
    assert task.draft is not None
    assert task.draft["note"] == "写了一半"
    assert told(story, people.manager2) == ["task.signer"]
    story.complete(people.manager2, task.id, note="同意")
    assert holders(story) == [("check", people.agent1.id)]
    assert story.task("check").data["note"] == "同意"
    story.do(people.agent1, "check", note="定稿")
    assert story.waiting() == ["last"]
    added = next(event for event in history(story) if event.kind == "signer_added")
    assert added.detail["people"] == {str(people.manager2.id): "张伟"}
    assert (added.detail["where"], added.detail["reason"]) == ("before", "请先看")


def test_a_signer_after_gets_it_when_the_holder_is_done(story: Story, check: Task) -> None:
    people = story.people
    act(story, signing.add_signer, people.agent1, check, user_id=people.manager2.id, where="after")
    assert holders(story) == [("check", people.agent1.id)]
    story.complete(people.agent1, check.id, note="我同意")
    assert holders(story) == [("check", people.manager2.id)]
    story.do(people.manager2, "check", note="也同意")
    assert story.waiting() == ["last"]


def test_two_beside_each_other_both_sign_before_the_case_goes_on(story: Story, check: Task) -> None:
    people = story.people
    act(story, signing.add_signer, people.agent1, check, user_id=people.manager2.id, where="parallel")
    assert holders(story) == [("check", people.agent1.id), ("check", people.manager2.id)]
    story.complete(people.agent1, check.id, note="先签")
    assert holders(story) == [("check", people.manager2.id)]
    story.do(people.manager2, "check", note="后签")
    assert story.waiting() == ["last"]
    assert kinds(story).count("completed") == 3


@pytest.mark.parametrize("where", ["before", "after", "parallel"])
def test_whoever_asked_a_signer_may_do_without_them(story: Story, check: Task, where: str) -> None:
    people = story.people
    act(story, signing.add_signer, people.agent1, check, user_id=people.manager2.id, where=where)
    if where == "after":
        act(story, signing.remove_signer, people.agent1, check, user_id=people.manager2.id)
    else:
        theirs = next(task for task in open_tasks(story) if task.assignee_id == people.manager2.id)
        with pytest.raises(Denied):
            act(story, signing.remove_signer, people.agent2, theirs)
        act(story, signing.remove_signer, people.agent1, theirs)
        assert task_of(story, theirs).status == "withdrawn"
    assert holders(story) == [("check", people.agent1.id)]
    assert kinds(story)[-1] == "signer_removed"
    story.do(people.agent1, "check")
    assert story.waiting() == ["last"]


def test_a_signer_who_left_is_removed_by_who_directs_the_step(story: Story, check: Task) -> None:
    people = story.people
    act(story, signing.add_signer, people.agent1, check, user_id=people.agent2.id, where="before")
    act(story, signing.remove_signer, people.supervisor, story.task("check"))
    assert holders(story) == [("check", people.agent1.id)]


def test_the_only_signer_stays(story: Story, check: Task) -> None:
    with pytest.raises(RuleBroken):
        act(story, signing.remove_signer, story.people.supervisor, check)
    assert holders(story) == [("check", story.people.agent1.id)]


def test_nobody_is_asked_twice_and_only_the_holder_asks(story: Story, check: Task) -> None:
    people = story.people
    act(story, signing.add_signer, people.agent1, check, user_id=people.manager2.id, where="after")
    for again in (people.manager2.id, people.agent1.id):
        with pytest.raises(Invalid, match="marked"):
            act(story, signing.add_signer, people.agent1, check, user_id=again, where="parallel")
    with pytest.raises(Invalid):
        act(story, signing.add_signer, people.agent1, check, user_id=people.agent2.id, where="sideways")
    with pytest.raises(Denied):
        act(story, signing.add_signer, people.agent2, check, user_id=people.supervisor.id, where="before")
    with pytest.raises(NotFound):
        act(story, signing.add_signer, people.stranger, check, user_id=people.supervisor.id, where="before")
    assert why_not(story, people.agent2, check, "add-signer") == "This task is with a colleague."


def test_a_signer_may_send_the_step_back_and_no_other_signer_stays(story: Story, check: Task) -> None:
    people = story.people
    act(story, signing.add_signer, people.agent1, check, user_id=people.manager2.id, where="parallel")
    theirs = next(task for task in open_tasks(story) if task.assignee_id == people.manager2.id)
    act(story, sending_back.send_back, people.manager2, theirs, to="draft", reason="数据不对")
    assert holders(story) == [("draft", people.agent1.id)]


def test_all_countersign(story: Story) -> None:
    people = story.people
    start_together(story)
    for who in (people.agent1, people.agent2, people.manager2):
        mine = next(task for task in open_tasks(story) if task.assignee_id == who.id)
        assert mine.node_id == "sign"
        story.complete(who, mine.id)
    assert story.waiting() == ["last"]


@pytest.mark.parametrize(
    ("condition", "needed"),
    [("numberOfCompletedInstances &gt;= 1", 1), ("numberOfCompletedInstances / numberOfInstances &gt;= 0.6", 2)],
)
def test_one_or_a_share_is_enough(story: Story, condition: str, needed: int) -> None:
    people = story.people
    start_together(story, condition=condition)
    for number, who in enumerate((people.agent1, people.agent2, people.manager2), start=1):
        mine = next(task for task in open_tasks(story) if task.assignee_id == who.id)
        story.complete(who, mine.id)
        if number == needed:
            break
    assert story.waiting() == ["last"]


def test_a_countersign_in_turn_takes_one_signer_more(story: Story) -> None:
    people = story.people
    start_together(story, sequential="true")
    first = open_tasks(story)[0]
    act(story, signing.add_signer, people.agent1, first, user_id=people.supervisor.id, where="after")
    with reading(story.database) as session:
        known = signing.signers(session, first)
    assert known is not None
    assert list(known.rounds) == [people.supervisor.id, people.agent2.id, people.manager2.id]
    for who in (people.agent1, people.supervisor, people.agent2, people.manager2):
        assert [task.assignee_id for task in open_tasks(story)] == [who.id]
        story.do(who, "sign")
    assert story.waiting() == ["last"]


def test_a_countersign_side_by_side_takes_one_signer_more_or_less(story: Story) -> None:
    people = story.people
    start_together(story)
    first = open_tasks(story)[0]
    act(story, signing.add_signer, people.agent1, first, user_id=people.supervisor.id, where="parallel")
    assert sorted(task.assignee_id or 0 for task in open_tasks(story)) == sorted(
        who.id or 0 for who in (people.agent1, people.agent2, people.manager2, people.supervisor)
    )
    theirs = next(task for task in open_tasks(story) if task.assignee_id == people.manager2.id)
    act(story, signing.remove_signer, people.supervisor, theirs)
    for who in (people.agent1, people.agent2, people.supervisor):
        mine = next(task for task in open_tasks(story) if task.assignee_id == who.id)
        story.complete(who, mine.id)
    assert story.waiting() == ["last"]
