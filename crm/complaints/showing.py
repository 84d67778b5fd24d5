"""What people should know of a complaint beside its tasks."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from crm.accounts.queries import names_of
from crm.complaints.description import COMPLAINT
from crm.customers.models import Customer
from crm.knowledge.queries import suggested
from crm.permissions import Actor
from crm.records.queries import find_one
from crm.records.showing import words_for


def complaint_facts(session: Session, *, by: Actor, complaint_id: int) -> dict[str, Any]:
    """For `complaints/_facts.html`: the complaint, its customer, who did what, and articles that may help. NotFound if this
    person may not see it."""
    complaint = find_one(COMPLAINT, session, by=by, record_id=complaint_id)
    people = names_of(session, {complaint.proposed_by_id, complaint.approved_by_id, complaint.done_by_id}, by.locale)
    return {
        "complaint": complaint,
        "sort": COMPLAINT,
        "words": words_for(session, COMPLAINT.shown.values(), [complaint]),
        "customer": session.get_one(Customer, complaint.customer_id),
        "people": people,
        "articles": suggested(session, by=by, words=f"{complaint.subject} {complaint.content}"),
    }
