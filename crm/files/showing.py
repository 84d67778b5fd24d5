"""The files of a record as a page lists them."""

from __future__ import annotations

from pathlib import PurePosixPath

from flask import url_for
from sqlalchemy.orm import Session

from crm.accounts.queries import names_of
from crm.files.queries import files_of
from crm.files.rules import FAMILIES, PICTURE

SHEETS = (".xls", ".xlsx", ".et", ".csv")


def file_rows(session: Session, *, record_type: str, record_id: int, locale: str) -> list[dict[str, object]]:
    """Rows for the `file_list` component. The caller has checked that the reader may see the record."""
    files = files_of(session, record_type=record_type, record_id=record_id)
    people = names_of(session, {file.uploaded_by_id for file in files}, locale) if files else {}
    return [
        {
            "id": file.id,
            "name": file.name,
            "url": url_for("files.download", file_id=file.id),
            "size": file.size,
            "who": people.get(file.uploaded_by_id or 0, ""),
            "at": file.at,
            "icon": _icon(file.name),
        }
        for file in files
    ]


def _icon(name: str) -> str:
    ending = PurePosixPath(name).suffix.lower()
    if FAMILIES.get(ending) == PICTURE:
        return "photo"
    return "file-spreadsheet" if ending in SHEETS else "file-text"
