"""Beside the form of a task: the customer and finished cases like this one, each only as far as the reader may see it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crm.complaints.operations import register
from crm.core.db import reading, unit_of_work
from crm.customers.contact_operations import create_contact
from crm.interactions.description import INTERACTION
from crm.orders.operations import create_order
from crm.permissions import Actor, Scope
from crm.records.operations import create_record
from tests.conftest import Browser, as_user
from tests.processes.small import straight, user_task
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST
from workflows import queries
from workflows.inbox.alike import Alike, alike, words_of
from workflows.inbox.beside import MOST_CASES, MOST_EACH, Beside, beside
from workflows.instances.reach import open_to
from workflows.models import ProcessInstance

EVERYBODY = (
    "executive",
    "supervisor",
    "manager1",
    "manager2",
    "agent1",
    "agent2",
    "marketing",
    "contracts",
    "admin",
    "stranger",
)


def seen(story: Story, by: Actor, instance: ProcessInstance | None = None) -> Beside | None:
    """What stands beside a task of this case; of another one of the same customer, if none is given."""
    at_hand = instance or ProcessInstance(id=0, customer_id=story.customer_id)
    with reading(story.database) as session:
        return beside(session, at_hand, by=by, now=story.clock())


def furnish(story: Story) -> None:
    """A contact, and more interactions, orders and complaints than are shown."""
    manager, now = story.people.manager1, story.clock()
    of_customer = {"customer_id": story.customer_id}
    with unit_of_work(story.database) as session:
        create_contact(
            session,
            by=manager,
            now=now,
            customer_id=story.customer_id,
            values={"name": "陈建华", "position": "设备部经理", "mobile": "138 1234 5678", "is_primary": True},
        )
        for number in range(MOST_EACH + 2):
            day = now - timedelta(days=10 - number)
            talk = {"held_at": day, "channel": "visit", "direction": "out", "subject": f"talk {number}"}
            create_record(INTERACTION, session, by=manager, now=now, values={**of_customer, **talk})
            order = {"ordered_on": day.date(), "subject": f"order {number}"}
            create_order(session, by=manager, now=now, values={**of_customer, **order})
        complaint = {"subject": "Too loud", "severity": "minor", "content": "The spindle is too loud."}
        register(session, by=manager, now=now, values={**of_customer, **complaint})


def finish(story: Story, summary: str, handling: str) -> int:
    """A request that was handled so and is over. Answers its case."""
    people = story.people
    story.start(people.manager1, **{**REQUEST, "summary": summary})
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1", note="Call first")
    story.do(people.agent1, "handle", handling=handling)
    story.do(people.manager1, "feedback", result="good", satisfaction=5)
    story.do(people.agent2, "archive")
    return story.instance_id


def found(story: Story, by: Actor, node_id: str = "handle") -> list[Alike]:
    with reading(story.database) as session:
        return alike(session, session.get_one(ProcessInstance, story.instance_id), node_id=node_id, by=by)


def test_the_customer_is_shown_with_the_newest_of_everything(story: Story) -> None:
    furnish(story)
    shown = seen(story, replace(story.people.manager1, locale="en"))
    assert shown is not None
    assert (shown.name, shown.grade, shown.manager) == ("苏州恒力精密机械有限公司", "Key account", "Wang Haiyan")
    assert [(each["name"], each["mobile"]) for each in shown.contacts] == [("陈建华", "138 1234 5678")]
    newest = [MOST_EACH + 1 - back for back in range(MOST_EACH)]
    assert [each["subject"] for each in shown.interactions] == [f"talk {number}" for number in newest]
    assert [each["subject"] for each in shown.orders] == [f"order {number}" for number in newest]
    assert [(each["subject"], each["state"]) for each in shown.complaints] == [("Too loud", "Being investigated")]


def test_a_complaint_is_not_named_beside_its_own_task(story: Story) -> None:
    furnish(story)
    with reading(story.database) as session:
        case = session.query(ProcessInstance).where(ProcessInstance.record_type == "complaint").one()
    shown = seen(story, story.people.manager1, case)
    assert shown is not None
    assert not (shown.complaints or shown.cases)


def test_open_cases_say_where_they_stand_and_who_holds_them(story: Story) -> None:
    people = story.people
    for number in range(MOST_CASES + 2):
        story.clock.move(minutes=1)
        story.start(people.manager1, **{**REQUEST, "summary": f"case {number}"})
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    last = story.instance_id
    english = replace(people.manager1, locale="en")
    shown = seen(story, english)
    assert shown is not None
    assert len(shown.cases) == MOST_CASES
    assert shown.cases[0].id == last
    assert shown.cases[0].stands == [("Handle", "Liu Fang")]
    assert shown.cases[1].stands == [("Assign", "Sales supervisor")]
    assert not shown.cases[0].overdue
    story.clock.move(days=30)
    late, without = seen(story, english), seen(story, english, story.instance())
    assert late is not None and late.cases[0].overdue
    assert without is not None and last not in {case.id for case in without.cases}


def test_the_customer_is_shown_only_to_whoever_may_see_it_and_each_part_too(story: Story) -> None:
    furnish(story)
    people = story.people
    assert seen(story, people.manager2) is None
    assert seen(story, people.stranger) is None
    grants = {place: scope for place, scope in people.manager1.grants.items() if place[0] in ("customers", "processes")}
    shown = seen(story, replace(people.manager1, grants=grants))
    assert shown is not None
    assert not (shown.contacts or shown.interactions or shown.orders or shown.complaints)


def test_what_the_customers_page_would_hide_of_cases_is_hidden_beside_the_form_too(story: Story) -> None:
    """The WHERE clause for many cases says what `may_see` says of each."""
    people = story.people
    started = []
    story.publish(straight("small", user_task("check"), user_task("last")))
    for by in (people.manager1, people.manager2):
        started.append(story.start(by, key="small").id)
    started.append(story.start(people.manager1, **REQUEST).id)
    started.append(finish(story, "coolant leaks", "New seal"))
    for name in EVERYBODY:
        by = people.named(name)
        with reading(story.database) as session:
            allowed = {key for key in started if queries.may_see(session, session.get_one(ProcessInstance, key), by=by)}
            listed = {row.id for row in session.query(ProcessInstance).where(open_to(by))}
        assert listed == allowed, name


def test_a_finished_case_about_the_same_is_offered_with_what_helped(story: Story) -> None:
    helped = finish(story, "主轴高速时异响", "更换主轴前轴承，试机两小时正常。")
    finish(story, "开票信息有误", "已重开发票。")
    story.start(story.people.manager1, **{**REQUEST, "summary": "主轴异响，高速时明显"})
    (offered,) = found(story, story.people.agent1)
    assert (offered.id, offered.words) == (helped, "更换主轴前轴承，试机两小时正常。")
    assert offered.who == story.people.agent1.name


def test_at_another_step_what_was_written_at_that_step_is_offered(story: Story) -> None:
    finish(story, "Spindle makes a noise", "New bearing")
    story.start(story.people.manager1, **{**REQUEST, "summary": "Noise from the spindle"})
    assert [each.words for each in found(story, story.people.supervisor, "assign")] == ["Call first"]
    assert [each.words for each in found(story, story.people.supervisor, "feedback")] == ["good"]


@pytest.mark.parametrize("summary", ["Spindle", "42", "Invoice is wrong twice"])
def test_a_single_word_or_nothing_in_common_is_no_likeness(story: Story, summary: str) -> None:
    finish(story, "Spindle makes a noise", "New bearing")
    story.start(story.people.manager1, **{**REQUEST, "summary": summary})
    assert found(story, story.people.supervisor) == []


def test_finished_cases_of_customers_that_are_not_open_to_the_reader_are_not_offered(story: Story) -> None:
    finish(story, "Spindle makes a noise", "New bearing")
    story.start(story.people.manager1, **{**REQUEST, "summary": "Spindle noise"})
    own = {**story.people.manager2.grants, ("service", "view"): Scope.OWN}
    assert found(story, replace(story.people.manager2, grants=own)) == []
    assert found(story, story.people.stranger) == []
    assert len(found(story, story.people.manager1)) == 1


def test_words_of_a_title_leave_numbers_out() -> None:
    assert words_of("SR-000012 主轴 VMC1160 Spindle noise") == {"主轴", "spindle", "noise"}


def test_the_page_of_a_task_shows_both_and_escapes_them(story: Story, client: Browser) -> None:
    furnish(story)
    finish(story, "Spindle makes <b>noise</b>", "New <script>bearing</script>")
    story.start(story.people.manager1, **{**REQUEST, "summary": "Spindle noise"})
    as_user(client, "supervisor")
    page = client.get(f"/tasks/{story.task('assign').id}")
    assert page.status_code == 200
    assert 'href="tel:13812345678"' in page.text
    assert "Too loud" in page.text
    assert 'id="alike"' in page.text
    assert "<script>bearing" not in page.text and "<b>noise" not in page.text
