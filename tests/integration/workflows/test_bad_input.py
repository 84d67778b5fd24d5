"""What people and programs send by mistake or too late: refused clearly, by field or with the reason, and nothing is lost.

Beside these: rings of substitutes (tests/integration/accounts/test_substitutes.py), calendars without hours
(tests/integration/worktime/test_calendars.py), webhooks that hang, lie or lead inside (tests/unit/notices/test_outside.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from crm.accounts import operations
from crm.core.db import unit_of_work
from crm.core.errors import Conflict, HeliuError, Invalid
from crm.permissions import Actor
from tests.conftest import Browser, as_user, program_of
from tests.processes.acting import act, history, open_tasks, task_of
from tests.processes.opportunities import HUGE, Sale, sale
from tests.processes.small import NOTE_FORM, bundle, straight, user_task
from tests.processes.stories import Story
from workflows.models import Task
from workflows.operations import tasks
from workflows.task_forms import FormRefused, Submission
from workflows.verbs import handing, planning, sending_back, signing, telling

__all__ = ["sale"]
SOMEBODY = "manager2"
# Each verb with what it asks.
LATE: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "complete": (tasks.complete, {"submission": Submission(answers={"note": "x"})}),
    "save": (tasks.save_draft, {"submission": Submission(answers={"note": "x"})}),
    "claim": (tasks.claim, {}),
    "release": (tasks.release, {}),
    "transfer": (handing.transfer, {"user_id": SOMEBODY}),
    "delegate": (handing.delegate, {"user_id": SOMEBODY}),
    "return": (handing.give_back, {}),
    "add-signer": (signing.add_signer, {"user_id": SOMEBODY, "where": "after"}),
    "remove-signer": (signing.remove_signer, {}),
    "send-back": (sending_back.send_back, {"to": "draft", "reason": "again"}),
    "urge": (telling.urge, {}),
    "priority": (planning.set_priority, {"priority": 3}),
    "due": (planning.set_due, {"due": None}),
}


@pytest.fixture
def check(story: Story) -> Task:
    """The second of three steps, claimed by agent1."""
    story.publish(straight("small", user_task("draft"), user_task("check"), user_task("last")))
    story.start(story.people.manager1, key="small")
    story.do(story.people.agent1, "draft")
    return task_of(story, act(story, tasks.claim, story.people.agent1, story.task("check")))


def leaves(story: Story, who: Actor) -> None:
    with unit_of_work(story.database) as session:
        operations.disable_user(session, by=story.people.admin, now=story.clock(), user_id=who.id or 0)


def picture(story: Story) -> tuple[list[tuple[int, int, int | None]], int]:
    """What must be the same after a refusal."""
    return [(task.id, task.version, task.assignee_id) for task in open_tasks(story)], len(history(story))


@pytest.mark.parametrize("verb", LATE)
def test_a_verb_on_a_task_that_was_just_completed_says_so(story: Story, check: Task, verb: str) -> None:
    story.do(story.people.agent1, "check", note="fertig")
    before = picture(story)
    run, asked = LATE[verb]
    values = {name: story.people.manager2.id if value == SOMEBODY else value for name, value in asked.items()}
    with pytest.raises(HeliuError, match="completed") as refused:
        act(story, run, story.people.agent1, check, **values)
    assert refused.value.status in (403, 409)
    assert picture(story) == before
    assert (task_of(story, check).answers or {})["note"] == "fertig"


def test_the_page_of_a_task_that_was_just_completed_keeps_what_was_typed(
    story: Story, check: Task, client: Browser
) -> None:
    as_user(client, "agent1")
    story.do(story.people.agent1, "check", note="zuerst")
    late = client.post(f"/tasks/{check.id}/transfer", data={"user_id": str(story.people.manager2.id), "note": "bitte"})
    assert late.status_code == 409
    assert (task_of(story, check).answers or {})["note"] == "zuerst"


@pytest.mark.parametrize("where", signing.WHERE)
def test_a_signer_who_has_left_cannot_be_asked(story: Story, check: Task, where: str) -> None:
    people = story.people
    leaves(story, people.manager2)
    before = picture(story)
    with pytest.raises(Invalid, match="marked") as refused:
        act(story, signing.add_signer, people.agent1, check, user_id=people.manager2.id, where=where)
    assert [fault.field for fault in refused.value.faults] == ["user_id"]
    assert "works here" in str(refused.value.faults[0].message)
    assert picture(story) == before


def test_a_signer_who_leaves_while_they_are_asked_holds_nothing_up(story: Story, check: Task) -> None:
    people = story.people
    act(story, signing.add_signer, people.agent1, check, user_id=people.agent2.id, where="parallel")
    leaves(story, people.agent2)
    theirs = next(task for task in open_tasks(story) if task.assignee_id == people.agent2.id)
    act(story, signing.remove_signer, people.agent1, theirs)
    story.do(people.agent1, "check")
    assert story.waiting() == ["last"]


def test_a_countersign_without_two_people_here_says_what_is_missing(sale: Sale) -> None:
    leaves(sale, sale.people.executive)
    with pytest.raises(HeliuError, match="Two people have to sign"):
        sale.begin(sale.people.manager1, HUGE)


def test_a_countersign_that_names_somebody_who_has_left_is_open_to_their_group(story: Story) -> None:
    people = story.people
    leaves(story, people.agent2)
    story.publish(straight("signed", user_task("sign", assignee=str(people.agent2.id))))
    story.start(people.manager1, key="signed")
    task = story.task("sign")
    assert (task.assignee_id, task.role) == (None, "service_agent")
    story.do(people.agent1, "sign")
    assert story.waiting() == []


def test_a_finished_branch_is_no_place_to_send_a_step_back_to(story: Story) -> None:
    people = story.people
    steps = "".join(user_task(step) for step in ("left", "right", "more"))
    flows = (
        ("begin", "split"),
        ("split", "left"),
        ("split", "right"),
        ("right", "more"),
        ("left", "e1"),
        ("more", "e2"),
    )
    drawn = "".join(
        f'<bpmn:sequenceFlow id="f{n}" sourceRef="{a}" targetRef="{b}" />' for n, (a, b) in enumerate(flows)
    )
    ends = '<bpmn:endEvent id="e1" /><bpmn:endEvent id="e2" />'
    story.publish(
        bundle("beside", f'<bpmn:startEvent id="begin" /><bpmn:parallelGateway id="split" />{steps}{ends}{drawn}')
    )
    story.start(people.manager1, key="beside")
    story.do(people.agent1, "left")
    story.do(people.agent1, "right")
    before = picture(story)
    with pytest.raises(HeliuError, match="another branch"):
        act(story, sending_back.send_back, people.agent1, story.task("more"), to="left", reason="noch einmal")
    assert picture(story) == before


def test_answers_of_another_steps_form_are_refused_field_by_field(story: Story, app: Flask) -> None:
    people = story.people
    other = {"type": "default", "components": [{"type": "number", "id": "n", "key": "amount", "label": "Amount"}]}
    story.publish(
        straight("two", user_task("one"), user_task("other", form="other"), forms={"note": NOTE_FORM, "other": other})
    )
    story.start(people.manager1, key="two")
    before = picture(story)
    with pytest.raises(FormRefused):
        story.do(people.agent1, "one", amount=5)
    answer = program_of(app, "agent1").post(
        f"/tasks/{story.task('one').id}/complete", json={"answers": {"note": "x", "amount": 5}}
    )
    assert answer.status_code == 422
    assert [error["field"] for error in answer.get_json()["errors"]] == ["amount"]
    assert picture(story) == before


def test_of_two_who_complete_the_same_task_the_second_hears_who_was_first(story: Story, check: Task) -> None:
    people = story.people
    story.do(people.agent1, "check", note="zuerst")
    with pytest.raises(Conflict, match="has already completed this task"):
        story.complete(people.agent1, check.id, note="danach")
    assert (task_of(story, check).answers or {})["note"] == "zuerst"
