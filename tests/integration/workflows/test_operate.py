"""An administrator looks into cases and repairs them; nobody else can, and nothing happens without a reason."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from crm.core.audit import AuditEntry
from crm.core.db import reading, unit_of_work
from crm.core.due import DueRow
from crm.core.errors import Conflict, Denied, Invalid, RuleBroken
from crm.notices.models import Notice
from crm.service.waiting import customer_answered, wait_for_customer
from tests.conftest import Browser, as_user, program_of
from tests.integration.workflows.listening import flow, timer
from tests.processes.small import bundle, straight, user_task
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST
from workflows.models import NO_DUE_DATE, TIMER, InstanceStatus, ProcessEvent, ProcessInstance, Task, TaskStatus
from workflows.operate import repairing
from workflows.operate.repairing import Repaired
from workflows.operations import tasks
from workflows.task_forms import Submission
from workflows.verbs.handing import transfer

WHY = "the order was changed"


@pytest.fixture
def two_steps(story: Story) -> Story:
    """A case at the first of two steps."""
    story.publish(straight("two", user_task("first"), user_task("second")))
    story.start(story.people.manager1, key="two")
    return story


@pytest.fixture
def timed(story: Story) -> Story:
    """A case at a step with a deadline of a day, after which somebody else is asked as well."""
    body = (
        f'<bpmn:startEvent id="begin" />{user_task("check")}<bpmn:endEvent id="finish" />{user_task("remind")}'
        '<bpmn:endEvent id="over" />'
        '<bpmn:boundaryEvent id="late" attachedToRef="check" cancelActivity="false">'
        f"{timer('PT24H', 'timeDuration')}</bpmn:boundaryEvent>"
        f"{flow('begin', 'check')}{flow('check', 'finish')}{flow('late', 'remind')}{flow('remind', 'over')}"
    )
    story.publish(bundle("timed", body))
    story.start(story.people.manager1, key="timed")
    return story


def repair(story: Story, act: object, **given: object) -> Repaired:
    """Do it as the administrator, for a reason."""
    given = {"by": story.people.admin, "reason": WHY, **given}
    with unit_of_work(story.database) as session:
        return act(session, now=story.clock(), instance_id=story.instance_id, **given)  # type: ignore[operator, no-any-return]


def audited(story: Story) -> list[AuditEntry]:
    with reading(story.database) as session:
        return list(
            session.scalars(select(AuditEntry).where(AuditEntry.subject_type == "case").order_by(AuditEntry.id))
        )


def test_a_case_is_moved_on_to_another_step_and_back(two_steps: Story) -> None:
    done = repair(two_steps, repairing.move, token=two_steps.task("first").token, to="second")
    assert (done.opened, done.withdrawn, done.ended) == (("second",), ("first",), False)
    assert two_steps.waiting() == ["second"]
    repair(two_steps, repairing.move, token=two_steps.task("second").token, to="first")
    assert two_steps.waiting() == ["first"]
    assert [entry.action for entry in audited(two_steps)] == ["case.moved", "case.moved"]
    assert audited(two_steps)[0].new == {"from": "first", "to": "second", "reason": WHY}


def test_whoever_has_the_task_is_told_why_it_went(two_steps: Story) -> None:
    agent = two_steps.people.agent1
    with unit_of_work(two_steps.database) as session:
        tasks.claim(session, by=agent, now=two_steps.clock(), task_id=two_steps.task("first").id)
    repair(two_steps, repairing.skip, token=two_steps.task("first").token)
    with reading(two_steps.database) as session:
        told = session.scalars(select(Notice).where(Notice.user_id == agent.id, Notice.kind == "task.withdrawn")).all()
    assert [notice.detail for notice in told] == [WHY]


def test_a_step_that_does_not_exist_is_no_target(two_steps: Story) -> None:
    with pytest.raises(RuleBroken, match="no step of this process"):
        repair(two_steps, repairing.move, token=two_steps.task("first").token, to="nowhere")
    assert two_steps.waiting() == ["first"]
    assert audited(two_steps) == []


def test_a_task_that_somebody_has_completed_meanwhile_is_moved_no_more(two_steps: Story) -> None:
    token = two_steps.task("first").token
    two_steps.do(two_steps.people.agent1, "first", note="x")
    with pytest.raises(Conflict):
        repair(two_steps, repairing.move, token=token, to="second")
    assert two_steps.waiting() == ["second"]


def test_a_skipped_task_is_withdrawn_and_done_by_nobody(two_steps: Story) -> None:
    skipped = two_steps.task("first")
    repair(two_steps, repairing.skip, token=skipped.token)
    assert two_steps.waiting() == ["second"]
    with reading(two_steps.database) as session:
        assert session.get_one(Task, skipped.id).status == TaskStatus.WITHDRAWN
    repair(two_steps, repairing.skip, token=two_steps.task("second").token)
    assert two_steps.instance().status == InstanceStatus.COMPLETED


def test_a_changed_variable_stands_in_the_open_task_and_in_the_audit(two_steps: Story) -> None:
    repair(two_steps, repairing.set_variables, token=None, changes={"amount": Decimal("12.50"), "grade": "key"})
    repair(two_steps, repairing.set_variables, token=None, changes={"amount": 7}, removals=["grade"])
    data = two_steps.task("first").data
    assert data["amount"] == 7
    assert "grade" not in data
    last = audited(two_steps)[-1]
    assert last.old == {"amount": "12.50", "grade": "key"}
    assert last.new["amount"] == "7"
    with reading(two_steps.database) as session:
        kept = session.scalars(select(ProcessEvent.detail).where(ProcessEvent.kind == "variables")).all()
    assert kept[-1]["names"] == ["amount", "grade"]
    assert "12.50" not in str(kept)


@pytest.mark.parametrize("changes", [{}, {"typename": 1}, {"": 1}, {"x" * 200: 1}])
def test_variables_that_no_case_can_have_are_refused(two_steps: Story, changes: dict[str, object]) -> None:
    with pytest.raises((Invalid, RuleBroken)):
        repair(two_steps, repairing.set_variables, token=None, changes=changes)


def test_a_timer_acts_now_and_not_again_later(timed: Story) -> None:
    with reading(timed.database) as session:
        token = session.scalars(select(DueRow.ref).where(DueRow.kind == TIMER)).one()
    assert repair(timed, repairing.fire, token=token).opened == ("remind",)
    assert sorted(timed.waiting()) == ["check", "remind"]
    assert timed.pass_time(days=3) == 0
    with pytest.raises(Conflict):
        repair(timed, repairing.fire, token=token)


def test_while_a_case_is_suspended_nobody_can_do_its_tasks_and_no_timer_acts(timed: Story, app: Flask) -> None:
    repair(timed, repairing.suspend)
    task = timed.task("check")
    assert task.due_at == NO_DUE_DATE
    agent = program_of(app, "agent1")
    for path, sent in (("claim", {}), ("complete", {"answers": {"note": "x"}})):
        answer = agent.post(f"/tasks/{task.id}/{path}", json=sent)
        assert answer.status_code in {403, 409}
        assert "suspended" in answer.get_json()["detail"] or "挂起" in answer.get_json()["detail"]
    assert timed.pass_time(days=3) == 0
    assert timed.waiting() == ["check"]
    with pytest.raises(Denied, match="suspended already"):
        repair(timed, repairing.suspend)
    repair(timed, repairing.resume)
    assert timed.pass_time(hours=1) == 0
    assert timed.pass_time(days=3) == 1
    timed.do(timed.people.agent1, "check", note="x")
    with pytest.raises(Denied, match="not suspended"):
        repair(timed, repairing.resume)


def test_a_suspended_request_does_not_wait_for_its_customer_but_hears_their_answer(
    story: Story, client: Browser
) -> None:
    agent = story.people.agent1
    story.start(story.people.manager1, **REQUEST)
    request_id = story.instance().record_id or 0
    story.do(story.people.supervisor, "assign", assignee_id=str(agent.id), priority="1")
    asking = partial(wait_for_customer, by=agent, request_id=request_id, question="Which machine?")
    with unit_of_work(story.database) as session:
        asking(session, now=story.clock())
    repair(story, repairing.suspend)
    with unit_of_work(story.database) as session:
        customer_answered(session, by=agent, now=story.clock(), request_id=request_id)
    with pytest.raises(RuleBroken, match="suspended"), unit_of_work(story.database) as session:
        asking(session, now=story.clock())
    as_user(client, "agent1")
    address = f"/service-requests/{request_id}/wait"
    task = client.get(f"/tasks/{story.task('handle').id}").text
    assert address not in task
    assert "data-asleep" in task
    repair(story, repairing.resume)
    assert address in client.get(f"/tasks/{story.task('handle').id}").text


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("act", ["claim", "release", "save"])
def test_nothing_gets_into_a_case_that_is_suspended_at_this_moment(two_steps: Story, act: str) -> None:
    by, now, task_id = two_steps.people.agent1, two_steps.clock(), two_steps.task("first").id
    verbs = {
        "claim": partial(tasks.claim, task_id=task_id),
        "release": partial(tasks.release, task_id=task_id),
        "save": partial(tasks.save_draft, task_id=task_id, submission=Submission(answers={"note": "late"})),
    }
    if act != "claim":
        with unit_of_work(two_steps.database) as session:
            tasks.claim(session, by=by, now=now, task_id=task_id)
    before = two_steps.task("first").assignee_id
    with pytest.raises(Conflict, match="suspended"), unit_of_work(two_steps.database) as session:
        seen = session.get_one(Task, task_id)
        repair(two_steps, repairing.suspend)
        assert not seen.suspended
        verbs[act](session, by=by, now=now)
    task = two_steps.task("first")
    assert (task.assignee_id, task.draft, task.suspended) == (before, None, True)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_draft_is_refused_when_the_task_went_to_somebody_else_at_this_moment(two_steps: Story) -> None:
    people, now, task_id = two_steps.people, two_steps.clock(), two_steps.task("first").id
    with unit_of_work(two_steps.database) as session:
        tasks.claim(session, by=people.agent1, now=now, task_id=task_id)
    submission = Submission(answers={"note": "late"})
    with pytest.raises(Conflict, match="moved this case on"), unit_of_work(two_steps.database) as session:
        seen = session.get_one(Task, task_id)
        with unit_of_work(two_steps.database) as other:
            transfer(other, by=people.agent1, now=now, task_id=task_id, user_id=people.agent2.id or 0)
        assert seen.assignee_id == people.agent1.id
        tasks.save_draft(session, by=people.agent1, now=now, task_id=task_id, submission=submission)
    assert two_steps.task("first").draft is None


def test_a_task_that_opens_in_a_suspended_case_is_suspended_too(two_steps: Story) -> None:
    repair(two_steps, repairing.suspend)
    repair(two_steps, repairing.skip, token=two_steps.task("first").token)
    with pytest.raises((Denied, Conflict), match="suspended"):
        two_steps.do(two_steps.people.agent1, "second", note="x")
    repair(two_steps, repairing.resume)
    two_steps.do(two_steps.people.agent1, "second", note="x")
    assert two_steps.instance().status == InstanceStatus.COMPLETED


def test_whoever_has_a_task_of_a_cancelled_case_is_told(two_steps: Story) -> None:
    agent = two_steps.people.agent1
    with unit_of_work(two_steps.database) as session:
        tasks.claim(session, by=agent, now=two_steps.clock(), task_id=two_steps.task("first").id)
    repair(two_steps, repairing.cancel)
    assert two_steps.instance().status == InstanceStatus.CANCELLED
    with reading(two_steps.database) as session:
        assert session.scalars(select(Notice.detail).where(Notice.user_id == agent.id)).all()[-1] == WHY
    with pytest.raises(Denied, match="already ended"):
        repair(two_steps, repairing.suspend)


ACTS = {
    "move": partial(repairing.move, token=1, to="second"),
    "skip": partial(repairing.skip, token=1),
    "variables": partial(repairing.set_variables, token=None, changes={"a": 1}),
    "fire": partial(repairing.fire, token=1),
    "suspend": repairing.suspend,
    "resume": repairing.resume,
    "retry": repairing.retry,
    "cancel": repairing.cancel,
}


@pytest.mark.parametrize("act", ACTS.values(), ids=list(ACTS))
def test_only_those_who_administer_processes_repair_and_only_with_a_reason(two_steps: Story, act: object) -> None:
    with pytest.raises(Denied):
        repair(two_steps, act, by=two_steps.people.supervisor)
    with pytest.raises(Invalid):
        repair(two_steps, act, reason=" x ")


def test_programs_try_a_repair_before_they_do_it(two_steps: Story, app: Flask) -> None:
    admin = program_of(app, "admin")
    path = f"/instances/{two_steps.instance_id}"
    token = two_steps.task("first").token
    sent = {"token": token, "to": "second", "reason": WHY}
    told = admin.post(f"{path}/move?check=1", json=sent).get_json()
    assert told == {"allowed": True, "reason": None, "opened": ["second"], "withdrawn": ["first"], "ended": False}
    assert two_steps.waiting() == ["first"]
    refused = admin.post(f"{path}/move?check=1", json={**sent, "to": "nowhere"}).get_json()
    assert refused["allowed"] is False
    assert refused["reason"] == admin.post(f"{path}/move", json={**sent, "to": "nowhere"}).get_json()["detail"]
    assert admin.post(f"{path}/move", json=sent).status_code == 200
    assert two_steps.waiting() == ["second"]
    assert admin.post(f"{path}/suspend", json={"reason": WHY}).status_code == 200
    assert admin.post(f"{path}/resume", json={"reason": WHY}).status_code == 200
    assert program_of(app, "agent1").post(f"{path}/suspend", json={"reason": WHY}).status_code == 403


@pytest.mark.parametrize("act", ["move", "skip", "variables", "suspend", "cancel", "retry"])
def test_each_repair_has_a_page_that_says_why_it_is_refused(two_steps: Story, client: Browser, act: str) -> None:
    as_user(client, "admin")
    token = two_steps.task("first").token
    address = f"/operate/cases/{two_steps.instance_id}/{act}"
    assert client.get(f"{address}?token={token}").status_code == 200
    refused = client.post(address, data={"token": token, "to": "second", "name": "a", "value": "1", "reason": ""})
    assert refused.status_code == 422
    assert two_steps.waiting() == ["first"]
    assert client.get(f"/operate/cases/{two_steps.instance_id}/nonsense").status_code == 404


def test_the_page_tries_a_move_and_does_it(two_steps: Story, client: Browser) -> None:
    as_user(client, "admin")
    address = f"/operate/cases/{two_steps.instance_id}/move"
    sent = {"token": two_steps.task("first").token, "to": "second", "reason": WHY}
    assert client.post(f"{address}/check", data=sent).status_code == 200
    assert two_steps.waiting() == ["first"]
    assert client.post(address, data=sent).status_code == 302
    assert two_steps.waiting() == ["second"]


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("process=two", True),
        ("process=other", False),
        ("process=two&version=1", True),
        ("process=two&version=2", False),
        ("state=running", True),
        ("state=suspended", False),
        ("state=incident", False),
        ("state=completed", False),
        ("state=nonsense", False),
        ("node=first", True),
        ("node=second", False),
        ("age=7", False),
        ("age=old", False),
        ("q=two", True),
        ("q=%25", False),
        ("variable=amount=12.50", True),
        ("variable=amount=12", False),
        ("variable=customer.grade=key", True),
        ("variable=open=true", True),
        ("variable=count=5", True),
        ("variable=nothing", False),
        ("started_by=agent1", False),
        ("department=99", False),
        ("customer=%E6%97%A0", False),
    ],
)
def test_the_list_finds_cases_by_what_they_are(two_steps: Story, client: Browser, query: str, fits: bool) -> None:
    values = {"amount": Decimal("12.50"), "customer": {"grade": "key"}, "open": True, "count": 5}
    repair(two_steps, repairing.set_variables, token=None, changes=values)
    page = as_user(client, "admin").get(f"/operate?{query}")
    assert page.status_code == 200
    assert (f'href="/operate/cases/{two_steps.instance_id}"' in page.text) is fits
    assert ("notice-warn" in page.text) is (query in ("state=nonsense", "variable=nothing", "age=old"))


def test_several_cases_are_suspended_at_once_and_each_tells_its_own_outcome(two_steps: Story, client: Browser) -> None:
    as_user(client, "admin")
    first = two_steps.instance_id
    repair(two_steps, repairing.suspend)
    two_steps.start(two_steps.people.manager1, key="two")
    ids = [first, two_steps.instance_id]
    assert client.post("/operate/bulk", data={"act": "suspend", "ids": ids}).status_code == 200
    told = client.post("/operate/bulk", data={"act": "suspend", "ids": ids, "reason": WHY})
    assert told.status_code == 200
    assert two_steps.instance().suspended_at is not None
    assert "1 / 2" in told.text or "1" in told.text
    moved = {"act": "move", "ids": ids, "reason": WHY, "at": "first", "to": "second"}
    assert client.post("/operate/bulk", data=moved).status_code == 200
    assert two_steps.waiting() == ["second"]
    assert client.post("/operate/bulk", data={**moved, "reason": ""}).status_code == 422


def test_the_map_counts_what_stands_where(timed: Story, client: Browser) -> None:
    as_user(client, "admin")
    assert client.get("/operate/timed/map").status_code == 200
    timed.clock.move(hours=1)
    rows = client.get("/operate/timed/map?as=csv").data.decode("utf-8-sig").splitlines()[1:]
    assert [row.split(",")[0::2][:2] for row in rows] == [["check", "1"], ["late", "0"]]
    assert client.get("/operate/timed/map?version=9").status_code == 404
    assert client.get("/operate/nothing/map").status_code == 404


def test_the_case_page_shows_variables_timers_and_what_was_done(timed: Story, client: Browser) -> None:
    repair(timed, repairing.set_variables, token=None, changes={"hostile": "<script>alert(1)</script>"})
    repair(timed, repairing.suspend)
    page = as_user(client, "admin").get(f"/operate/cases/{timed.instance_id}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page
    assert WHY in page
    assert "late" in page
    assert as_user(client, "agent1").get(f"/operate/cases/{timed.instance_id}").status_code == 403


def test_a_variable_that_is_to_be_changed_stands_in_the_form_as_it_is(two_steps: Story, client: Browser) -> None:
    values = {"amount": Decimal("12.50"), "long": "x" * 600}
    repair(two_steps, repairing.set_variables, token=None, changes=values)
    token = two_steps.task("first").token
    admin = as_user(client, "admin")
    page = admin.get(f"/operate/cases/{two_steps.instance_id}").text
    assert f"variables?token={token}&amp;name=amount" in page
    form = admin.get(f"/operate/cases/{two_steps.instance_id}/variables?token={token}&name=amount").text
    assert '<option value="number" selected>' in form and ">12.50</textarea>" in form
    cut = admin.get(f"/operate/cases/{two_steps.instance_id}/variables?token={token}&name=long").text
    assert '<option value="text" selected>' in cut and "xxx" not in cut


def test_a_suspended_task_stands_marked_in_the_inbox_and_nothing_can_be_done_with_it(
    two_steps: Story, client: Browser
) -> None:
    task_id = two_steps.task("first").id
    as_user(client, "agent1")
    claim, box = f"/tasks/{task_id}/claim", f'name="ids" value="{task_id}"'
    before = client.get("/tasks?folder=groups").get_data(as_text=True)
    assert claim in before and box in before and "已挂起" not in before
    repair(two_steps, repairing.suspend)
    listed = client.get("/tasks?folder=groups").get_data(as_text=True)
    assert two_steps.instance().title in listed
    assert "已挂起" in listed and claim not in listed and box not in listed
    page = client.get(f"/tasks/{task_id}").get_data(as_text=True)
    assert WHY in page[: page.index("work-answers")]
    assert 'value="complete"' not in page and 'value="save"' not in page
    assert "Waits for the customer" not in page and "等待客户" not in page[: page.index("work-rest")]
    assert program_of(client.application, "agent1").get(f"/tasks/{task_id}").get_json()["suspended"]


def test_the_page_of_a_case_names_its_number_its_key_and_that_it_is_suspended(
    two_steps: Story, client: Browser
) -> None:
    with unit_of_work(two_steps.database) as session:
        session.get_one(ProcessInstance, two_steps.instance_id).business_key = "order-4711"
    repair(two_steps, repairing.suspend)
    page = as_user(client, "manager1").get(f"/cases/{two_steps.instance_id}").get_data(as_text=True)
    head = page[page.index("<h1") : page.index('id="facts"')]
    assert f"#{two_steps.instance_id} · two · order-4711" in head and "已挂起" in head
