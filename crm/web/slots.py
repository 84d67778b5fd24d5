"""Places on a record's page that rooms above fill: the record does not know that processes exist, its page shows them anyway."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup
from sqlalchemy.orm import Session

from crm.permissions import Actor

# What a panel shows about a record, safe to stand in a page; empty where there is nothing to show.
Panel = Callable[[Session, Actor, int], Markup]
_panels: dict[str, dict[Panel, int]] = {}


def add_panel(record_type: str, panel: Panel, *, order: int = 100) -> None:
    """From now on pages of this sort of record show the panel, lower `order` further up. Adding one twice shows it once."""
    _panels.setdefault(record_type, {})[panel] = order


def panels_of(session: Session, actor: Actor, record_type: str, record_id: int) -> list[Markup]:
    """The filled panels of a record that this person may see."""
    listed = _panels.get(record_type, {})
    return [drawn for panel in sorted(listed, key=listed.__getitem__) if (drawn := panel(session, actor, record_id))]
