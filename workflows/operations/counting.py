"""Keeping the counts of the inbox short and true: lines of a pool are condensed every few minutes, and once a night all counts
are compared with the tasks themselves and put right.

Triggers write the lines (`workflows/inbox/models.py`). None of this changes a number that anybody reads, unless it was wrong.
"""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta

from sqlalchemy import Date, Select, bindparam, delete, func, insert, select, text, union_all
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from crm.core.db import UtcDateTime, dialect_of
from workflows.inbox.folders import DONE, OPEN
from workflows.inbox.models import DoneTally, PoolLine
from workflows.models import Task

# So many lines of one role and day are read faster than they are condensed.
FEW = 4
# A tally ends so long ago that no step is still under way that could complete a task before its end.
SETTLED = timedelta(days=1)

log = logging.getLogger(__name__)


def condense(session: Session) -> int:
    """Put the lines of each role and day that has many into one. Answers how many lines there are less.

    What a transaction under way adds meanwhile stays a line of its own: only what was deleted is added up.
    """
    fewer = 0
    crowded = select(PoolLine.role, PoolLine.day).group_by(PoolLine.role, PoolLine.day)
    crowded = crowded.having((func.count() > FEW) | (func.sum(PoolLine.number) == 0))
    for role, day in session.execute(crowded.order_by(PoolLine.role, PoolLine.day)).all():
        lines = delete(PoolLine).where(PoolLine.role == role, PoolLine.day == day).returning(PoolLine.number)
        numbers = session.scalars(lines).all()
        fewer += len(numbers)
        if number := sum(numbers):
            session.execute(insert(PoolLine), [{"role": role, "day": day, "number": number}])
            fewer -= 1
    return fewer


def check_counts(session: Session, *, now: datetime) -> int:
    """Compare all counts with the tasks, put wrong ones right, and reckon the tallies up to yesterday. Answers how many were wrong."""
    if dialect_of(session) == "postgresql":
        # Whoever takes a completed task back meanwhile waits, so that it is not counted by an older view of the tasks.
        session.execute(text("LOCK TABLE task_done_tally IN EXCLUSIVE MODE"))
        # Looking at every task may take longer than a page is waited for; at night nobody does.
        session.execute(text("SET LOCAL statement_timeout = '20min'"))
    wrong = _check_pools(session) + _check_tallies(session)
    if wrong:
        log.warning("%s counts of the inbox differed from the tasks and were put right", wrong)
    _reckon_tallies(session, until=now - SETTLED)
    return wrong


def _check_pools(session: Session) -> int:
    """One statement, and so one view of tasks and lines: a step under way is seen with both or with neither."""
    day = func.date(Task.due_at, type_=Date)
    truth = (
        select(Task.role, day.label("day"), func.count().label("number"))
        .where(OPEN, Task.assignee_id.is_(None), Task.role.is_not(None))
        .group_by(Task.role, day)
    )
    counted = select(PoolLine.role, PoolLine.day, -func.sum(PoolLine.number)).group_by(PoolLine.role, PoolLine.day)
    both = union_all(truth, counted).subquery()
    missing = func.sum(both.c.number)
    differences: Select[str, date, int] = (
        select(both.c.role, both.c.day, missing).group_by(both.c.role, both.c.day).having(missing != 0)
    )
    corrections = insert(PoolLine).from_select(["role", "day", "number"], differences).returning(PoolLine.id)
    return len(session.scalars(corrections).all())


def _check_tallies(session: Session) -> int:
    """Tallies that say something else than the tasks completed up to their end."""
    completed = (
        select(func.count())
        .where(DONE, Task.closed_by_id == DoneTally.user_id, Task.closed_at <= DoneTally.until)
        .scalar_subquery()
    )
    wrong = session.scalars(select(DoneTally.user_id).where(DoneTally.number != completed)).all()
    return len(wrong)


def _reckon_tallies(session: Session, *, until: datetime) -> None:
    end = bindparam("until", until, type_=UtcDateTime())
    reckoned = (
        select(Task.closed_by_id, func.count().label("number"), end)
        .where(DONE, Task.closed_at <= end)
        .group_by(Task.closed_by_id)
    )
    put = (postgresql.insert if dialect_of(session) == "postgresql" else sqlite.insert)(DoneTally)
    put = put.from_select(["user_id", "number", "until"], reckoned)
    session.execute(
        put.on_conflict_do_update(
            index_elements=["user_id"], set_={"number": put.excluded.number, "until": put.excluded.until}
        )
    )
