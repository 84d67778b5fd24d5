"""The development plan of an opportunity: dated steps with their results, and who is reminded of them when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.activity.operations import record as tell_timeline
from crm.core.db import Database
from crm.core.errors import Fault, Invalid, RuleBroken
from crm.core.events import tell
from crm.core.fields import read
from crm.core.i18n import Text, text
from crm.permissions import Actor
from crm.records.operations import change_record, create_record, delete_record, store
from crm.records.queries import find_one
from crm.sales import notices
from crm.sales import rules as of
from crm.sales.description import OPPORTUNITY, PLAN_ITEM
from crm.sales.events import PlanChanged
from crm.sales.models import Opportunity, PlanItem
from crm.sales.operations import at_step, lock_around, read_only
from crm.sales.rules import CHANCE_FIELDS, IDLE, MOST_PLANNED_AT_ONCE, RESULT_FIELDS, Status, reminded_at


def plan_step(session: Session, *, by: Actor, now: datetime, values: Mapping[str, object]) -> PlanItem:
    """The plan has one step more. Tells PlanChanged."""
    opportunity_id = values.get("opportunity_id")
    if isinstance(opportunity_id, int):
        lock_around(session, opportunity_id)
    item = _plan(session, by=by, now=now, values=values)
    tell(session, PlanChanged(opportunity_id=item.opportunity_id, at=now, by=by))
    return item


def change_step(
    session: Session, *, by: Actor, now: datetime, record_id: int, version: int, values: Mapping[str, object]
) -> PlanItem:
    """A step that is not done yet is planned otherwise. Tells PlanChanged."""
    _lock_around_item(session, record_id)
    item = change_record(PLAN_ITEM, session, by=by, now=now, record_id=record_id, version=version, values=values)
    tell(session, PlanChanged(opportunity_id=item.opportunity_id, at=now, by=by))
    return item


def call_off_step(session: Session, *, by: Actor, now: datetime, record_id: int, version: int) -> PlanItem:
    """A step that is not done yet is taken out of the plan. Tells PlanChanged."""
    _lock_around_item(session, record_id)
    item = delete_record(PLAN_ITEM, session, by=by, now=now, record_id=record_id, version=version)
    tell(session, PlanChanged(opportunity_id=item.opportunity_id, at=now, by=by))
    return item


def record_result(session: Session, *, by: Actor, now: datetime, record_id: int, result: object) -> PlanItem:
    """A step is done, with what came of it. Tells PlanChanged."""
    _lock_around_item(session, record_id)
    item = _do(session, by=by, now=now, item_id=record_id, result=result)
    tell(session, PlanChanged(opportunity_id=item.opportunity_id, at=now, by=by))
    return item


def keep_progress(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    opportunity_id: int,
    results: Sequence[Mapping[str, Any]] = (),
    plan: Sequence[Mapping[str, Any]] = (),
    chance: object = None,
) -> Opportunity:
    """Results of planned steps (`item_id`, `result`), further steps (`planned_on`, `subject`) and the new chance of
    success, all of them as the process's form has them."""
    record = at_step(session, "plan", opportunity_id, by=by, action="edit")
    if len(results) + len(plan) > MOST_PLANNED_AT_ONCE:
        words = text("At most {most} lines can be kept at once.", most=MOST_PLANNED_AT_ONCE)
        raise Invalid([Fault("plan", words)])
    for place, line in enumerate(results):
        item_id, result = line.get("item_id"), line.get("result")
        if not item_id and not result:
            continue
        if not item_id or not str(item_id).isdecimal():
            raise Invalid([Fault(f"results.{place}.item_id", text("Choose the planned step that this is about."))])
        item = find_one(PLAN_ITEM, session, by=by, record_id=int(item_id), action="edit")
        if item.opportunity_id != record.id:
            raise Invalid([Fault(f"results.{place}.item_id", text("This step belongs to another opportunity."))])
        with _named(f"results.{place}."):
            _do(session, by=by, now=now, item_id=item.id, result=result)
    for place, line in enumerate(plan):
        if line.get("planned_on") or line.get("subject"):
            values = {"planned_on": line.get("planned_on"), "subject": line.get("subject")}
            with _named(f"plan.{place}."):
                _plan(session, by=by, now=now, values={**values, "opportunity_id": record.id})
    kept = read(CHANCE_FIELDS, {"chance": record.chance if chance is None else chance}, options={})
    return store(OPPORTUNITY, session, record, by=by, now=now, values=kept)


@contextmanager
def _named(place: str) -> Iterator[None]:
    """Faults of one line are told with the line's place in the form."""
    try:
        yield
    except Invalid as wrong:
        raise Invalid([Fault(f"{place}{fault.field}", fault.message) for fault in wrong.faults]) from wrong


