"""Repairing a case by hand: move, skip, change variables, let a timer act now, suspend and resume, retry, cancel.

Each takes the case first, writes the reason into its history and old and new into the audit, and tells whoever loses a
task. A repair goes the way of every step (`store_step`), so that rows, timers and waits follow the state.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, undefer

from crm.activity.operations import Person
from crm.core import due
from crm.core.audit import write_audit
from crm.core.db import company_time
from crm.core.errors import Fault, HeliuError, Invalid, NotFound, RuleBroken
from crm.core.i18n import Text, text
from crm.notices.operations import notify
from crm.permissions import Actor, check_may
from workflows import engine, library, queries
from workflows.causes import Cause, describe
from workflows.kept import keep
from workflows.library import Published
from workflows.models import TIMER, Incident, InstanceStatus, ProcessInstance, Task, TaskStatus
from workflows.operate.rules import refuse, why_not_repair, why_not_resume, why_not_retry, why_not_suspend
from workflows.operations import cancelling, incidents, pausing
from workflows.operations.steps import INSTANCE, TASK, moved_on, record_event, services, store_step
from workflows.rules import read_reason
from workflows.verbs.at_hand import as_refusal

INCIDENT = cast(Table, Incident.__table__)
MOST_CHANGES = 50
LONGEST_NAME = 120


@dataclass(frozen=True)
class Repaired:
    """What a repair did: the steps that it opened and withdrew, by id, and whether the case has ended by it."""

    opened: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    ended: bool = False


def move(session: Session, *, by: Actor, now: datetime, instance_id: int, token: int, to: str, reason: str) -> Repaired:
    """An open task is withdrawn and the case goes on at another step, back or forth. Refused where the diagram forbids it."""
    instance, published, why = _take(session, instance_id, reason, by=by)
    words = published.translator(by.locale)
    with _told_to_the_administrator():
        forbidden = engine.check_move_token(published.definition, instance.state, token, to)
        if forbidden is not None:
            named = {name: words(str(value)) for name, value in forbidden.params.items()}
            raise RuleBroken(text(forbidden.template, **named))
        step = engine.move_token(
            published.definition, instance.state, token, to, {}, **_around(session, instance, by, now)
        )
    task = _task_of(session, instance, token)
    told = {"from": task.node_id, "to": to}
    return _store(session, instance, published, step, "moved", why, told, task.node_id, by=by, now=now)


def skip(session: Session, *, by: Actor, now: datetime, instance_id: int, token: int, reason: str) -> Repaired:
    """The case goes on past an open task without its answers; the task is withdrawn."""
    instance, published, why = _take(session, instance_id, reason, by=by)
    with _told_to_the_administrator():
        step = engine.skip(published.definition, instance.state, token, **_around(session, instance, by, now))
    node_id = _task_of(session, instance, token).node_id
    return _store(session, instance, published, step, "skipped", why, {"step": node_id}, node_id, by=by, now=now)


def set_variables(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    instance_id: int,
    token: int | None,
    changes: Mapping[str, Any],
    removals: Collection[str] = (),
    reason: str,
) -> Repaired:
    """Variables get other values, or are forgotten: at one open task, or wherever the case stands. Open tasks show them."""
    instance, published, why = _take(session, instance_id, reason, by=by)
    names = [*changes, *removals]
    if not names or len(names) > MOST_CHANGES or any(not 0 < len(name) <= LONGEST_NAME for name in names):
        message = text("Name one to {most} variables, each in at most {length} characters.")
        raise Invalid([Fault("name", text(message.source, most=MOST_CHANGES, length=LONGEST_NAME))])
    before = _values(published, instance, token, names)
    with _told_to_the_administrator():
        step = engine.set_variables(
            published.definition,
            instance.state,
            token,
            changes,
            removals,
            **_around(session, instance, by, now),
        )
    told = {"names": sorted(names)}
    after = {name: str(changes.get(name, "")) for name in names}
    done = _store(session, instance, published, step, "variables", why, told, by=by, now=now, old=before, new=after)
    if not step.completed:
        _show_in_tasks(session, published, instance.id, step)
    return done


def fire(session: Session, *, by: Actor, now: datetime, instance_id: int, token: int, reason: str) -> Repaired:
    """A timer acts now instead of when it is due. Its incidents are thereby resolved."""
    instance, published, why = _take(session, instance_id, reason, by=by)
    with _told_to_the_administrator():
        waiting = {each.token: each.node_id for each in engine.positions(published.definition, instance.state)}
        step = engine.fire(published.definition, instance.state, token, **_around(session, instance, by, now))
    due.unschedule(session, kind=TIMER, subject_id=instance.id, refs=[token])
    node_id = waiting[token]
    session.execute(
        update(INCIDENT)
        .where(
            INCIDENT.c.instance_id == instance.id,
            INCIDENT.c.kind == TIMER,
            INCIDENT.c.node_id == node_id,
            INCIDENT.c.resolved_at.is_(None),
        )
        .values(resolved_at=now, resolved_by_id=by.id)
    )
    return _store(session, instance, published, step, "fired", why, {"step": node_id}, node_id, by=by, now=now)


def suspend(session: Session, *, by: Actor, now: datetime, instance_id: int, reason: str) -> Repaired:
    """The case rests: nobody can do its tasks, its clock stands still. Messages still reach it, so that none is lost."""
    instance, why = _locked(session, instance_id, reason, by=by)
    refuse(why_not_suspend(instance, by))
    session.execute(update(INSTANCE).where(INSTANCE.c.id == instance.id).values(suspended_at=now))
    _mark_tasks(session, instance.id, suspended=True)
    pausing.stop_clock(session, instance.id)
    _write_down(session, instance, "suspended", why, {}, by=by, now=now)
    pausing.forget(session, instance.id)
    return Repaired()


def resume(session: Session, *, by: Actor, now: datetime, instance_id: int, reason: str) -> Repaired:
    """A suspended case goes on. What was due is due as much working time later as it rested, unless its clock still
    stands because the customer owes an answer."""
    instance, why = _locked(session, instance_id, reason, by=by)
    refuse(why_not_resume(instance, by))
    since, paused = cast(datetime, instance.suspended_at), instance.paused_at
    still = None if paused is None else min(since, paused)
    session.execute(update(INSTANCE).where(INSTANCE.c.id == instance.id).values(suspended_at=None, paused_at=still))
    _mark_tasks(session, instance.id, suspended=False)
    if paused is None:
        pausing.start_clock(session, instance.id, instance.department_id, since=since, now=now)
    _write_down(session, instance, "unsuspended", why, {}, by=by, now=now)
    pausing.forget(session, instance.id)
    return Repaired()


def retry(session: Session, *, by: Actor, now: datetime, instance_id: int, reason: str) -> Repaired:
    """Every open incident of the case is tried again. Raises NotFound where it has none, StepFault where one fails again."""
    instance, why = _locked(session, instance_id, reason, by=by)
    refuse(why_not_retry(instance, by))
    found = queries.incidents_of(session, instance_id)
    if not found:
        raise RuleBroken(text("This case has no open incident."))
    before = {task.id for task in queries.open_tasks(session, instance_id)}
    for incident in found:
        incidents.retry(session, by=by, now=now, incident_id=incident.id)
    _audit(session, instance, "retried", why, {"incidents": len(found)}, by=by, now=now)
    opened = [task.node_id for task in queries.open_tasks(session, instance_id) if task.id not in before]
    session.refresh(instance, ["status"])
    return Repaired(opened=tuple(opened), ended=instance.status != InstanceStatus.RUNNING)


def cancel(session: Session, *, by: Actor, now: datetime, instance_id: int, reason: str) -> Repaired:
    """The case ends here; whoever had a task of it is told."""
    instance, why = _locked(session, instance_id, reason, by=by)
    refuse(why_not_repair(instance, by))
    open_now = queries.open_tasks(session, instance_id)
    _tell(session, instance, [task.assignee_id for task in open_now], why, by=by, now=now)
    cancelling.cancel(session, by=by, now=now, instance_id=instance_id, reason=why)
    _audit(session, instance, "cancelled", why, {}, by=by, now=now)
    return Repaired(withdrawn=tuple(task.node_id for task in open_now), ended=True)


# ---------------------------------------------------------------- how each of them goes
def _locked(session: Session, instance_id: int, reason: str, *, by: Actor) -> tuple[ProcessInstance, str]:
    check_may(by, "processes", "administer")
    instance = session.scalars(
        select(ProcessInstance)
        .where(ProcessInstance.id == instance_id)
        .options(undefer(ProcessInstance.state))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if instance is None:
        raise NotFound
    return instance, read_reason(reason)


def _take(session: Session, instance_id: int, reason: str, *, by: Actor) -> tuple[ProcessInstance, Published, str]:
    instance, why = _locked(session, instance_id, reason, by=by)
    refuse(why_not_repair(instance, by))
    return instance, library.published(session, instance.version_id), why


def _around(session: Session, instance: ProcessInstance, by: Actor, now: datetime) -> dict[str, Any]:
    return {"call": services(session, instance, by=by, now=now), "now": company_time(session, now)}


@contextmanager
def _told_to_the_administrator() -> Iterator[None]:
    """What the engine or the process refuses, or what fails on the way, in words for the administrator: nothing is stored."""
    try:
        with as_refusal():
            yield
    except (HeliuError, DBAPIError):
        raise
    except Exception as fault:
        cause = Cause(describe(fault))
        raise RuleBroken(text("The step could not be carried out: {cause}", cause=cause)) from fault


def _task_of(session: Session, instance: ProcessInstance, token: int) -> Task:
    wanted = select(Task).where(Task.instance_id == instance.id, Task.token == token, Task.status == TaskStatus.OPEN)
    task = session.scalars(wanted.limit(1)).one_or_none()
    if task is None:
        raise moved_on()
    return task


def _store(
    session: Session,
    instance: ProcessInstance,
    published: Published,
    step: engine.Step,
    kind: str,
    why: str,
    told: Mapping[str, object],
    node_id: str | None = None,
    *,
    by: Actor,
    now: datetime,
    old: Mapping[str, object] | None = None,
    new: Mapping[str, object] | None = None,
) -> Repaired:
    tokens = [closed.token for closed in step.closed]
    losing = session.scalars(
        select(Task.assignee_id).where(
            Task.instance_id == instance.id, Task.token.in_(tokens), Task.status == TaskStatus.OPEN
        )
    ).all()
    _tell(session, instance, losing, why, by=by, now=now)
    store_step(
        session,
        instance,
        published,
        step,
        now=now,
        event=kind,
        by=by,
        node_id=node_id,
        detail={"reason": why, **told},
    )
    _audit(session, instance, kind, why, told, by=by, now=now, old=old, new=new)
    return Repaired(
        opened=tuple(opened.node_id for opened in step.opened),
        withdrawn=tuple(closed.node_id for closed in step.closed),
        ended=step.completed,
    )


def _values(
    published: Published, instance: ProcessInstance, token: int | None, names: Collection[str]
) -> dict[str, object]:
    """What the variables were, as text, for the audit: at the first place that has them."""
    found: dict[str, object] = {}
    for place in engine.positions(published.definition, instance.state):
        if token in (None, place.token):
            found |= {name: str(place.data[name]) for name in names if name in place.data and name not in found}
    return found


def _show_in_tasks(session: Session, published: Published, instance_id: int, step: engine.Step) -> None:
    """What open tasks know of the case is what it has now."""
    for place in engine.positions(published.definition, step.state):
        if place.task:
            session.execute(
                update(TASK)
                .where(TASK.c.instance_id == instance_id, TASK.c.token == place.token, TASK.c.status == TaskStatus.OPEN)
                .values(data=keep(place.data), version=TASK.c.version + 1)
            )


def _mark_tasks(session: Session, instance_id: int, *, suspended: bool) -> None:
    session.execute(
        update(TASK)
        .where(TASK.c.instance_id == instance_id, TASK.c.status == TaskStatus.OPEN)
        .values(suspended=suspended, version=TASK.c.version + 1)
    )


def _write_down(
    session: Session,
    instance: ProcessInstance,
    kind: str,
    why: str,
    told: Mapping[str, object],
    *,
    by: Actor,
    now: datetime,
) -> None:
    record_event(session, instance_id=instance.id, now=now, kind=kind, by=by, detail={"reason": why, **told})
    _audit(session, instance, kind, why, told, by=by, now=now)


def _audit(
    session: Session,
    instance: ProcessInstance,
    kind: str,
    why: str,
    told: Mapping[str, object],
    *,
    by: Actor,
    now: datetime,
    old: Mapping[str, object] | None = None,
    new: Mapping[str, object] | None = None,
) -> None:
    write_audit(
        session,
        at=now,
        actor_id=by.id,
        actor_name=by.name,
        action=f"case.{kind}",
        subject_type="case",
        subject_id=instance.id,
        subject_name=instance.title,
        old=old,
        new={**told, **(new or {}), "reason": why},
    )


WITHDRAWN: Text = text("{who} took a task from you to repair its case: {title}")


def _tell(
    session: Session, instance: ProcessInstance, holders: Collection[int | None], why: str, *, by: Actor, now: datetime
) -> None:
    """Whoever has a task that goes away hears of it, and why."""
    others = [user_id for user_id in holders if user_id is not None and user_id != by.id]
    if others and by.id is not None:
        notify(
            session,
            to=others,
            kind="task.withdrawn",
            message=text(WITHDRAWN.source, who=Person(by.id), title=instance.title),
            link=f"/cases/{instance.id}",
            now=now,
            key=f"case.repaired-{instance.id}-{instance.version}",
            detail=why,
        )
