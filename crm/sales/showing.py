"""What pages show about an opportunity: how far it has come, its plan, and the facts beside a task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.queries import names_of
from crm.activity.models import TimelineEntry
from crm.core.i18n import ctext
from crm.permissions import Actor
from crm.records.queries import find_one, may_see
from crm.records.showing import words_for
from crm.sales.description import OPPORTUNITY, PLAN_ITEM
from crm.sales.models import Opportunity, PlanItem
from crm.sales.rules import STATUS_NAMES, Status
from crm.web.languages import shown

ROAD = (
    (Status.SUBMITTED, ctext("opportunity", "Approval")),
    (Status.APPROVED, ctext("opportunity", "Assignment")),
    (Status.DEVELOPING, ctext("opportunity", "Development")),
    (Status.WON, ctext("opportunity", "Success")),
)
# Where on the road an opportunity stands that has left it.
LEFT_AT = {Status.REJECTED: 0, Status.LOST: 3, Status.GIVEN_UP: 3}


@dataclass(frozen=True)
class PlanLine:
    """A step of the plan as a page draws it."""

    id: int
    planned_on: date
    subject: str
    result: str | None
    done_at: datetime | None
    done_by: str
    is_late: bool


def stages_of(record: Opportunity) -> list[dict[str, object]]:
    """The stages for the `steps` component: what lies behind, where it stands, what comes."""
    status = Status(record.status)
    left = LEFT_AT.get(status)
    at = left if left is not None else [stage for stage, _ in ROAD].index(status)
    found: list[dict[str, object]] = []
    for place, (_, name) in enumerate(ROAD):
        state = "done" if place < at else "ahead" if place > at else "live"
        if place == at and status == Status.WON:
            state = "done"
        elif place == at and left is not None:
            name, state = STATUS_NAMES[status], "failed"
        found.append({"label": shown(name), "state": state})
    return found


def plan_of(session: Session, record: Opportunity, *, by: Actor, today: date) -> Sequence[PlanLine]:
    """The development plan, by day."""
    items = session.scalars(
        select(PlanItem)
        .where(PlanItem.opportunity_id == record.id, may_see(PLAN_ITEM, by))
        .order_by(PlanItem.planned_on, PlanItem.id)
    ).all()
    people = names_of(session, [item.done_by_id for item in items], by.locale)
    return [
        PlanLine(
            id=item.id,
            planned_on=item.planned_on,
            subject=item.subject,
            result=item.result,
            done_at=item.done_at,
            done_by=people.get(item.done_by_id or 0, ""),
            is_late=item.done_at is None and item.planned_on < today,
        )
        for item in items
    ]


def rejection_of(session: Session, record: Opportunity) -> str:
    """Why it was rejected, as long as nothing has come of that."""
    if record.status != Status.REJECTED:
        return ""
    told = select(TimelineEntry.detail).where(
        TimelineEntry.record_type == OPPORTUNITY.key,
        TimelineEntry.record_id == record.id,
        TimelineEntry.kind == "opportunity.rejected",
    )
    return session.scalars(told.order_by(TimelineEntry.id.desc()).limit(1)).first() or ""


def opportunity_facts(session: Session, *, by: Actor, opportunity_id: int, today: date) -> dict[str, object]:
    """Everything that `sales/_facts.html` shows. Raises NotFound where this person may not see it."""
    record = find_one(OPPORTUNITY, session, by=by, record_id=opportunity_id)
    return {
        "record": record,
        "sort": OPPORTUNITY,
        "words": words_for(session, OPPORTUNITY.shown.values(), [record]),
        "plan": plan_of(session, record, by=by, today=today),
        "rejection": rejection_of(session, record),
        "may_edit": record.status in (Status.REJECTED, Status.DEVELOPING) and by.may(OPPORTUNITY.module, "edit"),
    }
