"""Files of records: put beside one, taken away from it; told on its timeline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from crm.core.errors import NotFound
from crm.core.i18n import text
from crm.files.operations import Received, attach, detach, keep_file
from crm.files.queries import files_of
from crm.permissions import Actor
from crm.records.operations import note
from crm.records.queries import find_one
from crm.records.types import R, RecordType


def attach_files(
    sort: RecordType[R], session: Session, *, by: Actor, now: datetime, record_id: int, received: Sequence[Received]
) -> R:
    """The record holds these files, whose contents lie in the store already. Asks for the permission to edit it."""
    file_ids = [keep_file(session, by=by, now=now, received=each).id for each in received]
    return use_files(sort, session, by=by, now=now, record_id=record_id, file_ids=file_ids)


def use_files(
    sort: RecordType[R], session: Session, *, by: Actor, now: datetime, record_id: int, file_ids: Sequence[int]
) -> R:
    """The record holds these files, which this person sent or may see. Holding one already is no fault and is not told."""
    record = find_one(sort, session, by=by, record_id=record_id, action="edit")
    held = {file.id for file in files_of(session, record_type=sort.key, record_id=record.id)}
    for file in attach(session, by=by, now=now, record_type=sort.key, record_id=record.id, file_ids=file_ids):
        if file.id not in held:
            message = text("The file {file} was added", file=file.name)
            note(sort, session, record, by=by, now=now, kind="file.added", message=message, new={"file": file.name})
    return record


def detach_file(sort: RecordType[R], session: Session, *, by: Actor, now: datetime, record_id: int, file_id: int) -> R:
    """The record holds the file no more. NotFound if it did not."""
    record = find_one(sort, session, by=by, record_id=record_id, action="edit")
    held = {file.id: file for file in files_of(session, record_type=sort.key, record_id=record.id)}
    if file_id not in held:
        raise NotFound(text("This file does not exist, or is not open to you."))
    detach(session, record_type=sort.key, record_id=record.id, file_ids=[file_id])
    name = held[file_id].name
    message = text("The file {file} was removed", file=name)
    note(sort, session, record, by=by, now=now, kind="file.removed", message=message, old={"file": name})
    return record
