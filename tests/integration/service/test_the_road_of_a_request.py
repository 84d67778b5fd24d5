"""A service request from its opening to the archive, by its operations, on both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.activity.queries import timeline_of
from crm.core.db import Database, unit_of_work
from crm.core.errors import Denied, Invalid, NotFound, RuleBroken
from crm.customers.operations import create_customer
from crm.notices.models import Notice
from crm.permissions import SYSTEM
from crm.service import operations as service
from crm.service.models import ServiceRequest
from crm.service.queries import find_request, find_requests, loads_of_teams
from crm.service.watching import escalate, propose_assignee, remind
from tests.people import People


@pytest.fixture
def customer_id(database: Database, people: People, now: datetime) -> int:
    """A customer of manager1."""
    with unit_of_work(database) as session:
        values = {"name": "苏州恒力精密机械有限公司", "grade": "key_account", "region": "east"}
        return create_customer(session, by=people.manager1, now=now, values=values).id


@pytest.fixture
def work(database: Database, customer_id: int) -> Iterator[Session]:
    """A unit of work in which the customer exists."""
    with unit_of_work(database) as session:
        yield session


def opened(session: Session, people: People, now: datetime, customer_id: int) -> ServiceRequest:
    return service.open_request(
        session,
        by=people.agent1,
        now=now,
        customer_id=customer_id,
        type="repair",
        summary="主轴异响",
        request="CNC-850 主轴转速超过 8000 时有异响。",
        channel="phone",
        priority="2",
    )


def handled(session: Session, people: People, now: datetime, customer_id: int) -> ServiceRequest:
    request = opened(session, people, now, customer_id)
    service.assign(session, by=people.supervisor, now=now, request_id=request.id, assignee_id=people.agent2.id)
    return service.record_handling(session, by=people.agent2, now=now, request_id=request.id, handling="更换轴承")


def test_a_request_travels_from_opening_to_the_archive(
    work: Session, people: People, now: datetime, customer_id: int
) -> None:
    request = opened(work, people, now, customer_id)
    assert (request.number, request.status, request.priority) == (f"SR-{request.id:06d}", "opened", 2)
    planned = service.plan_sla(
        work, by=people.agent1, now=now, request_id=request.id, sla_hours=8, remind_hours_before=2
    )
    assert (planned.due_at, planned.remind_at) == (now + timedelta(hours=8), now + timedelta(hours=6))
    service.assign(
        work, by=people.supervisor, now=now, request_id=request.id, assignee_id=people.agent2.id, note="请当天联系"
    )
    service.record_handling(work, by=people.agent2, now=now, request_id=request.id, handling="更换轴承")
    service.record_feedback(work, by=people.agent1, now=now, request_id=request.id, result="恢复生产", satisfaction=5)
    service.archive(work, by=people.agent2, now=now, request_id=request.id)
    found = find_request(work, by=people.supervisor, request_id=request.id)
    assert found.status == "archived"
    assert found.version == 6
    assert (found.handled_by_id, found.fed_back_by_id, found.archived_by_id) == (
        people.agent2.id, people.agent1.id, people.agent2.id,
    )  # fmt: skip


def test_an_unsatisfied_customer_sends_it_back_and_keeps_it_from_the_archive(
    work: Session, people: People, now: datetime, customer_id: int
) -> None:
    request = handled(work, people, now, customer_id)
    service.record_feedback(
        work, by=people.agent1, now=now, request_id=request.id, result="未解决", satisfaction=2, customer_words="还在响"
    )
    with pytest.raises(RuleBroken, match="below 3"):
        service.archive(work, by=people.agent1, now=now, request_id=request.id)
    later = now + timedelta(hours=1)
    again = service.return_to_handling(work, by=people.agent1, now=later, request_id=request.id, sla_hours=8)
    assert again["due_at"] == later + timedelta(hours=8)
    found = find_request(work, by=people.supervisor, request_id=request.id)
    assert (found.status, found.rounds, found.assigned_to_id) == ("assigned", 1, people.agent2.id)


def test_a_step_out_of_turn_is_refused_with_its_reason(
    work: Session, people: People, now: datetime, customer_id: int
) -> None:
    request = opened(work, people, now, customer_id)
    with pytest.raises(RuleBroken, match="cannot be handled: its state is “Opened”"):
        service.record_handling(work, by=SYSTEM, now=now, request_id=request.id, handling="x")


def test_an_agent_cannot_record_a_colleagues_handling(
    work: Session, people: People, now: datetime, customer_id: int
) -> None:
    request = opened(work, people, now, customer_id)
    service.assign(work, by=people.supervisor, now=now, request_id=request.id, assignee_id=people.agent2.id)
    with pytest.raises(Denied):
        service.record_handling(work, by=people.agent1, now=now, request_id=request.id, handling="x")


def test_a_substitute_records_the_handling_while_the_assignee_is_away(
    work: Session, people: People, now: datetime, customer_id: int
) -> None:
    request = opened(work, people, now, customer_id)
    service.assign(work, by=people.supervisor, now=now, request_id=request.id, assignee_id=people.agent2.id)
    away = update(User).where(User.id == people.agent2.id)
    work.execute(away.values(substitute_id=people.agent1.id, substitute_until=now + timedelta(days=1)))
    with pytest.raises(Denied):
        later = now + timedelta(days=2)
        service.record_handling(work, by=people.agent1, now=later, request_id=request.id, handling="x")
    done = service.record_handling(work, by=people.agent1, now=now, request_id=request.id, handling="x")
    assert (done.assigned_to_id, done.handled_by_id) == (people.agent2.id, people.agent1.id)


def test_a_cancelled_request_takes_no_further_step(
    work: Session, people: People, now: datetime, customer_id: int
) -> None:
    request = opened(work, people, now, customer_id)
    with pytest.raises(Denied):
        service.cancel(work, by=people.agent2, now=now, request_id=request.id, reason="x")
    service.cancel(work, by=people.agent1, now=now, request_id=request.id, reason="客户撤回")
    with pytest.raises(RuleBroken, match="Cancelled"):
        service.assign(work, by=people.supervisor, now=now, request_id=request.id, assignee_id=people.agent2.id)


def test_the_assignee_may_hand_a_request_on(work: Session, people: People, now: datetime, customer_id: int) -> None:
    request = opened(work, people, now, customer_id)
    service.assign(work, by=people.supervisor, now=now, request_id=request.id, assignee_id=people.agent2.id)
    with pytest.raises(Denied):
        service.assign(work, by=people.agent1, now=now, request_id=request.id, assignee_id=people.agent1.id)
    handed = service.assign(work, by=people.agent2, now=now, request_id=request.id, assignee_id=people.agent1.id)
    assert handed.assigned_to_id == people.agent1.id


@pytest.mark.parametrize(
    "values",
    [
        {"status": "sleeping"},
        {"status": "assigned"},
        {"status": "archived"},
        {"priority": 4},
        {"satisfaction": 0},
        {"summary": ""},
        {"rounds": -1},
        {"archived_at": datetime(2026, 3, 11, tzinfo=UTC)},
        {"due_at": datetime(2020, 1, 1, tzinfo=UTC)},
    ],
)
def test_the_database_itself_refuses_impossible_rows(
    work: Session, people: People, now: datetime, customer_id: int, values: dict[str, object]
) -> None:
    opened(work, people, now, customer_id)
    with pytest.raises(IntegrityError), work.begin_nested():
        work.execute(update(ServiceRequest).values(**values))


def test_a_stranger_does_not_learn_that_a_request_exists(
    work: Session, people: People, now: datetime, customer_id: int
) -> None:
    request = opened(work, people, now, customer_id)
    for actor in (people.stranger, people.manager2):
        with pytest.raises(NotFound):
            find_request(work, by=actor, request_id=request.id)
        with pytest.raises(NotFound):
            service.record_handling(work, by=actor, now=now, request_id=request.id, handling="x")


def test_recording_the_handling_takes_few_statements(
    work: Session, people: People, now: datetime, customer_id: int, database: Database
) -> None:
    request = opened(work, people, now, customer_id)
    service.assign(work, by=people.supervisor, now=now, request_id=request.id, assignee_id=people.agent2.id)
    work.flush()
    said: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    event.listen(database.engine, "before_cursor_execute", listen)
    service.record_handling(work, by=people.agent2, now=now, request_id=request.id, handling="更换轴承")
    work.flush()
    event.remove(database.engine, "before_cursor_execute", listen)
    assert len(said) <= 4


def test_the_least_busy_present_agent_is_proposed(
    work: Session, people: People, now: datetime, customer_id: int
) -> None:
    busy = opened(work, people, now, customer_id)
    service.assign(work, by=people.supervisor, now=now, request_id=busy.id, assignee_id=people.agent1.id)
    request = opened(work, people, now, customer_id)
    agents, managers = (
        loads_of_teams(work, role_keys=(role,), now=now) for role in ("service_agent", "customer_manager")
    )
    proposed = propose_assignee(work, request, team=agents)
    assert (proposed.user_id, proposed.load) == (people.agent2.id, 0)
    assert propose_assignee(work, request, team=managers, prefer="owner").user_id == people.manager1.id
    assert propose_assignee(work, request, team=()).user_id is None


def test_whoever_handled_the_customers_last_request_is_proposed_where_the_table_says_so(
    work: Session, people: People, now: datetime, customer_id: int
) -> None:
    before = opened(work, people, now, customer_id)
    service.assign(work, by=people.supervisor, now=now, request_id=before.id, assignee_id=people.agent2.id)
    service.record_handling(work, by=people.agent2, now=now, request_id=before.id, handling="更换轴承")
    busy = opened(work, people, now, customer_id)
    service.assign(work, by=people.supervisor, now=now, request_id=busy.id, assignee_id=people.agent2.id)
    request = opened(work, people, now, customer_id)
    team = loads_of_teams(work, role_keys=("service_agent",), now=now, customer_id=customer_id)
    assert propose_assignee(work, request, team=team, prefer="same_as_before").user_id == people.agent2.id
    assert propose_assignee(work, request, team=team).user_id == people.agent1.id
    strangers = loads_of_teams(work, role_keys=("service_agent",), now=now)
    assert propose_assignee(work, request, team=strangers, prefer="same_as_before").user_id == people.agent1.id


def test_reminder_and_escalation_are_told_once_and_never_after_the_handling(
    work: Session, people: People, now: datetime, customer_id: int
) -> None:
    request = opened(work, people, now, customer_id)
    service.assign(work, by=people.supervisor, now=now, request_id=request.id, assignee_id=people.agent2.id)
    for _ in range(2):
        remind(work, by=SYSTEM, now=now, request_id=request.id)
        escalate(work, by=SYSTEM, now=now, request_id=request.id)
    told = [(row.kind, row.user_id) for row in work.scalars(select(Notice).order_by(Notice.id))]
    assert told == [
        ("request_assigned", people.agent2.id),
        ("request_reminder", people.agent2.id),
        ("request_escalated", people.supervisor.id),
    ]
    service.record_handling(work, by=people.agent2, now=now, request_id=request.id, handling="更换轴承")
    escalate(work, by=SYSTEM, now=now, request_id=request.id)
    assert len(list(work.scalars(select(Notice)))) == 3


def test_the_timeline_tells_every_step_in_the_readers_language(
    work: Session, people: People, now: datetime, customer_id: int
) -> None:
    request = handled(work, people, now, customer_id)
    told = timeline_of(work, by=people.supervisor, record_type="service_request", record_id=request.id)
    assert [line.kind for line in told] == ["service.handled", "service.assigned", "service.opened"]
    assert "赵磊" in told[1].words
    assert told[0].who == "赵磊"
    assert timeline_of(work, by=people.manager2, customer_id=customer_id) == []


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("type", "party", "not in the list"),
        ("summary", "", "needed"),
        ("summary", "长" * 201, "too long"),
        ("request", "a\x00b", "U\\+0000"),
        ("request", "x" * 100_000, "too long: 100000"),
        ("priority", 7, "from 0 to 3"),
        ("contact_id", 999, "no such contact"),
        ("customer_id", "abc", "number of a record"),
        ("summary", "broken \ud800", "U\\+D800"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_field(
    work: Session, people: People, now: datetime, customer_id: int, field: str, value: object, said: str
) -> None:
    given: dict[str, Any] = {"customer_id": customer_id, "type": "repair", "summary": "s", "request": "r", field: value}
    with pytest.raises(Invalid) as refused:
        service.open_request(work, by=people.agent1, now=now, **given)
    (fault,) = refused.value.faults
    assert fault.field == field
    assert re.search(said, str(fault.message))


def test_emoji_and_rare_characters_are_kept_and_found(
    work: Session, people: People, now: datetime, customer_id: int
) -> None:
    request = opened(work, people, now, customer_id)
    other = service.open_request(
        work,
        by=people.agent1,
        now=now,
        customer_id=customer_id,
        type="enquiry",
        summary="𠮷野家订单 👍🏽",
        request="Please call back",
    )
    work.flush()
    assert find_request(work, by=people.agent1, request_id=other.id).summary == "𠮷野家订单 👍🏽"
    found = find_requests(work, by=people.agent1, now=now, query="𠮷野 call")
    assert [row.id for row in found.rows] == [other.id]
    assert {row.id for row in find_requests(work, by=people.agent1, now=now, query="恒力精密").rows} == {
        other.id,
        request.id,
    }
