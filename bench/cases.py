"""The case that is measured: the delivered service request, from its start to the archive, in four steps of four people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.ground import House
from crm.accounts.actors import KeptActors, access_number
from crm.core.db import Database, reading, unit_of_work
from crm.core.prepared import Prepared
from workflows.models import Task, TaskStatus
from workflows.operations import starting, tasks
from workflows.task_forms import Submission

REQUEST: Mapping[str, Any] = {
    "type": "repair",
    "priority": "1",
    "channel": "phone",
    "summary": "主轴异响",
    "request": "加工中心主轴转速超过 8000 时有异响，请派人检查。",
}

# As the doors of the product do it: one look whether anybody's access has changed, and the actor from memory.
ACTORS = KeptActors()
ACCESS = Prepared(select(access_number()))


@dataclass(frozen=True)
class Move:
    """A step of the case: whose it is and what they answer."""

    node_id: str
    user_id: int
    answers: Mapping[str, Any]


def moves(house: House) -> tuple[Move, ...]:
    """The four steps of a case that goes well."""
    people = house.people
    agent = people.agent1.id or 0
    assigning = {"assignee_id": str(agent), "priority": "2", "note": "尽快联系客户"}
    return (
        Move("assign", people.supervisor.id or 0, assigning),
        Move("handle", agent, {"handling": "更换主轴轴承，试机正常。"}),
        Move("feedback", people.manager1.id or 0, {"result": "客户确认恢复正常", "satisfaction": 5}),
        Move("archive", people.agent2.id or 0, {"note": "轴承批次已记录"}),
    )


def sent_back(house: House) -> Move:
    """The feedback that sends a case back to handling."""
    answers = {"result": "问题仍在", "satisfaction": 2, "customer_words": "声音还是很大"}
    return Move("feedback", house.people.manager1.id or 0, answers)


def start_case(database: Database, house: House, *, now: datetime) -> int:
    """A new case from its start form, run to “assign”. Answers its id."""
    given = {"customer_id": str(house.customer_id), **REQUEST}
    with unit_of_work(database) as session:
        instance = starting.start_process(
            session, by=house.people.manager1, now=now, key="service_request", submission=Submission(answers=given)
        )
    return instance.id


def complete(database: Database, move: Move, task_id: int, *, now: datetime) -> None:
    """What is measured as one step: who it is and what they may, the form, the case, every row, one commit."""
    with unit_of_work(database) as session:
        take(session, move, task_id, now=now)


def take(session: Session, move: Move, task_id: int, *, now: datetime) -> None:
    """The same inside of a unit of work."""
    database: Database = session.info["database"]
    by = ACTORS.get(database, move.user_id, (ACCESS.first(session, {}) or (0,))[0] or 0)
    tasks.complete(session, by=by, now=now, task_id=task_id, submission=Submission(answers=move.answers))


def open_task(database: Database, instance_id: int) -> int:
    """The task that the case waits for."""
    with reading(database) as session:
        return open_task_in(session, instance_id)


def open_task_in(session: Session, instance_id: int) -> int:
    """The same inside of a session."""
    return session.scalars(select(Task.id).where(Task.instance_id == instance_id, Task.status == TaskStatus.OPEN)).one()
