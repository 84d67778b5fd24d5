"""Incidents of all cases: how many, grouped by what stopped where, and trying a whole group again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.core.audit import AuditEntry
from crm.core.errors import HeliuError, NotFound
from crm.core.i18n import Text
from crm.permissions import Actor, check_may
from crm.web.doors import reading_session, writing
from workflows import library
from workflows.causes import in_words
from workflows.models import DefinitionVersion, Incident, ProcessInstance
from workflows.operate.trying import said_by
from workflows.operations import incidents

MOST_GROUPS = 100
MOST_AT_ONCE = 200
MOST_NOT_BEGUN = 20
REMEMBERED = timedelta(days=7)


@dataclass(frozen=True)
class Group:
    """Open incidents of one cause at one element of one process. `id` is the newest of them; `cause` says the message in the
    reader's language."""

    id: int
    process_key: str
    process: str
    node_id: str
    step: str
    message: str
    cause: str
    number: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class NotBegun:
    """A case that was to begin by itself and could not."""

    at: datetime
    process_key: str
    process: str
    error: str


@dataclass(frozen=True)
class Retried:
    """What became of an incident that was tried again: done, or the reason why not."""

    instance_id: int
    title: str
    reason: Text | str | None = None


def open_count(session: Session) -> int:
    """How many incidents wait for somebody: one look into the index of the open ones."""
    return session.scalar(select(func.count()).select_from(Incident).where(Incident.resolved_at.is_(None))) or 0


def groups(session: Session, *, by: Actor) -> list[Group]:
    """Open incidents by process, element and cause, the latest first."""
    check_may(by, "processes", "administer")
    found = session.execute(
        select(
            func.max(Incident.id).label("newest"),
            ProcessInstance.process_key,
            Incident.node_id,
            Incident.message,
            func.count().label("number"),
            func.min(Incident.at).label("first_at"),
            func.max(Incident.at).label("last_at"),
            func.max(ProcessInstance.version_id).label("version_id"),
        )
        .join(ProcessInstance, ProcessInstance.id == Incident.instance_id)
        .where(Incident.resolved_at.is_(None))
        .group_by(ProcessInstance.process_key, Incident.node_id, Incident.message)
        .order_by(func.max(Incident.id).desc())
        .limit(MOST_GROUPS)
    )
    shown = []
    for row in found:
        published = library.published(session, row.version_id)
        shown.append(
            Group(
                id=row.newest,
                process_key=row.process_key,
                process=published.translator(by.locale)(published.definition.name),
                node_id=row.node_id or "",
                step=published.name_of(row.node_id, by.locale) if row.node_id else "",
                message=row.message,
                cause=in_words(row.message, by.locale),
                number=row.number,
                first_at=row.first_at,
                last_at=row.last_at,
            )
        )
    return shown


def not_begun(session: Session, *, by: Actor, now: datetime) -> list[NotBegun]:
    """Cases that could not begin by themselves in the last days, as the audit log has them, the latest first."""
    check_may(by, "processes", "administer")
    found = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.action == "definition.not_begun", AuditEntry.at > now - REMEMBERED)
        .order_by(AuditEntry.at.desc())
        .limit(MOST_NOT_BEGUN)
    ).all()
    return [
        NotBegun(
            at=row.at,
            process_key=str(row.new.get("process", "")),
            process=_name_of(session, row.subject_id, by) or row.subject_name,
            error=in_words(str(row.new.get("error", "")), by.locale),
        )
        for row in found
    ]


def retry_group(incident_id: int, *, by: Actor, now: datetime, whole: bool) -> list[Retried]:
    """Try an incident again, or all of its group (at most 200 at once). Each is a unit of work of its own."""
    check_may(by, "processes", "administer")
    with reading_session() as session:
        wanted = _alike(session, incident_id) if whole else [incident_id]
        titles = {
            row.id: (row.instance_id, row.title)
            for row in session.execute(
                select(Incident.id, Incident.instance_id, ProcessInstance.title)
                .join(ProcessInstance, ProcessInstance.id == Incident.instance_id)
                .where(Incident.id.in_(wanted))
            )
        }
    if not titles:
        raise NotFound
    outcomes = []
    for each in sorted(titles):
        instance_id, title = titles[each]
        try:
            with writing() as session:
                incidents.retry(session, by=by, now=now, incident_id=each)
            outcomes.append(Retried(instance_id, title))
        except HeliuError as refused:
            outcomes.append(Retried(instance_id, title, said_by(refused)))
    return outcomes


def _alike(session: Session, incident_id: int) -> Sequence[int]:
    first = session.execute(
        select(ProcessInstance.process_key, Incident.node_id, Incident.message)
        .join(ProcessInstance, ProcessInstance.id == Incident.instance_id)
        .where(Incident.id == incident_id)
    ).one_or_none()
    if first is None:
        raise NotFound
    return session.scalars(
        select(Incident.id)
        .join(ProcessInstance, ProcessInstance.id == Incident.instance_id)
        .where(
            Incident.resolved_at.is_(None),
            ProcessInstance.process_key == first.process_key,
            Incident.node_id.is_not_distinct_from(first.node_id),
            Incident.message == first.message,
        )
        .order_by(Incident.id)
        .limit(MOST_AT_ONCE)
    ).all()


def _name_of(session: Session, version_id: int | None, by: Actor) -> str:
    if version_id is None or session.get(DefinitionVersion, version_id) is None:
        return ""
    published = library.published(session, version_id)
    return published.translator(by.locale)(published.definition.name)
