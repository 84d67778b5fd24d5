"""Which cases an administrator looks for, from the address of the page, and the query that finds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, String, and_, cast, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from crm.accounts.models import User
from crm.core.i18n import Text, ctext, text
from crm.core.keyset import Order
from crm.core.numbers import typed_key
from crm.customers.models import Customer
from workflows.models import (
    DefinitionVersion,
    Incident,
    InstanceStatus,
    ProcessInstance,
    Task,
    TaskStatus,
)
from workflows.standing import cases_at

NEWEST = Order((ProcessInstance.id,), descending=True)
FILTERS = ("process", "version", "state", "node", "age", "department", "customer", "started_by", "variable")
STATES: Mapping[str, Text] = {
    "running": ctext("case", "Running"),
    "suspended": ctext("case", "Suspended"),
    "incident": ctext("case", "With an incident"),
    "completed": ctext("case", "Completed"),
    "cancelled": ctext("case", "Cancelled"),
}
# The least age of a case, in days.
AGES: Mapping[str, Text] = {
    "1": ctext("case", "Older than a day"),
    "7": ctext("case", "Older than a week"),
    "30": ctext("case", "Older than a month"),
    "90": ctext("case", "Older than three months"),
}
STOPPED = exists().where(Incident.instance_id == ProcessInstance.id, Incident.resolved_at.is_(None))


@dataclass(frozen=True)
class Condition:
    """What a variable must be: `name=value`, the name with points for what lies inside of a structure."""

    path: tuple[str, ...]
    value: str


def read_condition(typed: str) -> Condition | None:
    """`amount=500` or `customer.grade = key`; None where it says nothing."""
    name, sign, value = typed.partition("=")
    path = tuple(part.strip() for part in name.split("."))
    return Condition(path, value.strip()) if sign and all(path) else None


def cases_query(session: Session, query: str, filters: Mapping[str, str], *, now: datetime) -> Select[ProcessInstance]:
    """The cases that fit the words and the filters; an unknown value of a filter fits none."""
    found = select(ProcessInstance)
    for name, value in filters.items():
        if name == "node":
            found = found.where(_stands_at(session, filters.get("process"), value))
        else:
            found = found.where(_fits(name, value, now))
    if query:
        found = found.where(_said(query))
    return found


def not_understood(filters: Mapping[str, str]) -> list[Text]:
    """Why filters that fit no case could fit none, with the cure."""
    found = []
    if filters.get("state", "running") not in STATES:
        found.append(text("There is no state “{name}” of cases; choose one of the list.", name=filters["state"][:40]))
    if filters.get("age", "1") not in AGES:
        found.append(text("There is no age “{name}” of cases; choose one of the list.", name=filters["age"][:40]))
    if "variable" in filters and read_condition(filters["variable"]) is None:
        found.append(text("Write a variable as its name and its value, such as amount=500 or customer.grade=key."))
    return found


def versions_of(session: Session, key: str) -> list[int]:
    """The numbers of the versions of a process, the newest first."""
    wanted = select(DefinitionVersion.number).where(DefinitionVersion.process_key == key)
    return list(session.scalars(wanted.order_by(DefinitionVersion.number.desc())))


def _fits(name: str, value: str, now: datetime) -> ColumnElement[bool]:
    match name:
        case "process":
            return ProcessInstance.process_key == value
        case "version":
            number = typed_key(value) or 0
            return exists().where(
                DefinitionVersion.id == ProcessInstance.version_id, DefinitionVersion.number == min(number, 10**6)
            )
        case "state":
            return _state(value)
        case "age":
            return ProcessInstance.started_at < now - timedelta(days=min(typed_key(value) or 0, 10_000))
        case "department":
            return _open_task(Task.department_id == (typed_key(value) or 0))
        case "customer":
            return exists().where(Customer.id == ProcessInstance.customer_id, _like(Customer.name, value))
        case "started_by":
            named = or_(_like(User.name, value), _like(User.name_en, value), User.username == value)
            return exists().where(User.id == ProcessInstance.started_by_id, named)
        case _:
            condition = read_condition(value)
            return ProcessInstance.id.is_(None) if condition is None else _holds(condition)


def _state(value: str) -> ColumnElement[bool]:
    running = ProcessInstance.status == InstanceStatus.RUNNING
    match value:
        case "running":
            return and_(running, ProcessInstance.suspended_at.is_(None))
        case "suspended":
            return and_(running, ProcessInstance.suspended_at.is_not(None))
        case "incident":
            return STOPPED
    return ProcessInstance.status == value


def _stands_at(session: Session, key: str | None, node_id: str) -> ColumnElement[bool]:
    """Does a case (of this process) stand at this element: with an open task, a timer or an incident, or to hear something?"""
    return ProcessInstance.id.in_(cases_at(session, key, [node_id]))


def _open_task(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Task.instance_id == ProcessInstance.id, Task.status == TaskStatus.OPEN, condition)


def _holds(condition: Condition) -> ColumnElement[bool]:
    """Is the variable this, at an open task? Numbers and dates are kept with their sort, one level further in."""
    path = condition.path
    values = [condition.value]
    if condition.value.lower() in ("true", "false"):
        # PostgreSQL writes the word, SQLite a figure.
        values = [condition.value.lower(), {"true": "1", "false": "0"}[condition.value.lower()]]
    plain = cast(Task.data[path].as_string(), String).in_(values)
    sorted_value = cast(Task.data[(*path, "value")].as_string(), String) == condition.value
    return _open_task(or_(plain, sorted_value))


def _said(query: str) -> ColumnElement[bool]:
    number = typed_key(query.lstrip("#"))
    by_words = or_(_like(ProcessInstance.title, query), ProcessInstance.business_key == query)
    return by_words if number is None else or_(by_words, ProcessInstance.id == number)


def _like(column: InstrumentedAttribute[str], words: str) -> ColumnElement[bool]:
    return column.icontains(words, autoescape=True)
