"""Messages and signals from programs, from business events and from other cases: who hears them, once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any, cast

import pytest
from flask import Flask
from sqlalchemy import Table, func, insert, select
from sqlalchemy import event as listening_to

from app import jobs
from crm.core.config import Config
from crm.core.db import Database, reading, unit_of_work
from crm.core.due import DueRow
from crm.core.errors import Denied
from crm.permissions import SYSTEM
from scheduler.sweep import tick
from tests.conftest import MovableClock, Program, program_of
from tests.integration.workflows.listening import cases, clockwork, event, message, process, signal, told
from tests.processes.small import service_task, user_task
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST
from workflows.engine import Bundle
from workflows.kept import restore
from workflows.messaging.models import HEAR, LOOK, Said, Waiting
from workflows.models import Incident, InstanceStatus, ProcessInstance, Task
from workflows.operations import carrying
from workflows.operations import messages as verbs
from workflows.operations.cancelling import cancel
from workflows.operations.incidents import retry
from workflows.operations.messages import Sending
from workflows.registry import Message, RecordRef

CASE, WAITING = cast(Table, ProcessInstance.__table__), cast(Table, Waiting.__table__)
CATCH, THROW = "intermediateCatchEvent", "intermediateThrowEvent"


@pytest.fixture
def run(database: Database, config: Config, clock: MovableClock) -> Callable[[], int]:
    return clockwork(database, config, clock)


@pytest.fixture
def shop(app: Flask) -> Program:
    """A program that may send messages."""
    return program_of(app, "admin")


def waits(key: str = "waiter", name: str = "paid", body: str = "") -> Bundle:
    """A process that is begun by the message `order`, and then waits."""
    begin = event("startEvent", "order", message())
    return process(key, begin, steps=[event(CATCH, "wait", body or message(), name=name), user_task("ship")])


def waiting(database: Database) -> list[tuple[int, str, str]]:
    with reading(database) as session:
        return [(w.instance_id, w.kind, w.name) for w in session.scalars(select(Waiting).order_by(Waiting.id))]


def data_of(database: Database, instance_id: int, node_id: str) -> dict[str, Any]:
    with reading(database) as session:
        wanted = select(Task.data).where(Task.instance_id == instance_id, Task.node_id == node_id)
        return restore(session.scalars(wanted).one())


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
    for said in ({"business_key": "B-2"}, {}, {"business_key": "A-1", "record": None, "name": "unpaid"}):
        refused = shop.post("/messages", json={"name": "paid", **said})
        assert refused.status_code == 404
        assert refused.get_json()["detail"]
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


# ---------------------------------------------------------------- cases among themselves
def test_a_message_that_a_case_throws_reaches_the_one_that_waits_or_begins_one(
    story: Story, shop: Program, run: Callable[[], int]
) -> None:
    begin = event("startEvent", "order", message())
    story.publish(
        process("thrower", begin, steps=[event(THROW, "tell", message("{n: 1}"), name="packed"), user_task("rest")])
    )
    hears = [event(CATCH, "wait", message(), name="packed"), user_task("ship")]
    story.publish(process("hearer", event("startEvent", "packed", message()), steps=[user_task("ask"), *hears]))
    shop.post("/messages", json={"name": "order", "business_key": "A-1"})
    assert cases(story.database, "hearer") == []
    assert run() == 2
    (hearer,) = cases(story.database, "hearer")
    assert (hearer.business_key, hearer.started_by_id) == ("A-1", story.people.admin.id)
    assert data_of(story.database, hearer.id, "ask")["n"] == 1
    story.instance_id = hearer.id
    story.do(story.people.agent1, "ask")
    assert waiting(story.database) == [(hearer.id, "message", "packed")]
    shop.post("/messages", json={"name": "order", "business_key": "A-1"})
    assert run() == 2
    assert len(cases(story.database, "hearer")) == 1
    assert story.waiting() == ["ship"]


def test_a_signal_that_a_case_throws_reaches_all_others_once_and_not_those_who_come_later(
    story: Story, shop: Program, run: Callable[[], int]
) -> None:
    story.publish(waits(name="alarm", body=signal()))
    story.publish(
        process(
            "siren", event("startEvent", "fire", message()), steps=[event(THROW, "alarm", signal()), user_task("rest")]
        )
    )
    story.publish(process("brigade", event("startEvent", "alarm", signal())))
    for key in ("A-1", "B-2", "C-3"):
        shop.post("/messages", json={"name": "order", "business_key": key})
    shop.post("/messages", json={"name": "fire"})
    story.clock.move(seconds=1)
    shop.post("/messages", json={"name": "order", "business_key": "late"})
    run()
    *early, late = cases(story.database, "waiter")
    for case in early:
        assert [line.detail["message"] for line in told(story.database, case.id)] == ["alarm"]
    assert told(story.database, late.id) == []
    assert len(cases(story.database, "brigade")) == 1
    assert run() == 0


def test_messages_that_go_round_between_cases_come_to_an_end(story: Story, shop: Program, config: Config) -> None:
    story.publish(
        process(
            "echo",
            event("startEvent", "hello", message()),
            steps=[event(THROW, "again", message(), name="hello"), user_task("rest")],
        )
    )
    shop.post("/messages", json={"name": "hello"})
    for _ in range(20):
        tick(story.database, jobs(config), story.clock)
        story.clock.move(minutes=10)
    assert 5 < len(cases(story.database, "echo")) <= 11


# ---------------------------------------------------------------- signals to many
def crowd(story: Story, number: int) -> None:
    """So many cases that wait for the signal `alarm`, copied from one."""
    story.publish(waits(name="alarm", body=signal()))
    with unit_of_work(story.database) as session:
        first = verbs.send_message(session, Sending("order", {}), by=story.people.admin, now=story.clock())
        assert first.begun is not None
        row = session.execute(select(CASE).where(CASE.c.id == first.begun)).one()._mapping
        copies = [{**row, "id": first.begun + n + 1} for n in range(number - 1)]
        session.execute(insert(CASE), copies)
        heard = {"kind": "signal", "name": "alarm", "since": story.clock()}
        session.execute(insert(WAITING), [{**heard, "instance_id": copy["id"]} for copy in copies])


def test_a_signal_to_many_is_carried_in_pages_and_each_hears_it_once(
    story: Story, shop: Program, run: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "PAGE", 50)
    crowd(story, 111)
    seen: list[str] = []
    listening_to.listen(story.database.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    answer = shop.post("/signals", json={"name": "alarm", "data": {"why": "smoke"}})
    assert answer.status_code == 202
    assert not [line for line in seen if "process_instance" in line or "case_waiting" in line]
    assert run() == 111 + 3
    with reading(story.database) as session:
        assert session.scalar(select(func.count()).select_from(Waiting)) == 0
        assert session.scalar(select(func.count()).select_from(DueRow)) == 0
        assert session.scalar(select(func.count()).select_from(Task).where(Task.node_id == "ship")) == 111
    assert run() == 0


def test_one_case_that_fails_at_a_signal_holds_up_no_other(story: Story, shop: Program, config: Config) -> None:
    steps = [event(CATCH, "wait", signal(), name="alarm"), service_task("send", "small/unknown")]
    story.publish(process("broken", event("startEvent", "order", message()), steps=steps))
    steps = [event(CATCH, "wait", signal(), name="alarm"), user_task("ship")]
    story.publish(process("sound", event("startEvent", "other", message()), steps=steps))
    shop.post("/messages", json={"name": "order"})
    shop.post("/messages", json={"name": "other"})
    shop.post("/signals", json={"name": "alarm"})
    tick(story.database, jobs(config), story.clock)
    (sound,) = cases(story.database, "sound")
    story.instance_id = sound.id
    assert story.waiting() == ["ship"]
    with reading(story.database) as session:
        assert [row.kind for row in session.scalars(select(DueRow))] == [HEAR]


def test_two_schedulers_carry_a_signal_to_each_once(story: Story, config: Config) -> None:
    crowd(story, 101)
    with unit_of_work(story.database) as session:
        verbs.send_signal(session, Sending("alarm", {}), by=story.people.admin, now=story.clock())
    both = Barrier(2)

    def sweep(worker: str) -> int:
        both.wait()
        done = 0
        for _ in range(3):
            done += tick(story.database, jobs(config), story.clock, worker=worker).done
        return done

    with ThreadPoolExecutor(2) as schedulers:
        assert 0 < sum(schedulers.map(sweep, ("one", "other"))) <= 102
    while tick(story.database, jobs(config), story.clock).done:
        pass
    for case in cases(story.database, "waiter"):
        assert len(told(story.database, case.id)) == 1


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
