"""Messages from programs and business events: whom they reach, what they begin, once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import jobs
from crm.core.config import Config
from crm.core.db import reading, unit_of_work
from crm.core.due import DueRow
from crm.core.errors import Denied
from crm.permissions import SYSTEM
from scheduler.sweep import tick
from tests.conftest import Program, program_of
from tests.integration.workflows.listening import (
    CATCH,
    cases,
    data_of,
    event,
    message,
    process,
    signal,
    told,
    waiting,
    waits,
)
from tests.processes.small import service_task, user_task
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST
from workflows.messaging.models import LOOK, Said, Waiting
from workflows.models import Incident, InstanceStatus
from workflows.operations import messages as verbs
from workflows.operations.cancelling import cancel
from workflows.operations.incidents import retry
from workflows.operations.messages import Sending
from workflows.registry import Message, RecordRef


# ---------------------------------------------------------------- programs
def test_a_message_begins_a_case_and_the_next_one_with_its_key_reaches_it(story: Story, shop: Program) -> None:
    story.publish(waits())
    begun = shop.post("/messages", json={"name": "order", "business_key": "A-1", "data": {"title": "Order A-1"}})
    assert begun.status_code == 200, begun.get_json()
    (case,) = cases(story.database, "waiter")
    assert begun.get_json()["begun"] == case.id
    (listed,) = shop.get("/instances?business_key=A-1").get_json()["items"]
    assert (listed["id"], listed["business_key"]) == (case.id, "A-1")
    assert shop.get("/instances?business_key=A-2").get_json()["items"] == []
    assert (case.title, case.business_key, case.started_by_id) == ("Order A-1", "A-1", story.people.admin.id)
    assert waiting(story.database) == [(case.id, "message", "paid")]
    assert shop.get(f"/instances/{case.id}").get_json()["position"] == ["wait"]
    typed = {
        "name": "paid",
        "business_key": "A-1",
        "data": {"amount": "12.50", "on": "2026-03-11", "at": "2026-03-11T08:00:00+08:00", "n": 3},
        "types": {"amount": "number", "on": "date", "at": "datetime"},
    }
    reached = shop.post("/messages", json=typed)
    assert reached.get_json()["reached"] == [case.id]
    assert reached.get_json()["begun"] is None
    assert waiting(story.database) == []
    known = data_of(story.database, case.id, "ship")
    assert (known["amount"], known["on"], known["n"]) == (Decimal("12.50"), date(2026, 3, 11), 3)
    assert known["at"] == datetime(2026, 3, 11, tzinfo=UTC)
    line = told(story.database, case.id)[0]
    assert (line.actor_id, line.detail["message"]) == (story.people.admin.id, "paid")


def test_a_message_of_another_key_reaches_nobody_and_says_so(story: Story, shop: Program) -> None:
    story.publish(waits())
    shop.post("/messages", json={"name": "order", "business_key": "A-1"})
    unknown = {"business_key": "A-1", "record": None, "name": "unpaid"}
    missed: tuple[tuple[dict[str, str | None], str], ...] = (
        ({"business_key": "B-2"}, "但没有属于该记录"),
        ({}, "请指明"),
        (unknown, "没有流程在等待"),
    )
    for said, words in missed:
        refused = shop.post("/messages", json={"name": "paid", **said})
        assert refused.status_code == 404
        assert words in refused.get_json()["detail"]
        assert refused.get_json()["detail"].endswith("消息不会保留。")
    with reading(story.database) as session:
        assert session.scalar(select(func.count()).select_from(Said)) == 1, "what was refused is not kept"


def test_without_key_and_record_it_is_for_the_one_that_has_waited_longest(story: Story, shop: Program) -> None:
    story.publish(waits())
    for said in ({"business_key": "A-1"}, {}, {}):
        shop.post("/messages", json={"name": "order", **said})
    _, first, second = (case.id for case in cases(story.database, "waiter"))
    assert shop.post("/messages", json={"name": "paid"}).get_json()["reached"] == [first]
    assert shop.post("/messages", json={"name": "paid"}).get_json()["reached"] == [second]
    assert shop.post("/messages", json={"name": "paid"}).status_code == 404


def test_the_same_message_under_one_key_is_one_message(story: Story, shop: Program, app: Flask) -> None:
    story.publish(waits())
    sent = [
        shop.post("/messages", json={"name": "order", "business_key": "A-1"}, headers={"Idempotency-Key": "k1"})
        for _ in range(3)
    ]
    assert len({str(answer.get_json()) for answer in sent}) == 1
    assert len(cases(story.database, "waiter")) == 1
    other = shop.post("/messages", json={"name": "order", "business_key": "B-2"}, headers={"Idempotency-Key": "k1"})
    assert other.status_code == 409
    assert len(cases(story.database, "waiter")) == 1
    refused = shop.post("/messages", json={"name": "later"}, headers={"Idempotency-Key": "k2"})
    assert refused.status_code == 404
    story.publish(process("late", event("startEvent", "later", message())))
    again = shop.post("/messages", json={"name": "later"}, headers={"Idempotency-Key": "k2"})
    assert again.status_code == 200, "what reached nobody has not used up its key"


def test_two_programs_sending_the_same_message_at_once_begin_one_case(story: Story) -> None:
    story.publish(waits())
    both = Barrier(2)

    def send(number: int) -> int | None:
        sending = Sending("order", {}, business_key=f"A-{number}", key=f"key-{number}")
        both.wait()
        with unit_of_work(story.database) as session:
            return verbs.send_message(session, sending, by=story.people.admin, now=story.clock()).begun

    rounds = 20
    with ThreadPoolExecutor(2) as programs:
        for number in range(rounds):
            answers = list(programs.map(send, (number, number)))
            assert answers[0] == answers[1]
    assert len(cases(story.database, "waiter")) == rounds


def test_a_message_is_for_those_who_may_send_one_and_is_bounded(story: Story, app: Flask, shop: Program) -> None:
    story.publish(waits())
    agent = program_of(app, "agent1")
    assert agent.post("/messages", json={"name": "order"}).status_code == 403
    assert agent.post("/signals", json={"name": "order"}).status_code == 403
    with unit_of_work(story.database) as session, pytest.raises(Denied):
        verbs.send_message(session, Sending("order", {}), by=story.people.agent1, now=story.clock())
    bad: dict[str, tuple[dict[str, Any], int]] = {
        "name": ({"name": ""}, 422),
        "data.initiator_id": ({"name": "order", "data": {"initiator_id": 1}}, 422),
        "data": ({"name": "order", "data": {"x": {"typename": "date", "value": "x"}}}, 422),
        "data.when": ({"name": "order", "data": {"when": "tomorrow"}, "types": {"when": "date"}}, 422),
        "data.at": ({"name": "order", "data": {"at": "2026-03-11T08:00:00"}, "types": {"at": "datetime"}}, 422),
        "record": ({"name": "order", "record": {"type": "service_request", "id": 999}}, 422),
        "data.customer_id": ({"name": "order", "data": {"customer_id": 99_999}}, 422),
        "colour": ({"name": "order", "colour": "red"}, 422),
    }
    for field, (body, status) in bad.items():
        answer = shop.post("/messages", json=body)
        assert answer.status_code == status, (field, answer.get_json())
        assert [error["field"] for error in answer.get_json()["errors"]] == [field]
        assert answer.content_type == "application/problem+json"
    assert shop.post("/messages", json={"name": "order", "data": {"x": "y" * 70_000}}).status_code == 413
    long_key = shop.post("/messages", json={"name": "order"}, headers={"Idempotency-Key": "k" * 201})
    assert long_key.status_code == 422
    assert cases(story.database, "waiter") == []


def test_both_calls_are_described(app: Flask) -> None:
    paths = app.test_client().get("/api/v1/openapi.json").get_json()["paths"]
    for path, status in (("/api/v1/messages", "200"), ("/api/v1/signals", "202")):
        call = paths[path]["post"]
        assert status in call["responses"]
        assert "409" in call["responses"]
        assert "Idempotency-Key" in [parameter.get("name") for parameter in call["parameters"]]


def test_a_message_about_a_record_reaches_its_case(story: Story, shop: Program) -> None:
    story.publish(
        process(
            "asker",
            event("startEvent", "asked", message()),
            steps=[event(CATCH, "wait", message(), name="answered"), user_task("read")],
        )
    )
    story.start(story.people.manager1, **REQUEST)
    record = {"type": "service_request", "id": story.instance().record_id}
    begun = shop.post("/messages", json={"name": "asked", "record": record}).get_json()["begun"]
    (case,) = cases(story.database, "asker")
    assert (case.id, case.record_id, case.customer_id) == (begun, record["id"], story.customer_id)
    elsewhere = shop.post("/messages", json={"name": "answered"})
    assert elsewhere.status_code == 404
    assert shop.post("/messages", json={"name": "answered", "record": record}).get_json()["reached"] == [begun]


def test_a_message_to_a_case_that_fails_at_it_is_tried_again_and_leaves_an_incident(
    story: Story, shop: Program, config: Config, run: Callable[[], int]
) -> None:
    begin = event("startEvent", "order", message())
    failing = service_task("send", "small/unknown")
    story.publish(process("waiter", begin, steps=[event(CATCH, "wait", message(), name="paid"), failing]))
    case = shop.post("/messages", json={"name": "order"}).get_json()["begun"]
    sent = shop.post("/messages", json={"name": "paid"}, headers={"Idempotency-Key": "k"})
    assert sent.get_json()["reached"] == [case]
    for _ in range(3):
        assert tick(story.database, jobs(config), story.clock).failed == 1
        story.clock.move(minutes=10)
    with reading(story.database) as session:
        incident = session.scalars(select(Incident)).one()
    assert (incident.instance_id, incident.resolved_at) == (case, None)
    with unit_of_work(story.database) as session:
        retry(session, by=story.people.admin, now=story.clock(), incident_id=incident.id)
    assert tick(story.database, jobs(config), story.clock).failed == 1


def test_a_process_about_a_record_is_not_begun_without_one(story: Story, shop: Program) -> None:
    story.publish(process("service_request", event("startEvent", "order", message())))
    refused = shop.post("/messages", json={"name": "order"})
    assert refused.status_code == 422
    assert "service_request" in refused.get_json()["detail"]


def test_too_many_cases_under_one_key_are_refused(story: Story, shop: Program) -> None:
    story.publish(waits())
    for _ in range(verbs.MOST_AT_ONCE + 1):
        shop.post("/messages", json={"name": "order", "business_key": "A-1"})
    assert shop.post("/messages", json={"name": "paid", "business_key": "A-1"}).status_code == 422
    assert len(waiting(story.database)) == verbs.MOST_AT_ONCE + 1


# ---------------------------------------------------------------- business events
def test_a_business_event_reaches_the_cases_of_its_record_or_begins_one(story: Story) -> None:
    begin = event("startEvent", "order_came", message())
    story.publish(
        process("small", begin, steps=[event(CATCH, "wait", message(), name="order_came"), user_task("look")])
    )
    said = Message(RecordRef("order", 7), "order_came", {"n": 1}, title="Order 7", customer_id=story.customer_id)
    with unit_of_work(story.database) as session:
        assert verbs.tell_cases_of(session, said, by=SYSTEM, now=story.clock()) == 1
    (case,) = cases(story.database, "small")
    assert (case.title, case.record_id, case.customer_id) == ("Order 7", 7, story.customer_id)
    with unit_of_work(story.database) as session:
        assert verbs.tell_cases_of(session, said, by=SYSTEM, now=story.clock()) == 1
    assert len(cases(story.database, "small")) == 1, "it waited for the second one"
    story.instance_id = case.id
    assert story.waiting() == ["look"]


# ---------------------------------------------------------------- what is kept
def test_what_a_case_waits_for_is_forgotten_with_it(story: Story, shop: Program) -> None:
    story.publish(waits())
    case = shop.post("/messages", json={"name": "order"}).get_json()["begun"]
    with unit_of_work(story.database) as session:
        cancel(session, by=story.people.admin, now=story.clock(), instance_id=case, reason="not wanted")
    assert waiting(story.database) == []
    assert shop.post("/messages", json={"name": "paid"}).status_code == 404


def test_cases_from_before_are_looked_into_once(story: Story, shop: Program, run: Callable[[], int]) -> None:
    story.publish(waits())
    ids = [shop.post("/messages", json={"name": "order"}).get_json()["begun"] for _ in range(3)]
    with unit_of_work(story.database) as session:
        for row in session.scalars(select(Waiting)):
            session.delete(row)
        session.add(DueRow(kind=LOOK, payload={}, due_at=story.clock(), created_at=story.clock(), attempts=0))
    assert run() == 1
    assert [instance_id for instance_id, _, _ in waiting(story.database)] == ids


def test_what_was_said_is_forgotten_after_a_month(story: Story, shop: Program) -> None:
    story.publish(waits())
    shop.post("/messages", json={"name": "order"})
    with unit_of_work(story.database) as session:
        assert verbs.forget_old(session, story.clock() + timedelta(days=29)) == 0
        assert verbs.forget_old(session, story.clock() + timedelta(days=31)) == 1


def test_a_case_that_ended_while_a_signal_was_on_its_way_hears_nothing(
    story: Story, shop: Program, run: Callable[[], int]
) -> None:
    story.publish(waits(name="alarm", body=signal()))
    case = shop.post("/messages", json={"name": "order"}).get_json()["begun"]
    shop.post("/signals", json={"name": "alarm"})
    with unit_of_work(story.database) as session:
        cancel(session, by=story.people.admin, now=story.clock(), instance_id=case, reason="not wanted")
    run()
    assert cases(story.database, "waiter")[0].status == InstanceStatus.CANCELLED
    assert told(story.database, case) == []
