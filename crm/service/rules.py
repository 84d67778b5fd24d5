"""Which step a service request may take, what each step must bring, and how that is said. Pure: no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from crm.core.errors import Fault, Invalid
from crm.core.fields import Field, Kind
from crm.core.i18n import Text, ctext, text
from crm.worktime.calendar import ALWAYS, Calendar


class Status(StrEnum):
    """How far a request has come."""

    OPENED = "opened"
    ASSIGNED = "assigned"
    HANDLED = "handled"
    FED_BACK = "fed_back"
    ARCHIVED = "archived"
    CANCELLED = "cancelled"


STATUS_NAMES: Mapping[str, Text] = {
    Status.OPENED: ctext("service request", "Opened"),
    Status.ASSIGNED: ctext("service request", "Assigned"),
    Status.HANDLED: ctext("service request", "Handled"),
    Status.FED_BACK: ctext("service request", "Fed back"),
    Status.ARCHIVED: ctext("service request", "Archived"),
    Status.CANCELLED: ctext("service request", "Cancelled"),
}
# What the marks of a priority are called in pages and in the API, by its number.
PRIORITY_LEVELS = ("low", "normal", "high", "urgent")
PRIORITY_NAMES: Mapping[int, Text] = {
    0: ctext("priority", "Low"),
    1: ctext("priority", "Normal"),
    2: ctext("priority", "High"),
    3: ctext("priority", "Urgent"),
}
ONGOING = (Status.OPENED, Status.ASSIGNED, Status.HANDLED, Status.FED_BACK)
WAITING_FOR_US = (Status.OPENED, Status.ASSIGNED)
NORMAL_PRIORITY = 1
SATISFIED_FROM = 3
DEFAULT_SLA_MINUTES = 72 * 60
DEFAULT_REMIND_MINUTES = 8 * 60
LONGEST_TIME = timedelta(days=366)


@dataclass(frozen=True)
class Step:
    """A verb: from which states it may be done, where it leads, and what it is called in a refusal."""

    sources: tuple[Status, ...]
    target: Status | None
    name: Text


# A step may be done once more as long as the request is not archived: processes send work back to earlier steps.
STEPS: Mapping[str, Step] = {
    "assign": Step(ONGOING, Status.ASSIGNED, text("be assigned")),
    "record_handling": Step((Status.ASSIGNED, Status.HANDLED, Status.FED_BACK), Status.HANDLED, text("be handled")),
    "record_feedback": Step((Status.HANDLED, Status.FED_BACK), Status.FED_BACK, text("be fed back")),
    "return_to_handling": Step((Status.FED_BACK,), Status.ASSIGNED, text("go back to handling")),
    "archive": Step((Status.FED_BACK,), Status.ARCHIVED, text("be archived")),
    "cancel": Step(ONGOING, Status.CANCELLED, text("be cancelled")),
    "plan_sla": Step(ONGOING, None, text("get another due time")),
}

SERVICE_PICK_LISTS = ("service_type", "channel")
PRIORITY_FIELD = Field("priority", text("Priority"), Kind.WHOLE, least=0, most=3)
OPEN_FIELDS = (
    Field("customer_id", text("Customer"), Kind.REFERENCE, required=True),
    Field("contact_id", text("Contact"), Kind.REFERENCE),
    Field("type", text("Service type"), Kind.CHOICE, required=True, category="service_type"),
    Field("summary", text("Summary"), required=True, longest=200),
    Field("request", text("Request"), Kind.LONG, required=True, longest=4_000),
    Field("channel", text("Channel"), Kind.CHOICE, category="channel"),
    PRIORITY_FIELD,
)
ASSIGN_FIELDS = (
    Field("assignee_id", text("Assignee"), Kind.REFERENCE, required=True),
    PRIORITY_FIELD,
    Field("note", text("Note"), Kind.LONG, longest=2_000),
)
HANDLING_FIELDS = (Field("handling", text("Handling"), Kind.LONG, required=True, longest=4_000),)
FEEDBACK_FIELDS = (
    Field("result", text("Result"), Kind.LONG, required=True, longest=2_000),
    Field("satisfaction", text("Satisfaction"), Kind.WHOLE, required=True, least=1, most=5),
    Field("customer_words", text("What the customer said"), Kind.LONG, longest=2_000),
)
NOTE_FIELDS = (Field("note", text("Note"), Kind.LONG, longest=2_000),)
WAITING_FIELDS = (Field("question", text("What the customer is asked"), Kind.LONG, required=True, longest=2_000),)
ANSWER_FIELDS = (Field("answer", text("What the customer answered"), Kind.LONG, longest=2_000),)
REASON_FIELDS = (Field("reason", text("Reason"), Kind.LONG, required=True, longest=2_000),)


def refusal(verb: str, *, number: str, status: str, satisfaction: int | None) -> Text | None:
    """Why the step cannot be taken now, or None if it can."""
    step = STEPS[verb]
    if status not in step.sources:
        return text(
            "Service request {number} cannot {step}: its state is “{status}”.",
            number=number,
            step=step.name,
            status=STATUS_NAMES[status],
        )
    if verb == "archive" and (satisfaction or 0) < SATISFIED_FROM:
        return text(
            "Service request {number} cannot be archived: the customer's satisfaction is {satisfaction}, below {least}. It must be handled again.",
            number=number,
            satisfaction=satisfaction or 0,
            least=SATISFIED_FROM,
        )
    return None


def minutes(field: str, hours: object) -> int:
    """Hours as whole minutes. Decision tables reckon with decimals, programs send numbers; both are understood."""
    if isinstance(hours, int | float | Decimal) and not isinstance(hours, bool):
        try:
            found = int(Decimal(str(hours)) * 60)
        except (ArithmeticError, ValueError):
            found = -1
        if 0 <= found <= LONGEST_TIME / timedelta(minutes=1):
            return found
    raise Invalid([Fault(field, text("The time must be a number of hours, at most one year."))])


def plan(
    now: datetime, sla_minutes: int, remind_minutes: int, calendar: Calendar = ALWAYS
) -> tuple[datetime, datetime]:
    """Due time and reminder time of a round that begins now, both in working time. The reminder never comes in the first
    half of the time."""
    due_at = calendar.add(now, sla_minutes)
    return due_at, reminder(due_at, sla_minutes, remind_minutes, calendar)


def reminder(due_at: datetime, sla_minutes: int, remind_minutes: int, calendar: Calendar = ALWAYS) -> datetime:
    """When the reminder for this due time goes out."""
    return min(due_at, calendar.add(due_at, -min(remind_minutes, sla_minutes // 2)))


def why_not_wait(*, number: str, status: str, waiting: bool) -> Text | None:
    """Why the clock cannot be stopped until the customer answers, or None if it can."""
    if status not in WAITING_FOR_US:
        return text(
            "Service request {number} waits for nothing from us: its state is “{status}”.",
            number=number,
            status=STATUS_NAMES[status],
        )
    return text("Service request {number} already waits for the customer.", number=number) if waiting else None


def why_not_answered(*, number: str, waiting: bool) -> Text | None:
    """Why the clock cannot go on, or None if it can."""
    return None if waiting else text("Service request {number} does not wait for the customer.", number=number)
