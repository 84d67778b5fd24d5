"""A customer with its people and what was agreed with them, and the clock that looks after the rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import select

from crm.core.db import Database, reading, unit_of_work
from crm.customers.contact_operations import create_contact
from crm.customers.models import Contact, Customer
from crm.customers.operations import create_customer
from crm.interactions.description import INTERACTION
from crm.interactions.models import Interaction
from crm.notices.models import Notice
from crm.notices.queries import show
from crm.permissions import Actor
from crm.records.operations import create_record
from crm.reminders.models import ReminderRule
from crm.reminders.operations import seed_rules, tune_rule
from scheduler.jobs import Jobs, add_reminders
from scheduler.sweep import tick
from tests.conftest import MovableClock
from tests.people import People


@dataclass
class Desk:
    """Short words for what customers and colleagues do, and for what the clock then says."""

    database: Database
    clock: MovableClock
    people: People

    @property
    def jobs(self) -> Jobs:
        jobs = Jobs()
        add_reminders(jobs)
        return jobs

    def customer(self, name: str, by: Actor | None = None) -> Customer:
        with unit_of_work(self.database) as session:
            return create_customer(
                session, by=by or self.people.manager1, now=self.clock(), values={"name": name}, on_purpose=True
            )

    def spoken(self, customer: Customer, next_visit: date | None = None, by: Actor | None = None) -> Interaction:
        by = by or self.people.manager1
        with unit_of_work(self.database) as session:
            values = {
                "customer_id": customer.id,
                "subject": "价格谈判",
                "channel": "visit",
                "direction": "out",
                "held_at": self.clock().isoformat(),
                "person_id": by.id,
                "next_visit": next_visit and next_visit.isoformat(),
            }
            return create_record(INTERACTION, session, by=by, now=self.clock(), values=values)

    def contact(self, customer: Customer, name: str, birthday: date) -> Contact:
        with unit_of_work(self.database) as session:
            return create_contact(
                session,
                by=self.people.manager1,
                now=self.clock(),
                customer_id=customer.id,
                values={"name": name, "birthday": birthday.isoformat()},
            )

    def tune(self, key: str, **settings: object) -> ReminderRule:
        with unit_of_work(self.database) as session:
            seed_rules(session)
            rule = session.get_one(ReminderRule, key)
            names = ("active", "span", "hour", "whom", "workdays_only")
            kept = {name: getattr(rule, name) for name in names} | settings
            return tune_rule(session, by=self.people.admin, now=self.clock(), key=key, version=rule.version, **kept)  # fmt: skip

    def only(self, key: str, **settings: object) -> None:
        """This rule is on, all others are off."""
        with unit_of_work(self.database) as session:
            seed_rules(session)
            others = list(session.scalars(select(ReminderRule.kind)))
        for other in others:
            self.tune(other, **({"active": True, **settings} if other == key else {"active": False}))

    def begin(self) -> None:
        """The clock begins: its rhythms are set, and nothing was due before."""
        with unit_of_work(self.database) as session:
            self.jobs.start_rhythms(session, now=self.clock())

    def days(self, number: int) -> None:
        """So many days pass, with the clock at work every hour."""
        for _ in range(24 * number):
            self.clock.move(hours=1)
            tick(self.database, self.jobs, self.clock)

    def down(self, days: int) -> None:
        """The clock is off for so many days, and then at work again."""
        self.clock.move(days=days)
        tick(self.database, self.jobs, self.clock)

    def told(self, person: Actor) -> list[str]:
        """What a person was told, the oldest first, in English."""
        with reading(self.database) as session:
            rows = list(session.scalars(select(Notice).where(Notice.user_id == person.id).order_by(Notice.id)))
            return [each.words for each in show(session, rows, "en")]


@pytest.fixture
def desk(database: Database, clock: MovableClock, people: People) -> Desk:
    return Desk(database, clock, people)
