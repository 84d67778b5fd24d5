"""Who gets a task: each rule, whoever is passed over, and the reason that people read."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from crm.accounts import operations
from crm.accounts.models import User
from crm.accounts.queries import actor_for
from crm.accounts.substitutes import name_substitute
from crm.core.db import reading, unit_of_work
from crm.core.errors import Conflict, Denied, NotFound
from crm.permissions import Actor
from tests.processes.small import bundle, straight, user_task
from tests.processes.stories import Story
from workflows import queries
from workflows.assigning.reasons import from_json
from workflows.models import Task, TaskCandidate
from workflows.operations import starting, tasks
from workflows.registry import CaseStart
from workflows.task_forms import Submission

_keys = count()


def begin(story: Story, by: Actor, *, role: str = "service_agent", **rule: str) -> Task:
    """A case of a process with one task that is given by this rule; answers the task."""
    key = f"small{next(_keys)}"
    story.publish(straight(key, user_task("approve", role=role, **rule)))
    story.start(by, key=key)
    return story.task("approve")


def about_the_customer(story: Story, by: Actor, key: str) -> None:
    """Start a case of this process about the customer of the story."""
    start = CaseStart(process_key=key, title=key, data={}, customer_id=story.customer_id)
    with unit_of_work(story.database) as session:
        story.instance_id = starting.start_case(session, start, by=by, now=story.clock()).id


def why(story: Story, locale: str = "en") -> str:
    """The reason in the history of the step that opened the last task."""
    with reading(story.database) as session:
        events = queries.history(session, story.instance_id)
    assigned = [entry for event in events for entry in event.detail.get("assigned", ())]
    return from_json(assigned[-1]["reason"]).in_language(locale)


def away(story: Story, who: Actor, substitute: Actor) -> None:
    """From now on and for a week `who` is away."""
    now = story.clock()
    with unit_of_work(story.database) as session:
        name_substitute(session, by=who, now=now, substitute_id=substitute.id, begins=now, ends=now + timedelta(days=7))


def today(story: Story, who: Actor) -> Actor:
    """The actor as a request meets them now, with the absences of others."""
    with reading(story.database) as session:
        return actor_for(session, who.id or 0).at(story.clock())


def leaves(story: Story, who: Actor) -> None:
    with unit_of_work(story.database) as session:
        operations.disable_user(session, by=story.people.admin, now=story.clock(), user_id=who.id or 0)


def set_manager(story: Story, who: Actor, manager: Actor | None) -> None:
    with unit_of_work(story.database) as session:
        session.get_one(User, who.id).manager_id = manager.id if manager else None


RULES: list[tuple[dict[str, str], str, str, str]] = [
    ({"assign": "person", "assignTo": "Contracts"}, "agent1", "contracts", "The diagram names Wu Xiaodong."),
    ({"assign": "initiator"}, "agent1", "agent1", "Liu Fang started the case."),
    ({"assign": "superior"}, "agent1", "supervisor", "Li Mingyuan is the superior of Liu Fang."),
    (
        {"assign": "superior", "assignLevels": "2"},
        "agent1",
        "executive",
        "Chen Guodong is 2 levels above Liu Fang.",
    ),
    ({"assign": "superior", "assignLevels": "9"}, "marketing", "executive", "is the superior of Zhou Yaqin."),
    ({"assign": "department_head"}, "manager1", "supervisor", "Li Mingyuan heads the department of Wang Haiyan."),
    ({"assign": "variable", "assignTo": "note"}, "agent1", "manager2", "Zhang Wei was chosen in the case (note)."),
]


@pytest.mark.parametrize(("rule", "starter", "expected", "reason"), RULES, ids=lambda value: str(value)[:40])
def test_a_rule_finds_its_person_and_says_why(
    story: Story, rule: dict[str, str], starter: str, expected: str, reason: str
) -> None:
    key = f"small{next(_keys)}"
    story.publish(straight(key, user_task("first"), user_task("approve", **rule)))
    story.start(story.people.named(starter), key=key)
    story.do(story.people.agent2, "first", note="manager2")
    task = story.task("approve")
    assert task.assignee_id == story.people.named(expected).id
    assert reason in why(story)


def test_the_reason_is_kept_in_words_of_both_languages(story: Story) -> None:
    begin(story, story.people.agent1, assign="superior")
    assert "李明远" in why(story, "zh_CN")
    assert "Li Mingyuan" in why(story, "en")


def test_the_manager_of_the_customer_is_responsible_where_the_record_does_not_say(story: Story) -> None:
    key = f"small{next(_keys)}"
    story.publish(straight(key, user_task("approve", assign="record_owner")))
    about_the_customer(story, story.people.supervisor, key)
    assert story.task("approve").assignee_id == story.people.manager1.id
    assert why(story) == "Wang Haiyan is responsible for the record."


def test_the_superior_and_the_department_of_the_owner_can_be_asked(story: Story) -> None:
    for rule in ("superior", "department_head"):
        key = f"small{next(_keys)}"
        story.publish(straight(key, user_task("approve", assign=rule, assignOf="record")))
        about_the_customer(story, story.people.admin, key)
        assert story.task("approve").assignee_id == story.people.supervisor.id


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"assign": "record_owner"}, "Nobody is responsible for the record."),
        ({"assign": "person", "assignTo": "nobody"}, "There is no user nobody."),
        ({"assign": "variable", "assignTo": "missing"}, "missing names nobody."),
        ({"assign": "variable", "assignTo": "1/0"}, "1/0 names nobody."),
        ({"assign": "variable", "assignTo": "[999999, true, 2.5, null]"}, "names nobody."),
        ({"assign": "variable", "assignTo": "10 ** 30"}, "names nobody."),
        ({"assign": "candidates", "assignTo": "nobody, noone"}, "There is no user noone."),
    ],
)
def test_where_nobody_is_found_the_group_is_asked_and_hears_why(
    story: Story, rule: dict[str, str], reason: str
) -> None:
    task = begin(story, story.people.manager1, **rule)
    assert (task.assignee_id, task.role) == (None, "service_agent")
    assert reason in why(story)
    assert "any colleague of the group Service agent may take it" in why(story)


def test_a_group_without_anybody_leaves_the_task_to_the_administrators(story: Story) -> None:
    leaves(story, story.people.contracts)
    task = begin(story, story.people.agent1, role="contract_clerk", assign="role")
    assert (task.assignee_id, task.role) == (None, "administrator")
    assert "The group Contract clerk has nobody else." in why(story)


def test_somebody_who_left_is_passed_over(story: Story) -> None:
    leaves(story, story.people.supervisor)
    assert begin(story, story.people.agent1, assign="superior").assignee_id == story.people.executive.id
    assert begin(story, story.people.agent1, assign="person", assignTo="supervisor").assignee_id is None
    assert "Li Mingyuan has left." in why(story)


def test_without_a_manager_the_head_of_the_department_is_the_superior(story: Story) -> None:
    set_manager(story, story.people.agent1, None)
    assert begin(story, story.people.agent1, assign="superior").assignee_id == story.people.supervisor.id
    set_manager(story, story.people.executive, None)
    assert begin(story, story.people.executive, assign="superior").assignee_id is None
    assert "Chen Guodong has no superior." in why(story)


def test_managers_who_stand_above_each_other_end_the_search(story: Story) -> None:
    people = story.people
    set_manager(story, people.agent1, people.agent2)
    set_manager(story, people.agent2, people.agent1)
    task = begin(story, people.agent1, assign="superior", assignLevels="20")
    assert task.assignee_id == people.supervisor.id


def test_a_substitute_gets_what_would_have_gone_to_the_absent_person(story: Story) -> None:
    people = story.people
    away(story, people.supervisor, people.manager1)
    away(story, people.manager1, people.manager2)
    task = begin(story, people.agent1, assign="superior")
    assert (task.assignee_id, task.on_behalf_of_id) == (people.manager2.id, people.supervisor.id)
    assert why(story) == (
        "Li Mingyuan is the superior of Liu Fang. Li Mingyuan is away; Wang Haiyan stands in. "
        "Wang Haiyan is away; Zhang Wei stands in."
    )
    story.clock.move(days=8)
    assert begin(story, people.agent1, assign="superior").assignee_id == people.supervisor.id


def test_whoever_started_the_case_does_not_approve_it(story: Story) -> None:
    people = story.people
    rule = {"assign": "department_head", "assignNot": "initiator"}
    task = begin(story, people.supervisor, **rule)
    assert (task.assignee_id, task.excluded_id) == (people.executive.id, people.supervisor.id)
    assert "Li Mingyuan started the case and must not do this step. So it goes to the next superior" in why(story)
    away(story, people.supervisor, people.agent1)
    task = begin(story, people.agent1, **rule)
    assert task.assignee_id == people.executive.id
    assert "Li Mingyuan is away; Liu Fang stands in. Liu Fang started the case and must not do this step." in why(story)


def test_the_top_of_the_house_asks_a_colleague_of_the_group_or_else_the_administrators(story: Story) -> None:
    people = story.people
    set_manager(story, people.executive, None)
    rule = {"assign": "initiator", "assignNot": "initiator"}
    task = begin(story, people.executive, role="sales_supervisor", **rule)
    assert (task.assignee_id, task.role, task.excluded_id) == (None, "sales_supervisor", people.executive.id)
    task = begin(story, people.executive, role="executive", **rule)
    assert (task.assignee_id, task.role) == (None, "administrator")


def test_the_initiator_may_not_take_the_task_from_the_group_either(story: Story) -> None:
    people = story.people
    task = begin(story, people.agent1, assignNot="initiator")
    assert (task.assignee_id, task.role) == (None, "service_agent")
    with pytest.raises(Denied), unit_of_work(story.database) as session:
        tasks.claim(session, by=people.agent1, now=story.clock(), task_id=task.id)
    with pytest.raises((Conflict, Denied)):
        story.complete(people.agent1, task.id, note="yes")
    story.complete(people.agent2, task.id, note="yes")


def test_the_only_one_of_a_group_who_started_the_case_leaves_it_to_the_administrators(story: Story) -> None:
    task = begin(story, story.people.contracts, role="contract_clerk", assignNot="initiator")
    assert task.role == "administrator"


def test_an_assignee_of_the_diagram_may_be_kept_from_the_initiator_too(story: Story) -> None:
    task = begin(story, story.people.agent1, assignee="initiator_id", assignNot="initiator")
    assert task.assignee_id == story.people.supervisor.id


def test_turns_go_round_those_who_are_there(story: Story) -> None:
    people = story.people
    key = "turns"
    story.publish(straight(key, user_task("approve", assign="round_robin")))

    def next_one() -> int | None:
        story.start(people.manager1, key=key)
        return story.task("approve").assignee_id

    first, second = people.agent1.id, people.agent2.id
    assert [next_one() for _ in range(4)] == [first, second, first, second]
    assert why(story) == "It is the turn of Zhao Lei in the group Service agent."
    away(story, people.agent1, people.manager2)
    assert [next_one() for _ in range(2)] == [second, second]
    story.clock.move(days=8)
    assert [next_one() for _ in range(2)] == [first, second]


def test_the_least_busy_gets_it_and_among_equals_the_one_whose_turn_it_is(story: Story) -> None:
    people = story.people
    key = "busy"
    story.publish(straight(key, user_task("approve", assign="least_busy")))

    def next_one() -> int | None:
        story.start(people.manager1, key=key)
        return story.task("approve").assignee_id

    assert [next_one() for _ in range(3)] == [people.agent1.id, people.agent2.id, people.agent1.id]
    assert why(story) == "Liu Fang has the fewest open tasks in the group Service agent, at the moment 1."
    for _ in range(2):
        begin(story, people.manager1, assign="person", assignTo="agent2")
    assert [next_one() for _ in range(2)] == [people.agent1.id, people.agent2.id]


@pytest.mark.parametrize("rule", ["round_robin", "least_busy"])
def test_many_at_once_are_shared_exactly(story: Story, rule: str) -> None:
    key, rounds, at_once = f"crowd_{rule}", 6, 4
    story.publish(straight(key, user_task("approve", assign=rule)))
    barrier = Barrier(at_once)

    def start(place: int) -> int | None:
        mine = Story(story.database, story.clock, story.people, story.customer_id)
        barrier.wait()
        mine.start(story.people.manager1, key=key)
        return mine.task("approve").assignee_id

    with ThreadPoolExecutor(at_once) as crowd:
        got = [user for _ in range(rounds) for user in crowd.map(start, range(at_once))]
    assert Counter(got) == dict.fromkeys((story.people.agent1.id, story.people.agent2.id), rounds * at_once // 2)


def test_parallel_tasks_of_one_step_are_shared_too(story: Story) -> None:
    body = (
        '<bpmn:startEvent id="begin" /><bpmn:parallelGateway id="fork" /><bpmn:parallelGateway id="join" />'
        + user_task("one", assign="least_busy")
        + user_task("two", assign="least_busy")
        + '<bpmn:endEvent id="finish" />'
        + "".join(
            f'<bpmn:sequenceFlow id="f{n}" sourceRef="{a}" targetRef="{b}" />'
            for n, (a, b) in enumerate(
                [
                    ("begin", "fork"),
                    ("fork", "one"),
                    ("fork", "two"),
                    ("one", "join"),
                    ("two", "join"),
                    ("join", "finish"),
                ]
            )
        )
    )
    story.publish(bundle("fork_process", body))
    story.start(story.people.manager1, key="fork_process")
    people = {story.task("one").assignee_id, story.task("two").assignee_id}
    assert people == {story.people.agent1.id, story.people.agent2.id}


def test_any_of_several_named_people_may_claim_it_and_nobody_else(story: Story) -> None:
    people = story.people
    task = begin(story, people.agent1, assign="candidates", assignTo="manager1, manager2, manager1")
    assert (task.assignee_id, task.role) == (None, None)
    with reading(story.database) as session:
        found = session.scalars(select(TaskCandidate.user_id).where(TaskCandidate.task_id == task.id)).all()
    assert (
        sorted(found) == sorted(task.candidate_ids or []) == sorted([people.manager1.id or 0, people.manager2.id or 0])
    )
    assert why(story) == "Any of these may take it: Wang Haiyan · Zhang Wei."
    with pytest.raises(NotFound), unit_of_work(story.database) as session:
        tasks.claim(session, by=people.agent2, now=story.clock(), task_id=task.id)
    with unit_of_work(story.database) as session:
        tasks.claim(session, by=people.manager1, now=story.clock(), task_id=task.id)
    with pytest.raises(Conflict), unit_of_work(story.database) as session:
        tasks.claim(session, by=people.manager2, now=story.clock(), task_id=task.id)
    with unit_of_work(story.database) as session:
        tasks.release(session, by=people.manager1, now=story.clock(), task_id=task.id)
    story.complete(people.manager2, task.id, note="yes")


def test_candidates_of_the_diagram_are_honoured(story: Story) -> None:
    people = story.people
    task = begin(story, people.agent1, candidates=f"[{people.manager1.id}, initiator_id]")
    assert sorted(task.candidate_ids or []) == sorted([people.manager1.id or 0, people.agent1.id or 0])
    task = begin(story, people.agent1, candidates=f"[{people.manager1.id}, initiator_id]", assignNot="initiator")
    assert task.assignee_id == people.manager1.id


def test_somebody_who_may_stand_in_for_a_candidate_may_claim_it(story: Story) -> None:
    people = story.people
    task = begin(story, people.agent1, assign="candidates", assignTo="manager1, supervisor")
    away(story, people.manager1, people.marketing)
    marketing = today(story, people.marketing)
    with unit_of_work(story.database) as session:
        tasks.claim(session, by=marketing, now=story.clock(), task_id=task.id)
    assert story.task("approve").on_behalf_of_id == people.manager1.id


def test_a_task_without_rule_is_opened_as_ever(story: Story) -> None:
    task = begin(story, story.people.agent1)
    assert (task.role, task.assignee_id, task.excluded_id, task.candidate_ids) == ("service_agent", None, None, None)
    with reading(story.database) as session:
        assert all("assigned" not in event.detail for event in queries.history(session, story.instance_id))


def complete_as(story: Story, by: Actor, task_id: int, **answers: Any) -> Task:
    with unit_of_work(story.database) as session:
        return tasks.complete(
            session, by=by, now=story.clock(), task_id=task_id, submission=Submission(answers=answers)
        )


def test_a_substitute_does_an_open_task_of_the_absent_person_and_both_are_recorded(story: Story) -> None:
    people = story.people
    task = begin(story, people.agent1, assign="person", assignTo="contracts")
    with pytest.raises(NotFound):
        complete_as(story, today(story, people.marketing), task.id, note="no")
    away(story, people.contracts, people.marketing)
    complete_as(story, today(story, people.marketing), task.id, note="yes")
    with reading(story.database) as session:
        done = session.get_one(Task, task.id)
        event = queries.history(session, story.instance_id)[-1]
    assert (done.closed_by_id, done.on_behalf_of_id) == (people.marketing.id, people.contracts.id)
    assert (event.actor_id, event.detail["in_place_of"]) == (people.marketing.id, people.contracts.id)


def test_when_the_absence_is_over_so_is_the_substitution(story: Story) -> None:
    people = story.people
    task = begin(story, people.agent1, assign="person", assignTo="contracts")
    away(story, people.contracts, people.marketing)
    story.clock.move(days=8)
    with pytest.raises(NotFound):
        complete_as(story, today(story, people.marketing), task.id, note="no")


def test_the_absent_persons_groups_are_open_to_the_substitute(story: Story) -> None:
    people = story.people
    task = begin(story, people.agent1, role="contract_clerk")
    away(story, people.contracts, people.marketing)
    marketing = today(story, people.marketing)
    with unit_of_work(story.database) as session:
        claimed = tasks.claim(session, by=marketing, now=story.clock(), task_id=task.id)
    assert claimed.on_behalf_of_id == people.contracts.id
    with unit_of_work(story.database) as session:
        released = tasks.release(session, by=marketing, now=story.clock(), task_id=task.id)
    assert (released.assignee_id, released.on_behalf_of_id) == (None, None)
    complete_as(story, marketing, task.id, note="yes")


def test_an_initiator_who_stands_in_for_the_approver_may_not_approve(story: Story) -> None:
    people = story.people
    task = begin(story, people.agent1, assign="superior", assignNot="initiator")
    away(story, people.supervisor, people.agent1)
    with pytest.raises((Conflict, Denied)) as refusal:
        complete_as(story, today(story, people.agent1), task.id, note="yes")
    assert "Whoever started this case must not do this step" in str(refusal.value.message)
