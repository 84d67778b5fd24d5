"""The customer beside a task's form: who they are, whom to call, what is open with them, and what happened last.

Each part is read only for whoever may see it, by a statement that is kept, and holds a few rows whatever the customer's size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from crm.accounts.models import User, shown_name
from crm.accounts.queries import role_names
from crm.complaints.description import COMPLAINT
from crm.complaints.models import Complaint
from crm.complaints.rules import ONGOING
from crm.complaints.rules import STATUSES as COMPLAINT_STATES
from crm.core.db import Id
from crm.core.i18n import translate
from crm.core.prepared import Prepared
from crm.customers.description import CONTACT, CUSTOMER
from crm.customers.models import Contact, Customer
from crm.dictionary.queries import names
from crm.interactions.description import INTERACTION
from crm.interactions.models import Interaction
from crm.orders.description import ORDER
from crm.orders.models import SalesOrder
from crm.orders.rules import STATUSES as ORDER_STATES
from crm.permissions import Actor
from crm.records.queries import can, may_see
from workflows import library
from workflows.inbox.folders import OPEN
from workflows.instances.reach import open_to
from workflows.models import InstanceStatus, ProcessInstance, Task

MOST_CONTACTS, MOST_CASES, MOST_EACH = 4, 5, 3
# Of a customer with thousands of cases the newest are looked through; what runs is among them.
NEWEST_CASES = 200
# A case may wait at several places at once.
MOST_STEPS = 3 * MOST_CASES
PICK_LISTS = ("grade", "stage", "channel")
GIVEN = bindparam("customer_id", type_=Id)


@dataclass(frozen=True)
class OpenCase:
    """A running case: what it is, where it stands and who holds it, step by step."""

    id: int
    title: str
    process: str
    stands: Sequence[tuple[str, str]]
    overdue: bool


@dataclass(frozen=True)
class Beside:
    """All of it in the reader's language."""

    id: int
    number: str
    name: str
    grade: str
    stage: str
    phone: str
    manager: str
    satisfaction: int | None
    contacts: Sequence[Mapping[str, Any]]
    cases: Sequence[OpenCase]
    interactions: Sequence[Mapping[str, Any]]
    orders: Sequence[Mapping[str, Any]]
    complaints: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class _Asked:
    """The statements for one reader; those that they may not ask are None. Making them takes longer than asking."""

    customer: Prepared | None
    cases: Prepared
    contacts: Prepared | None
    interactions: Prepared | None
    orders: Prepared | None
    complaints: Prepared | None


def beside(session: Session, instance: ProcessInstance, *, by: Actor, now: datetime) -> Beside | None:
    """What the reader should know of the customer of this case, but for the case itself. None without a customer, or if it is
    not open to them."""
    if instance.customer_id is None:
        return None
    customer_id = instance.customer_id
    asked, values = _asked(by), {"customer_id": customer_id}
    own = instance.record_id if instance.record_type == COMPLAINT.key else None
    found = asked.customer.first(session, values) if asked.customer else None
    if found is None:
        return None
    name, number, grade, stage, phone, satisfaction, owner, owner_en = found
    said = names(session, by.locale, PICK_LISTS)
    return Beside(
        id=customer_id,
        number=number,
        name=name,
        grade=said.of("grade", grade),
        stage=said.of("stage", stage),
        phone=phone or "",
        manager=shown_name(owner, owner_en, by.locale) if owner else "",
        satisfaction=satisfaction,
        contacts=_rows(asked.contacts, session, values, "id", "name", "position", "mobile", "phone"),
        cases=_cases(asked.cases.rows(session, {**values, "other_than": instance.id}), session, by=by, now=now),
        interactions=[
            {**row, "channel": said.of("channel", row["channel"])}
            for row in _rows(asked.interactions, session, values, "id", "at", "channel", "subject", "next_visit")
        ],
        orders=[
            {**row, "state": translate(dict(ORDER_STATES)[row["state"]], by.locale)}
            for row in _rows(asked.orders, session, values, "id", "number", "subject", "on", "amount", "state")
        ],
        complaints=[
            {**row, "state": translate(dict(COMPLAINT_STATES)[row["state"]], by.locale)}
            for row in _rows(asked.complaints, session, {**values, "own": own or 0}, "id", "number", "subject", "state")
        ],
    )


def _rows(statement: Prepared | None, session: Session, values: Mapping[str, Any], *keys: str) -> list[dict[str, Any]]:
    found = statement.rows(session, values) if statement is not None else []
    return [dict(zip(keys, row, strict=True)) for row in found]


