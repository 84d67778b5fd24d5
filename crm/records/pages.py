"""Pages of records: list, record, forms, files. `record_pages` makes the blueprint of a room; each page is a function of its
own, which a room may call from a view that differs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

from flask import Blueprint, flash, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from crm.core.errors import Conflict, Invalid, NotFound
from crm.core.i18n import text
from crm.files.doors import file_store
from crm.files.operations import receive
from crm.files.rules import BODY_LIMIT
from crm.files.showing import file_rows
from crm.permissions import PERMISSIONS, Actor, check_may
from crm.records.files import attach_files, detach_file
from crm.records.forms import conflicts, given_by_address, record_form, typed_values
from crm.records.listing import list_page
from crm.records.operations import change_record, create_record, delete_record
from crm.records.queries import find_one, suggest, typed_record, why_not
from crm.records.showing import timeline_page, words_for
from crm.records.types import R, RecordType, record_type, record_types
from crm.web.doors import current_actor, now, reading_session, writing
from crm.web.languages import shown
from crm.web.security import safe_next, takes_body
from crm.web.slots import panels_of

VIEWS = ("index", "show", "timeline", "create", "edit", "delete", "attach", "detach")
pages = Blueprint("records", __name__, url_prefix="/records")


@dataclass(frozen=True)
class Shape:
    """How the pages of a room differ from the usual ones.

    `templates` names own templates (`show`, `form`, `index`) that extend those of `templates/records`; `more` gives them
    further values; `create`, `change` and `delete` are the room's own operations, with the signatures of the shared ones
    without the description: `create(session, by=, now=, values=)`.
    """

    templates: Mapping[str, str] = field(default_factory=dict)
    more: Callable[[Session, Actor, Any], Mapping[str, object]] | None = None
    create: Callable[..., Any] | None = None
    change: Callable[..., Any] | None = None
    delete: Callable[..., Any] | None = None
    # Where the reader is led after a record was made, changed or deleted, instead of to its page or the list.
    back: Callable[[Any], str] | None = None


PLAIN = Shape()


def record_pages(sort: RecordType[Any], *, shape: Shape = PLAIN, views: Collection[str] = VIEWS) -> Blueprint:
    """The pages of a sort of record, below `/<path>`. Views that are left out of `views` are the room's own."""
    made = Blueprint(sort.path, __name__, url_prefix=f"/{sort.path}")

    def index() -> ResponseReturnValue:
        return list_page(sort, template=shape.templates.get("index", "records/index.html"))

    def show(record_id: int) -> ResponseReturnValue:
        return record_page(sort, record_id, shape=shape)

    def timeline(record_id: int) -> ResponseReturnValue:
        return timeline_lines(sort, record_id, shape=shape)

    def create() -> ResponseReturnValue:
        return create_page(sort, shape=shape)

    def edit(record_id: int) -> ResponseReturnValue:
        return edit_page(sort, record_id, shape=shape)

    def delete(record_id: int) -> ResponseReturnValue:
        return delete_act(sort, record_id, shape=shape)

    @takes_body(BODY_LIMIT)
    def attach(record_id: int) -> ResponseReturnValue:
        return attach_act(sort, record_id)

    def detach(record_id: int, file_id: int) -> ResponseReturnValue:
        return detach_act(sort, record_id, file_id)

    rules: dict[str, tuple[str, Callable[..., ResponseReturnValue], list[str]]] = {
        "index": ("", index, ["GET"]),
        "show": ("/<int:record_id>", show, ["GET"]),
        "timeline": ("/<int:record_id>/timeline", timeline, ["GET"]),
        "create": ("/new", create, ["GET", "POST"]),
        "edit": ("/<int:record_id>/edit", edit, ["GET", "POST"]),
        "delete": ("/<int:record_id>/delete", delete, ["POST"]),
        "attach": ("/<int:record_id>/files", attach, ["POST"]),
        "detach": ("/<int:record_id>/files/<int:file_id>/remove", detach, ["POST"]),
    }
    for name in views:
        rule, view, methods = rules[name]
        if sort.takes_files or name not in {"attach", "detach"}:
            made.add_url_rule(rule, name, view, methods=methods)
    return made


