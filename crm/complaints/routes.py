"""Pages of complaints, and their place on the customer's page."""

from __future__ import annotations

from collections.abc import Mapping

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from crm.complaints.description import COMPLAINT
from crm.complaints.models import Complaint
from crm.complaints.operations import cancel, register
from crm.complaints.rules import refusal
from crm.complaints.showing import complaint_facts
from crm.core.i18n import text
from crm.permissions import Actor
from crm.records.operations import hold, named_by
from crm.records.pages import Shape, record_pages
from crm.records.queries import why_not
from crm.records.showing import related
from crm.web.doors import current_actor, now, requires, writing
from crm.web.navigation import SERVICE, Entry
from crm.web.slots import add_panel


def _more(session: Session, actor: Actor, complaint: Complaint) -> Mapping[str, object]:
    shown = complaint_facts(session, by=actor, complaint_id=complaint.id)
    return {
        **{name: shown[name] for name in ("complaint", "people", "articles")},
        "why_not_cancel": why_not(COMPLAINT, session, by=actor, record=complaint, action="assign")
        or refusal("cancel", number=complaint.number, status=complaint.status),
    }


pages = record_pages(COMPLAINT, shape=Shape(templates={"show": "complaints/show.html"}, more=_more, create=register))
NAVIGATION = (
    Entry(
        text("Complaints"), "complaints.index", "mood-sad", permission=("complaints", "view"), group=SERVICE, order=31
    ),
)


@pages.post("/<int:record_id>/cancel")
@requires("complaints", "assign")
def cancel_act(record_id: int) -> ResponseReturnValue:
    """The complaint is cancelled, and its case with it."""
    with writing() as session:
        cancel(session, by=current_actor(), now=now(), complaint_id=record_id, reason=request.form.get("reason"))
    return redirect(url_for("complaints.show", record_id=record_id))


add_panel("customer", related(COMPLAINT, "customer_id", columns=("subject", "severity", "status", "created_at")))
hold("customer", named_by(COMPLAINT, "customer_id"))
hold("contact", named_by(COMPLAINT, "contact_id"))
hold("article", named_by(COMPLAINT, "article_id"))
