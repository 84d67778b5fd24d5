"""The verbs of a complaint, from registering to closing. Process steps, pages and API all call these.

Each locks the complaint, says why it may not be done now, stores what was said, and tells it on the timeline.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.complaints.description import COMPLAINT
from crm.complaints.events import ComplaintCancelled
from crm.complaints.models import Complaint
from crm.complaints.rules import (
    CALL_FIELDS,
    DONE_FIELDS,
    NOTE_FIELDS,
    PLAN_FIELDS,
    PROPOSAL_FIELDS,
    REASON_FIELDS,
    Status,
    refusal,
)
from crm.core.errors import RuleBroken
from crm.core.events import tell
from crm.core.fields import Field, read
from crm.core.i18n import Text, text
from crm.knowledge.description import ARTICLE
from crm.knowledge.models import Article
from crm.permissions import Actor
from crm.records.operations import create_record, insert_record, read_new, store
from crm.records.queries import find_one
from crm.worktime.kept import calendar_of


def register(session: Session, *, by: Actor, now: datetime, values: Mapping[str, object]) -> Complaint:
    """A customer has complained. Tells ComplaintRegistered."""
    kept = read_new(COMPLAINT, session, by=by, now=now, values=values)
    return insert_record(
        COMPLAINT, session, by=by, now=now, kept={**kept, "status": Status.REGISTERED.value, "rounds": 0}
    )


def plan(session: Session, *, by: Actor, now: datetime, complaint_id: int, hours: object) -> datetime:
    """A proposal should stand after so many working hours of the department that registered it. Answers when."""
    kept = _read(PLAN_FIELDS, {"hours": hours})
    complaint = _open(session, "plan", complaint_id, by=by, action="view")
    due_at = calendar_of(session, by.department_id).add(now, 60 * kept["hours"])
    complaint.due_at, complaint.version = due_at, complaint.version + 1
    session.flush()
    return due_at


def propose(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    complaint_id: int,
    position: object,
    decision: object,
    compensation: object = None,
    needs_approval: bool,
) -> Complaint:
    """How the company sees it, and what it decides to do. Without an approval it may be carried out at once."""
    kept = _read(PROPOSAL_FIELDS, {"position": position, "decision": decision, "compensation": compensation})
    complaint = _open(session, "propose", complaint_id, by=by)
    status = Status.PROPOSED if needs_approval else Status.APPROVED
    values = {
        **kept,
        "status": status.value,
        "proposed_by_id": by.id,
        "proposed_at": now,
        "approved_by_id": None,
        "approved_at": None if needs_approval else now,
    }
    told = text("Proposed a decision")
    return _store(session, complaint, "proposed", told, values, by=by, now=now, detail=kept["decision"])


def approve(session: Session, *, by: Actor, now: datetime, complaint_id: int, note: object = None) -> Complaint:
    """The proposal may be carried out."""
    kept = _read(NOTE_FIELDS, {"note": note})
    complaint = _open(session, "approve", complaint_id, by=by, action="approve")
    values = {"status": Status.APPROVED.value, "approved_by_id": by.id, "approved_at": now}
    return _store(
        session, complaint, "approved", text("Approved the decision"), values, by=by, now=now, detail=kept["note"]
    )


def reject(session: Session, *, by: Actor, now: datetime, complaint_id: int, reason: object) -> Complaint:
    """The proposal goes back to be worked over, for this reason."""
    kept = _read(REASON_FIELDS, {"reason": reason})
    complaint = _open(session, "reject", complaint_id, by=by, action="approve")
    values = {"status": Status.REGISTERED.value}
    told = text("Sent the decision back")
    return _store(session, complaint, "rejected", told, values, by=by, now=now, detail=kept["reason"])


def carry_out(session: Session, *, by: Actor, now: datetime, complaint_id: int, done: object) -> Complaint:
    """The decision has been carried out so."""
    kept = _read(DONE_FIELDS, {"done": done})
    complaint = _open(session, "carry_out", complaint_id, by=by)
    values = {**kept, "status": Status.CARRIED_OUT.value, "done_by_id": by.id, "done_at": now}
    told = text("Carried out the decision")
    return _store(session, complaint, "carried_out", told, values, by=by, now=now, detail=kept["done"])


def call_back(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    complaint_id: int,
    satisfaction: object,
    customer_words: object = None,
) -> Complaint:
    """What the customer says now, and how content they are (1–5)."""
    kept = _read(CALL_FIELDS, {"satisfaction": satisfaction, "customer_words": customer_words})
    complaint = _open(session, "call_back", complaint_id, by=by)
    told = text("Called back: satisfaction {satisfaction} of 5", satisfaction=kept["satisfaction"])
    return _store(session, complaint, "called_back", told, kept, by=by, now=now, detail=kept["customer_words"])


def reopen(session: Session, *, by: Actor, now: datetime, complaint_id: int) -> Complaint:
    """It is investigated once more; possible once."""
    complaint = _open(session, "reopen", complaint_id, by=by, action="view")
    values = {"status": Status.REGISTERED.value, "rounds": complaint.rounds + 1}
    return _store(session, complaint, "reopened", text("Reopened the complaint"), values, by=by, now=now)


def close(session: Session, *, by: Actor, now: datetime, complaint_id: int, makes_article: bool = False) -> Complaint:
    """It is finished. What was learnt may become a draft of a knowledge article, if this person may write one."""
    complaint = _open(session, "close", complaint_id, by=by, action="view")
    if complaint.satisfaction is None:
        raise RuleBroken(text("Call the customer back before complaint {number} is closed.", number=complaint.number))
    values: dict[str, Any] = {"status": Status.CLOSED.value, "closed_at": now}
    if makes_article and complaint.article_id is None and by.may("knowledge", "create"):
        values["article_id"] = _write_article(session, complaint, by=by, now=now).id
    return _store(session, complaint, "closed", text("Closed the complaint"), values, by=by, now=now)


def cancel(session: Session, *, by: Actor, now: datetime, complaint_id: int, reason: object) -> Complaint:
    """Nothing more is done about it, for this reason. Tells ComplaintCancelled."""
    kept = _read(REASON_FIELDS, {"reason": reason})
    complaint = _open(session, "cancel", complaint_id, by=by, action="assign")
    values = {"status": Status.CANCELLED.value, "closed_at": now}
    told = text("Cancelled the complaint")
    _store(session, complaint, "cancelled", told, values, by=by, now=now, detail=kept["reason"])
    tell(session, ComplaintCancelled(complaint_id=complaint.id, reason=kept["reason"], at=now, by=by))
    return complaint


def go_back(
    session: Session, *, by: Actor, now: datetime, complaint_id: int, status: Status, reason: str | None = None
) -> Complaint:
    """A step is done again: the complaint stands where that step begins. Called by its process, which allowed it."""
    complaint = session.scalars(
        select(Complaint)
        .where(Complaint.id == complaint_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if complaint.status == Status.CLOSED or complaint.status == Status.CANCELLED:
        raise RuleBroken(text("Complaint {number} has ended and is not changed any more.", number=complaint.number))
    told = text("Went back a step")
    return _store(session, complaint, "went_back", told, {"status": status.value}, by=by, now=now, detail=reason)


def _open(session: Session, verb: str, complaint_id: int, *, by: Actor, action: str = "edit") -> Complaint:
    complaint = find_one(COMPLAINT, session, by=by, record_id=complaint_id, action=action, lock=True)
    reason = refusal(verb, number=complaint.number, status=complaint.status, rounds=complaint.rounds)
    if reason is not None:
        raise RuleBroken(reason)
    return complaint


def _read(fields: tuple[Field, ...], given: Mapping[str, object]) -> dict[str, Any]:
    return read(fields, given, options={})


def _store(
    session: Session,
    complaint: Complaint,
    verb: str,
    message: Text,
    values: Mapping[str, Any],
    *,
    by: Actor,
    now: datetime,
    detail: str | None = None,
) -> Complaint:
    kind = f"complaint.{verb}"
    return store(
        COMPLAINT, session, complaint, by=by, now=now, values=values, kind=kind, message=message, detail=detail
    )


def _write_article(session: Session, complaint: Complaint, *, by: Actor, now: datetime) -> Article:
    parts = (complaint.content, complaint.position, complaint.decision, complaint.done)
    values = {
        "title": complaint.subject,
        "category": "complaint",
        "body": "\n\n".join(part for part in parts if part),
        "tags": [],
        "published": False,
    }
    return create_record(ARTICLE, session, by=by, now=now, values=values)
