"""Views of the inbox that a person keeps: a folder with its filters and order, under a name; one of them may be the first page."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from crm.core.db import affected
from crm.core.errors import Fault, Invalid, NotFound
from crm.core.i18n import text
from crm.permissions import Actor
from workflows.inbox.folders import MOST_TEXT, Filters, Folder, Sort
from workflows.models import SavedView

MOST_VIEWS = 30
MOST_NAME = 60


def keep_view(
    session: Session, *, by: Actor, name: str, folder: Folder, filters: Filters, sort: Sort, is_default: bool = False
) -> SavedView:
    """The view stands under this name; one of the same name is replaced. A default view takes the place of the one before."""
    called = name.strip()
    if not called or len(called) > MOST_NAME:
        raise Invalid([Fault("name", text("Give the view a name of at most {most} characters.", most=MOST_NAME))])
    found = session.scalars(select(SavedView).where(SavedView.user_id == by.id, SavedView.name == called)).one_or_none()
    if found is None:
        number = session.scalar(select(func.count()).where(SavedView.user_id == by.id)) or 0
        if number >= MOST_VIEWS:
            raise Invalid(
                [Fault("name", text("You can keep at most {most} views; delete one first.", most=MOST_VIEWS))]
            )
        found = SavedView(user_id=by.id or 0, name=called)
        session.add(found)
    found.folder, found.sort, found.filters = folder.value, sort.value, _kept(filters)
    found.is_default = False
    session.flush()
    if is_default:
        make_default(session, by=by, view_id=found.id)
        session.refresh(found)
    return found


def make_default(session: Session, *, by: Actor, view_id: int) -> None:
    """The inbox opens with this view."""
    session.execute(update(SavedView).where(SavedView.user_id == by.id, SavedView.is_default).values(is_default=False))
    made = update(SavedView).where(SavedView.user_id == by.id, SavedView.id == view_id).values(is_default=True)
    if affected(session.execute(made)) != 1:
        raise NotFound


def forget_view(session: Session, *, by: Actor, view_id: int) -> None:
    """The view is kept no longer."""
    gone = delete(SavedView).where(SavedView.user_id == by.id, SavedView.id == view_id)
    if affected(session.execute(gone)) != 1:
        raise NotFound


def views_of(session: Session, *, by: Actor) -> list[SavedView]:
    """This person's views, by name."""
    return list(session.scalars(select(SavedView).where(SavedView.user_id == by.id).order_by(SavedView.name)))


def address_of(view: SavedView) -> dict[str, Any]:
    """The view as arguments of the inbox's address. What a later release does not know any more is left out."""
    kept = view.filters
    given = {
        "folder": view.folder if view.folder in set(Folder) else Folder.MINE.value,
        "sort": view.sort if view.sort in set(Sort) else None,
        "process": kept.get("process"),
        "customer": kept.get("customer"),
        "priority": kept.get("priority"),
        "q": kept.get("q"),
    }
    return {**{name: value for name, value in given.items() if value is not None}, "view": view.id}


def _kept(filters: Filters) -> dict[str, Any]:
    given = {
        "process": filters.process,
        "customer": filters.customer_id,
        "priority": filters.priority,
        "q": filters.text[:MOST_TEXT] if filters.text else None,
    }
    return {name: value for name, value in given.items() if value is not None}
