"""Taking one's own last step back: exactly, and only while nobody has taken up what followed."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from crm.core.db import reading
from crm.core.due import DueRow
from crm.core.errors import Conflict, Denied, NotFound
from tests.processes.acting import act, kinds, task_of, told, why_not
from tests.processes.small import bundle, service_task, straight, user_task
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST
from workflows.models import TIMER, Task
from workflows.operations import tasks
from workflows.task_forms import Submission
from workflows.verbs import handing, taking_back, telling

TIMED = (
    '<bpmn:startEvent id="begin" />{tasks}<bpmn:endEvent id="finish" /><bpmn:endEvent id="late_end" />'
    '<bpmn:boundaryEvent id="late" attachedToRef="draft"><bpmn:timerEventDefinition id="late_timer">'
    '<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">"P3D"</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>'
    '<bpmn:sequenceFlow id="f0" sourceRef="begin" targetRef="draft" />'
    '<bpmn:sequenceFlow id="f1" sourceRef="draft" targetRef="check" />'
    '<bpmn:sequenceFlow id="f2" sourceRef="check" targetRef="finish" />'
    '<bpmn:sequenceFlow id="f3" sourceRef="late" targetRef="late_end" />'
)

BESIDE = (
    '<bpmn:startEvent id="begin" /><bpmn:parallelGateway id="split" /><bpmn:parallelGateway id="join" />'
    '<bpmn:endEvent id="finish" />{tasks}'
    '<bpmn:sequenceFlow id="f0" sourceRef="begin" targetRef="split" />'
    '<bpmn:sequenceFlow id="f1" sourceRef="split" targetRef="a1" /><bpmn:sequenceFlow id="f2" sourceRef="a1" targetRef="a2" />'
    '<bpmn:sequenceFlow id="f3" sourceRef="a2" targetRef="join" /><bpmn:sequenceFlow id="f4" sourceRef="split" targetRef="b1" />'
    '<bpmn:sequenceFlow id="f5" sourceRef="b1" targetRef="b2" /><bpmn:sequenceFlow id="f6" sourceRef="b2" targetRef="join" />'
    '<bpmn:sequenceFlow id="f7" sourceRef="join" targetRef="last" /><bpmn:sequenceFlow id="f8" sourceRef="last" targetRef="finish" />'
)


@pytest.fixture
def beside(story: Story) -> Story:
    """Two roads side by side: a1, a2 and b1, b2; then the last step."""
    steps = "".join(user_task(step) for step in ("a1", "a2", "b1", "b2", "last"))
    story.publish(bundle("beside", BESIDE.format(tasks=steps)))
    story.start(story.people.manager1, key="beside")
    return story


@pytest.fixture
def done(story: Story) -> Task:
    """agent1 has completed the first of two steps."""
    story.publish(straight("small", user_task("draft"), user_task("check")))
    story.start(story.people.manager1, key="small")
    return story.do(story.people.agent1, "draft", note="第一稿")


def timers(story: Story) -> list[tuple[int | None, object]]:
    with reading(story.database) as session:
        rows = session.scalars(select(DueRow).where(DueRow.kind == TIMER, DueRow.subject_id == story.instance_id))
        return [(row.ref, row.due_at) for row in rows]


def test_a_step_taken_back_is_open_again_with_its_answers(story: Story, done: Task) -> None:
    people = story.people
    assert why_not(story, people.agent1, done, "withdraw") is None
    act(story, taking_back.withdraw, people.agent1, done)
    again = story.task("draft")
    assert (again.id, again.assignee_id, again.closed_by_id) == (done.id, people.agent1.id, None)
    assert again.draft is not None
    assert again.draft["note"] == "第一稿"
    assert story.waiting() == ["draft"]
    assert kinds(story) == ["started", "completed", "withdrawn"]
    story.do(people.agent1, "draft", note="第二稿")
    story.do(people.agent2, "check")
    assert story.waiting() == []


def test_a_step_is_taken_back_once(story: Story, done: Task) -> None:
    act(story, taking_back.withdraw, story.people.agent1, done)
    with pytest.raises(Denied, match="has not been completed"):
        act(story, taking_back.withdraw, story.people.agent1, done)


def touch_by_claiming(story: Story) -> None:
    act(story, tasks.claim, story.people.agent2, story.task("check"))


def touch_by_entering(story: Story) -> None:
    draft = Submission(answers={"note": "在看"})
    act(story, tasks.save_draft, story.people.agent2, story.task("check"), submission=draft)


def touch_by_assigning(story: Story) -> None:
    act(story, handing.transfer, story.people.supervisor, story.task("check"), user_id=story.people.agent2.id)


@pytest.mark.parametrize("touch", [touch_by_claiming, touch_by_entering, touch_by_assigning])
def test_what_a_colleague_has_taken_up_stays(story: Story, done: Task, touch: object) -> None:
    touch(story)  # type: ignore[operator]  # one of the functions above
    reason = "A colleague has already taken up the next step."
    assert why_not(story, story.people.agent1, done, "withdraw") == reason
    with pytest.raises(Conflict, match="taken up"):
        act(story, taking_back.withdraw, story.people.agent1, done)
    assert story.waiting() == ["check"]


def test_looking_and_speaking_touches_nothing(story: Story, done: Task) -> None:
    act(story, telling.comment, story.people.agent2, story.task("check"), body="看到了")
    assert why_not(story, story.people.agent1, done, "withdraw") is None


def test_only_whoever_completed_a_step_takes_it_back(story: Story, done: Task) -> None:
    people = story.people
    for who in (people.agent2, people.supervisor, people.manager1):
        with pytest.raises(Conflict, match="Only the person"):
            act(story, taking_back.withdraw, who, done)
    with pytest.raises(NotFound):
        act(story, taking_back.withdraw, people.stranger, done)


def test_an_earlier_step_and_an_ended_case_stay(story: Story, done: Task) -> None:
    people = story.people
    last = story.do(people.agent1, "check")
    assert "ended" in str(why_not(story, people.agent1, done, "withdraw"))
    assert "ended" in str(why_not(story, people.agent1, last, "withdraw"))
    story.publish(straight("longer", user_task("draft"), user_task("check"), user_task("sign")))
    story.start(people.manager1, key="longer")
    first = story.do(people.agent1, "draft")
    story.do(people.agent1, "check")
    assert "moved on" in str(why_not(story, people.agent1, first, "withdraw"))


def test_a_step_goes_back_while_a_colleague_has_moved_on_beside_it(beside: Story) -> None:
    people = beside.people
    first = beside.do(people.agent1, "a1", note="第一稿")
    beside.do(people.agent2, "b1", note="另一路")
    assert why_not(beside, people.agent1, first, "withdraw") is None
    act(beside, taking_back.withdraw, people.agent1, first)
    again = beside.task("a1")
    assert (again.id, again.assignee_id, again.draft) == (first.id, people.agent1.id, {"note": "第一稿"})
    assert sorted(beside.waiting()) == ["a1", "b2"]
    for step in ("a1", "a2"):
        beside.do(people.agent1, step, note=step)
    beside.do(people.agent2, "b2", note="二")
    beside.do(people.agent1, "last")
    assert beside.waiting() == []


def test_a_step_that_waits_for_the_other_branch_goes_back_as_well(beside: Story) -> None:
    people = beside.people
    beside.do(people.agent1, "a1")
    second = beside.do(people.agent1, "a2", note="太早了")
    beside.do(people.agent2, "b1")
    act(beside, taking_back.withdraw, people.agent1, second)
    assert sorted(beside.waiting()) == ["a2", "b2"]
    beside.do(people.agent2, "b2")
    assert beside.waiting() == ["a2"]
    beside.do(people.agent1, "a2")
    assert beside.waiting() == ["last"]


def test_two_people_take_their_steps_back_one_after_the_other(beside: Story) -> None:
    people = beside.people
    one, other = beside.do(people.agent1, "a1"), beside.do(people.agent2, "b1")
    act(beside, taking_back.withdraw, people.agent2, other)
    act(beside, taking_back.withdraw, people.agent1, one)
    assert sorted(beside.waiting()) == ["a1", "b1"]
    assert [task_of(beside, task).token for task in (one, other)] != [one.token, other.token]


def test_in_a_branch_too_what_a_colleague_has_taken_up_stays(beside: Story) -> None:
    people = beside.people
    first = beside.do(people.agent1, "a1")
    beside.do(people.agent2, "b1")
    act(beside, tasks.claim, people.agent2, beside.task("a2"))
    with pytest.raises(Conflict, match="already taken up"):
        act(beside, taking_back.withdraw, people.agent1, first)
    beside.do(people.agent2, "a2")
    assert "moved on" in str(why_not(beside, people.agent1, first, "withdraw"))


def test_branches_that_have_come_together_are_not_parted(beside: Story) -> None:
    people = beside.people
    beside.do(people.agent1, "a1")
    second = beside.do(people.agent1, "a2")
    beside.do(people.agent2, "b1")
    beside.do(people.agent2, "b2")
    assert "moved on" in str(why_not(beside, people.agent1, second, "withdraw"))
    with pytest.raises(Conflict, match="moved on"):
        act(beside, taking_back.withdraw, people.agent1, second)
    assert beside.waiting() == ["last"]


def test_what_a_step_did_to_the_record_stays_when_others_have_worked_since(story: Story) -> None:
    people = story.people
    give = service_task("give", "service/assign", request_id="1", assignee_id=str(people.agent1.id), priority="1")
    steps = give + "".join(user_task(step) for step in ("a2", "b1", "b2", "last"))
    road = BESIDE.replace('sourceRef="a1" targetRef="a2"', 'sourceRef="a1" targetRef="give"').replace(
        '<bpmn:sequenceFlow id="f3"',
        '<bpmn:sequenceFlow id="f9" sourceRef="give" targetRef="a2" /><bpmn:sequenceFlow id="f3"',
    )
    story.start(people.manager1, **REQUEST)
    story.publish(bundle("beside", road.format(tasks=user_task("a1", role="sales_supervisor") + steps)))
    story.start(people.manager1, key="beside")
    first = story.do(people.supervisor, "a1")
    assert why_not(story, people.supervisor, first, "withdraw") is None
    story.do(people.agent2, "b1")
    assert "give" in str(why_not(story, people.supervisor, first, "withdraw"))
    with pytest.raises(Conflict, match="cannot be taken back"):
        act(story, taking_back.withdraw, people.supervisor, first)


def test_timers_are_as_they_were(story: Story) -> None:
    people = story.people
    story.publish(bundle("timed", TIMED.format(tasks=user_task("draft") + user_task("check"))))
    story.start(people.manager1, key="timed")
    before = timers(story)
    assert len(before) == 1
    story.pass_time(days=1)
    task = story.do(people.agent1, "draft")
    assert timers(story) == []
    act(story, taking_back.withdraw, people.agent1, task)
    assert timers(story) == before
    story.pass_time(days=2, seconds=1)
    assert story.waiting() == []
    assert task_of(story, task).status == "withdrawn"


def test_an_effect_that_cannot_be_undone_keeps_its_step(story: Story) -> None:
    people = story.people
    remind = service_task("remind_them", "service/remind", request_id="1")
    story.publish(straight("small", user_task("draft", role="sales_supervisor"), remind, user_task("check")))
    story.start(people.manager1, **REQUEST)
    story.start(people.manager1, key="small")
    task = story.do(people.supervisor, "draft")
    assert "remind_them" in str(why_not(story, people.supervisor, task, "withdraw"))
    with pytest.raises(Conflict, match="cannot be taken back"):
        act(story, taking_back.withdraw, people.supervisor, task)


def test_the_request_is_unassigned_when_its_assignment_is_taken_back(story: Story) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)
    task = story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    act(story, taking_back.withdraw, people.supervisor, task)
    request = story.request()
    assert (request.status, request.assigned_to_id) == ("opened", None)
    assert story.waiting() == ["assign"]
    assert "task.withdrawn" in told(story, people.agent1)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent2.id), priority="1")
    assert story.task("handle").assignee_id == people.agent2.id


def test_a_bad_mark_taken_back_ends_the_new_round(story: Story) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    story.do(people.agent1, "handle", handling="已更换")
    task = story.do(people.manager1, "feedback", result="不满意", satisfaction=1, customer_words="等了三天")
    assert story.request().rounds == 1
    act(story, taking_back.withdraw, people.manager1, task)
    request = story.request()
    assert (request.status, request.rounds, request.satisfaction) == ("handled", 0, None)
    story.do(people.manager1, "feedback", result="是我看错了", satisfaction=5)
    assert story.waiting() == ["archive"]
