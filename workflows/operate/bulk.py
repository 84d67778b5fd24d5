"""One repair for several cases. Each case is a unit of work of its own: what is refused for one stops no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.errors import Fault, HeliuError, Invalid, RuleBroken
from crm.core.i18n import Text, text
from crm.permissions import Actor, check_may
from crm.web.doors import reading_session, writing
from workflows import queries
from workflows.models import ProcessInstance
from workflows.operate import repairing
from workflows.operate.repairing import Repaired
from workflows.operate.trying import said_by
from workflows.rules import read_reason

MOST_CASES = 200


class Act(StrEnum):
    RETRY = "retry"
    SUSPEND = "suspend"
    RESUME = "resume"
    CANCEL = "cancel"
    MOVE = "move"


SIMPLE: Mapping[Act, Callable[..., Repaired]] = {
    Act.RETRY: repairing.retry,
    Act.SUSPEND: repairing.suspend,
    Act.RESUME: repairing.resume,
    Act.CANCEL: repairing.cancel,
}


@dataclass(frozen=True)
class Outcome:
    """What became of one case: done, or the reason why not."""

    id: int
    title: str
    reason: Text | str | None = None


def repair_in_bulk(
    act: Act, ids: Sequence[int], *, by: Actor, now: datetime, reason: str, at: str = "", to: str = ""
) -> list[Outcome]:
    """Do the same with each case, in the given order. `at` and `to` are for moving: the step where the cases stand and the
    one where they go on."""
    check_may(by, "processes", "administer")
    wanted = list(dict.fromkeys(ids))
    if not wanted or len(wanted) > MOST_CASES:
        raise Invalid([Fault("ids", text("Choose one to {most} cases.", most=MOST_CASES))])
    why = read_reason(reason)
    with reading_session() as session:
        rows = session.execute(select(ProcessInstance.id, ProcessInstance.title).where(ProcessInstance.id.in_(wanted)))
        titles = {row.id: row.title for row in rows}
    outcomes = []
    for instance_id in wanted:
        title = titles.get(instance_id, f"#{instance_id}")
        try:
            with writing() as session:
                if act is Act.MOVE:
                    _move(session, instance_id, by=by, now=now, reason=why, at=at, to=to)
                else:
                    SIMPLE[act](session, by=by, now=now, instance_id=instance_id, reason=why)
            outcomes.append(Outcome(instance_id, title))
        except HeliuError as refused:
            outcomes.append(Outcome(instance_id, title, said_by(refused)))
    return outcomes


def _move(session: Session, instance_id: int, *, by: Actor, now: datetime, reason: str, at: str, to: str) -> None:
    standing = [task for task in queries.open_tasks(session, instance_id) if task.node_id == at]
    if not standing:
        raise RuleBroken(text("This case has no open task at the step that you chose."))
    token = standing[0].token
    repairing.move(session, by=by, now=now, instance_id=instance_id, token=token, to=to, reason=reason)
