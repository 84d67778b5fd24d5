"""Places on a record's page that rooms above fill: the record does not know that processes exist, its page shows them anyway."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup
from sqlalchemy.orm import Session

from crm.permissions import Actor

# What a panel shows about a record, safe to stand in a page; empty where there is nothing to show.
Panel = Callable[[Session, Actor, int], Markup]
_panels: dict[str, list[Panel]] = {}


def add_panel(record_type: str, panel: Panel) -> None:
    """From now on pages of this sort of record show the panel. Adding one twice shows it once."""
    listed = _panels.setdefault(record_type, [])
    if panel not in listed:
        listed.append(panel)


def panels_of(session: Session, actor: Actor, record_type: str, record_id: int) -> list[Markup]:
    """The filled panels of a record that this person may see."""
    return [drawn for panel in _panels.get(record_type, ()) if (drawn := panel(session, actor, record_id))]
