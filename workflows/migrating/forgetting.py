"""What would take the moves of a run back is large, and kept for some weeks only: nobody takes back what is so old."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import exists, func, null, select, update
from sqlalchemy.orm import Session

from workflows.migrating.models import CaseStatus, MigrationCase, MigrationRun

KEPT_FOR = timedelta(days=30)
MOST_FORGOTTEN_AT_ONCE = 2_000


def forget_old_moves(session: Session, now: datetime) -> int:
    """Empty what cases of runs were before them, when the run was begun, stopped or undone more than 30 days ago; some
    thousand at a time. Answers of how many. What became of each case stays."""
    ended = func.coalesce(MigrationRun.ended_at, MigrationRun.started_at)
    wanted = (
        select(MigrationCase.run_id, MigrationCase.instance_id)
        .join(MigrationRun, MigrationRun.id == MigrationCase.run_id)
        .where(ended < now - KEPT_FOR, MigrationCase.state_before.is_not(None))
        .order_by(MigrationCase.run_id, MigrationCase.instance_id)
        .limit(MOST_FORGOTTEN_AT_ONCE)
    )
    of_run: dict[int, list[int]] = {}
    for run_id, instance_id in session.execute(wanted):
        of_run.setdefault(run_id, []).append(instance_id)
    for run_id, instance_ids in of_run.items():
        session.execute(
            update(MigrationCase)
            .where(MigrationCase.run_id == run_id, MigrationCase.instance_id.in_(instance_ids))
            .values(state_before=None, rows_before=null())
        )
    return sum(map(len, of_run.values()))


def is_forgotten(session: Session, run_id: int) -> bool:
    """Has the run moved cases of which none can be taken back any more?"""
    moved = exists().where(MigrationCase.run_id == run_id, MigrationCase.status == CaseStatus.MOVED)
    kept = moved.where(MigrationCase.state_before.is_not(None))
    return bool(session.scalar(select(moved & ~kept)))
