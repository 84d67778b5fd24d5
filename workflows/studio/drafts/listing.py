"""All processes on one page: what is in force, what runs, what has stopped, and who changes what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.accounts.queries import names_of
from crm.permissions import Actor
from workflows import library
from workflows.models import DefinitionVersion, Incident, InstanceStatus, ProcessDefinition, ProcessInstance
from workflows.studio.drafts.queries import all_drafts

MOST_STOPPED = 20


@dataclass(frozen=True)
class StudioRow:
    """A process as administrators see it. `number` is its version in force, None where none is; `next_number` one with which
    `next_share` percent of the new cases begin; `draft_id` None where nobody changes it."""

    key: str
    name: str
    number: int | None
    next_number: int | None = None
    next_share: int = 0
    running: int = 0
    incidents: int = 0
    draft_id: int | None = None
    changed_at: datetime | None = None
    changed_by: str = ""
    new: bool = False

    @property
    def url(self) -> str:
        """Where a click on the row leads."""
        return f"/studio/drafts/{self.draft_id}" if self.new else f"/definitions/{self.key}"


def studio_rows(session: Session, *, by: Actor) -> list[StudioRow]:
    """Every process with a version or a draft, by name."""
    drafts = {draft.process_key: draft for draft in all_drafts(session, by=by)}
    people = names_of(session, {draft.updated_by_id for draft in drafts.values()}, by.locale)
    running = _counted(session, by_incident=False)
    stopped = _counted(session, by_incident=True)
    named: dict[str, tuple[str, int | None]] = {
        each.key: (each.translator(by.locale)(each.definition.name) or each.key, each.number if in_force else None)
        for in_force, found in ((True, library.all_active(session)), (False, library.out_of_force(session)))
        for each in found
    }
    shares = _shares(session)
    rows = []
    for key in {*named, *drafts}:
        draft = drafts.get(key)
        name, number = named.get(key, (draft.name if draft is not None else key, None))
        rows.append(
            StudioRow(
                key=key,
                name=name or key,
                number=number,
                next_number=shares.get(key, (None, 0))[0],
                next_share=shares.get(key, (None, 0))[1],
                running=running.get(key, 0),
                incidents=stopped.get(key, 0),
                draft_id=draft.id if draft is not None else None,
                changed_at=draft.updated_at if draft is not None else None,
                changed_by=people.get(draft.updated_by_id or 0, "") if draft is not None else "",
                new=key not in named,
            )
        )
    return sorted(rows, key=lambda row: (row.name, row.key))


def _shares(session: Session) -> dict[str, tuple[int | None, int]]:
    """Processes of which a share of the new cases begins with another version: its number, and the share in percent."""
    found = session.execute(
        select(ProcessDefinition.key, DefinitionVersion.number, ProcessDefinition.next_share).join(
            DefinitionVersion, DefinitionVersion.id == ProcessDefinition.next_version_id
        )
    )
    return {row.key: (row.number, row.next_share) for row in found}


@dataclass(frozen=True)
class StoppedCase:
    """A case in which a step could not be carried out, since when."""

    id: int
    title: str
    at: datetime


def stopped_cases(session: Session) -> list[StoppedCase]:
    """Cases that a fault has stopped, those of late first."""
    found = session.execute(
        select(ProcessInstance.id, ProcessInstance.title, func.max(Incident.at).label("at"))
        .join(Incident, Incident.instance_id == ProcessInstance.id)
        .where(Incident.resolved_at.is_(None))
        .group_by(ProcessInstance.id, ProcessInstance.title)
        .order_by(func.max(Incident.at).desc())
        .limit(MOST_STOPPED)
    )
    return [StoppedCase(row.id, row.title, row.at) for row in found]


def _counted(session: Session, *, by_incident: bool) -> dict[str, int]:
    """Running cases by process: all of them, or those that a fault has stopped."""
    wanted = select(ProcessInstance.process_key, func.count()).where(ProcessInstance.status == InstanceStatus.RUNNING)
    if by_incident:
        wanted = wanted.where(
            ProcessInstance.id.in_(select(Incident.instance_id).where(Incident.resolved_at.is_(None)))
        )
    return {row[0]: row[1] for row in session.execute(wanted.group_by(ProcessInstance.process_key))}
