"""What cases say to each other, and signals to many: carried by the clock, heard once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import cast

import pytest
from sqlalchemy import Table, func, insert, select
from sqlalchemy import event as listening_to

from app import jobs
from crm.core.config import Config
from crm.core.db import reading, unit_of_work
from crm.core.due import DueRow
from scheduler.sweep import tick
from tests.conftest import Browser, Program, as_user
from tests.integration.workflows.listening import (
    CATCH,
    THROW,
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
from workflows.messaging.models import HEAR, Waiting
from workflows.models import ProcessEvent, ProcessInstance, Task
from workflows.operations import carrying
from workflows.operations import messages as verbs
from workflows.operations.messages import Sending

CASE, WAITING = cast(Table, ProcessInstance.__table__), cast(Table, Waiting.__table__)


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


def test_a_case_whose_message_nobody_hears_says_so_in_its_history(
    story: Story, shop: Program, run: Callable[[], int], client: Browser
) -> None:
    begin = event("startEvent", "order", message())
    story.publish(process("thrower", begin, steps=[event(THROW, "tell", message(), name="packed"), user_task("rest")]))
    shop.post("/messages", json={"name": "order"})
    run()
    (thrower,) = cases(story.database, "thrower")
    with reading(story.database) as session:
        lines = session.scalars(select(ProcessEvent).where(ProcessEvent.instance_id == thrower.id)).all()
    assert [line.detail["message"] for line in lines if line.kind == "unheard"] == ["packed"]
    assert "“packed”" in as_user(client, "admin").get(f"/cases/{thrower.id}").text


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
