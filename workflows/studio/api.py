"""Definitions for programs: check, deploy, list, fetch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Response
from marshmallow import fields, validate
from sqlalchemy import select
from sqlalchemy.orm import defer

from crm.core.i18n import translate
from crm.permissions import check_may
from crm.web.api import ApiBlueprint, Body
from crm.web.doors import current_actor, database, now, reading_session, requires, writing
from crm.web.security import takes_body
from workflows import bundle_files, library
from workflows.engine import Problem, undeclared
from workflows.models import DefinitionVersion, ProcessDefinition
from workflows.operations import deploying
from workflows.studio.publishing.gate import examine_files
from workflows.studio.publishing.operations import publish_files

api = ApiBlueprint("definitions_api", __name__, url_prefix="/definitions", description="Process definitions")


class FilesBody(Body):
    """The files of a process by name: the diagram, its decision tables, forms and texts."""

    # How large they may be is said by the check, which names the file.
    files = fields.Dict(keys=fields.String(validate=validate.Length(1, 200)), values=fields.String(), required=True)


class DeployBody(FilesBody):
    note = fields.String(load_default="", validate=validate.Length(max=2000))
    exception = fields.String(
        load_default="",
        validate=validate.Length(max=2000),
        metadata={
            "description": "why it may be published although scenarios fail; at least 10 letters, kept with the version"
        },
    )


class DiagramProblemBody(Body):
    """One fault: at which element or in which file, and the cure."""

    element = fields.String(allow_none=True)
    file = fields.String(allow_none=True)
    message = fields.String()
    severity = fields.String(validate=validate.OneOf(["error", "warning"]))


class CheckedBody(Body):
    can_be_published = fields.Boolean()
    problems = fields.List(fields.Nested(DiagramProblemBody))


class VersionBody(Body):
    """A version of a process."""

    key = fields.String()
    number = fields.Integer()
    name = fields.String()
    content_hash = fields.String()
    source = fields.String()
    note = fields.String()
    deployed_at = fields.AwareDateTime()
    deployed_by_id = fields.Integer(allow_none=True)
    active = fields.Boolean()


class VersionDetailBody(VersionBody):
    files = fields.Dict(keys=fields.String(), values=fields.String())


class DefinitionBody(Body):
    """A process with its versions, newest first."""

    key = fields.String()
    versions = fields.List(fields.Nested(VersionBody))


class DefinitionsBody(Body):
    items = fields.List(fields.Nested(DefinitionBody))


@api.get("")
@api.response(200, DefinitionsBody)
def list_definitions() -> dict[str, Any]:
    """Every process with its versions."""
    check_may(current_actor(), "processes", "administer")
    with reading_session() as session:
        versions = session.scalars(
            select(DefinitionVersion)
            .order_by(DefinitionVersion.process_key, DefinitionVersion.number.desc())
            .options(defer(DefinitionVersion.files))
        ).all()
        active = set(session.scalars(select(ProcessDefinition.active_version_id)))
    by_key: dict[str, list[dict[str, Any]]] = {}
    for version in versions:
        by_key.setdefault(version.process_key, []).append(_version(version, active=version.id in active))
    return {"items": [{"key": key, "versions": listed} for key, listed in by_key.items()]}


@api.post("/check")
@requires("processes", "administer")
@takes_body(bundle_files.LARGEST_UPLOAD)
@api.arguments(FilesBody)
@api.response(200, CheckedBody)
def check(body: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in the way of publishing these files; nothing is stored."""
    checked = _checked(body)
    with reading_session() as session:
        problems = [*checked.problems, *deploying.problems_here(session, checked, now=now())]
    blocked = any(problem.severity == "error" for problem in problems)
    return {"can_be_published": not blocked, "problems": _problems(problems)}


@api.post("")
@requires("processes", "administer")
@takes_body(bundle_files.LARGEST_UPLOAD)
@api.arguments(DeployBody)
@api.response(201, VersionBody)
def deploy(body: Mapping[str, Any]) -> dict[str, Any]:
    """Publish a version: new cases begin with it. Faults come as 422 with element and message each; so does that scenarios of the
    process fail, unless `exception` says why it may be published all the same."""
    check_may(current_actor(), "processes", "administer")
    examined = examine_files(database(), _files(body), now=now())
    with writing() as session:
        version = publish_files(
            session,
            by=current_actor(),
            now=now(),
            checked=examined.checked,
            replayed=examined.replayed,
            note=body["note"],
            exception=body["exception"],
        )
    return _version(version, active=True)


@api.post("/<key>/versions/<int:number>/activate")
@requires("processes", "administer")
@api.response(200, VersionBody)
def activate(key: str, number: int) -> dict[str, Any]:
    """Put a version in force: new cases begin with it, and its start events listen instead of those of any other version."""
    with writing() as session:
        version = deploying.activate(session, by=current_actor(), now=now(), key=key, number=number)
    return _version(version, active=True)


@api.post("/<key>/suspend")
@requires("processes", "administer")
@api.response(200, VersionBody)
def suspend(key: str) -> dict[str, Any]:
    """Take a process out of force: no case of it begins any more, those under way go on."""
    with writing() as session:
        version = deploying.suspend(session, by=current_actor(), now=now(), key=key)
    return _version(version, active=False)


@api.get("/<key>/versions/<int:number>")
@api.response(200, VersionDetailBody)
def get_version(key: str, number: int) -> dict[str, Any]:
    """A version with its files."""
    check_may(current_actor(), "processes", "administer")
    with reading_session() as session:
        version = library.version_of(session, key, number)
        process = session.get_one(ProcessDefinition, key)
    return {**_version(version, active=process.active_version_id == version.id), "files": version.files}


@api.get("/<key>/versions/<int:number>/bundle")
@api.response(200, content_type="application/zip")
def bundle(key: str, number: int) -> Response:
    """The files of a version as a zip archive."""
    check_may(current_actor(), "processes", "administer")
    with reading_session() as session:
        return Response(library.bundle_archive(session, key, number), mimetype="application/zip")


def _checked(body: Mapping[str, Any]) -> deploying.Checked:
    check_may(current_actor(), "processes", "administer")
    with reading_session() as session:
        roles = deploying.role_keys(session)
    # The check runs foreign files dry for seconds: no transaction is open meanwhile.
    return deploying.check_files(_files(body), roles=roles)


def _files(body: Mapping[str, Any]) -> dict[str, bytes]:
    """The files that were sent. They come as text, whatever encoding they named before they were read."""
    texts = [(name, undeclared(content).encode()) for name, content in body["files"].items()]
    return bundle_files.uploaded_files(texts)


def _problems(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    locale = current_actor().locale
    return [
        {
            "element": problem.element,
            "file": problem.file,
            "message": translate(deploying.problem_text(problem), locale),
            "severity": problem.severity,
        }
        for problem in problems
    ]


def _version(version: DefinitionVersion, *, active: bool) -> dict[str, Any]:
    names = ("number", "name", "content_hash", "source", "note", "deployed_at", "deployed_by_id")
    return {**{name: getattr(version, name) for name in names}, "key": version.process_key, "active": active}
