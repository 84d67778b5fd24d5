"""From an engine step to rows: the one place where the outcome of a start, a completion or a timer is stored.

It is the hot path of the product, therefore prepared statements, and only those that the step needs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

from sqlalchemy import Table, bindparam, case, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import instance_dict

from crm.accounts.models import User
from crm.core import due
from crm.core.db import Id
from crm.core.errors import Conflict, HeliuError
from crm.core.i18n import text
from crm.core.prepared import Prepared, insert_into
from crm.permissions import Actor
from crm.worktime.kept import calendar_of
from workflows.assigning.opening import as_history, assign_opened, columns_for, offer
from workflows.engine import OpenTask, Step, StepRefused
from workflows.engine.texts import N_
from workflows.engine.values import clean_data
from workflows.kept import keep
from workflows.ladders.kept import first_rung
from workflows.library import Published
from workflows.messaging.waiting import follow_step
from workflows.models import (
    NO_DUE_DATE,
    TIMER,
    InstanceStatus,
    ProcessEvent,
    ProcessInstance,
    Task,
    TaskStatus,
)
from workflows.operations.settling import settle_incidents
from workflows.registry import StepContext, registry
from workflows.rules import FALLBACK_ROLE, PRIORITIES
from workflows.telling import tell_opened

INSTANCE = cast(Table, ProcessInstance.__table__)
TASK = cast(Table, Task.__table__)
EVENT = cast(Table, ProcessEvent.__table__)

MOVE = Prepared(
    update(INSTANCE)
    .where(INSTANCE.c.id == bindparam("instance_id"), INSTANCE.c.version == bindparam("seen"))
    .values(
        state=bindparam("new_state"),
        version=INSTANCE.c.version + 1,
        status=bindparam("new_status"),
        ended_at=bindparam("ended"),
        # What a completion changed can be taken back as long as nothing else has happened: the next step forgets it.
        last_done_id=bindparam("done_id", type_=Id),
        state_before=case((bindparam("done_id", type_=Id).is_not(None), INSTANCE.c.state)),
    )
)
OPEN_TASK = insert_into(
    TASK, "instance_id", "token", "node_id", "name", "process_key", "version_id", "title", "customer_id", "role",
    "assignee_id", "priority", "due_at", "status", "opened_at", "data", "department_id", "paused_due_at", "suspended", "excluded_id", "candidate_ids",
    "on_behalf_of_id", "version",
)  # fmt: skip
NOTE = insert_into(EVENT, "instance_id", "at", "kind", "node_id", "task_id", "actor_id", "detail")
IS_HERE = Prepared(
    select(User.__table__.c.department_id, User.__table__.c.substitute_id).where(
        User.__table__.c.id == bindparam("user_id"), User.__table__.c.active
    )
)


# Under this name a session remembers, by case, what the operations of a step under way have answered.
CALLED = "called"


class Here(NamedTuple):
    """Somebody who works here: their department, and who stands in for them if they are away."""

    department_id: int | None
    substitute_id: int | None


class Services:
    """What the engine calls for a service task: the registered operation, as the acting person. And what it asks for
    the end of a duration in working time."""

    def __init__(self, context: StepContext, department_id: int | None, called: list[list[object]]) -> None:
        self._context = context
        self._department_id = department_id
        self._called = called

    def __call__(self, operation: str, parameters: dict[str, object], node_id: str) -> Mapping[str, object] | None:
        found = registry().operations.get(operation)
        place = {"operation": operation, "element": node_id}
        if found is None:
            raise StepRefused(N_("There is no operation {operation} any more, which {element} calls."), place, node_id)
        try:
            answer = found.call(self._context, parameters)
        except (HeliuError, DBAPIError):
            raise  # a refusal, or a database that is away: neither is the operation's fault
        except Exception as fault:
            raise _failed(fault, found.without_value(parameters), place).with_traceback(fault.__traceback__) from fault
        kept = None if answer is None else clean_data(answer, operation)
        self._called.append([node_id, kept])
        return kept

    def working_time(self, start: datetime, days: int, hours: timedelta) -> datetime:
        """The end of so many working days and hours by the calendar of the case's department."""
        return calendar_of(self._context.session, self._department_id).after_days(start, days, hours)


