"""Which share of the new cases begins with another version than the one in force, and the ways out of it: all or none.

Each change says why, and what the one who asks for it saw: two administrators never roll back twice for one reason.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.errors import Conflict, Fault, Invalid, NotFound
from crm.core.i18n import text
from crm.permissions import Actor, check_may
from workflows import library
from workflows.models import DefinitionVersion, ProcessDefinition
from workflows.operations import deploying

SHORTEST_REASON = 3
LONGEST_REASON = 2000


def set_share(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    key: str,
    percent: int,
    reason: str,
    number: int | None = None,
    seen: int | None = None,
) -> DefinitionVersion:
    """So many percent of the new cases begin with version `number`, or with the one that has a share already; the counting
    begins anew. With 100 it comes into force.

    `seen` is the count of changes of the process that was looked at; Conflict when it has changed since.
    """
    process, reason = _locked(session, by=by, key=key, reason=reason, seen=seen)
    if not 1 <= percent <= 100:
        raise Invalid([Fault("percent", text("The share is a whole number of percent, from 1 to 100."))])
    in_force = _in_force(session, process)
    version = library.version_of(session, key, number) if number is not None else _shared(session, process)
    if version.id == in_force.id:
        raise Conflict(text("Version {number} is in force already.", number=version.number))
    deploying.check_here(session, library.published(session, version.id).definition, now=now)
    if percent == 100:
        return _put_in_force(
            session, process, version, "activated", by=by, now=now, reason=reason, instead_of=in_force.number
        )
    library.share_out(session, process, version.id, percent)
    deploying.audit_version(session, "shared", version, by=by, now=now, reason=reason, percent=percent)
    return version


def roll_back(
    session: Session, *, by: Actor, now: datetime, key: str, reason: str, seen: int | None = None
) -> DefinitionVersion:
    """No case begins with the version that has a share; where none has, the one that was in force before is in force again.
    Answers the version with which all new cases begin now. Cases that began meanwhile keep their version."""
    process, reason = _locked(session, by=by, key=key, reason=reason, seen=seen)
    in_force = _in_force(session, process)
    if process.next_version_id is not None:
        _end(session, process, in_force, by=by, now=now, reason=reason)
        return in_force
    before = version_before(session, process)
    if before is None:
        raise Conflict(text("There is no version before version {number}.", number=in_force.number))
    deploying.check_here(session, library.published(session, before.id).definition, now=now)
    _put_in_force(session, process, before, "rolled_back", by=by, now=now, reason=reason, instead_of=in_force.number)
    # Rolled back once more it goes to the one before that, and not to the one that was just left.
    process.previous_version_id = None
    return before


def end_share(session: Session, *, by: Actor, now: datetime, key: str, reason: str) -> DefinitionVersion:
    """No case begins any more with the version that has a share. Conflict where none has: nothing else is rolled back."""
    process, reason = _locked(session, by=by, key=key, reason=reason, seen=None)
    _shared(session, process)
    in_force = _in_force(session, process)
    _end(session, process, in_force, by=by, now=now, reason=reason)
    return in_force


def process_of(session: Session, key: str) -> ProcessDefinition:
    """A process by its key."""
    process = session.get(ProcessDefinition, key)
    if process is None:
        raise NotFound(text("There is no process “{key}”.", key=key))
    return process


def version_before(session: Session, process: ProcessDefinition) -> DefinitionVersion | None:
    """The version that was in force before the one that is: as it was noted, else the one with the next smaller number."""
    if process.active_version_id is None:
        return None
    if process.previous_version_id not in (None, process.active_version_id):
        return session.get(DefinitionVersion, process.previous_version_id)
    in_force = select(DefinitionVersion.number).where(DefinitionVersion.id == process.active_version_id)
    smaller = select(DefinitionVersion).where(
        DefinitionVersion.process_key == process.key, DefinitionVersion.number < in_force.scalar_subquery()
    )
    return session.scalars(smaller.order_by(DefinitionVersion.number.desc()).limit(1)).one_or_none()


def _locked(session: Session, *, by: Actor, key: str, reason: str, seen: int | None) -> tuple[ProcessDefinition, str]:
    check_may(by, "processes", "administer")
    process = session.get(ProcessDefinition, key, with_for_update=True, populate_existing=True)
    if process is None:
        raise NotFound(text("There is no process “{key}”.", key=key))
    if seen is not None and process.version != seen:
        raise Conflict(text("Somebody has changed meanwhile with which version cases begin; look again."))
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise Invalid([Fault("reason", text("Say why; it is kept."))])
    return process, reason[:LONGEST_REASON]


def _in_force(session: Session, process: ProcessDefinition) -> DefinitionVersion:
    if process.active_version_id is None:
        raise Conflict(text("No version of this process is in force."))
    return session.get_one(DefinitionVersion, process.active_version_id)


def _shared(session: Session, process: ProcessDefinition) -> DefinitionVersion:
    if process.next_version_id is None:
        raise Conflict(text("No version has a share of the new cases."))
    return session.get_one(DefinitionVersion, process.next_version_id)


def _end(
    session: Session, process: ProcessDefinition, in_force: DefinitionVersion, *, by: Actor, now: datetime, reason: str
) -> None:
    shared = _shared(session, process)
    library.share_out(session, process, None, 0)
    deploying.audit_version(session, "rolled_back", shared, by=by, now=now, reason=reason, back_to=in_force.number)


def _put_in_force(
    session: Session,
    process: ProcessDefinition,
    version: DefinitionVersion,
    action: str,
    *,
    by: Actor,
    now: datetime,
    reason: str,
    instead_of: int,
) -> DefinitionVersion:
    definition = library.published(session, version.id).definition
    library.put_in_force(session, process, version.id, definition, now=now)
    deploying.audit_version(session, action, version, by=by, now=now, reason=reason, instead_of=instead_of)
    return version
