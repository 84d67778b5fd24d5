"""Faults that stopped a step: kept apart from the step, which was rolled back, and tried again on request."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import Table, select, update
from sqlalchemy.orm import Session

from crm.accounts.queries import actor_for, who_may
from crm.core import due
from crm.core.errors import Conflict, NotFound
from crm.core.i18n import text
from crm.files.operations import attach
from crm.notices.kinds import SYSTEM as OF_SYSTEM
from crm.notices.kinds import NoticeKind, add_kinds
from crm.notices.models import Mailing
from crm.notices.operations import notify
from crm.permissions import SYSTEM, Actor, check_may
from workflows.attachments import TASK as TASK_FILES
from workflows.causes import describe
from workflows.kept import keep, restore
from workflows.messaging.models import HEAR
from workflows.models import RUNG, TIMER, Incident, ProcessInstance, Task, TaskStatus
from workflows.operations.settling import settle_incidents
from workflows.operations.steps import record_event
from workflows.operations.tasks import StepFault, complete_again
from workflows.rules import SUSPENDED

add_kinds(
    NoticeKind(
        "case.incident",
        text("A case has stopped (for administrators of processes)"),
        OF_SYSTEM,
        Mailing.NOW,
        icon="alert-triangle",
        tone="bad",
    )
)

TASK = cast(Table, Task.__table__)


def keep_fault(session: Session, fault: StepFault, *, now: datetime) -> Incident:
    """Write the incident of a failed completion, and keep the answers as the task's draft, with their files. For a
    transaction of its own. It takes the place of what stopped the same task before."""
    settle_incidents(session, fault.instance_id, [fault.task_id], by=SYSTEM, now=now)
    session.execute(
        update(TASK)
        .where(TASK.c.id == fault.task_id, TASK.c.status == TaskStatus.OPEN)
        .values(draft=fault.entered, version=TASK.c.version + 1)
    )
    attach(session, by=fault.by, now=now, record_type=TASK_FILES, record_id=fault.task_id, file_ids=fault.files)
    return _write(
        session,
        Incident(
            instance_id=fault.instance_id,
            at=now,
            node_id=fault.node_id,
            task_id=fault.task_id,
            actor_id=fault.by.id,
            kind="complete",
            message=describe(fault.cause),
            answers=keep(fault.answers),
        ),
    )


def keep_timer_fault(session: Session, row: due.Due, *, error: str, now: datetime) -> Incident | None:
    """A timer has used up its tries: write the incident."""
    if row.subject_id is None:
        return None
    node_id = row.payload.get("node")
    return _write(
        session, Incident(instance_id=row.subject_id, at=now, node_id=node_id, kind=TIMER, message=error[:2000])
    )


def retry(session: Session, *, by: Actor, now: datetime, incident_id: int) -> Incident:
    """Try the failed step again, in the name of the person whose step it was."""
    check_may(by, "processes", "administer")
    instance_id = session.scalar(select(Incident.instance_id).where(Incident.id == incident_id))
    if instance_id is None:
        raise NotFound
    # The case first, as by every step of it.
    session.execute(select(ProcessInstance.id).where(ProcessInstance.id == instance_id).with_for_update())
    incident = session.get_one(Incident, incident_id, with_for_update=True)
    if incident.resolved_at is not None:
        raise Conflict(text("This incident has already been resolved."))
    if session.scalar(select(ProcessInstance.suspended_at).where(ProcessInstance.id == instance_id)) is not None:
        raise Conflict(SUSPENDED)
    if incident.kind == TIMER:
        for kind in (TIMER, RUNG, HEAR):
            due.retry(session, kind=kind, subject_id=incident.instance_id, now=now)
    elif incident.task_id is not None and incident.actor_id is not None:
        person = actor_for(session, incident.actor_id).at(now)
        answers = restore(incident.answers)
        complete_again(session, by=person, now=now, task_id=incident.task_id, answers=answers)
    incident.resolved_at, incident.resolved_by_id = now, by.id
    record_event(session, instance_id=incident.instance_id, now=now, kind="retried", by=by, node_id=incident.node_id)
    return incident


def write_incident(session: Session, *, instance_id: int, kind: str, message: str, now: datetime) -> Incident:
    """An incident that no step left behind: something about the case is wrong."""
    return _write(session, Incident(instance_id=instance_id, at=now, kind=kind, message=message))


def _write(session: Session, incident: Incident) -> Incident:
    session.add(incident)
    session.flush()
    record_event(
        session,
        instance_id=incident.instance_id,
        now=incident.at,
        kind="incident",
        by=SYSTEM,
        node_id=incident.node_id,
        task_id=incident.task_id,
        detail={"incident_id": incident.id},
    )
    _tell(session, incident)
    return incident


def _tell(session: Session, incident: Incident) -> None:
    """Everybody who may administer processes hears of it, once an hour for each case."""
    instance = session.get_one(ProcessInstance, incident.instance_id)
    notify(
        session,
        to=who_may(session, "processes", "administer"),
        kind="case.incident",
        message=text("A case has stopped: {title}", title=instance.title),
        link=f"/operate/cases/{instance.id}",
        now=incident.at,
        key=f"case.incident-{instance.id}-{incident.at:%Y%m%d%H}",
    )
