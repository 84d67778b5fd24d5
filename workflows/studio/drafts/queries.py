"""Drafts and their files, as they are now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from crm.accounts.queries import names_of
from crm.core.errors import NotFound
from crm.core.i18n import text
from crm.permissions import Actor, check_may
from workflows.engine import Bundle
from workflows.models import DefinitionVersion, ProcessDefinition
from workflows.studio.drafts.models import DraftFile, DraftVisit, ProcessDraft

# Windows say every fifteen seconds that they are still there; who was silent for three times as long has gone.
SILENCE = timedelta(seconds=45)


@dataclass(frozen=True)
class Visit:
    """Somebody has a draft open: their name, the file they look at (may be empty), and when they were heard of."""

    user: str
    file: str
    seen_at: datetime


@dataclass(frozen=True)
class Behind:
    """A draft was made from another version than the one in force; `made_from` is None where it began as a new process."""

    in_force: int
    made_from: int | None


def find_draft(session: Session, draft_id: int, *, by: Actor) -> ProcessDraft:
    """A draft by its number."""
    check_may(by, "processes", "administer")
    draft = session.get(ProcessDraft, draft_id)
    if draft is None:
        raise NotFound(text("This draft does not exist any more; it was published or discarded."))
    return draft


def draft_of(session: Session, key: str) -> ProcessDraft | None:
    """The draft of a process, if there is one."""
    return session.scalars(select(ProcessDraft).where(ProcessDraft.process_key == key)).one_or_none()


def all_drafts(session: Session, *, by: Actor) -> Sequence[ProcessDraft]:
    """Every draft, by process."""
    check_may(by, "processes", "administer")
    return session.scalars(select(ProcessDraft).order_by(ProcessDraft.process_key)).all()


def bundle_of(session: Session, draft_id: int) -> Bundle:
    """The files of a draft, byte for byte."""
    found = session.execute(select(DraftFile.name, DraftFile.content).where(DraftFile.draft_id == draft_id))
    files = {row.name: row.content.encode() for row in found}
    if not files:
        raise NotFound(text("This draft does not exist any more; it was published or discarded."))
    return Bundle(files)


def file_of(session: Session, draft_id: int, name: str) -> DraftFile:
    """One file of a draft with its content."""
    found = session.get(DraftFile, (draft_id, name))
    if found is None:
        raise NotFound(text("The draft has no file “{name}” any more.", name=name))
    return found


def files_of(session: Session, draft_id: int) -> Sequence[DraftFile]:
    """The files of a draft by name, without their contents."""
    wanted = select(DraftFile).where(DraftFile.draft_id == draft_id).order_by(DraftFile.name)
    return session.scalars(wanted.options(defer(DraftFile.content))).all()


def behind(session: Session, draft: ProcessDraft) -> Behind | None:
    """That another version came into force than the one the draft was made from; None while it is the same."""
    process = session.get(ProcessDefinition, draft.process_key)
    active_id = process.active_version_id if process is not None else None
    if process is None or active_id is None or active_id == draft.base_version_id:
        return None
    # The next version, with which a part of the cases begins, is newer than the one in force.
    if draft.base_version_id is not None and draft.base_version_id == process.next_version_id:
        return None
    wanted = select(DefinitionVersion.id, DefinitionVersion.number).where(
        DefinitionVersion.id.in_([active_id, draft.base_version_id or active_id])
    )
    numbers = {row.id: row.number for row in session.execute(wanted)}
    return Behind(numbers[active_id], numbers[draft.base_version_id] if draft.base_version_id else None)


def visits_of(session: Session, draft_id: int, *, by: Actor, window: str, now: datetime) -> list[Visit]:
    """Who else has the draft open now, in another window than this one of `by`; each person and file once."""
    seen = func.max(DraftVisit.seen_at)
    found = session.execute(
        select(DraftVisit.user_id, DraftVisit.file, seen)
        .where(
            DraftVisit.draft_id == draft_id,
            DraftVisit.seen_at > now - SILENCE,
            ~((DraftVisit.user_id == by.id) & (DraftVisit.window == window)),
        )
        .group_by(DraftVisit.user_id, DraftVisit.file)
        .order_by(DraftVisit.user_id, DraftVisit.file)
    ).all()
    names = names_of(session, {row.user_id for row in found}, by.locale)
    return [Visit(names[user_id], file, seen_at) for user_id, file, seen_at in found]
