"""How cases of a version begin, in words: by hand, by a message or signal, or by the clock, and when next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.core.due import DueRow
from crm.core.i18n import Text, text
from workflows.library import Published
from workflows.messaging.models import BEGIN, ProcessStart

ICONS = {"none": "hand-grab", "message": "mail-opened", "signal": "speakerphone", "timer": "clock-play"}


@dataclass(frozen=True)
class ShownStart:
    """A start event. `next_at` is when the clock begins a case there, None where it does not."""

    name: str
    how: Text
    icon: str
    next_at: datetime | None = None


def show_starts(session: Session, published: Published, *, locale: str) -> list[ShownStart]:
    """The start events of a version; the clock is set for the version in force only."""
    set_for = session.execute(
        select(ProcessStart.node_id, func.min(DueRow.due_at))
        .join(DueRow, (DueRow.kind == BEGIN) & (DueRow.subject_id == ProcessStart.id) & DueRow.failed_at.is_(None))
        .where(ProcessStart.version_id == published.version_id, ProcessStart.kind == "timer")
        .group_by(ProcessStart.node_id)
    )
    times = {row[0]: row[1] for row in set_for}
    words = {
        "none": text("by hand"),
        "message": text("by the message “{message}”"),
        "signal": text("by the signal “{message}”"),
        "timer": text("by the clock"),
    }
    return [
        ShownStart(
            name=published.name_of(begin.node_id, locale),
            how=text(words[begin.kind].source, message=begin.name or ""),
            icon=ICONS[begin.kind],
            next_at=times.get(begin.node_id),
        )
        for begin in published.definition.beginnings.values()
    ]
