"""An import becomes drafts: new processes, or other files in the drafts of those that exist."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from crm.core.errors import Fault, Invalid
from crm.core.i18n import text
from crm.permissions import Actor, check_may
from workflows.models import ProcessDefinition
from workflows.studio.drafts import operations as drafts
from workflows.studio.drafts.models import ProcessDraft
from workflows.studio.drafts.queries import draft_of
from workflows.studio.drafts.rules import LONGEST_NAME
from workflows.studio.exchange.models import ImportReport
from workflows.studio.exchange.report import Imported, Line, Status, Together, kept_text


def make_drafts(
    session: Session, *, by: Actor, now: datetime, together: Together, replace: bool = False
) -> list[ProcessDraft]:
    """All processes of an upload are drafts from now on, in the order in which they are to be published; or none is.

    Refused: without the permission, what could not be read, two processes of one key, and a process that exists unless its draft
    shall be replaced.
    """
    check_may(by, "processes", "administer")
    keys = [imported.key or "" for imported in together.processes]
    if twice := next((key for number, key in enumerate(keys) if key.lower() in map(str.lower, keys[:number])), None):
        message = text("Two processes of the upload have the key “{key}”; give one of them another one.", key=twice)
        raise Invalid([Fault("key", message)])
    told = (*together.files, *(Line("", None, why, Status.UNDERSTOOD, of_file=True) for why in together.because))
    return [
        _make_draft(session, by=by, now=now, imported=imported, told=told, replace=replace)
        for imported in together.processes
    ]


def _make_draft(
    session: Session, *, by: Actor, now: datetime, imported: Imported, told: Sequence[Line], replace: bool
) -> ProcessDraft:
    """One process of them, with the report of the import."""
    key = imported.key
    if key is None:
        raise Invalid([Fault("files", text("These files cannot become a draft; the report says why."))])
    present = draft_of(session, key)
    known = present is not None or session.get(ProcessDefinition, key) is not None
    if known and not replace:
        cure = text("There is a process “{key}” already. Say that its draft shall be replaced, or give this one another key.", key=key)  # fmt: skip
        raise Invalid([Fault("replace", cure)])
    if known:
        opened = present or drafts.open_draft(session, by=by, now=now, key=key)
        draft = drafts.replace_files(
            session, by=by, now=now, draft_id=opened.id, files=imported.files, seen=opened.revision
        )
    else:
        name = "".join(letter for letter in " ".join(imported.name.split()) if letter.isprintable())[:LONGEST_NAME]
        draft = drafts.new_draft(session, by=by, now=now, key=key, name=name or key, files=imported.files)
    session.merge(
        ImportReport(
            draft_id=draft.id,
            origin=kept_text(imported.origin),
            lines=[line.kept() for line in (*told, *imported.lines)],
            imported_at=now,
            imported_by_id=by.id,
        )
    )
    session.flush()
    return draft
