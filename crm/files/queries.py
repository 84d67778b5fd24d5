"""Finding files. A file that a person may not have does not exist for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.errors import NotFound
from crm.core.fields import LARGEST_ID
from crm.core.i18n import text
from crm.files.models import FileUse, StoredFile
from crm.permissions import Actor

# A room says whether a person may see one of its records: then they may have its files, too.
Visible = Callable[[Session, Actor, int], bool]
_visible: dict[str, Visible] = {}


def show_only(record_type: str, visible: Visible) -> None:
    """Say who may have the files of this sort of record. Those of a sort that nobody spoke for are for uploaders only."""
    _visible[record_type] = visible


def find_file(session: Session, *, by: Actor, file_id: int) -> StoredFile:
    """A file of one's own, or of a record that one may see. NotFound otherwise."""
    return find_files(session, by=by, file_ids=(file_id,))[0]


def find_files(session: Session, *, by: Actor, file_ids: Sequence[int]) -> list[StoredFile]:
    """All of these files, in this order. NotFound if only one of them is not open to this person."""
    wanted = [file_id for file_id in file_ids if 0 < file_id <= LARGEST_ID]
    found = {file.id: file for file in session.scalars(select(StoredFile).where(StoredFile.id.in_(wanted)))}
    foreign = [file.id for file in found.values() if file.uploaded_by_id != by.id and not by.is_system]
    open_to_them = _open_by_use(session, by, foreign) if foreign else set()
    if len(found) < len(set(file_ids)) or open_to_them != set(foreign):
        raise NotFound(text("This file does not exist, or is not open to you."))
    return [found[file_id] for file_id in file_ids]


def _open_by_use(session: Session, by: Actor, file_ids: Sequence[int]) -> set[int]:
    """Which of these files are used by something that the person may see."""
    uses = session.scalars(select(FileUse).where(FileUse.file_id.in_(file_ids)).order_by(FileUse.record_type)).all()
    seen: dict[tuple[str, int], bool] = {}
    found: set[int] = set()
    for use in uses:
        place = use.record_type, use.record_id
        if use.file_id in found:
            continue
        if place not in seen:
            visible = _visible.get(use.record_type)
            seen[place] = visible is not None and visible(session, by, use.record_id)
        if seen[place]:
            found.add(use.file_id)
    return found


def files_of(session: Session, *, record_type: str, record_id: int) -> list[StoredFile]:
    """The files of a record, oldest first. The caller has checked that the reader may see the record."""
    query = (
        select(StoredFile)
        .join(FileUse, FileUse.file_id == StoredFile.id)
        .where(FileUse.record_type == record_type, FileUse.record_id == record_id)
        .order_by(FileUse.at, StoredFile.id)
    )
    return list(session.scalars(query))
