"""Views of the inbox for programs: list them, keep one, make one the first page, delete one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from crm.core.fields import LARGEST_ID
from crm.web.api import ApiBlueprint, Body
from crm.web.doors import current_actor, reading_session, writing
from workflows.inbox.folders import MOST_TEXT, Filters, Folder, Sort
from workflows.inbox.views import MOST_NAME, forget_view, keep_view, make_default, views_of
from workflows.models import SavedView

api = ApiBlueprint("inbox_views_api", __name__, url_prefix="/tasks/views", description="Views of the inbox")


class ViewBody(Body):
    """A folder with filters and an order, under a name; the one that is `is_default` is the first page of the inbox."""

    name = fields.String(required=True, validate=validate.Length(min=1, max=MOST_NAME))
    folder = fields.String(load_default=Folder.MINE.value, validate=validate.OneOf([folder.value for folder in Folder]))
    sort = fields.String(load_default=Sort.DUE.value, validate=validate.OneOf([sort.value for sort in Sort]))
    process = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=80))
    customer = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, LARGEST_ID))
    priority = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, 3))
    q = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MOST_TEXT))
    is_default = fields.Boolean(load_default=False)


class KeptViewBody(ViewBody):
    id = fields.Integer()


class ViewsBody(Body):
    items = fields.List(fields.Nested(KeptViewBody))


@api.get("")
@api.response(200, ViewsBody)
def list_views() -> dict[str, Any]:
    """My views, by name."""
    with reading_session() as session:
        return {"items": [_shown(view) for view in views_of(session, by=current_actor())]}


@api.post("")
@api.arguments(ViewBody)
@api.response(201, KeptViewBody)
def post_view(body: Mapping[str, Any]) -> dict[str, Any]:
    """Keep a view; one of the same name is replaced."""
    filters = Filters(
        process=body["process"], customer_id=body["customer"], priority=body["priority"], text=body["q"] or None
    )
    with writing() as session:
        view = keep_view(
            session,
            by=current_actor(),
            name=body["name"],
            folder=Folder(body["folder"]),
            filters=filters,
            sort=Sort(body["sort"]),
            is_default=body["is_default"],
        )
        return _shown(view)


@api.post("/<int:view_id>/default")
@api.response(204)
def choose_view(view_id: int) -> None:
    """The inbox opens with this view."""
    with writing() as session:
        make_default(session, by=current_actor(), view_id=view_id)


@api.delete("/<int:view_id>")
@api.response(204)
def delete_view(view_id: int) -> None:
    """The view is kept no longer."""
    with writing() as session:
        forget_view(session, by=current_actor(), view_id=view_id)


def _shown(view: SavedView) -> dict[str, Any]:
    kept = {name: view.filters.get(name) for name in ("process", "customer", "priority", "q")}
    return {
        "id": view.id,
        "name": view.name,
        "folder": view.folder,
        "sort": view.sort,
        "is_default": view.is_default,
        **kept,
    }
