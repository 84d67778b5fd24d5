"""Tasks and cases as pages and programs show them: names in the reader's language, nothing left to look up.

One statement for people, one for customers, and the texts of the versions from memory, however many rows are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.queries import names_of, role_names
from crm.core.i18n import Text, ctext, translate
from crm.customers.queries import customer_names
from crm.permissions import Actor
from crm.service.rules import PRIORITY_LEVELS, PRIORITY_NAMES
from crm.worktime.kept import calendars
from crm.worktime.showing import time_left
from workflows import library
from workflows.library import Published
from workflows.models import InstanceStatus, ProcessInstance, Task, TaskStatus
from workflows.rules import why_not_start

PRIORITY_WORDS: tuple[tuple[str, Text], ...] = tuple(zip(PRIORITY_LEVELS, PRIORITY_NAMES.values(), strict=True))
STATUS_WORDS: dict[str, tuple[Text, str]] = {
    InstanceStatus.RUNNING: (ctext("case", "Running"), "info"),
    InstanceStatus.COMPLETED: (ctext("case", "Completed"), "good"),
    InstanceStatus.CANCELLED: (ctext("case", "Cancelled"), "neutral"),
}
SUSPENDED: tuple[Text, str] = ctext("case", "Suspended"), "warn"
TASK_WORDS: dict[str, tuple[Text, str]] = {
    TaskStatus.OPEN: (ctext("task", "Open"), "info"),
    TaskStatus.DONE: (ctext("task", "Done"), "good"),
    TaskStatus.WITHDRAWN: (ctext("task", "Withdrawn"), "neutral"),
}


@dataclass(frozen=True)
class ShownTask:
    """A task in words."""

    id: int
    instance_id: int
    node_id: str
    name: str
    title: str
    process_key: str
    process: str
    customer_id: int | None
    customer: str
    role: str | None
    role_name: str
    assignee_id: int | None
    assignee: str
    priority: str
    priority_text: str
    due: datetime | None
    status: str
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str
    overdue: bool
    paused: bool
    working_minutes_left: int | None
    left_text: str
    urged: bool = False
    sent_back: bool = False
    delegated: bool = False
    suspended: bool = False
    in_place_of: str = ""
    row_class: str = ""

    @property
    def select_label(self) -> str:
        """What the box that ticks its row is called."""
        return self.title

    @property
    def untouchable(self) -> bool:
        """Is there nothing that could be done with it in a list?"""
        return self.suspended

    @property
    def done(self) -> bool:
        return self.status != TaskStatus.OPEN


@dataclass(frozen=True)
class ShownCase:
    """A case in words."""

    id: int
    title: str
    process_key: str
    process: str
    version_number: int
    customer_id: int | None
    customer: str
    status: str
    status_text: str
    status_tone: str
    started_at: datetime
    started_by: str
    ended_at: datetime | None
    waiting_for: str
    business_key: str = ""


def show_process(published: Published, actor: Actor) -> dict[str, object]:
    """A process as it is offered: its name, what it is for, and why this person cannot start it, if so."""
    words = published.translator(actor.locale)
    return {
        "key": published.key,
        "name": words(published.definition.name),
        "documentation": words(published.definition.documentation),
        "why_not": why_not_start(published.definition, actor),
    }


def show_tasks(session: Session, tasks: Sequence[Task], *, by: Actor, now: datetime) -> list[ShownTask]:
    """The tasks in the reader's language, in the given order."""
    named = ("assignee_id", "closed_by_id", "on_behalf_of_id")
    people = names_of(session, {i for task in tasks for name in named if (i := getattr(task, name))}, by.locale)
    customers = customer_names(session, {task.customer_id for task in tasks if task.customer_id})
    roles = role_names(session, by.locale) if any(task.role for task in tasks) else {}
    every = calendars(session)
    shown = []
    for task in tasks:
        is_open, paused_due = task.status == TaskStatus.OPEN, task.paused_due_at
        left = time_left(every.of(task.department_id), task.due if is_open else None, now)
        published = library.published(session, task.version_id)
        level, word = PRIORITY_WORDS[task.priority]
        shown.append(
            ShownTask(
                id=task.id,
                instance_id=task.instance_id,
                node_id=task.node_id,
                name=published.name_of(task.node_id, by.locale),
                title=task.title,
                process_key=task.process_key,
                process=published.translator(by.locale)(published.definition.name),
                customer_id=task.customer_id,
                customer=customers.get(task.customer_id or 0, ""),
                role=task.role,
                role_name=roles.get(task.role or "", task.role or ""),
                assignee_id=task.assignee_id,
                assignee=people.get(task.assignee_id or 0, ""),
                priority=level,
                priority_text=translate(word, by.locale),
                due=task.due,
                status=task.status,
                opened_at=task.opened_at,
                closed_at=task.closed_at,
                closed_by=people.get(task.closed_by_id or 0, ""),
                overdue=is_open and task.due_at < now,
                paused=is_open and paused_due is not None and task.due is None and not task.suspended,
                working_minutes_left=None if left is None else -left.minutes if left.overdue else left.minutes,
                left_text="" if left is None else left.words.in_language(by.locale),
                urged=task.urged_at is not None and task.status == TaskStatus.OPEN,
                sent_back=task.sent_back_from is not None and task.status == TaskStatus.OPEN,
                delegated=task.delegated_by_id is not None,
                suspended=is_open and task.suspended,
                in_place_of=people.get(_absent(task, by) or 0, ""),
            )
        )
    return shown


