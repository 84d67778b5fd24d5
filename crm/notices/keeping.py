"""How long notices are kept: read ones for a while, unread ones longer."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from crm.core.db import affected
from crm.notices.models import Notice, NoticeDelivery

READ_KEPT_FOR = timedelta(days=90)
KEPT_FOR = timedelta(days=365)
MOST_AT_ONCE = 5_000


def forget_old_notices(session: Session, now: datetime) -> int:
    """Delete notices that were told 90 days ago and are read, or a year ago; some thousand at a time. Answers how many."""
    old = session.scalars(
        select(Notice.id)
        .where(Notice.at < now - READ_KEPT_FOR, or_(Notice.read_at.is_not(None), Notice.at < now - KEPT_FOR))
        .order_by(Notice.at)
        .limit(MOST_AT_ONCE)
    ).all()
    if not old:
        return 0
    session.execute(delete(NoticeDelivery).where(NoticeDelivery.notice_id.in_(old)))
    return affected(session.execute(delete(Notice).where(Notice.id.in_(old))))
