"""With which versions the cases of a process begin, as administrators see it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from workflows.models import DefinitionVersion, ProcessDefinition
from workflows.operations.sharing import version_before


@dataclass(frozen=True)
class Shared:
    """A version beside the one in force: `percent` of the new cases begin with it, so far `taken` of `started`."""

    version_id: int
    number: int
    percent: int
    started: int
    taken: int


@dataclass(frozen=True)
class Beginnings:
    """The version in force (None: out of force), the one that has a share, the one to roll back to, and `seen`, which an act says
    so that it is refused where somebody else was first."""

    seen: int
    in_force: int | None
    shared: Shared | None
    before: int | None


def beginnings(session: Session, process: ProcessDefinition) -> Beginnings:
    """Everything about it for the page of a process."""
    before = version_before(session, process)
    in_force = session.get(DefinitionVersion, process.active_version_id) if process.active_version_id else None
    return Beginnings(
        seen=process.version,
        in_force=in_force.number if in_force is not None else None,
        shared=shared_now(session, process),
        before=before.number if before is not None else None,
    )


def shared_now(session: Session, process: ProcessDefinition) -> Shared | None:
    """The version that has a share of the new cases."""
    if process.next_version_id is None:
        return None
    version = session.get_one(DefinitionVersion, process.next_version_id)
    return Shared(version.id, version.number, process.next_share, process.next_started, process.next_taken)
