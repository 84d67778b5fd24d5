"""Keeping files, using them for records, letting them go, and the nightly sweep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import BinaryIO

from sqlalchemy import delete, exists, func, insert, select
from sqlalchemy.orm import Session

from crm.core.errors import RuleBroken
from crm.core.i18n import text
from crm.files.models import FileUse, StoredFile
from crm.files.queries import find_files
from crm.files.rules import HEAD_BYTES, LARGEST, MOST_UNUSED, UNUSED_LIFE, clean_name, content_type_of, refused
from crm.files.storage import FileStore, TooLarge
from crm.permissions import Actor

BATCH = 500


@dataclass(frozen=True)
class Received:
    """Contents that lie in the store, and what is known about them; no row names them yet."""

    name: str
    content_type: str
    size: int
    sha256: str


def receive(store: FileStore, *, name: str, stream: BinaryIO) -> Received:
    """Put contents into the store, outside of any transaction. Refuses what is empty, larger than 20 MB, or not what its
    ending promises."""
    shown = clean_name(name)
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    if not head:
        raise refused(text("“{name}” is empty.", name=shown))
    content_type = content_type_of(shown, head)
    try:
        blob = store.put(stream, largest=LARGEST)
    except TooLarge:
        message = text("“{name}” is larger than {most} MB.", name=shown, most=LARGEST // 1_000_000)
        raise refused(message) from None
    return Received(shown, content_type, blob.size, blob.sha256)


def keep_file(session: Session, *, by: Actor, now: datetime, received: Received) -> StoredFile:
    """The file exists, for its uploader only, until `attach` uses it. Refuses more than 200 unused ones of a person.

    If the transaction fails the contents stay behind without a row, and the sweep removes them.
    """
    unused = ~exists().where(FileUse.file_id == StoredFile.id)
    waiting = select(func.count()).where(StoredFile.uploaded_by_id == by.id, StoredFile.at > now - UNUSED_LIFE, unused)
    if by.id is not None and (session.scalar(waiting) or 0) >= MOST_UNUSED:
        raise RuleBroken(
            text(
                "{count} files of yours are not attached to anything. Use them first, or wait a day.", count=MOST_UNUSED
            )
        )
    file = StoredFile(
        name=received.name,
        content_type=received.content_type,
        size=received.size,
        sha256=received.sha256,
        uploaded_by_id=by.id,
        at=now,
    )
    session.add(file)
    session.flush()
    return file


def attach(
    session: Session, *, by: Actor, now: datetime, record_type: str, record_id: int, file_ids: Sequence[int]
) -> list[StoredFile]:
    """The record holds these files: they stay, and are open to whoever may see it. Holding one already is no fault.

    The caller has checked that the person may change the record; files that they may not see are refused here.
    """
    if not file_ids:
        return []
    files = find_files(session, by=by, file_ids=file_ids)
    held = set(
        session.scalars(
            select(FileUse.file_id).where(
                FileUse.record_type == record_type, FileUse.record_id == record_id, FileUse.file_id.in_(file_ids)
            )
        )
    )
    rows = [
        {"file_id": file.id, "record_type": record_type, "record_id": record_id, "at": now, "by_id": by.id}
        for file in files
        if file.id not in held
    ]
    if rows:
        session.execute(insert(FileUse), rows)
    return files


def detach(session: Session, *, record_type: str, record_id: int, file_ids: Iterable[int]) -> None:
    """The record holds these files no more. The caller has checked that the person may change the record."""
    session.execute(
        delete(FileUse).where(
            FileUse.record_type == record_type, FileUse.record_id == record_id, FileUse.file_id.in_(list(file_ids))
        )
    )


def sweep(session: Session, *, now: datetime, store: FileStore) -> None:
    """Forget files that nobody has used within a day, and contents that no file names. For a nightly job."""
    before = now - UNUSED_LIFE
    # Contents first: those of the rows that go below are removed the next night, when their going is certain.
    contents = store.older_than(before)
    while batch := list(islice(contents, BATCH)):
        named = set(session.scalars(select(StoredFile.sha256).where(StoredFile.sha256.in_(batch))))
        for digest in batch:
            if digest not in named:
                store.discard(digest, older_than=before)
    unused = ~exists().where(FileUse.file_id == StoredFile.id)
    session.execute(
        delete(StoredFile).where(StoredFile.at < before, unused), execution_options={"synchronize_session": False}
    )