def record_page(sort: RecordType[R], record_id: int, *, shape: Shape = PLAIN) -> str:
    """The record: its fields, what other rooms have about it, its files, and everything that happened."""
    with reading_session() as session:
        return _drawn(sort, session, find_one(sort, session, by=current_actor(), record_id=record_id), shape)


def timeline_lines(sort: RecordType[R], record_id: int, *, shape: Shape = PLAIN) -> ResponseReturnValue:
    """Further lines of the timeline: the rest of the list for a script, else the whole page from that place."""
    actor = current_actor()
    with reading_session() as session:
        record = find_one(sort, session, by=actor, record_id=record_id)
        if not request.headers.get("HX-Request"):
            return _drawn(sort, session, record, shape)
        lines = timeline_page(sort, session, by=actor, record_id=record_id, before=request.args.get("before"))
        answer = make_response(render_template("records/_timeline.html", **lines))
        answer.vary.add("HX-Request")
        return answer


def _drawn(sort: RecordType[R], session: Session, record: R, shape: Shape) -> str:
    actor = current_actor()
    return render_template(
        shape.templates.get("show", "records/show.html"),
        record=record,
        words=words_for(session, sort.shown.values(), [record], sort),
        panels=panels_of(session, actor, sort.key, record.id),
        files=_files(sort, session, actor, record),
        exists={action: (sort.module, action) in PERMISSIONS for action in ("edit", "delete")},
        why_not={
            action: why_not(sort, session, by=actor, record=record, action=action) for action in ("edit", "delete")
        },
        **timeline_page(sort, session, by=actor, record_id=record.id, before=request.args.get("before")),
        **(shape.more(session, actor, record) if shape.more else {}),
    )


def _files(sort: RecordType[R], session: Session, actor: Actor, record: R) -> list[dict[str, object]]:
    """The files of the record, each with the address by which those who may edit the record take it away."""
    if not sort.takes_files:
        return []
    listed = file_rows(session, record_type=sort.key, record_id=record.id, locale=actor.locale)
    if why_not(sort, session, by=actor, record=record, action="edit") is not None:
        return listed
    return [{**row, "delete_url": f"{sort.link(record.id)}/files/{row['id']}/remove"} for row in listed]


def create_page(
    sort: RecordType[R], *, shape: Shape = PLAIN, fixed: Mapping[str, object] | None = None
) -> ResponseReturnValue:
    """The form of a new record, and what comes of it. `fixed` holds values that the form does not ask for any more."""
    actor = current_actor()
    check_may(actor, sort.module, "create")
    fixed = fixed or {}
    first = {**given_by_address(sort, request.args), **fixed}
    formdata = request.form if request.method == "POST" else None
    with reading_session() as session:
        form = record_form(sort, session, by=actor, now=now(), given=first, formdata=formdata, but=fixed)
    if request.method == "POST":
        try:
            with writing() as session:
                values = typed_values(sort, session, by=actor, form=form)
                create = shape.create or _create(sort)
                record: R = create(session, by=actor, now=now(), values={**values, **fixed})
        except Invalid as wrong:
            form.mark(wrong.faults)
        else:
            flash(shown(text("{name} has been created.", name=sort.title_of(record))), "good")
            return redirect(shape.back(record) if shape.back else sort.link(record.id))
    page = render_template(
        shape.templates.get("form", "records/form.html"),
        sort=sort,
        form=form,
        record=None,
        cancel_url=safe_next(request.args.get("back"), _back(sort, first)),
    )
    return page, 422 if request.method == "POST" else 200


def edit_page(sort: RecordType[R], record_id: int, *, shape: Shape = PLAIN) -> ResponseReturnValue:
    """The form of the record. What somebody else changed meanwhile is shown beside what was typed."""
    actor = current_actor()
    formdata = request.form if request.method == "POST" else None
    with reading_session() as session:
        record = find_one(sort, session, by=actor, record_id=record_id, action="edit")
        form = record_form(sort, session, by=actor, now=now(), record=record, formdata=formdata)
    status = 200
    newer: list[tuple[str, str, str]] = []
    if request.method == "POST":
        try:
            with writing() as session:
                values = typed_values(sort, session, by=actor, form=form)
                change = shape.change or _change(sort)
                seen = request.form.get("version", 0, int)
                change(session, by=actor, now=now(), record_id=record_id, version=seen, values=values)
        except Invalid as wrong:
            status = 422
            form.mark(wrong.faults)
        except Conflict as conflict:
            status = 409
            with reading_session() as session:
                record = find_one(sort, session, by=actor, record_id=record_id, action="edit")
                stored = record_form(sort, session, by=actor, now=now(), record=record)
            newer = conflicts(sort.fields, form, conflict.current, stored)
        else:
            flash(shown(text("Your changes have been saved.")), "good")
            return redirect(shape.back(record) if shape.back else sort.link(record_id))
    page = render_template(
        shape.templates.get("form", "records/form.html"),
        sort=sort,
        form=form,
        record=record,
        version=record.version if status != 422 else request.form.get("version", 0, int),
        newer=newer,
        is_stale=status == 409,
        cancel_url=shape.back(record) if shape.back else sort.link(record_id),
    )
    return page, status