def _cases(rows: Sequence[tuple[Any, ...]], session: Session, *, by: Actor, now: datetime) -> list[OpenCase]:
    """A row comes for each open step of a case; one that waits for no person has one without a step."""
    roles = role_names(session, by.locale) if any(row[6] is None and row[5] for row in rows) else {}
    cases: dict[int, list[tuple[Any, ...]]] = {}
    for row in rows:
        cases.setdefault(row[0], []).append(row)
    found = []
    for case_id, steps in cases.items():
        published = library.published(session, steps[0][2])
        stands = [
            (published.name_of(node_id, by.locale), shown_name(name, en, by.locale) if name else roles.get(role, ""))
            for _, _, _, node_id, _, role, name, en in steps
            if node_id is not None
        ]
        overdue = any(due_at is not None and due_at < now for _, _, _, _, due_at, *_ in steps)
        process = published.translator(by.locale)(published.definition.name)
        found.append(OpenCase(case_id, steps[0][1], process, stands, overdue))
    return found


@lru_cache(maxsize=2_000)
def _asked(by: Actor) -> _Asked:
    contact, talk, order, complaint = (can(sort, by, "view") for sort in (CONTACT, INTERACTION, ORDER, COMPLAINT))
    return _Asked(
        customer=_customer(by) if can(CUSTOMER, by, "view") else None,
        cases=_running(by),
        contacts=Prepared(
            select(Contact.id, Contact.name, Contact.position, Contact.mobile, Contact.phone)
            .where(Contact.customer_id == GIVEN, may_see(CONTACT, by))
            .order_by(Contact.is_primary.desc(), Contact.sort_key, Contact.id)
            .limit(MOST_CONTACTS)
        )
        if contact
        else None,
        interactions=Prepared(
            select(
                Interaction.id, Interaction.held_at, Interaction.channel, Interaction.subject, Interaction.next_visit
            )
            .where(Interaction.customer_id == GIVEN, may_see(INTERACTION, by))
            .order_by(Interaction.held_at.desc(), Interaction.id.desc())
            .limit(MOST_EACH)
        )
        if talk
        else None,
        orders=Prepared(
            select(
                SalesOrder.id,
                SalesOrder.number,
                SalesOrder.subject,
                SalesOrder.ordered_on,
                SalesOrder.amount,
                SalesOrder.status,
            )
            .where(SalesOrder.customer_id == GIVEN, may_see(ORDER, by))
            .order_by(SalesOrder.ordered_on.desc(), SalesOrder.id.desc())
            .limit(MOST_EACH)
        )
        if order
        else None,
        complaints=Prepared(
            select(Complaint.id, Complaint.number, Complaint.subject, Complaint.status)
            .where(
                Complaint.customer_id == GIVEN,
                Complaint.status.in_(sorted(ONGOING)),
                Complaint.id != bindparam("own", type_=Id),
                may_see(COMPLAINT, by),
            )
            .order_by(Complaint.id.desc())
            .limit(MOST_EACH)
        )
        if complaint
        else None,
    )


def _customer(by: Actor) -> Prepared:
    return Prepared(
        select(
            Customer.name,
            Customer.number,
            Customer.grade,
            Customer.stage,
            Customer.phone,
            Customer.satisfaction,
            User.name,
            User.name_en,
        )
        .outerjoin(User, User.id == Customer.owner_id)
        .where(Customer.id == GIVEN, may_see(CUSTOMER, by))
    )


def _running(by: Actor) -> Prepared:
    newest = (
        select(ProcessInstance.id)
        .where(ProcessInstance.customer_id == GIVEN)
        .order_by(ProcessInstance.started_at.desc())
        .limit(NEWEST_CASES)
        .subquery()
    )
    running = (
        select(ProcessInstance.id, ProcessInstance.title, ProcessInstance.version_id)
        .join(newest, newest.c.id == ProcessInstance.id)
        .where(
            ProcessInstance.status == InstanceStatus.RUNNING,
            ProcessInstance.id != bindparam("other_than"),
            open_to(by),
        )
        .order_by(ProcessInstance.id.desc())
        .limit(MOST_CASES)
        .subquery()
    )
    return Prepared(
        select(
            running.c.id,
            running.c.title,
            running.c.version_id,
            Task.node_id,
            Task.due_at,
            Task.role,
            User.name,
            User.name_en,
        )
        .outerjoin_from(running, Task, (Task.instance_id == running.c.id) & OPEN)
        .outerjoin(User, User.id == Task.assignee_id)
        .order_by(running.c.id.desc(), Task.id)
        .limit(MOST_STEPS)
    )
