"""A rung's time has come: the scheduler hands it over, and what it says is done, once.

A task that is done or whose clock stands still is left in peace. A scheduler that was away catches up: of several reminders
that have come meanwhile the last one is given, everything else is done in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.accounts.queries import department_head, users_with_role
from crm.core.due import Due, hold_again, schedule
from crm.core.i18n import Text, text
from crm.notices.kinds import TASKS, NoticeKind, add_kinds
from crm.notices.models import Mailing
from crm.notices.operations import notify
from crm.permissions import SYSTEM
from crm.worktime.calendar import OutOfReach
from crm.worktime.kept import calendar_of
from crm.worktime.showing import time_left
from workflows import library
from workflows.ladders.kept import appointment, ladder_of
from workflows.ladders.planning import done_rungs
from workflows.ladders.rungs import TELLING, Act, Rung, to_climb
from workflows.models import InstanceStatus, ProcessInstance, Task, TaskStatus
from workflows.operations.steps import record_event
from workflows.operations.tasks import complete_by_rule
from workflows.rules import FALLBACK_ROLE
from workflows.telling import spoken, tell_substitute
from workflows.verbs.at_hand import change
from workflows.verbs.handing import transfer

LATE = timedelta(minutes=5)
add_kinds(
    NoticeKind("task.reminded", text("A task of mine is nearly due, or overdue"), TASKS, Mailing.NOW, icon="clock", tone="warn"),
    NoticeKind("task.escalated", text("A task of my people is late"), TASKS, Mailing.NOW, icon="alert-triangle", tone="bad"),
    NoticeKind("task.by_rule", text("A task was decided by rule, because nobody did it"), TASKS, Mailing.NOW, icon="robot", tone="warn"),
)  # fmt: skip
SAID: dict[Act, Text] = {
    Act.REMIND: text("Please do {task}: {case}"),
    Act.URGE: text("Please do {task} at once: {case}"),
    Act.ESCALATE: text("{task} waits too long: {case}"),
    Act.TRANSFER: text("{task} was handed on, because nobody did it: {case}"),
    Act.COMPLETE: text("{task} was completed by rule, because nobody did it: {case}"),
}
KINDS = {
    Act.REMIND: "task.reminded",
    Act.URGE: "task.urged",
    Act.ESCALATE: "task.escalated",
    Act.TRANSFER: "task.by_rule",
    Act.COMPLETE: "task.by_rule",
}


def climb(session: Session, due: Due, *, now: datetime) -> None:
    """Do what the ladder of a task says for this moment, and make the appointment for the next rung."""
    instance = session.scalars(
        select(ProcessInstance)
        .where(ProcessInstance.id == due.subject_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if instance is None or instance.status != InstanceStatus.RUNNING:
        return
    task = session.scalars(
        select(Task)
        .where(Task.instance_id == instance.id, Task.token == due.ref, Task.status == TaskStatus.OPEN)
        .order_by(Task.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if task is None:
        return
    if instance.suspended_at is not None or (instance.paused_at is not None and task.paused_due_at is not None):
        hold_again(session, due, now=now)
        return
    if task.due is not None:
        _climb(session, instance, task, due, now=now)


def _climb(session: Session, instance: ProcessInstance, task: Task, due: Due, *, now: datetime) -> None:
    rungs = ladder_of(session, task.process_key, task.node_id)
    done = done_rungs(session, task)
    calendar = calendar_of(session, task.department_id)
    try:
        left = to_climb(rungs, done, opened_at=task.opened_at, due_at=task.due_at, calendar=calendar)
    except OutOfReach:
        return
    come = [number for moment, number in left if moment <= now]
    skipped = [number for number in come[:-1] if rungs[number].act in TELLING]
    for number in [each for each in come if each not in skipped]:
        rung = rungs[number]
        _note(session, task, rung, number, due, now=now, skipped=skipped)
        skipped = []
        _do(session, instance, task, rung, number, now=now)
        if rung.act is Act.COMPLETE:
            return
    following = appointment(
        session,
        rungs,
        (*done, *come),
        instance_id=instance.id,
        token=task.token,
        node_id=task.node_id,
        opened_at=task.opened_at,
        due_at=task.due_at,
        department_id=task.department_id,
    )
    if following is not None:
        schedule(session, following, now=now)


def _do(session: Session, instance: ProcessInstance, task: Task, rung: Rung, number: int, *, now: datetime) -> None:
    match rung.act:
        case Act.REMIND:
            _tell(session, instance, task, rung, number, to=_holders(session, task), now=now)
        case Act.URGE:
            change(session, task, urged_at=now)
            _tell(session, instance, task, rung, number, to=_holders(session, task), now=now)
        case Act.ESCALATE:
            _tell(session, instance, task, rung, number, to=_superiors(session, task, rung), now=now)
        case Act.TRANSFER:
            before = _holders(session, task) if task.assignee_id is not None else []
            _hand_on(session, task, rung, now=now)
            new = _holders(session, task)
            _tell(session, instance, task, rung, number, to=[*before, *new], now=now)
        case Act.COMPLETE:
            told = [*_holders(session, task), *_superiors(session, task, rung)]
            complete_by_rule(session, now=now, task_id=task.id, answers=rung.answers)
            _tell(session, instance, task, rung, number, to=told, now=now)


def _hand_on(session: Session, task: Task, rung: Rung, *, now: datetime) -> None:
    """To a group, where the rung names one; else to the superior. Who has it already keeps it."""
    if rung.role is not None:
        change(session, task, role=rung.role, assignee_id=None, claimed_at=None, delegated_by_id=None)
        return
    superior = next(iter(_superiors(session, task, rung)), None)
    if superior is None or superior == task.assignee_id:
        return
    if task.delegated_by_id is not None:
        change(session, task, delegated_by_id=None)
    transfer(session, by=SYSTEM, now=now, task_id=task.id, user_id=superior)
    session.refresh(task)


def _tell(
    session: Session,
    instance: ProcessInstance,
    task: Task,
    rung: Rung,
    number: int,
    *,
    to: Sequence[int],
    now: datetime,
) -> None:
    published = library.published(session, task.version_id)
    left = time_left(calendar_of(session, task.department_id), task.due, now)
    message = text(SAID[rung.act].source, task=spoken(published, task.name), case=task.title)
    if left is not None and rung.act in TELLING:
        message = text("{message} ({left})", message=message, left=left.words)
    link, key = f"/tasks/{task.id}", f"rung-{task.id}-{number}-{int(task.due_at.timestamp())}"
    notify(session, to=to, kind=KINDS[rung.act], message=message, link=link, now=now, key=key)
    for person in to:
        tell_substitute(session, person, message, link=link, by=SYSTEM, now=now, key=key, told=to)


def _note(
    session: Session, task: Task, rung: Rung, number: int, due: Due, *, now: datetime, skipped: Sequence[int]
) -> None:
    late = now - due.due_at
    detail: dict[str, object] = {"act": str(rung.act), "rung": number}
    if late > LATE:
        detail["late_seconds"] = int(late.total_seconds())
    if skipped:
        detail["skipped"] = list(skipped)
    record_event(
        session, instance_id=task.instance_id, now=now, kind="rung", by=SYSTEM, node_id=task.node_id, task_id=task.id,
        detail=detail,
    )  # fmt: skip


def _holders(session: Session, task: Task) -> list[int]:
    if task.assignee_id is not None:
        return [task.assignee_id]
    if task.candidate_ids:
        return list(task.candidate_ids)
    return [user.id for user in users_with_role(session, task.role or FALLBACK_ROLE)]


def _superiors(session: Session, task: Task, rung: Rung) -> list[int]:
    """The role that the rung names; else whoever heads the department, else the holder's manager, else administrators."""
    if rung.role is not None:
        return [user.id for user in users_with_role(session, rung.role)]
    holder = session.get(User, task.assignee_id) if task.assignee_id is not None else None
    head = department_head(session, holder.department_id if holder is not None else task.department_id)
    if head is not None and head.id != task.assignee_id:
        return [head.id]
    if holder is not None and holder.manager_id is not None:
        return [holder.manager_id]
    return [user.id for user in users_with_role(session, FALLBACK_ROLE)]
