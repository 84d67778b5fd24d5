"""The answer to “who would get this today, and why?”, on the page and for programs; and what the task itself tells."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from crm.core.db import reading
from tests.conftest import Browser, program_of
from tests.integration.workflows.test_assigning import away, begin
from tests.processes.small import straight, user_task
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST
from workflows import queries
from workflows.assigning.models import AssigneeTurn

STEPS = (
    user_task("check", assign="round_robin"),
    user_task("approve", assign="superior", assignNot="initiator"),
    user_task("either", assign="candidates", assignTo="manager1,manager2"),
    user_task("file"),
)


def test_every_step_is_answered_and_nobodys_turn_is_used_up(story: Story, app: Flask) -> None:
    people = story.people
    story.publish(straight("small", *STEPS))
    away(story, people.supervisor, people.marketing)
    admin = program_of(app, "admin")
    for _ in range(2):
        answer = admin.get(f"/definitions/small/versions/1/assignees?initiator={people.agent1.id}")
        assert answer.status_code == 200, answer.text
        check, approve, either, file = answer.get_json()["items"]
        assert check["person"]["id"] == people.agent1.id
        assert approve["person"]["id"] == people.marketing.id
        assert approve["substitute_for"]["id"] == people.supervisor.id
        assert approve["excluded_id"] == people.agent1.id
        assert "李明远" in approve["reason"]
        assert [one["id"] for one in either["candidates"]] == [people.manager1.id, people.manager2.id]
        assert (file["person"], file["role"]) == (None, "service_agent")
    with reading(story.database) as session:
        assert session.scalars(select(AssigneeTurn)).all() == []


def test_one_step_can_be_asked_about_with_the_case_that_there_is(story: Story, app: Flask) -> None:
    people = story.people
    story.publish(straight("small", user_task("first"), user_task("approve", assign="variable", assignTo="note")))
    story.start(people.agent1, key="small")
    story.do(people.agent1, "first", note="manager2")
    admin = program_of(app, "admin")
    asked = f"/definitions/small/versions/1/assignees?node=approve&case={story.instance_id}"
    assert [item["person"]["id"] for item in admin.get(asked).get_json()["items"]] == [people.manager2.id]


def test_a_question_that_cannot_be_is_refused_by_name(story: Story, app: Flask) -> None:
    story.publish(straight("small", *STEPS))
    story.publish(straight("other", *STEPS))
    story.start(story.people.agent1, key="other")
    admin = program_of(app, "admin")
    for wrong in ("node=nowhere", "initiator=999999", "customer=999999", f"case={story.instance_id}", "case=0"):
        answer = admin.get(f"/definitions/small/versions/1/assignees?{wrong}")
        assert answer.status_code == 422, wrong
    assert admin.get("/definitions/small/versions/7/assignees").status_code == 404
    assert program_of(app, "agent1").get("/definitions/small/versions/1/assignees").status_code == 403


def test_the_page_answers_for_the_reader_until_another_case_is_thought_of(story: Story, client: Browser) -> None:
    story.publish(straight("small", *STEPS))
    browser = client.signed_in_as("admin")
    address = "/definitions/small/versions/1/assignees"
    assert address in browser.get("/definitions/small").text
    assert "陈国栋" in browser.get(address).text.split('id="answers"')[1]
    page = browser.get(f"{address}?initiator={story.people.agent1.id}&customer=K-{story.customer_id:06d}")
    assert (page.status_code, "李明远" in page.text.split('id="answers"')[1]) == (200, True)
    assert browser.get(f"{address}?customer=abc").status_code == 422
    assert browser.get(f"{address}?initiator=abc").status_code == 422
    assert client.signed_in_as("agent1").get(address).status_code == 403


def test_a_group_shows_who_finds_its_tasks_for_the_absent(story: Story, client: Browser) -> None:
    people = story.people
    story.publish(straight("small", user_task("file", role="contract_clerk"), user_task("pay", role="executive")))
    away(story, people.contracts, people.marketing)
    answers = client.signed_in_as("admin").get("/definitions/small/versions/1/assignees").text.split('id="answers"')[1]
    assert "周雅琴" in answers
    assert "吴晓东" in answers
    assert "陈国栋" in answers


def test_the_delivered_process_is_answered_for_a_running_case(story: Story, client: Browser) -> None:
    story.start(story.people.manager1, **REQUEST)
    page = client.signed_in_as("admin").get(
        f"/definitions/service_request/versions/1/assignees?case={story.instance_id}"
    )
    assert page.status_code == 200


def test_the_page_of_a_task_says_why_it_is_mine(story: Story, client: Browser) -> None:
    task = begin(story, story.people.agent1, assign="superior")
    page = client.signed_in_as("supervisor").get(f"/tasks/{task.id}").text
    assert "李明远" in page
    client.post("/language", data={"language": "en", "next": "/"})
    assert "Li Mingyuan is the superior of Liu Fang." in client.get(f"/tasks/{task.id}").text


def test_the_substitute_meets_the_task_and_the_history_names_both(story: Story, client: Browser) -> None:
    people = story.people
    task = begin(story, people.agent1, assign="person", assignTo="contracts")
    assert client.signed_in_as("marketing").get(f"/tasks/{task.id}").status_code == 404
    away(story, people.contracts, people.marketing)
    browser = client.signed_in_as("marketing")
    assert browser.get(f"/tasks/{task.id}").status_code == 200
    done = browser.post(f"/tasks/{task.id}", data={"_act": "complete", "note": "fine"})
    assert done.status_code == 302
    page = client.signed_in_as("contracts").get(f"/tasks/{task.id}").text
    assert "周雅琴" in page
    assert "吴晓东" in page


def test_a_task_is_not_handed_to_whoever_must_not_do_it(story: Story, app: Flask) -> None:
    people = story.people
    task = begin(story, people.agent1, assign="superior", assignNot="initiator")
    supervisor = program_of(app, "supervisor")
    refused = supervisor.post(f"/tasks/{task.id}/transfer", json={"user_id": people.agent1.id})
    assert refused.status_code == 422, refused.text
    given = supervisor.post(f"/tasks/{task.id}/transfer", json={"user_id": people.agent2.id})
    assert given.status_code == 200, given.text


def test_handing_on_ends_what_was_done_for_somebody_absent(story: Story, app: Flask) -> None:
    people = story.people
    away(story, people.supervisor, people.manager1)
    task = begin(story, people.agent1, assign="superior")
    assert task.on_behalf_of_id == people.supervisor.id
    answer = program_of(app, "manager1").post(f"/tasks/{task.id}/transfer", json={"user_id": people.manager2.id})
    assert answer.status_code == 200, answer.text
    assert story.task("approve").on_behalf_of_id is None


def test_a_substitutes_question_goes_back_to_the_person_whose_task_it_is(story: Story, app: Flask) -> None:
    people = story.people
    task = begin(story, people.agent1, assign="person", assignTo="contracts")
    away(story, people.contracts, people.marketing)
    asked = program_of(app, "marketing").post(f"/tasks/{task.id}/delegate", json={"user_id": people.manager2.id})
    assert asked.status_code == 200, asked.text
    returned = program_of(app, "manager2").post(f"/tasks/{task.id}/return", json={})
    assert returned.status_code == 200, returned.text
    assert story.task("approve").assignee_id == people.contracts.id


def test_the_inbox_of_a_substitute_holds_what_is_with_the_absent_person(story: Story, client: Browser) -> None:
    people = story.people
    link = f"/tasks/{begin(story, people.agent1, assign='person', assignTo='contracts').id}?"
    away(story, people.contracts, people.marketing)
    browser = client.signed_in_as("marketing")
    page = browser.get("/tasks?folder=mine").text
    assert link in page
    assert "吴晓东" in page
    assert "1" in browser.get("/tasks/count").text
    story.clock.move(days=8)
    assert link not in browser.get("/tasks?folder=mine").text


def test_whoever_is_named_among_others_finds_the_task_among_those_of_their_groups(
    story: Story, app: Flask, client: Browser
) -> None:
    task = begin(story, story.people.agent1, assign="candidates", assignTo="manager1,marketing")
    link = f"/tasks/{task.id}?"
    assert link in client.signed_in_as("marketing").get("/tasks?folder=groups").text
    manager = program_of(app, "manager1")
    assert [item["id"] for item in manager.get("/tasks?folder=groups").get_json()["items"]] == [task.id]
    assert manager.get("/me").get_json()["counts"]["groups"] == 1
    assert link not in client.signed_in_as("manager2").get("/tasks?folder=groups").text


def test_a_substitute_sees_whose_task_it_is(story: Story, app: Flask) -> None:
    people = story.people
    away(story, people.supervisor, people.manager1)
    begin(story, people.agent1, assign="superior")
    item = program_of(app, "manager1").get("/tasks").get_json()["items"][0]
    assert (item["assignee_id"], item["in_place_of"]) == (people.manager1.id, "李明远")


def test_a_signer_who_was_asked_by_name_is_not_found_by_the_rule(story: Story, app: Flask) -> None:
    people = story.people
    task = begin(story, people.agent1, assign="superior")
    asked = program_of(app, "supervisor").post(
        f"/tasks/{task.id}/add-signer", json={"user_id": people.manager2.id, "where": "parallel"}
    )
    assert asked.status_code == 200, asked.text
    with reading(story.database) as session:
        holders = {open_task.assignee_id for open_task in queries.open_tasks(session, story.instance_id)}
    assert holders == {people.supervisor.id, people.manager2.id}


def test_what_is_sent_back_goes_to_whoever_did_it_and_uses_up_nobodys_turn(story: Story, app: Flask) -> None:
    people = story.people
    story.publish(straight("small", user_task("check", assign="round_robin"), user_task("approve", assign="superior")))
    story.start(people.manager1, key="small")
    story.do(people.agent1, "check", note="once")
    sent = program_of(app, "supervisor").post(
        f"/tasks/{story.task('approve').id}/send-back", json={"to": "check", "reason": "look again"}
    )
    assert sent.status_code == 200, sent.text
    assert story.task("check").assignee_id == people.agent1.id
    story.start(people.manager1, key="small")
    assert story.task("check").assignee_id == people.agent2.id


def test_what_a_substitute_did_and_takes_back_is_still_done_for_the_absent(story: Story, app: Flask) -> None:
    people = story.people
    story.publish(straight("small", user_task("check", assign="person", assignTo="contracts"), user_task("file")))
    story.start(people.manager1, key="small")
    away(story, people.contracts, people.marketing)
    marketing, task = program_of(app, "marketing"), story.task("check")
    assert marketing.post(f"/tasks/{task.id}/complete", json={"answers": {"note": "a"}}).status_code == 200
    back = marketing.post(f"/tasks/{task.id}/withdraw", json={})
    assert back.status_code == 200, back.text
    assert story.task("check").on_behalf_of_id == people.contracts.id


def test_a_substitute_may_in_the_step_what_the_absent_person_may_and_nothing_beside_it(
    story: Story, client: Browser, app: Flask
) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)
    task = story.task("assign")
    address = f"/tasks/{task.id}"
    assert client.signed_in_as("marketing").get(address).status_code == 404
    away(story, people.supervisor, people.marketing)
    browser = client.signed_in_as("marketing")
    assert browser.get(address).status_code == 200
    answers = {"assignee_id": str(people.agent1.id), "priority": "1", "_act": "complete"}
    done = browser.post(address, data=answers)
    assert done.status_code == 302, done.text
    assert story.request().assigned_to_id == people.agent1.id
    assert story.waiting() == ["handle"]
    request_id = story.request().id
    assert program_of(app, "marketing").get(f"/service-requests/{request_id}").status_code in (403, 404)
