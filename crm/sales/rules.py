"""What an opportunity may hold, which step it may take in which state, and how that is said. Pure: no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from crm.core.fields import Field, Kind
from crm.core.i18n import Text, ctext, text
from crm.records.types import Group


class Status(StrEnum):
    """How far an opportunity has come."""

    SUBMITTED = "submitted"
    REJECTED = "rejected"
    APPROVED = "approved"
    DEVELOPING = "developing"
    WON = "won"
    LOST = "lost"
    GIVEN_UP = "given_up"


class Level(StrEnum):
    """Whose approval an opportunity needs."""

    NONE = "none"
    SUPERVISOR = "supervisor"
    EXECUTIVE = "executive"
    COUNTERSIGN = "countersign"


STATUS_NAMES: Mapping[str, Text] = {
    Status.SUBMITTED: ctext("opportunity", "Awaiting approval"),
    Status.REJECTED: ctext("opportunity", "Rejected"),
    Status.APPROVED: ctext("opportunity", "To be assigned"),
    Status.DEVELOPING: ctext("opportunity", "In development"),
    Status.WON: ctext("opportunity", "Won"),
    Status.LOST: ctext("opportunity", "Lost"),
    Status.GIVEN_UP: ctext("opportunity", "Given up"),
}
STATUS_TONES: Mapping[str, str] = {
    Status.SUBMITTED: "info",
    Status.REJECTED: "warn",
    Status.APPROVED: "info",
    Status.DEVELOPING: "accent",
    Status.WON: "good",
    Status.LOST: "bad",
    Status.GIVEN_UP: "neutral",
}
LEVEL_NAMES: Mapping[str, Text] = {
    Level.NONE: ctext("approval", "No approval needed"),
    Level.SUPERVISOR: ctext("approval", "Sales supervisor"),
    Level.EXECUTIVE: ctext("approval", "Executive"),
    Level.COUNTERSIGN: ctext("approval", "Two people countersign"),
}
UNASSIGNED = (Status.SUBMITTED, Status.REJECTED, Status.APPROVED)
ONGOING = (*UNASSIGNED, Status.DEVELOPING)
ENDED = (Status.WON, Status.LOST, Status.GIVEN_UP)
# The failure that is told together with who won instead.
LOST_TO_COMPETITOR = "competitor"
REMINDED_AT = time(9)
# So long nothing planned is left alone before its manager is asked for the next step.
IDLE = timedelta(days=7)
MOST_PLANNED_AT_ONCE = 50


@dataclass(frozen=True)
class Step:
    """A verb: from which states it may be done, where it leads, and what it is called in a refusal."""

    sources: tuple[Status, ...]
    target: Status | None
    name: Text


STEPS: Mapping[str, Step] = {
    "approve": Step((Status.SUBMITTED,), Status.APPROVED, text("be approved")),
    "reject": Step((Status.SUBMITTED,), Status.REJECTED, text("be rejected")),
    "submit_again": Step((Status.REJECTED,), Status.SUBMITTED, text("be submitted again")),
    "assign": Step((Status.APPROVED,), Status.DEVELOPING, text("be assigned")),
    "reassign": Step((Status.DEVELOPING,), Status.DEVELOPING, text("be handed over")),
    "plan": Step((Status.DEVELOPING,), None, text("get a plan")),
    "win": Step((Status.DEVELOPING,), Status.WON, text("be won")),
    "lose": Step((Status.DEVELOPING,), Status.LOST, text("be lost")),
    "withdraw": Step(UNASSIGNED, Status.GIVEN_UP, text("be given up")),
    "give_up": Step(ONGOING, Status.GIVEN_UP, text("be given up")),
}

CUSTOMER = Group(
    text("Customer"),
    (
        Field("customer_id", text("Customer"), Kind.RECORD, target="customer"),
        Field("customer_name", text("Customer name"), longest=120),
        Field("contact_name", text("Contact person"), longest=80),
        Field("contact_phone", text("Contact telephone"), Kind.PHONE, longest=40),
    ),
)
OPPORTUNITY = Group(
    text("Opportunity"),
    (
        Field("summary", text("Summary"), required=True, longest=120),
        Field("source", text("Source"), Kind.CHOICE, category="source"),
        Field("expected_amount", text("Expected amount"), Kind.MONEY, required=True),
        Field("chance", text("Chance"), Kind.PERCENT, required=True),
        Field("expected_close_on", text("Expected close"), Kind.DATE, required=True),
        Field("description", text("Description"), Kind.LONG, longest=4_000),
    ),
)
FACTS = (
    Field(
        "status",
        ctext("opportunity", "Stage"),
        Kind.CHOICE,
        options=tuple((str(key), name) for key, name in STATUS_NAMES.items()),
    ),
    Field("owner_id", text("Customer manager"), Kind.PERSON),
    Field("assigned_at", text("Assigned on"), Kind.MOMENT),
    Field("assigned_by_id", text("Assigned by"), Kind.PERSON),
    Field("created_by_id", text("Creator"), Kind.PERSON),
    Field(
        "approval_level",
        text("Approval by"),
        Kind.CHOICE,
        options=tuple((str(key), name) for key, name in LEVEL_NAMES.items()),
    ),
    Field("approved_at", text("Approved on"), Kind.MOMENT),
    Field("closed_at", text("Closed on"), Kind.MOMENT),
    Field("contact_id", text("Contact"), Kind.RECORD, target="contact"),
    Field("failure_reason", text("Reason of the failure"), Kind.CHOICE, category="failure_reason"),
    Field("competitor_id", text("Competitor"), Kind.RECORD, target="competitor"),
    Field("closing_words", text("How it ended"), Kind.LONG),
)
NOTE_FIELDS = (Field("note", text("Note"), Kind.LONG, longest=2_000),)
REASON_FIELDS = (Field("reason", text("Reason"), Kind.LONG, required=True, longest=2_000),)
RESUBMIT_FIELDS = (Field("expected_amount", text("Expected amount"), Kind.MONEY, required=True), *NOTE_FIELDS)
ASSIGN_FIELDS = (Field("manager_id", text("Customer manager"), Kind.PERSON, required=True), *NOTE_FIELDS)
RESULT_FIELDS = (Field("result", text("Result"), Kind.LONG, required=True, longest=4_000),)
CHANCE_FIELDS = (Field("chance", text("Chance"), Kind.PERCENT, required=True),)
WON_FIELDS = (
    Field("customer_id", text("Customer"), Kind.REFERENCE),
    Field("customer_name", text("Customer name"), longest=120),
    Field("contact_name", text("Contact person"), longest=80),
    Field("contact_phone", text("Contact telephone"), Kind.PHONE, longest=40),
    Field("competitor_id", text("Competitor"), Kind.REFERENCE),
    Field("closing_words", text("How it ended"), Kind.LONG, longest=2_000),
)
LOST_FIELDS = (
    Field("failure_reason", text("Reason of the failure"), Kind.CHOICE, required=True, category="failure_reason"),
    Field("competitor_id", text("Competitor"), Kind.REFERENCE),
    Field("closing_words", text("How it ended"), Kind.LONG, longest=2_000),
)
PLAN = Group(
    text("Plan item"),
    (
        Field("opportunity_id", text("Opportunity"), Kind.RECORD, required=True, target="opportunity"),
        Field("planned_on", text("Planned for"), Kind.DATE, required=True),
        Field("subject", text("Step"), required=True, longest=200),
    ),
)
PLAN_FACTS = (
    Field("result", text("Result"), Kind.LONG, longest=4_000),
    Field("done_at", text("Done on"), Kind.MOMENT),
    Field("done_by_id", text("Done by"), Kind.PERSON),
)


def why_not(verb: str, *, number: str, status: str) -> Text | None:
    """Why the step cannot be taken now, or None if it can."""
    step = STEPS[verb]
    if status in step.sources:
        return None
    return text(
        "Opportunity {number} cannot {step}: its stage is “{status}”.",
        number=number,
        step=step.name,
        status=STATUS_NAMES[status],
    )


def reminded_at(planned_on: date, zone: tzinfo) -> datetime:
    """When its manager is reminded of something planned for a day."""
    return datetime.combine(planned_on, REMINDED_AT, zone)


def day_end(day: date, zone: tzinfo) -> datetime:
    """The last moment of a day."""
    return datetime.combine(day, time.max.replace(microsecond=0), zone)
