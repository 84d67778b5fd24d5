"""Which ladder a step has, kept in memory like calendars; and the appointment that an opened task gets for its first rung."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.due import Appointment
from crm.core.kept import Kept
from crm.worktime.calendar import OutOfReach
from crm.worktime.kept import calendar_of
from workflows.ladders.models import Ladder
from workflows.ladders.rungs import Rung, as_rung, to_climb
from workflows.models import NO_DUE_DATE, RUNG

Ladders = Mapping[tuple[str, str], tuple[Rung, ...]]


def ladder_of(session: Session, process_key: str, node_id: str) -> tuple[Rung, ...]:
    """The rungs of a step; none where nobody wrote any. No statement while they were read a moment ago."""
    return _ladders(session).get((process_key, node_id), ())


def steps_with_ladder(session: Session) -> list[tuple[str, str]]:
    """The steps whose holders their ladder tells of due times, each by process and step."""
    return sorted(step for step, rungs in _ladders(session).items() if rungs)


def _ladders(session: Session) -> Ladders:
    return LADDERS.get(session)


def _read(session: Session) -> Ladders:
    rows = session.execute(select(Ladder.process_key, Ladder.node_id, Ladder.rungs))
    return {(row.process_key, row.node_id): tuple(as_rung(each) for each in row.rungs) for row in rows}


# The whole is as small as a stamp of it would be.
LADDERS: Kept[Ladders] = Kept(_read, _read)


def ladders_changed(session: Session) -> None:
    """Ladders are different from now on; to be called by each operation that changes them."""
    LADDERS.changed(session)


def first_rung(session: Session, task: Mapping[str, Any]) -> Appointment | None:
    """When the ladder of a task that is opened begins to be climbed; `task` is its row. None without ladder or due time."""
    rungs = ladder_of(session, task["process_key"], task["node_id"])
    if not rungs or task["due_at"] >= NO_DUE_DATE:
        return None
    return appointment(
        session,
        rungs,
        (),
        instance_id=task["instance_id"],
        token=task["token"],
        node_id=task["node_id"],
        opened_at=task["opened_at"],
        due_at=task["due_at"],
        department_id=task["department_id"],
    )


def appointment(
    session: Session,
    rungs: tuple[Rung, ...],
    done: tuple[int, ...],
    *,
    instance_id: int,
    token: int,
    node_id: str,
    opened_at: datetime,
    due_at: datetime,
    department_id: int | None,
) -> Appointment | None:
    """The next rung of a task, after those that are done. None when the ladder is climbed, or out of reach."""
    calendar = calendar_of(session, department_id)
    try:
        left = to_climb(rungs, done, opened_at=opened_at, due_at=due_at, calendar=calendar)
    except OutOfReach:
        return None
    if not left:
        return None
    return Appointment(RUNG, left[0][0], subject_id=instance_id, ref=token, payload={"node": node_id})
