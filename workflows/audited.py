"""What processes are called in the audit log: as their versions say it, in the language of whoever reads the log."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from crm.accounts.audit_queries import NameIn
from crm.core.audit import AuditEntry
from crm.core.errors import NotFound
from workflows import library


def _of_version(session: Session, entry: AuditEntry, locale: str) -> str:
    return _called(library.published(session, entry.subject_id), locale) if entry.subject_id is not None else ""


def _of_process(session: Session, entry: AuditEntry, locale: str) -> str:
    """By the version in force; nothing where none is."""
    try:
        return _called(library.active(session, str(entry.new.get("process", entry.subject_name))), locale)
    except NotFound:
        return ""


def _called(published: library.Published, locale: str) -> str:
    return published.translator(locale)(published.definition.name)


NAMES: Mapping[str, NameIn] = {"definition": _of_version, "process_draft": _of_process, "migration": _of_process}
