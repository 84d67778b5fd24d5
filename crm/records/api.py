"""The REST API of records: `record_api` makes list, GET, POST, PATCH and DELETE of a sort of record, described for OpenAPI."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from marshmallow import fields

from crm.core.fields import Field
from crm.permissions import PERMISSIONS, check_may
from crm.records.api_beside import add_files, add_timeline
from crm.records.operations import change_record, create_record, delete_record
from crm.records.queries import find_many, find_one
from crm.records.types import RecordType
from crm.web.api import ApiBlueprint, etag_of, version_seen
from crm.web.doors import current_actor, now, reading_session, requires, writing
from crm.web.record_api import answer_of, asked_filters, body_of, page_answer, page_schema, place_of, query_of

CALLS = ("list", "post", "get", "patch", "delete", "timeline", "files")
KEPT = {
    "number": fields.String(),
    "version": fields.Integer(),
    "created_at": fields.AwareDateTime(),
    "created_by_id": fields.Integer(allow_none=True),
    "updated_at": fields.AwareDateTime(),
    "updated_by_id": fields.Integer(allow_none=True),
}


def record_api(
    sort: RecordType[Any],
    *,
    create: Callable[..., Any] | None = None,
    change: Callable[..., Any] | None = None,
    delete: Callable[..., Any] | None = None,
    asked: Sequence[Field] = (),
    answered: dict[str, Any] | None = None,
    calls: Collection[str] = CALLS,
) -> ApiBlueprint:
    """The API of a sort of record, below `/api/v1/<path>`.

    `create`, `change` and `delete` are the room's own operations (`create(session, by=, now=, values=)`); `asked` are words
    that a new record's body may hold besides its fields and `create` takes by name; `answered` are further members of answers.
    Calls that are left out of `calls` do not exist.
    """
    made = ApiBlueprint(f"{sort.path}_api", __name__, url_prefix=f"/{sort.path}", description=str(sort.plural))
    word = sort.model.__name__
    lower = str(sort.name).lower()
    new_body = body_of(f"New{word}Body", (*sort.fields, *asked))
    body = body_of(f"{word}Body", sort.writable)
    answer = answer_of(f"{word}Answer", tuple(sort.shown.values()), {**KEPT, **(answered or {})})
    query = query_of(f"{word}Query", sort.filtered, tuple(sort.filtered.values()), sort.sorts, sort.default_sort)

    def whole(record: Any) -> Any:
        """What is counted of the record is read while the session is open; the answer is written when it has ended."""
        for name in sort.shown:
            getattr(record, name)
        return record

    def list_records(query: dict[str, Any]) -> dict[str, object]:
        check_may(current_actor(), sort.module, "view")
        with reading_session() as session:
            page = find_many(
                sort,
                session,
                by=current_actor(),
                now=now(),
                query=query["q"],
                filters=asked_filters(query),
                order=query["sort"],
                place=place_of(query, sort.sorts),
                limit=query["limit"],
            )
        return page_answer(page)

    def post_record(body: dict[str, Any]) -> tuple[Any, dict[str, str]]:
        more = {each.name: body.pop(each.name) for each in asked if each.name in body}
        with writing() as session:
            if create is not None:
                record = create(session, by=current_actor(), now=now(), values=body, **more)
            else:
                record = create_record(sort, session, by=current_actor(), now=now(), values=body)
            whole(record)
        return record, etag_of(record.version)

    def get_record(record_id: int) -> tuple[Any, dict[str, str]]:
        with reading_session() as session:
            record = whole(find_one(sort, session, by=current_actor(), record_id=record_id))
        return record, etag_of(record.version)

    def patch_record(body: dict[str, Any], record_id: int) -> tuple[Any, dict[str, str]]:
        seen: dict[str, Any] = {"record_id": record_id, "version": version_seen()}
        with writing() as session:
            if change is not None:
                record = change(session, by=current_actor(), now=now(), values=body, **seen)
            else:
                record = change_record(sort, session, by=current_actor(), now=now(), values=body, **seen)
            whole(record)
        return record, etag_of(record.version)

    def remove_record(record_id: int) -> None:
        seen: dict[str, Any] = {"record_id": record_id, "version": version_seen()}
        with writing() as session:
            if delete is not None:
                delete(session, by=current_actor(), now=now(), **seen)
            else:
                delete_record(sort, session, by=current_actor(), now=now(), **seen)

    list_records.__doc__ = f"{sort.plural} that you may see, with search, filters on every field, order and pages."
    post_record.__doc__ = f"A new {lower}."
    get_record.__doc__ = f"One {lower}."
    patch_record.__doc__ = f"Change the given fields of a {lower}; send the ETag that you saw as If-Match."
    remove_record.__doc__ = f"Delete a {lower} that nothing needs; send the ETag that you saw as If-Match."
    name = sort.path.replace("-", "_")
    # The same decorators as on a function of its own, from the inside out.
    one = "/<int:record_id>"
    if "list" in calls:
        listed = made.response(200, page_schema(f"{word}Page", answer))(list_records)
        made.get("", endpoint=f"list_{name}")(made.arguments(query, location="query")(listed))
    if "post" in calls:
        made.post("", endpoint=f"post_{sort.key}")(made.arguments(new_body)(made.response(201, answer)(post_record)))
    if "get" in calls:
        made.get(one, endpoint=f"get_{sort.key}")(made.response(200, answer)(get_record))
    if "patch" in calls:
        patched = made.arguments(body)(made.response(200, answer)(patch_record))
        made.patch(one, endpoint=f"patch_{sort.key}")(requires(sort.module, "edit")(patched))
    if "delete" in calls:
        removed = made.response(204)(remove_record)
        made.delete(one, endpoint=f"remove_{sort.key}")(requires(sort.module, "delete")(removed))
    if "timeline" in calls:
        add_timeline(made, sort)
    if "files" in calls and sort.takes_files and (sort.module, "edit") in PERMISSIONS:
        add_files(made, sort)
    return made