def _failed(fault: Exception, missing: Sequence[str], place: Mapping[str, object]) -> StepRefused:
    """What administrators are told of an operation that broke: mostly it was given nothing for what it needs."""
    message = N_("The operation {operation} at {element} failed: {cause}")
    params = {**place, "cause": f"{type(fault).__name__}: {fault}"[:300]}
    if missing:
        message = N_("The operation {operation} at {element} was given no value for: {names}")
        params = {**place, "names": ", ".join(missing)}
    return StepRefused(message, params, str(place["element"]))


def services(session: Session, instance: ProcessInstance, *, by: Actor, now: datetime) -> Services:
    """The service operations for one step of a case. What they answer is noted for its history."""
    context = StepContext(session, by, now, instance.record_type, instance.record_id)
    called: list[list[object]] = []
    session.info.setdefault(CALLED, {})[instance.id] = called
    return Services(context, instance.department_id, called)


def store_step(
    session: Session,
    instance: ProcessInstance,
    published: Published,
    step: Step,
    *,
    now: datetime,
    event: str,
    by: Actor,
    node_id: str | None = None,
    task_id: int | None = None,
    detail: Mapping[str, object] | None = None,
    firing: int | None = None,
    tells: bool = True,
    settled: Collection[int] = (),
) -> None:
    """Make a step true: the case's state, the tasks that it opened or withdrew, its timers, what it waits for and says, and
    a line of history.

    Whoever has a task from now on is told, unless the caller says it in better words (`tells`). No rule of the diagram
    is asked for the tokens that are `settled`. `firing` is the due row of the timer that is acting, if one is. When the case has moved since it was read, Conflict is raised, at the commit at the
    latest.
    """
    MOVE.later(
        session,
        {
            "instance_id": instance.id,
            "seen": instance.version,
            "new_state": step.state,
            "new_status": InstanceStatus.COMPLETED if step.completed else InstanceStatus.RUNNING,
            "ended": now if step.completed else None,
            "done_id": task_id if event == "completed" else None,
        },
        refusal=moved_on,
    )
    # As the database has it from now on; an assignment would be written once more at the next flush.
    instance_dict(instance)["version"] = instance.version + 1
    _withdraw(session, instance, step, by=by, now=now)
    if step.opened:
        people = _active_people(session, step.opened)
        given = assign_opened(session, instance, published, step.opened, now=now, settled=settled)
        rows = [
            {
                **_task_row(instance, published, task, people, now=now),
                **columns_for(session, given.get(task.token)),
            }
            for task in step.opened
        ]
        rungs = [rung for row in rows if (rung := first_rung(session, row)) is not None]
        _schedule(session, instance, rungs, now=now)
        for row in rows:
            OPEN_TASK.later(session, _paused(row) if instance.stands_still else row)
        for token, assignment in given.items():
            offer(session, instance.id, token, assignment.candidates)
        if given:
            detail = {**(detail or {}), "assigned": as_history(given, step.opened)}
        if tells:
            away = [user_id for user_id, here in people.items() if here.substitute_id is not None]
            tell_opened(session, instance, published, rows, by=by, now=now, away=away)
    _store_timers(session, instance, step, now=now, firing=firing)
    follow_step(session, instance, step, by_id=by.id, now=now)
    opened = [task.token for task in step.opened]
    if step.left is not None:
        detail = {**(detail or {}), "left": list(step.left)}
    if called := session.info.get(CALLED, {}).pop(instance.id, None):
        detail = {**(detail or {}), "called": called}
    kept = keep({**(detail or {}), "passed": [_passed(entry) for entry in step.passed], "opened": opened})
    record_event(
        session, instance_id=instance.id, now=now, kind=event, by=by, node_id=node_id, task_id=task_id, detail=kept
    )


