"""How a version's cases are spread over its diagram: open tasks, timers, what they wait to hear and incidents at each element, and
how long they wait.

The age of an element is the median time that its open tasks have lain there, in working time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from crm.permissions import Actor, check_may
from crm.worktime.kept import calendar_of
from workflows.library import Published
from workflows.models import Task, TaskStatus
from workflows.standing import Sort, counted

# From when on tasks that lie at an element are warm, and hot, in working hours.
WARM, HOT = timedelta(hours=8), timedelta(hours=24)


@dataclass(frozen=True)
class Spot:
    """An element at which cases stand; `hearing` are those that wait there for a message or signal. `waiting` is the median age
    of its open tasks in working time."""

    node_id: str
    name: str
    tasks: int = 0
    timers: int = 0
    hearing: int = 0
    incidents: int = 0
    waiting: timedelta | None = None

    @property
    def hours(self) -> int:
        return 0 if self.waiting is None else int(self.waiting.total_seconds() // 3600)

    @property
    def tone(self) -> str:
        """The tone of its heat: three, said in words by the legend."""
        if self.waiting is None or self.waiting < WARM:
            return "good"
        return "warn" if self.waiting < HOT else "bad"


def spots(
    session: Session,
    published: Published,
    *,
    by: Actor,
    now: datetime,
    department_id: int | None = None,
    holder_id: int | None = None,
) -> list[Spot]:
    """Where the running cases of this version stand, in the order of the diagram; of one department or one holder, where
    these are given."""
    check_may(by, "processes", "administer")
    conditions: list[ColumnElement[bool]] = [Task.version_id == published.version_id, Task.status == TaskStatus.OPEN]
    if department_id is not None:
        conditions.append(Task.department_id == department_id)
    if holder_id is not None:
        conditions.append(Task.assignee_id == holder_id)
    if department_id is None and holder_id is None:
        found_at = counted(session, published.key, published.version_id)
    else:
        rows = session.execute(select(Task.node_id, func.count()).where(*conditions).group_by(Task.node_id))
        found_at = {Sort.TASK: dict(rows.tuples().all())}
    tasks, timers, hearing, stopped = (
        found_at.get(sort, {}) for sort in (Sort.TASK, Sort.TIMER, Sort.HEARING, Sort.INCIDENT)
    )
    calendar = calendar_of(session, department_id)
    found = []
    for node_id in published.definition.nodes:
        if not any(node_id in each for each in (tasks, timers, hearing, stopped)):
            continue
        number = tasks.get(node_id, 0)
        waiting = None
        if number:
            middle = select(Task.opened_at).where(*conditions, Task.node_id == node_id).order_by(Task.opened_at)
            opened_at = session.scalars(middle.offset(number // 2).limit(1)).one()
            waiting = calendar.span(opened_at, now) if opened_at < now else timedelta()
        found.append(
            Spot(
                node_id,
                published.name_of(node_id, by.locale),
                number,
                timers.get(node_id, 0),
                hearing.get(node_id, 0),
                stopped.get(node_id, 0),
                waiting,
            )
        )
    return found
