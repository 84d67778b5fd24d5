"""Files beside a task, besides those of its form: attached by whoever works on the case, taken away by whoever attached them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.audit import write_audit
from crm.core.errors import Denied, Fault, Invalid, NotFound
from crm.core.i18n import text
from crm.files.models import FileUse, StoredFile
from crm.files.operations import attach as hold_files
from crm.files.operations import detach as let_go
from crm.permissions import Actor
from workflows.attachments import TASK
from workflows.models import Task
from workflows.operations.tasks import task_form
from workflows.rules import why_not_open
from workflows.verbs.at_hand import refuse, take, tell_story
from workflows.verbs.rules import why_not_attach

MOST_FILES = 20


def attach(
    session: Session, *, by: Actor, now: datetime, task_id: int, file_ids: Sequence[int]
) -> Sequence[StoredFile]:
    """The task holds these files: they are open to whoever may see it."""
    hand = take(session, task_id, by=by)
    task = hand.task
    refuse(task, why_not_attach(task, by, hand.standing))
    if not file_ids or len(file_ids) > MOST_FILES:
        raise Invalid([Fault("file_ids", text("Choose one to {most} files.", most=MOST_FILES))])
    held = hold_files(session, by=by, now=now, record_type=TASK, record_id=task.id, file_ids=file_ids)
    names = ", ".join(file.name for file in held)
    tell_story(session, task, "attached", absent_id=hand.absent_id, by=by, now=now, note=names[:1_000])
    return held


def detach(session: Session, *, by: Actor, now: datetime, task_id: int, file_id: int) -> Task:
    """The task holds the file no more. By whoever attached it, as long as the task is open; what stands in the form of the
    task is taken away there. Stays in the history and in the audit log."""
    hand = take(session, task_id, by=by)
    task = hand.task
    refuse(task, why_not_open(task))
    row = session.execute(
        select(StoredFile, FileUse.by_id)
        .join(FileUse, FileUse.file_id == StoredFile.id)
        .where(FileUse.record_type == TASK, FileUse.record_id == task.id, StoredFile.id == file_id)
    ).one_or_none()
    if row is None:
        raise NotFound(text("This file does not exist, or is not open to you."))
    file, attached_by = row
    if attached_by != by.id:
        raise Denied(text("Only whoever attached this file can take it away."))
    form = task_form(session, task, by=by, now=now)
    if form is not None and form.has_files and str(file.id) in {str(key) for key in form.file_ids[1]}:
        raise Denied(text("This file stands in the form; take it away there."))
    let_go(session, record_type=TASK, record_id=task.id, file_ids=[file.id])
    tell_story(session, task, "detached", absent_id=hand.absent_id, by=by, now=now, note=file.name)
    write_audit(
        session,
        at=now,
        actor_id=by.id,
        actor_name=by.name,
        action="file.removed",
        subject_type=TASK,
        subject_id=task.id,
        subject_name=task.title,
        old={"file": file.name},
    )
    return task


def attached_by(session: Session, task: Task, by: Actor) -> frozenset[int]:
    """The files of an open task that this person attached, and so may take away."""
    own = select(FileUse.file_id).where(
        FileUse.record_type == TASK, FileUse.record_id == task.id, FileUse.by_id == by.id
    )
    return frozenset(session.scalars(own)) if why_not_open(task) is None else frozenset()