def record_event(
    session: Session,
    *,
    instance_id: int,
    now: datetime,
    kind: str,
    by: Actor,
    node_id: str | None = None,
    task_id: int | None = None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """A line of history."""
    NOTE.later(
        session,
        {
            "instance_id": instance_id,
            "at": now,
            "kind": kind,
            "node_id": node_id,
            "task_id": task_id,
            "actor_id": by.id,
            "detail": dict(detail or {}),
        },
    )


def moved_on() -> Conflict:
    """What somebody hears who was overtaken."""
    return Conflict(text("Somebody has just moved this case on. Please look again."))


def _withdraw(session: Session, instance: ProcessInstance, step: Step, *, by: Actor, now: datetime) -> None:
    tokens = [task.token for task in step.closed if not task.completed]
    if tokens:
        those = TASK.c.instance_id == instance.id, TASK.c.token.in_(tokens), TASK.c.status == TaskStatus.OPEN
        settle_incidents(session, instance.id, select(TASK.c.id).where(*those), by=by, now=now)
        session.execute(
            update(TASK).where(*those).values(status=TaskStatus.WITHDRAWN, closed_at=now, version=TASK.c.version + 1)
        )


def _active_people(session: Session, opened: tuple[OpenTask, ...]) -> dict[int, Here]:
    """Which of the people that the diagram names are still here; a task of one who left goes to its role."""
    wanted = {task.assignee for task in opened if task.assignee is not None}
    return {
        user_id: Here(*row) for user_id in wanted for row in IS_HERE.rows(session, {"user_id": user_id}, apart=True)
    }


def _task_row(
    instance: ProcessInstance, published: Published, task: OpenTask, people: Mapping[int, Here], *, now: datetime
) -> dict[str, Any]:
    node = published.definition.nodes[task.node_id]
    assignee = task.assignee if task.assignee in people else None
    return {
        "instance_id": instance.id,
        "token": task.token,
        "node_id": task.node_id,
        "name": (node.name or task.node_id)[:200],
        "process_key": instance.process_key,
        "version_id": instance.version_id,
        "title": instance.title,
        "customer_id": instance.customer_id,
        "role": node.role or (None if assignee else FALLBACK_ROLE),
        "assignee_id": assignee,
        "priority": min(max(task.priority, PRIORITIES[0]), PRIORITIES[-1]),
        "due_at": task.due_at or NO_DUE_DATE,
        "status": TaskStatus.OPEN,
        "opened_at": now,
        "data": keep(task.data),
        "department_id": people[assignee].department_id if assignee is not None else instance.department_id,
        "paused_due_at": None,
        "suspended": instance.suspended_at is not None,
        "version": 1,
    }


def _store_timers(
    session: Session, instance: ProcessInstance, step: Step, *, now: datetime, firing: int | None
) -> None:
    if step.completed:
        due.unschedule(session, kind=TIMER, subject_id=instance.id, spare=firing)
        return
    if step.cleared_timers:
        due.unschedule(session, kind=TIMER, subject_id=instance.id, refs=step.cleared_timers, spare=firing)
    if step.timers:
        _schedule(
            session,
            instance,
            [
                due.Appointment(
                    kind=TIMER,
                    subject_id=instance.id,
                    ref=timer.token,
                    due_at=timer.due_at,
                    payload={"node": timer.node_id},
                )
                for timer in step.timers
            ],
            now=now,
        )


def _schedule(
    session: Session, instance: ProcessInstance, appointments: Sequence[due.Appointment], *, now: datetime
) -> None:
    """Ask the clock; while that of the case stands still, what is asked for waits as well."""
    if instance.stands_still:
        appointments = [due.held(appointment) for appointment in appointments]
    due.schedule_many(session, appointments, now=now)


def _paused(row: dict[str, Any]) -> dict[str, Any]:
    """The row of a task that is opened while the clock of its case stands still."""
    if row["due_at"] >= NO_DUE_DATE:
        return row
    return {**row, "due_at": NO_DUE_DATE, "paused_due_at": row["due_at"]}


def _passed(entry: Any) -> list[object]:
    """A step of the path as it is kept: kind, element, and what decided where there was something to decide."""
    return [entry.kind, entry.element_id, entry.detail] if entry.detail else [entry.kind, entry.element_id]
