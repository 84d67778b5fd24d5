"""What stands beside a record in the REST API: its files and its timeline."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from crm.activity.queries import timeline_of
from crm.files.api import FileAnswer
from crm.files.models import StoredFile
from crm.files.queries import files_of
from crm.files.rules import MOST_AT_ONCE
from crm.records.files import detach_file, use_files
from crm.records.queries import find_one
from crm.records.types import RecordType
from crm.web.api import LARGEST_PAGE, PAGE, ApiBlueprint, Body
from crm.web.doors import current_actor, now, reading_session, requires, writing

ONE = "/<int:record_id>"


class RecordFilesBody(Body):
    """Files that were sent before, by their numbers."""

    file_ids = fields.List(fields.Integer(), required=True, validate=validate.Length(1, MOST_AT_ONCE))


class RecordTimelineQuery(Body):
    """The query of a timeline."""

    before = fields.String(load_default=None, metadata={"description": "from `next` of the page before"})
    limit = fields.Integer(load_default=PAGE, validate=validate.Range(1, LARGEST_PAGE))


class TimelineLine(Body):
    """Something that happened, in the reader's language."""

    at = fields.AwareDateTime()
    who = fields.String()
    kind = fields.String(metadata={"description": "a stable word, such as interaction.created"})
    words = fields.String()
    detail = fields.String(allow_none=True)
    record_type = fields.String()
    record_id = fields.Integer()


class TimelinePage(Body):
    """What happened, latest first."""

    items = fields.List(fields.Nested(TimelineLine))
    next = fields.String(allow_none=True)


def add_timeline(made: ApiBlueprint, sort: RecordType[Any]) -> None:
    """`GET /<path>/<id>/timeline`."""

    def timeline(query: dict[str, Any], record_id: int) -> dict[str, object]:
        actor = current_actor()
        with reading_session() as session:
            find_one(sort, session, by=actor, record_id=record_id)
            whose: dict[str, Any] = {"record_type": sort.key, "record_id": record_id}
            if sort.is_customer:
                whose = {"customer_id": record_id}
            lines = timeline_of(session, by=actor, before=query["before"], limit=query["limit"], **whose)
        return {"items": lines, "next": lines[-1].before if len(lines) == query["limit"] else None}

    timeline.__doc__ = f"What happened to a {str(sort.name).lower()}, latest first."
    asked = made.arguments(RecordTimelineQuery, location="query")(made.response(200, TimelinePage)(timeline))
    made.get(f"{ONE}/timeline", endpoint=f"timeline_of_{sort.key}")(asked)


def add_files(made: ApiBlueprint, sort: RecordType[Any]) -> None:
    """`GET` and `POST /<path>/<id>/files`, `DELETE /<path>/<id>/files/<file_id>`."""

    def list_files(record_id: int) -> list[StoredFile]:
        with reading_session() as session:
            find_one(sort, session, by=current_actor(), record_id=record_id)
            return files_of(session, record_type=sort.key, record_id=record_id)

    def put_files(body: dict[str, Any], record_id: int) -> list[StoredFile]:
        with writing() as session:
            use_files(sort, session, by=current_actor(), now=now(), record_id=record_id, file_ids=body["file_ids"])
            return files_of(session, record_type=sort.key, record_id=record_id)

    def remove_file(record_id: int, file_id: int) -> None:
        with writing() as session:
            detach_file(sort, session, by=current_actor(), now=now(), record_id=record_id, file_id=file_id)

    lower = str(sort.name).lower()
    list_files.__doc__ = f"The files of a {lower}, oldest first."
    put_files.__doc__ = f"Put files beside a {lower} that were sent to /files before; answers all that it holds."
    remove_file.__doc__ = f"Take a file away from a {lower}."
    place = f"{ONE}/files"
    made.get(place, endpoint=f"files_of_{sort.key}")(made.response(200, FileAnswer(many=True))(list_files))
    put = made.arguments(RecordFilesBody)(made.response(200, FileAnswer(many=True))(put_files))
    made.post(place, endpoint=f"put_files_of_{sort.key}")(requires(sort.module, "edit")(put))
    removed = requires(sort.module, "edit")(made.response(204)(remove_file))
    made.delete(f"{place}/<int:file_id>", endpoint=f"remove_file_of_{sort.key}")(removed)
