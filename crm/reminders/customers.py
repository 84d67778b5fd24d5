"""The questions about customers: visits that are due, birthdays of contacts, customers of whom nobody has heard for long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, exists, extract, func, or_, select
from sqlalchemy.orm import Session

from crm.activity.models import TimelineEntry
from crm.core.db import Database
from crm.core.i18n import Text, text
from crm.customers.models import Contact, Customer
from crm.interactions.description import visits_due
from crm.interactions.models import Interaction
from crm.reminders.kinds import CATCH_UP, Finding, Look, ReminderKind, Span, Whom, add_rules

MISSED = "visit_missed"
LOST = "lost"
# What of a customer's timeline counts as having been in touch.
IN_TOUCH = ("service.opened", "service.handled", "service.fed_back", "service.answered")


def _visits(session: Session, look: Look, first: date, last: date) -> Sequence[tuple[Interaction, Customer]]:
    due = (
        select(Interaction, Customer)
        .join(Customer, Customer.id == Interaction.customer_id)
        .where(visits_due(first, last), Customer.deleted_at.is_(None))
    )
    mine = or_(Interaction.person_id == look.mine, Customer.owner_id == look.mine)
    return [(row[0], row[1]) for row in session.execute(look.part(due, Interaction.id, mine))]


def visits_soon(session: Session, look: Look) -> Sequence[Finding]:
    """Next visits that fall on today or so many days ahead, and those of the days on which nobody looked."""
    unseen = max(look.since + timedelta(days=1), look.today - CATCH_UP)
    found = _visits(session, look, min(unseen, look.today), look.today + timedelta(days=look.span))
    return [_visit(interaction, customer, look) for interaction, customer in found]


def visits_missed(session: Session, look: Look) -> Sequence[Finding]:
    """Next visits that should have been made so many days ago; on one's own page all that were not made."""
    last = look.today - timedelta(days=max(look.span, 1) if look.mine is None else 1)
    found = _visits(session, look, last - CATCH_UP, last)
    return [_visit(interaction, customer, look) for interaction, customer in found]


def _visit(interaction: Interaction, customer: Customer, look: Look) -> Finding:
    day = interaction.next_visit or look.today
    if day == look.today:
        message = text("Visit today: {customer}, {subject}", customer=customer.name, subject=interaction.subject)
    elif day > look.today:
        message = text(
            "Visit on {day}: {customer}, {subject}",
            day=day.isoformat(),
            customer=customer.name,
            subject=interaction.subject,
        )
    else:
        message = text(
            "Visit of {day} not made yet: {customer}, {subject}",
            day=day.isoformat(),
            customer=customer.name,
            subject=interaction.subject,
        )
    occasion = f"{interaction.id}-{day:%Y%m%d}"
    return Finding(
        id=interaction.id,
        occasion=occasion,
        # Said too late it says already that the visit was not made.
        also=(f"{MISSED}-{occasion}",) if day < look.today else (),
        message=message,
        name=customer.name,
        link=f"/interactions/{interaction.id}",
        owner_id=customer.owner_id,
        holder_id=interaction.person_id or customer.owner_id,
        about=("interaction", interaction.id),
    )


