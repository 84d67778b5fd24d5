"""A complaint from its registration to the call back: by severity, by compensation, back, reopened once, taken back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from crm.complaints.models import Complaint
from crm.complaints.operations import cancel, propose, register
from crm.core.db import Database, reading, unit_of_work
from crm.core.errors import Conflict, Denied, Invalid, NotFound, RuleBroken
from crm.knowledge.description import ARTICLE
from crm.knowledge.models import Article
from crm.knowledge.queries import suggested
from crm.permissions import Actor
from crm.records.operations import create_record
from tests.conftest import Browser, program_of
from tests.processes.stories import Story
from workflows.models import InstanceStatus
from workflows.operations import cancelling

GIVEN = {
    "subject": "主轴异响，停机两天",
    "severity": "serious",
    "channel": "phone",
    "content": "加工中心主轴转速超过 8000 时有异响，产线停了两天。",
    "opinion": "希望免费更换，并赔偿停机损失。",
}
PROPOSAL = {"position": "轴承批次有缺陷，责任在我方。", "decision": "免费更换主轴，加做一次保养。"}


def start(story: Story, by: Actor | None = None, **answers: Any) -> None:
    given = {"customer_id": str(story.customer_id), **GIVEN, **answers}
    story.start(by or story.people.agent1, "complaint", **given)


def complaint_of(story: Story) -> Complaint:
    with reading(story.database) as session:
        return session.scalars(select(Complaint).order_by(Complaint.id.desc()).limit(1)).one()


def holder(story: Story, node_id: str) -> Actor:
    people = (story.people.agent1, story.people.agent2, story.people.supervisor)
    return next(person for person in people if person.id == story.task(node_id).assignee_id)


def until_called_back(story: Story, **proposal: Any) -> Actor:
    agent = holder(story, "investigate")
    story.do(agent, "investigate", **PROPOSAL, **proposal)
    story.do(agent, "carry_out", done="已更换主轴，试机两小时正常。")
    return agent


def test_a_small_complaint_needs_no_approval_and_ends_with_a_content_customer(story: Story) -> None:
    start(story, severity="minor")
    agent = until_called_back(story, compensation="800")
    assert story.waiting() == ["call_back"]
    story.do(agent, "call_back", satisfaction=4, customer_words="处理及时")
    found = complaint_of(story)
    assert (found.status, found.satisfaction, found.compensation, found.rounds) == ("closed", 4, Decimal("800.00"), 0)
    assert found.approved_by_id is None
    assert found.article_id is None
    assert story.instance().status == InstanceStatus.COMPLETED


def test_the_proposal_is_due_in_working_hours_by_severity(story: Story) -> None:
    start(story, severity="minor")
    slow = complaint_of(story).due_at
    start(story, severity="critical")
    fast = complaint_of(story).due_at
    assert slow is not None
    assert fast is not None
    assert fast < slow
    assert story.task("investigate_critical").due == fast
    assert story.waiting() == ["investigate_critical"]


def test_a_serious_complaint_of_a_key_account_is_critical(story: Story) -> None:
    start(story, severity="serious")
    assert story.waiting() == ["investigate_critical"]
    story.do(story.people.supervisor, "investigate_critical", **PROPOSAL)
    assert story.task("carry_out").assignee_id == story.people.supervisor.id


@pytest.mark.parametrize(
    ("compensation", "node_id", "approver"),
    [("1000.01", "approve_supervisor", "supervisor"), ("20000.01", "approve_executive", "executive")],
)
def test_the_amount_decides_who_approves(story: Story, compensation: str, node_id: str, approver: str) -> None:
    start(story, severity="minor")
    story.do(holder(story, "investigate"), "investigate", **PROPOSAL, compensation=compensation)
    assert complaint_of(story).status == "proposed"
    assert story.waiting() == [node_id]
    by = story.people.named(approver)
    story.do(by, node_id, outcome="approve", note="同意")
    found = complaint_of(story)
    assert (found.status, found.approved_by_id) == ("approved", by.id)
    assert story.waiting() == ["carry_out"]


def test_a_rejected_proposal_is_investigated_again_with_the_reason_kept(story: Story) -> None:
    start(story, severity="minor")
    agent = holder(story, "investigate")
    story.do(agent, "investigate", **PROPOSAL, compensation="5000")
    with pytest.raises(Invalid) as refused:
        story.do(story.people.supervisor, "approve_supervisor", outcome="reject")
    assert [fault.field for fault in refused.value.faults] == ["reason"]
    story.do(story.people.supervisor, "approve_supervisor", outcome="reject", reason="先核对保修期")
    assert complaint_of(story).status == "registered"
    assert story.waiting() == ["investigate"]
    story.do(holder(story, "investigate"), "investigate", **PROPOSAL, compensation="500")
    assert story.waiting() == ["carry_out"]


def test_a_customer_who_is_not_content_reopens_it_once(story: Story) -> None:
    start(story, severity="minor")
    agent = until_called_back(story)
    story.do(agent, "call_back", satisfaction=2, customer_words="还有异响")
    assert (complaint_of(story).status, complaint_of(story).rounds) == ("registered", 1)
    assert story.waiting() == ["investigate"]
    agent = until_called_back(story)
    story.do(agent, "call_back", satisfaction=1, customer_words="算了")
    assert (complaint_of(story).status, complaint_of(story).satisfaction) == ("closed", 1)


def test_an_article_comes_of_it_and_is_suggested_next_time(story: Story) -> None:
    start(story, severity="minor")
    agent = until_called_back(story)
    story.do(agent, "call_back", satisfaction=5, article=True)
    article_id = complaint_of(story).article_id
    with unit_of_work(story.database) as session:
        article = session.get_one(Article, article_id)
        assert (article.title, article.published) == (GIVEN["subject"], False)
        assert suggested(session, by=agent, words="主轴转速高时异响") == []
        article.published = True
        session.flush()
        assert [each.id for each in suggested(session, by=agent, words="主轴转速高时异响")] == [article_id]
        assert suggested(session, by=agent, words="发票抬头写错了") == []
        assert suggested(session, by=story.people.stranger, words="主轴转速高时异响") == []


def test_cancelling_the_complaint_ends_its_case_and_the_other_way_round(story: Story) -> None:
    start(story, severity="minor")
    with unit_of_work(story.database) as session:
        complaint_id = complaint_of(story).id
        cancel(session, by=story.people.supervisor, now=story.clock(), complaint_id=complaint_id, reason="重复登记")
    assert story.instance().status == InstanceStatus.CANCELLED
    start(story, severity="minor")
    with unit_of_work(story.database) as session:
        cancelling.cancel(
            session, by=story.people.admin, now=story.clock(), instance_id=story.instance_id, reason="重复登记"
        )
    assert complaint_of(story).status == "cancelled"


def test_nobody_proposes_out_of_turn_or_for_others(story: Story) -> None:
    start(story, severity="minor")
    agent = until_called_back(story)
    given: dict[str, Any] = {"complaint_id": complaint_of(story).id, "needs_approval": False, **PROPOSAL}
    with pytest.raises(RuleBroken), unit_of_work(story.database) as session:
        propose(session, by=agent, now=story.clock(), **given)
    with pytest.raises(Denied), unit_of_work(story.database) as session:
        propose(session, by=story.people.manager1, now=story.clock(), **given)
    with pytest.raises(NotFound), unit_of_work(story.database) as session:
        propose(session, by=story.people.manager2, now=story.clock(), **given)
    other = story.people.agent2 if agent.id == story.people.agent1.id else story.people.agent1
    with pytest.raises((Conflict, Denied, NotFound)):
        story.do(other, "call_back", satisfaction=5)


def test_a_complaint_by_program_starts_its_case(story: Story) -> None:
    with unit_of_work(story.database) as session:
        values = {**GIVEN, "customer_id": story.customer_id}
        registered = register(session, by=story.people.manager1, now=story.clock(), values=values)
    assert complaint_of(story).id == registered.id
    with unit_of_work(story.database) as session:
        create_record(ARTICLE, session, by=story.people.agent1, now=story.clock(), values={"title": "x", "body": "y"})


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_pages_and_the_api_show_it(story: Story, client: Browser, database: Database) -> None:
    start(story, severity="minor")
    until_called_back(story, compensation="800")
    complaint = complaint_of(story)
    client.signed_in_as("agent1")
    page = client.get(f"/complaints/{complaint.id}").text
    for words in (GIVEN["content"], PROPOSAL["position"], "已更换主轴", "800.00"):
        assert words in page
    assert "主轴异响" in client.get("/complaints?severity=minor").text
    assert "主轴异响" in client.get(f"/customers/{story.customer_id}").text
    api = program_of(client.application, "agent1")
    told = api.get(f"/complaints/{complaint.id}").get_json()
    assert (told["status"], told["number"]) == ("carried_out", "TS-000001")
    client.signed_in_as("manager2")
    assert client.get(f"/complaints/{complaint.id}").status_code == 404
