"""Drafts for programs: open, read, save file by file, check, discard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from marshmallow import fields, validate

from crm.web.api import ApiBlueprint, Body, etag_of, version_seen
from crm.web.doors import current_actor, database, now, reading_session, requires, writing
from crm.web.security import takes_body
from workflows import bundle_files, library
from workflows.engine.bundle import MAX_FILE_BYTES
from workflows.operations import deploying
from workflows.studio.drafts import operations, queries
from workflows.studio.drafts.models import DraftFile, ProcessDraft
from workflows.studio.drafts.rules import LONGEST_KEY, LONGEST_NAME
from workflows.studio.findings import all_findings

api = ApiBlueprint("drafts_api", __name__, url_prefix="/drafts", description="Drafts of processes")


class OpenDraftBody(Body):
    """Which process: the draft that there is, else one made from a version. With a name: a process that does not exist yet."""

    key = fields.String(required=True, validate=validate.Length(max=LONGEST_KEY))
    name = fields.String(load_default=None, validate=validate.Length(max=LONGEST_NAME))
    number = fields.Integer(load_default=None, strict=True, validate=validate.Range(1, library.LARGEST_NUMBER))


class DraftBody(Body):
    """A draft: one for each process, shared by all who may change it."""

    id = fields.Integer()
    key = fields.String()
    name = fields.String()
    revision = fields.Integer(metadata={"description": "counts every change of any file"})
    base_version_id = fields.Integer(allow_none=True)
    updated_at = fields.AwareDateTime()
    updated_by_id = fields.Integer(allow_none=True)


class DraftsBody(Body):
    items = fields.List(fields.Nested(DraftBody))


class FileInfoBody(Body):
    """A file of a draft; `revision` is to be sent as If-Match when it is saved."""

    name = fields.String()
    revision = fields.Integer()
    size = fields.Integer(metadata={"description": "bytes"})
    updated_at = fields.AwareDateTime()
    updated_by_id = fields.Integer(allow_none=True)


class DraftDetailBody(DraftBody):
    files = fields.List(fields.Nested(FileInfoBody))


class ContentBody(Body):
    """The whole content of a file, kept byte for byte."""

    content = fields.String(required=True, validate=validate.Length(max=MAX_FILE_BYTES))


class FileBody(FileInfoBody):
    content = fields.String()


class FindingBody(Body):
    """One fault: at which element, in which file, and the cure."""

    element = fields.String(allow_none=True)
    file = fields.String(allow_none=True)
    severity = fields.String(validate=validate.OneOf(["error", "warning"]))
    message = fields.String()


class FindingsBody(Body):
    can_be_published = fields.Boolean()
    findings = fields.List(fields.Nested(FindingBody))


@api.get("")
@requires("processes", "administer")
@api.response(200, DraftsBody)
def list_drafts() -> dict[str, Any]:
    """Every draft, by process."""
    with reading_session() as session:
        return {"items": [_draft(each) for each in queries.all_drafts(session, by=current_actor())]}


@api.post("")
@requires("processes", "administer")
@api.arguments(OpenDraftBody)
@api.response(201, DraftDetailBody)
def open_draft(body: Mapping[str, Any]) -> dict[str, Any]:
    """Open the draft of a process, or begin a new process."""
    actor, at = current_actor(), now()
    with writing() as session:
        if body["name"] is None:
            draft = operations.open_draft(session, by=actor, now=at, key=body["key"], number=body["number"])
        else:
            draft = operations.new_draft(session, by=actor, now=at, key=body["key"], name=body["name"])
        return {**_draft(draft), "files": [_file(each) for each in queries.files_of(session, draft.id)]}


@api.get("/<int:draft_id>")
@requires("processes", "administer")
@api.response(200, DraftDetailBody)
def get_draft(draft_id: int) -> dict[str, Any]:
    """A draft with the names of its files."""
    with reading_session() as session:
        draft = queries.find_draft(session, draft_id, by=current_actor())
        return {**_draft(draft), "files": [_file(each) for each in queries.files_of(session, draft_id)]}


@api.delete("/<int:draft_id>")
@requires("processes", "administer")
@api.response(204)
def discard_draft(draft_id: int) -> None:
    """Throw a draft away; the published versions stay."""
    with writing() as session:
        operations.discard_draft(session, by=current_actor(), now=now(), draft_id=draft_id)


@api.get("/<int:draft_id>/files/<name>")
@requires("processes", "administer")
@api.response(200, FileBody)
def get_file(draft_id: int, name: str) -> tuple[dict[str, Any], dict[str, str]]:
    """A file with its content; its revision is the ETag."""
    with reading_session() as session:
        queries.find_draft(session, draft_id, by=current_actor())
        file = queries.file_of(session, draft_id, name)
        return {**_file(file), "content": file.content}, etag_of(file.revision)


@api.put("/<int:draft_id>/files/<name>")
@requires("processes", "administer")
@takes_body(bundle_files.LARGEST_UPLOAD)
@api.arguments(ContentBody)
@api.response(200, FileInfoBody)
def put_file(body: Mapping[str, Any], draft_id: int, name: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Save a file; send the revision that you saw as If-Match, "0" for a new file."""
    with writing() as session:
        operations.save_file(
            session,
            by=current_actor(),
            now=now(),
            draft_id=draft_id,
            name=name,
            content=body["content"],
            seen=version_seen(),
        )
        file = queries.file_of(session, draft_id, name)
        return _file(file), etag_of(file.revision)


@api.delete("/<int:draft_id>/files/<name>")
@requires("processes", "administer")
@api.response(204)
def remove_file(draft_id: int, name: str) -> None:
    """Take a file out of a draft; send the revision that you saw as If-Match."""
    with writing() as session:
        operations.remove_file(
            session, by=current_actor(), now=now(), draft_id=draft_id, name=name, seen=version_seen()
        )


@api.post("/<int:draft_id>/check")
@requires("processes", "administer")
@api.response(200, FindingsBody)
def check_draft(draft_id: int) -> dict[str, Any]:
    """What stands in the way of publishing the draft; a case is started for trial."""
    actor = current_actor()
    with reading_session() as session:
        draft = queries.find_draft(session, draft_id, by=actor)
        bundle = queries.bundle_of(session, draft_id)
        roles = deploying.role_keys(session)
    # The check runs for seconds at worst: no transaction is open meanwhile.
    found = all_findings(
        database(), bundle, roles=roles, locale=actor.locale, now=now(), thorough=True, key=draft.process_key
    )
    blocked = any(each.severity == "error" for each in found)
    return {"can_be_published": not blocked, "findings": [asdict(each) for each in found]}


def _draft(draft: ProcessDraft) -> dict[str, Any]:
    names = ("id", "name", "revision", "base_version_id", "updated_at", "updated_by_id")
    return {**{name: getattr(draft, name) for name in names}, "key": draft.process_key}


def _file(file: DraftFile) -> dict[str, Any]:
    return {name: getattr(file, name) for name in ("name", "revision", "size", "updated_at", "updated_by_id")}