def birthdays(session: Session, look: Look) -> Sequence[Finding]:
    """Contacts whose birthday is today or in so many days; those born on 29 February have theirs on the 28th of other years."""
    days = [look.today + timedelta(days=distance) for distance in range(look.span + 1)]
    by_number = {day.month * 100 + day.day: day for day in days}
    for day in days:
        if (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3:
            by_number[229] = day
    number = extract("month", Contact.birthday) * 100 + extract("day", Contact.birthday)
    coming = (
        select(Contact, Customer, number)
        .join(Customer, Customer.id == Contact.customer_id)
        .where(
            Contact.birthday.is_not(None),
            number.in_(sorted(by_number)),
            Contact.deleted_at.is_(None),
            Customer.deleted_at.is_(None),
        )
    )
    rows = session.execute(look.part(coming, Contact.id, Customer.owner_id == look.mine))
    return [_birthday(contact, customer, by_number[int(of_day)], look) for contact, customer, of_day in rows]


def _birthday(contact: Contact, customer: Customer, day: date, look: Look) -> Finding:
    if day == look.today:
        message = text("Birthday today: {contact}, {customer}", contact=contact.name, customer=customer.name)
    else:
        message = text(
            "Birthday on {day}: {contact}, {customer}",
            day=day.isoformat(),
            contact=contact.name,
            customer=customer.name,
        )
    return _of_customer(
        customer, id=contact.id, occasion=f"{contact.id}-{day.year}", message=message, name=contact.name
    )


def silent_customers(session: Session, look: Look) -> Sequence[Finding]:
    """Customers of whom nobody has heard for so many days; once each time that they fall silent."""
    database: Database = session.info["database"]
    silent_since = _begin_of(look.today - timedelta(days=look.span), database)
    # Who fell silent long before the rule was switched on is no news; the window is as wide as a clock may be down.
    known_since = silent_since - CATCH_UP
    held = (
        select(func.max(Interaction.held_at))
        .where(Interaction.customer_id == Customer.id, Interaction.deleted_at.is_(None))
        .scalar_subquery()
    )
    served = (
        select(func.max(TimelineEntry.at))
        .where(TimelineEntry.customer_id == Customer.id, TimelineEntry.kind.in_(IN_TOUCH))
        .scalar_subquery()
    )
    silent = select(Customer, held, served).where(
        Customer.deleted_at.is_(None),
        Customer.owner_id.is_not(None),
        or_(Customer.stage.is_(None), Customer.stage != LOST),
        _nothing_since(silent_since),
        ~_nothing_since(known_since),
    )
    rows = session.execute(look.part(silent, Customer.id, Customer.owner_id == look.mine))
    heard = [(row[0], max(at for at in (row[1], row[2], row[0].created_at) if at is not None)) for row in rows]
    return [
        _of_customer(
            customer,
            id=customer.id,
            occasion=f"{customer.id}-{at:%Y%m%d}",
            message=text("No contact for {days} days: {customer}", days=look.span, customer=customer.name),
            name=customer.name,
        )
        for customer, at in heard
    ]


def _of_customer(customer: Customer, *, id: int, occasion: str, message: Text, name: str) -> Finding:  # noqa: A002 - as the finding calls it
    """What leads to the customer's page and concerns whoever looks after them."""
    return Finding(
        id=id,
        occasion=occasion,
        message=message,
        name=name,
        link=f"/customers/{customer.id}",
        owner_id=customer.owner_id,
        about=("customer", customer.id),
    )


def _nothing_since(moment: datetime) -> ColumnElement[bool]:
    spoken = exists().where(
        Interaction.customer_id == Customer.id, Interaction.deleted_at.is_(None), Interaction.held_at >= moment
    )
    served = exists().where(
        TimelineEntry.customer_id == Customer.id, TimelineEntry.at >= moment, TimelineEntry.kind.in_(IN_TOUCH)
    )
    return and_(Customer.created_at < moment, ~spoken, ~served)


def _begin_of(day: date, database: Database) -> datetime:
    return datetime.combine(day, time(), database.zone)


add_rules(
    ReminderKind(
        key="visit",
        label=text("Today's visits"),
        explains=text("The next visit that an interaction names is due, and nobody has been in touch since."),
        several=text("{count} visits are due"),
        find=visits_soon,
        span=Span.DAYS_BEFORE,
        usual=0,
        most=30,
        whom=(Whom.HOLDER,),
        offers=(Whom.HOLDER, Whom.OWNER, Whom.MANAGER),
        icon="map-pin",
    ),
    ReminderKind(
        key=MISSED,
        label=text("Visits that were not made"),
        explains=text("The day of a next visit has passed, and nobody has been in touch since."),
        several=text("{count} visits were not made"),
        find=visits_missed,
        span=Span.DAYS_AFTER,
        usual=3,
        most=60,
        whom=(Whom.HOLDER, Whom.MANAGER),
        offers=(Whom.HOLDER, Whom.OWNER, Whom.MANAGER),
        icon="map-pin",
        tone="warn",
    ),
    ReminderKind(
        key="birthday",
        label=text("Birthdays of contacts"),
        explains=text("A contact of a customer has their birthday."),
        several=text("{count} birthdays are coming"),
        find=birthdays,
        highest=lambda session: session.scalar(select(func.max(Contact.id))) or 0,
        span=Span.DAYS_BEFORE,
        usual=3,
        most=30,
        icon="cake",
    ),
    ReminderKind(
        key="silent",
        label=text("Customers without contact"),
        explains=text("For so many days nobody has recorded an interaction or a service with the customer."),
        several=text("{count} customers without contact"),
        find=silent_customers,
        highest=lambda session: session.scalar(select(func.max(Customer.id))) or 0,
        span=Span.DAYS_AFTER,
        usual=60,
        most=730,
        icon="mood-sad",
    ),
)
