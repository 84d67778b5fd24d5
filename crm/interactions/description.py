"""What interactions are to the shared furniture of records, and which visits are due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session, aliased

from crm.activity.operations import Entry
from crm.core.db import company_time
from crm.core.errors import Fault, Invalid
from crm.core.fields import Field, Kind
from crm.core.i18n import Text, text
from crm.customers.models import Contact
from crm.interactions.models import Interaction
from crm.interactions.rules import GROUPS, NEXT_VISITS
from crm.permissions import Actor
from crm.records.operations import hold, named_by
from crm.records.queries import register
from crm.records.types import Check, RecordType, Special, Through, orders

DAYS_AHEAD = timedelta(days=7)


def not_followed(interaction: type[Interaction] = Interaction) -> ColumnElement[bool]:
    """The WHERE clause for interactions after which nobody has spoken with the customer again."""
    later = aliased(Interaction)
    followed = select(later.id).where(
        later.customer_id == interaction.customer_id,
        later.deleted_at.is_(None),
        later.held_at > interaction.held_at,
    )
    return ~followed.exists()


def visits_due(first: date | None, last: date) -> ColumnElement[bool]:
    """The WHERE clause for next visits from `first` (None: however long ago) to `last` that nobody has made yet."""
    in_time = Interaction.next_visit <= last
    if first is not None:
        in_time = and_(Interaction.next_visit >= first, in_time)
    return and_(Interaction.deleted_at.is_(None), in_time, not_followed())


def _next_visits(session: Session, _by: Actor, now: datetime, asked: str) -> ColumnElement[bool]:
    today = company_time(session, now).date()
    if asked == "overdue":
        return visits_due(None, today - timedelta(days=1))
    return visits_due(today, today if asked == "today" else today + DAYS_AHEAD)


def _check(check: Check[Interaction]) -> None:
    faults = []
    contact_id = check.after("contact_id")
    contact = None if contact_id is None else check.session.get(Contact, contact_id)
    if contact is not None and contact.customer_id != check.after("customer_id"):
        faults.append(Fault("contact_id", text("This contact belongs to another customer.")))
    held_at, next_visit = check.after("held_at"), check.values.get("next_visit")
    if held_at > check.now + timedelta(days=1):
        faults.append(
            Fault("held_at", text("An interaction is recorded when it has happened; plan the next visit below."))
        )
    elif next_visit is not None and next_visit < company_time(check.session, held_at).date():
        faults.append(Fault("next_visit", text("The next visit comes after this interaction.")))
    if faults:
        raise Invalid(faults)


def _first(_session: Session, by: Actor, now: datetime) -> Mapping[str, object]:
    return {"held_at": now, "person_id": by.id, "channel": "phone", "direction": "out"}


def _told(interaction: Interaction) -> tuple[Text, str | None]:
    channel = Entry("channel", interaction.channel)
    return text("{channel}: {subject}", channel=channel, subject=interaction.subject), interaction.detail


INTERACTION = register(
    RecordType(
        key="interaction",
        module="interactions",
        model=Interaction,
        path="interactions",
        name=text("Interaction"),
        plural=text("Interactions"),
        icon="messages",
        reach=Through("customer_id", "customer"),
        groups=GROUPS,
        columns=("subject", "customer_id", "contact_id", "channel", "held_at", "person_id", "next_visit"),
        filters=("visits", "channel", "person_id"),
        special={
            "visits": Special(
                Field("visits", text("Next visit"), Kind.CHOICE, options=NEXT_VISITS),
                _next_visits,
            )
        },
        sorts=orders(held_at=(Interaction.held_at, Interaction.id), number=(Interaction.id,)),
        default_sort="-held_at",
        title="subject",
        customer="customer_id",
        settled=frozenset({"customer_id"}),
        searched=("place", "detail"),
        search_hint=text("Subject, words or customer"),
        check=_check,
        first=_first,
        told=_told,
    )
)

# What was said with a customer is kept: it goes first, and on purpose.
hold("customer", named_by(INTERACTION, "customer_id"))
