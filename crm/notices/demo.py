"""Notices of the demonstration: what its stories told long ago has been read, and one agent has a robot that is broken."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from crm.accounts.queries import user_named
from crm.core.due import DueRow
from crm.notices.models import Notice, NoticeRobot, RobotKind
from crm.notices.operations import DUE

READ_AFTER = timedelta(hours=30)


def settle_notices(session: Session, now: datetime) -> None:
    """Everything but the last day is read; nothing of it is mailed, as the people of the demonstration have no post-box."""
    session.flush()
    session.execute(
        update(Notice).where(Notice.at < now - READ_AFTER).values(read_at=Notice.at),
        execution_options={"synchronize_session": False},
    )
    session.execute(delete(DueRow).where(DueRow.kind == DUE))
    agent = user_named(session, "agent1")
    if agent is not None:
        session.add(
            NoticeRobot(
                user_id=agent.id,
                kind=RobotKind.WECOM,
                name="客服群机器人",
                address="0e1d2c3b-demo-demo-demo-9f8e7d6c5b4a",
                active=True,
                created_at=now - timedelta(days=20),
                fault="not-taken 93000 invalid webhook url",
                failed_at=now - timedelta(hours=5),
            )
        )
