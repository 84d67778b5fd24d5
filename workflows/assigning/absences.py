"""The moment in which an absence begins: whoever stands in hears of it, and how many tasks wait for them already.

Of tasks that come later they are told one by one (`workflows/telling.py`).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.accounts.events import SubstituteNamed
from crm.accounts.models import User
from crm.accounts.queries import represented_by
from crm.activity.sentences import Person
from crm.core.due import Appointment, Due, schedule, unschedule
from crm.core.events import Listeners
from crm.core.i18n import text
from crm.notices.operations import notify
from workflows.assigning.people import OPEN, standing_in
from workflows.models import Task

ABSENCE = "absence"


def listen(listeners: Listeners) -> None:
    """From now on substitutes hear when an absence begins."""
    listeners.on(SubstituteNamed, plan)


def plan(session: Session, event: SubstituteNamed) -> None:
    """Ask the clock for the moment in which the absence begins. What was asked before counts no more."""
    unschedule(session, kind=ABSENCE, subject_id=event.user_id)
    if event.substitute_id is not None:
        begins = event.at if event.begins is None else max(event.begins, event.at)
        schedule(session, Appointment(ABSENCE, begins, subject_id=event.user_id), now=event.at)


def begin(session: Session, due: Due, *, now: datetime) -> None:
    """Whoever stands in now is told of the open tasks of this person, and of those for whom this person stands in.

    Nothing is said when the absence is over already, as for a scheduler that was away.
    """
    user = session.get(User, due.subject_id)
    chain = standing_in(session, user, now) if user is not None else []
    if user is None or not chain:
        return
    absent = {user.id, *represented_by(session, user.id, now)}
    count = session.scalar(select(func.count()).where(OPEN, Task.assignee_id.in_(absent))) or 0
    notify(
        session,
        to=[chain[-1].id],
        kind="task.stood_in",
        message=text("You stand in for {who} from now on. Open tasks: {count}", who=Person(user.id), count=count),
        link="/tasks",
        now=now,
        key=f"absence-{user.id}-{due.id}",
    )