def delete_act(sort: RecordType[R], record_id: int, *, shape: Shape = PLAIN) -> ResponseReturnValue:
    """Delete the record of the version that was seen."""
    with writing() as session:
        delete = shape.delete or _delete(sort)
        seen = request.form.get("version", 0, int)
        gone = delete(session, by=current_actor(), now=now(), record_id=record_id, version=seen)
        target = shape.back(gone) if shape.back else f"/{sort.path}"
    flash(shown(text("{sort}: deleted.", sort=sort.name)), "good")
    return redirect(target)


def attach_act(sort: RecordType[Any], record_id: int) -> ResponseReturnValue:
    """Put the sent files beside the record."""
    actor = current_actor()
    with reading_session() as session:
        find_one(sort, session, by=actor, record_id=record_id, action="edit")
    sent = [upload for upload in request.files.getlist("files") if upload.filename]
    store = file_store()
    received = [receive(store, name=upload.filename or "", stream=cast(BinaryIO, upload.stream)) for upload in sent]
    with writing() as session:
        attach_files(sort, session, by=actor, now=now(), record_id=record_id, received=received)
    if not received:
        flash(shown(text("Choose a file first.")), "warn")
    return redirect(f"{sort.link(record_id)}#files")


def detach_act(sort: RecordType[Any], record_id: int, file_id: int) -> ResponseReturnValue:
    """Take a file away from the record."""
    with writing() as session:
        detach_file(sort, session, by=current_actor(), now=now(), record_id=record_id, file_id=file_id)
    return redirect(f"{sort.link(record_id)}#files")


@pages.get("/<key>/suggest", endpoint="suggest")
def suggest_records(key: str) -> ResponseReturnValue:
    """Records that fit what is being typed into a form, as JSON: `value` for the field, `label` for the reader.

    The value is what somebody could type, number and title, or with `?value=key` the record's key alone.
    """
    if key not in {sort.key for sort in record_types()}:
        raise NotFound()
    sort, actor = record_type(key), current_actor()
    check_may(actor, sort.module, "view")
    with reading_session() as session:
        filters: dict[str, object] = {}
        near = request.args.get("near", "").strip()[:200]
        if near and sort.customer and sort.customer in sort.filtered:
            filters[sort.customer] = typed_record(
                record_type(sort.shown[sort.customer].target), session, by=actor, typed=near
            )
        words = request.args.get("q", "").strip()[:200]
        found = suggest(sort, session, by=actor, now=now(), words=words, filters=filters)
    by_key = request.args.get("value") == "key"
    return jsonify(
        [
            {"value": str(record_id) if by_key else f"{number} {title}", "label": title, "hint": number}
            for record_id, number, title in found
        ]
    )


def _create(sort: RecordType[R]) -> Callable[..., R]:
    return lambda session, **given: create_record(sort, session, **given)


def _change(sort: RecordType[R]) -> Callable[..., R]:
    return lambda session, **given: change_record(sort, session, **given)


def _delete(sort: RecordType[R]) -> Callable[..., R]:
    return lambda session, **given: delete_record(sort, session, **given)


def _back(sort: RecordType[Any], first: Mapping[str, object]) -> str:
    """Where “Cancel” leads: to the customer whom the form was opened for, else to the list."""
    customer_id = first.get(sort.customer) if sort.customer and not sort.is_customer else None
    if isinstance(customer_id, int):
        return record_type(sort.shown[sort.customer].target).link(customer_id)
    return f"/{sort.path}"