def _absent(task: Task, by: Actor) -> int | None:
    """In whose place the task is, was or would be done."""
    return task.assignee_id if task.assignee_id in by.represents else task.on_behalf_of_id


def show_cases(session: Session, cases: Sequence[ProcessInstance], *, by: Actor) -> list[ShownCase]:
    """The cases in the reader's language, in the given order, each with what it waits for."""
    people = names_of(session, {case.started_by_id for case in cases}, by.locale)
    customers = customer_names(session, {case.customer_id for case in cases if case.customer_id})
    waiting = _waiting_for(session, cases, by=by)
    shown = []
    for case in cases:
        published = library.published(session, case.version_id)
        rests = case.suspended_at is not None and case.status == InstanceStatus.RUNNING
        word, tone = SUSPENDED if rests else STATUS_WORDS[case.status]
        shown.append(
            ShownCase(
                id=case.id,
                title=case.title,
                process_key=case.process_key,
                process=published.translator(by.locale)(published.definition.name),
                version_number=published.number,
                customer_id=case.customer_id,
                customer=customers.get(case.customer_id or 0, ""),
                status=case.status,
                status_text=translate(word, by.locale),
                status_tone=tone,
                started_at=case.started_at,
                started_by=people.get(case.started_by_id or 0, ""),
                ended_at=case.ended_at,
                waiting_for=" · ".join(waiting.get(case.id, ())),
                business_key=case.business_key or "",
            )
        )
    return shown


def _waiting_for(session: Session, cases: Sequence[ProcessInstance], *, by: Actor) -> dict[int, list[str]]:
    """By case, the names of its open steps with the person or group that each waits for."""
    ids = [case.id for case in cases if case.status == InstanceStatus.RUNNING]
    if not ids:
        return {}
    tasks = session.scalars(
        select(Task).where(Task.instance_id.in_(ids), Task.status == TaskStatus.OPEN).order_by(Task.id)
    ).all()
    people = names_of(session, {task.assignee_id for task in tasks}, by.locale)
    roles = role_names(session, by.locale)
    waiting: dict[int, list[str]] = {}
    for task in tasks:
        name = library.published(session, task.version_id).name_of(task.node_id, by.locale)
        holder = people.get(task.assignee_id or 0) or roles.get(task.role or "", "")
        waiting.setdefault(task.instance_id, []).append(f"{name} ({holder})" if holder else name)
    return waiting
