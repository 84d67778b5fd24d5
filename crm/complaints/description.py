"""What complaints are to the shared furniture of records."""

from __future__ import annotations

from datetime import datetime

from crm.complaints.events import ComplaintCancelled, ComplaintChanged, ComplaintRegistered
from crm.complaints.models import Complaint
from crm.complaints.rules import FACTS, GROUPS, ONGOING
from crm.core.errors import Fault, Invalid, RuleBroken
from crm.core.i18n import text
from crm.customers.models import Contact
from crm.permissions import Actor
from crm.records.queries import register
from crm.records.types import Check, RecordType, Through, orders


def _check(check: Check[Complaint]) -> None:
    if check.record is not None and check.record.status not in ONGOING:
        raise RuleBroken(text("Complaint {number} has ended and is not changed any more.", number=check.record.number))
    contact_id = check.after("contact_id")
    contact = None if contact_id is None else check.session.get(Contact, contact_id)
    if contact is not None and contact.customer_id != check.after("customer_id"):
        raise Invalid([Fault("contact_id", text("This contact belongs to another customer."))])


def _event(act: str, complaint: Complaint, _fields: tuple[str, ...], at: datetime, by: Actor) -> object:
    if act == "created":
        return ComplaintRegistered(complaint_id=complaint.id, at=at, by=by)
    if act == "deleted":
        reason = text("The complaint was deleted").in_language(by.locale)
        return ComplaintCancelled(complaint_id=complaint.id, reason=reason, at=at, by=by)
    return ComplaintChanged(complaint_id=complaint.id, at=at, by=by)


COMPLAINT = register(
    RecordType(
        key="complaint",
        module="complaints",
        model=Complaint,
        path="complaints",
        name=text("Complaint"),
        plural=text("Complaints"),
        icon="mood-sad",
        reach=Through("customer_id", "customer"),
        groups=GROUPS,
        facts=FACTS,
        columns=("subject", "customer_id", "severity", "status", "due_at", "satisfaction", "created_at"),
        filters=("status", "severity"),
        sorts=orders(created_at=(Complaint.created_at, Complaint.id), number=(Complaint.id,)),
        default_sort="-created_at",
        title="subject",
        customer="customer_id",
        settled=frozenset({"customer_id"}),
        searched=("content", "opinion"),
        search_hint=text("Subject, words or customer"),
        tones={
            "status": {
                "registered": "warn",
                "proposed": "info",
                "approved": "info",
                "carried_out": "info",
                "closed": "good",
                "cancelled": "neutral",
            },
            "severity": {"minor": "neutral", "serious": "warn", "critical": "bad"},
        },
        check=_check,
        event=_event,
    )
)
