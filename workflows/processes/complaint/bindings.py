"""What the diagram of the complaint may call and ask for; the work itself is done in `crm/complaints`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.complaints import operations as complaints
from crm.complaints.description import COMPLAINT
from crm.complaints.events import ComplaintCancelled, ComplaintRegistered
from crm.complaints.models import Complaint
from crm.complaints.rules import ONGOING, Status
from crm.complaints.showing import complaint_facts
from crm.customers.models import Customer
from crm.permissions import Actor
from crm.records.queries import find_one
from workflows.about_records import case_about, drawn, sent_back, taken_back, visible_if
from workflows.registry import Bindings, CaseStart, RecordRef, StepContext, operations

KEY = "complaint"
RECORD = "complaint"
# In which state a complaint is when a step begins.
BEFORE_STEP = {
    "investigate": Status.REGISTERED,
    "investigate_critical": Status.REGISTERED,
    "approve_supervisor": Status.PROPOSED,
    "approve_executive": Status.PROPOSED,
    "carry_out": Status.APPROVED,
    "call_back": Status.CARRIED_OUT,
}


def open_from_form(session: Session, by: Actor, now: datetime, answers: Mapping[str, Any]) -> RecordRef:
    """The answers of the start form register the complaint; its event starts the case."""
    registered = complaints.register(session, by=by, now=now, values=answers)
    return RecordRef(RECORD, registered.id)


def start_for(session: Session, event: ComplaintRegistered) -> CaseStart:
    """A case for a complaint that has just been registered: references and what the decision tables ask for."""
    complaint = session.get_one(Complaint, event.complaint_id)
    grade = session.scalar(select(Customer.grade).where(Customer.id == complaint.customer_id))
    about = {"complaint_id": complaint.id, "severity": complaint.severity, "grade": grade, "rounds": 0}
    return case_about(KEY, complaint, complaint.subject, **about)


def ended_by(event: ComplaintCancelled) -> tuple[RecordRef, str]:
    """A complaint that was cancelled needs no process any more."""
    return RecordRef(RECORD, event.complaint_id), event.reason


def give_up(session: Session, by: Actor, now: datetime, record_id: int, reason: str) -> None:
    """Cancelling the case cancels the complaint, unless it has ended."""
    if find_one(COMPLAINT, session, by=by, record_id=record_id).status in ONGOING:
        complaints.cancel(session, by=by, now=now, complaint_id=record_id, reason=reason)


def ongoing(session: Session, ids: Sequence[int]) -> Collection[int]:
    """Which of these complaints have not ended."""
    living = Complaint.id.in_(ids), Complaint.status.in_(ONGOING), Complaint.deleted_at.is_(None)
    return set(session.scalars(select(Complaint.id).where(*living)))


def plan(step: StepContext, *, complaint_id: int, hours: Any) -> Mapping[str, object]:
    """By when a proposal should stand. Answers `due_at`."""
    due_at = complaints.plan(step.session, by=step.by, now=step.now, complaint_id=complaint_id, hours=hours)
    return {"due_at": due_at}


def propose(
    step: StepContext,
    *,
    complaint_id: int,
    position: str,
    decision: str,
    needs_approval: bool,
    compensation: Any = None,
) -> Mapping[str, object]:
    """The proposal is kept. Answers `investigator_id`, who carries it out and calls back."""
    complaints.propose(
        step.session,
        by=step.by,
        now=step.now,
        complaint_id=complaint_id,
        position=position,
        decision=decision,
        compensation=compensation,
        needs_approval=needs_approval,
    )
    return {"investigator_id": step.by.id}


def approve(step: StepContext, *, complaint_id: int, note: str = "") -> None:
    """The proposal may be carried out."""
    complaints.approve(step.session, by=step.by, now=step.now, complaint_id=complaint_id, note=note)


def reject(step: StepContext, *, complaint_id: int, reason: str) -> None:
    """The proposal goes back."""
    complaints.reject(step.session, by=step.by, now=step.now, complaint_id=complaint_id, reason=reason)


def carry_out(step: StepContext, *, complaint_id: int, done: str) -> None:
    """What was done is kept."""
    complaints.carry_out(step.session, by=step.by, now=step.now, complaint_id=complaint_id, done=done)


def call_back(step: StepContext, *, complaint_id: int, satisfaction: int, customer_words: str = "") -> None:
    """What the customer says now is kept."""
    complaints.call_back(
        step.session,
        by=step.by,
        now=step.now,
        complaint_id=complaint_id,
        satisfaction=satisfaction,
        customer_words=customer_words,
    )


def reopen(step: StepContext, *, complaint_id: int) -> Mapping[str, object]:
    """It is investigated once more. Answers `rounds`."""
    return {"rounds": complaints.reopen(step.session, by=step.by, now=step.now, complaint_id=complaint_id).rounds}


def close(step: StepContext, *, complaint_id: int, makes_article: bool = False) -> None:
    """It is finished; an article may come of it."""
    complaints.close(step.session, by=step.by, now=step.now, complaint_id=complaint_id, makes_article=makes_article)


def go_back(session: Session, by: Actor, now: datetime, record_id: int, status: Status, reason: str) -> None:
    """The complaint is in an earlier state again."""
    complaints.go_back(session, by=by, now=now, complaint_id=record_id, status=status, reason=reason or None)


BINDINGS = Bindings(
    operations=operations(
        ("complaints/plan", plan),
        ("complaints/propose", propose),
        ("complaints/approve", approve),
        ("complaints/reject", reject),
        ("complaints/carry_out", carry_out),
        ("complaints/call_back", call_back),
        ("complaints/reopen", reopen),
        ("complaints/close", close),
    ),
    openings={KEY: open_from_form},
    triggers={ComplaintRegistered: start_for},
    endings={ComplaintCancelled: ended_by},
    giving_up={RECORD: give_up},
    ongoing={RECORD: ongoing},
    visible={
        RECORD: visible_if(lambda session, by, record_id: find_one(COMPLAINT, session, by=by, record_id=record_id))
    },
    facts={
        RECORD: drawn(
            "complaints/_facts.html",
            lambda session, by, record_id: complaint_facts(session, by=by, complaint_id=record_id),
        )
    },
    sent_back={RECORD: sent_back(go_back, BEFORE_STEP)},
    taken_back=taken_back(
        go_back,
        {
            "complaints/propose": Status.REGISTERED,
            "complaints/approve": Status.PROPOSED,
            "complaints/reject": Status.PROPOSED,
            "complaints/carry_out": Status.APPROVED,
            "complaints/call_back": Status.CARRIED_OUT,
        },
    ),
)