def open_items(session: Session, opportunity_id: int) -> list[PlanItem]:
    """What is planned and not done yet, the next one first. The caller has checked that the reader may see it."""
    return list(
        session.scalars(
            select(PlanItem)
            .where(PlanItem.opportunity_id == opportunity_id, PlanItem.done_at.is_(None), PlanItem.deleted_at.is_(None))
            .order_by(PlanItem.planned_on, PlanItem.id)
        )
    )


def look_ahead(session: Session, *, now: datetime, opportunity_id: int) -> dict[str, datetime | None]:
    """When somebody must look at the plan again (`look_at`), and when the next step is due (`plan_due_at`, None without
    a plan). Steps of which its manager was reminded do not come up again."""
    database: Database = session.info["database"]
    zone = database.zone
    items = open_items(session, opportunity_id)
    times = [reminded_at(item.planned_on, zone) for item in items if item.reminded_on != item.planned_on]
    ahead = [at for at in times if at > now]
    due = of.day_end(items[0].planned_on, zone) if items else None
    return {"look_at": min(ahead) if ahead else now + IDLE, "plan_due_at": due}


def remind(session: Session, *, by: Actor, now: datetime, opportunity_id: int) -> None:
    """Its manager is told of every step whose day has come; without any plan, that a next step is missing. Nothing
    happens if it is not in development any more."""
    record = find_one(OPPORTUNITY, session, by=by, record_id=opportunity_id, action="edit", lock=True)
    if record.status != Status.DEVELOPING:
        return
    database: Database = session.info["database"]
    zone = database.zone
    items = open_items(session, opportunity_id)
    if not items:
        message = text("{number} has no next step: {summary}", number=record.number, summary=record.summary)
        _tell_manager(session, record, notices.IDLE, message, by=by, now=now, occasion=now.date().isoformat())
    for item in items:
        if item.reminded_on == item.planned_on or reminded_at(item.planned_on, zone) > now:
            continue
        item.reminded_on = item.planned_on
        message = text("Planned for {date}: {subject}", date=item.planned_on.isoformat(), subject=item.subject)
        occasion = f"{item.id}-{item.planned_on.isoformat()}"
        _tell_manager(session, record, notices.PLAN_DUE, message, by=by, now=now, occasion=occasion)


def _tell_manager(
    session: Session, record: Opportunity, kind: str, message: Text, *, by: Actor, now: datetime, occasion: str
) -> None:
    to = [record.owner_id]
    notices.tell_people(session, record, kind, message, to=to, by=by, now=now, occasion=occasion)


def _lock_around_item(session: Session, item_id: int) -> None:
    opportunity_id = session.scalar(select(PlanItem.opportunity_id).where(PlanItem.id == item_id))
    if opportunity_id is not None:
        lock_around(session, opportunity_id)


def _plan(session: Session, *, by: Actor, now: datetime, values: Mapping[str, object]) -> PlanItem:
    item = create_record(PLAN_ITEM, session, by=by, now=now, values=values)
    message = text("Planned for {date}: {subject}", date=item.planned_on.isoformat(), subject=item.subject)
    _note(session, item, by=by, now=now, kind="opportunity.planned", message=message)
    return item


def _do(session: Session, *, by: Actor, now: datetime, item_id: int, result: object) -> PlanItem:
    item = find_one(PLAN_ITEM, session, by=by, record_id=item_id, action="edit", lock=True)
    opportunity = session.get_one(Opportunity, item.opportunity_id)
    reason = of.why_not("plan", number=opportunity.number, status=opportunity.status)
    if reason is not None:
        raise RuleBroken(reason)
    if item.done_at is not None:
        raise RuleBroken(text("The result of “{subject}” is recorded already.", subject=item.subject))
    words = read_only(RESULT_FIELDS, {"result": result})["result"]
    store(
        PLAN_ITEM,
        session,
        item,
        by=by,
        now=now,
        values={"result": words, "done_at": now, "done_by_id": by.id},
        kind="plan_item.done",
        message=text("Done: {subject}", subject=item.subject),
        detail=words,
    )
    message = text("Done: {subject}", subject=item.subject)
    _note(session, item, by=by, now=now, kind="opportunity.step_done", message=message, detail=words)
    return item


def _note(
    session: Session,
    item: PlanItem,
    *,
    by: Actor,
    now: datetime,
    kind: str,
    message: Text,
    detail: str | None = None,
) -> None:
    """What happens to the plan is told on the opportunity's own timeline, and on its customer's."""
    opportunity = session.get_one(Opportunity, item.opportunity_id)
    tell_timeline(
        session,
        at=now,
        actor=by,
        record_type=OPPORTUNITY.key,
        record_id=opportunity.id,
        customer_id=opportunity.customer_id,
        kind=kind,
        message=message,
        detail=detail,
        link=OPPORTUNITY.link(opportunity.id),
    )
