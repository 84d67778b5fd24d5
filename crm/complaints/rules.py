"""What a complaint may hold, and which step may follow which. Pure: no database, no request."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from crm.core.fields import Field, Kind
from crm.core.i18n import Text, ctext, text
from crm.records.types import Group


class Status(StrEnum):
    REGISTERED = "registered"
    PROPOSED = "proposed"
    APPROVED = "approved"
    CARRIED_OUT = "carried_out"
    CLOSED = "closed"
    CANCELLED = "cancelled"


STATUSES = (
    (Status.REGISTERED.value, ctext("complaint", "Being investigated")),
    (Status.PROPOSED.value, ctext("complaint", "Waits for approval")),
    (Status.APPROVED.value, ctext("complaint", "To be carried out")),
    (Status.CARRIED_OUT.value, ctext("complaint", "To be called back")),
    (Status.CLOSED.value, ctext("complaint", "Closed")),
    (Status.CANCELLED.value, ctext("complaint", "Cancelled")),
)
SEVERITIES = (
    ("minor", ctext("complaint", "Minor")),
    ("serious", ctext("complaint", "Serious")),
    ("critical", ctext("complaint", "Critical")),
)
ONGOING = frozenset({Status.REGISTERED, Status.PROPOSED, Status.APPROVED, Status.CARRIED_OUT})
# Verb → the states in which it may be done.
SOURCES: Mapping[str, frozenset[Status]] = {
    "plan": frozenset({Status.REGISTERED}),
    "propose": frozenset({Status.REGISTERED}),
    "approve": frozenset({Status.PROPOSED}),
    "reject": frozenset({Status.PROPOSED}),
    "carry_out": frozenset({Status.APPROVED}),
    "call_back": frozenset({Status.CARRIED_OUT}),
    "reopen": frozenset({Status.CARRIED_OUT}),
    "close": frozenset({Status.CARRIED_OUT}),
    "cancel": ONGOING,
}
MOST_ROUNDS = 1
MOST_HOURS = 400
GROUPS = (
    Group(
        text("Complaint"),
        (
            Field("customer_id", text("Customer"), Kind.RECORD, required=True, target="customer"),
            Field("contact_id", text("Contact"), Kind.RECORD, target="contact"),
            Field("subject", text("Subject"), required=True, longest=120),
            Field("severity", text("Severity"), Kind.CHOICE, required=True, options=SEVERITIES),
            Field("channel", text("Channel"), Kind.CHOICE, category="channel"),
            Field("content", text("What happened"), Kind.LONG, required=True, longest=4_000),
            Field("opinion", text("Customer's opinion"), Kind.LONG, longest=4_000),
        ),
    ),
)
FACTS = (
    Field("status", text("Status"), Kind.CHOICE, options=STATUSES),
    Field("due_at", text("Due"), Kind.MOMENT),
    Field("compensation", text("Compensation"), Kind.MONEY),
    Field("satisfaction", text("Satisfaction"), Kind.WHOLE, least=1, most=5),
    Field("rounds", text("Reopened"), Kind.WHOLE, least=0, most=MOST_ROUNDS),
    Field("article_id", text("Knowledge article"), Kind.RECORD, target="article"),
)
PLAN_FIELDS = (Field("hours", text("Working hours"), Kind.WHOLE, required=True, least=1, most=MOST_HOURS),)
PROPOSAL_FIELDS = (
    Field("position", text("Company's position"), Kind.LONG, required=True, longest=4_000),
    Field("decision", text("Decision"), Kind.LONG, required=True, longest=4_000),
    Field("compensation", text("Compensation"), Kind.MONEY),
)
REASON_FIELDS = (Field("reason", text("Reason"), Kind.LONG, required=True, longest=2_000),)
NOTE_FIELDS = (Field("note", text("Note"), Kind.LONG, longest=2_000),)
DONE_FIELDS = (Field("done", text("What was done"), Kind.LONG, required=True, longest=4_000),)
CALL_FIELDS = (
    Field("satisfaction", text("Satisfaction"), Kind.WHOLE, required=True, least=1, most=5),
    Field("customer_words", text("What the customer said"), Kind.LONG, longest=4_000),
)


def refusal(verb: str, *, number: str, status: str, rounds: int = 0) -> Text | None:
    """Why the verb cannot be done with the complaint as it stands; None if it can."""
    if status not in SOURCES[verb]:
        shown = dict(STATUSES).get(status, status)
        return text("Complaint {number} cannot take this step: its state is “{status}”.", number=number, status=shown)
    if verb == "reopen" and rounds >= MOST_ROUNDS:
        return text("Complaint {number} has been reopened before; that is possible once.", number=number)
    return None
