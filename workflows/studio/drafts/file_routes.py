"""What the scripts of the studio's pages ask for, as JSON: files of a draft, who else is here, findings, what can be offered."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from crm.core.errors import Fault, Invalid
from crm.core.i18n import text
from crm.web.doors import current_actor, database, now, reading_session, requires, writing
from crm.web.security import check_text, takes_body
from workflows import bundle_files
from workflows.operations import deploying
from workflows.studio.drafts import operations, queries
from workflows.studio.drafts.bodies import read_body
from workflows.studio.findings import all_findings
from workflows.studio.spelling import KINDS, as_json, fault_of
from workflows.studio.surroundings import catalogue, variables

blueprint = Blueprint("studio_files", __name__, url_prefix="/studio/drafts/<int:draft_id>")


@blueprint.get("/files/<name>")
@requires("processes", "administer")
def show_file(draft_id: int, name: str) -> ResponseReturnValue:
    """One file with its content and the revision to be named when it is saved."""
    with reading_session() as session:
        queries.find_draft(session, draft_id, by=current_actor())
        file = queries.file_of(session, draft_id, name)
        return jsonify(
            name=file.name, content=file.content, revision=file.revision, updated_at=file.updated_at.isoformat()
        )


@blueprint.put("/files/<name>")
@requires("processes", "administer")
@takes_body(bundle_files.LARGEST_UPLOAD)
def save_file(draft_id: int, name: str) -> ResponseReturnValue:
    """Keep what was typed. 409 names who saved meanwhile; the content is answered by `show_file`."""
    body = read_body(content=str, seen=int)
    with writing() as session:
        revision = operations.save_file(
            session,
            by=current_actor(),
            now=now(),
            draft_id=draft_id,
            name=name,
            content=body["content"],
            seen=body["seen"],
        )
    return jsonify(revision=revision)


@blueprint.delete("/files/<name>")
@requires("processes", "administer")
def remove_file(draft_id: int, name: str) -> ResponseReturnValue:
    """Take a file out of the draft."""
    body = read_body(seen=int)
    with writing() as session:
        operations.remove_file(session, by=current_actor(), now=now(), draft_id=draft_id, name=name, seen=body["seen"])
    return jsonify({})


@blueprint.post("/files/<name>/rename")
@requires("processes", "administer")
def rename_file(draft_id: int, name: str) -> ResponseReturnValue:
    """Call a file otherwise."""
    body = read_body(new_name=str, seen=int)
    with writing() as session:
        revision = operations.rename_file(
            session,
            by=current_actor(),
            now=now(),
            draft_id=draft_id,
            name=name,
            new_name=body["new_name"],
            seen=body["seen"],
        )
    return jsonify(revision=revision)


@blueprint.post("/presence")
@requires("processes", "administer")
def presence(draft_id: int) -> ResponseReturnValue:
    """A window is still there: who else is, and the revisions that the files have now."""
    body = read_body(window=str, file=str)
    for value in body.values():
        check_text(value, "window")
    with writing() as session:
        others = operations.note_visit(
            session, by=current_actor(), now=now(), draft_id=draft_id, window=body["window"], file=body["file"]
        )
        files = {file.name: file.revision for file in queries.files_of(session, draft_id)}
    return jsonify(others=[{"user": each.user, "file": each.file} for each in others], files=files)


@blueprint.get("/findings")
@requires("processes", "administer")
def show_findings(draft_id: int) -> ResponseReturnValue:
    """What stands in the way of publishing; `thorough=1` also starts a case for trial."""
    actor = current_actor()
    with reading_session() as session:
        draft = queries.find_draft(session, draft_id, by=actor)
        bundle = queries.bundle_of(session, draft_id)
        roles = deploying.role_keys(session)
    # The check may take a while: no transaction is open meanwhile.
    found = all_findings(
        database(),
        bundle,
        roles=roles,
        locale=actor.locale,
        now=now(),
        thorough=request.args.get("thorough") == "1",
        key=draft.process_key,
    )
    return jsonify(findings=[asdict(each) for each in found])


@blueprint.get("/catalogue")
@requires("processes", "administer")
def show_catalogue(draft_id: int) -> ResponseReturnValue:
    """What fields of an editor offer; `element` says for which element variables are wanted."""
    with reading_session() as session:
        return jsonify(catalogue(session, draft_id, by=current_actor(), element=request.args.get("element") or None))


@blueprint.post("/feel")
@requires("processes", "administer")
def check_expression(draft_id: int) -> ResponseReturnValue:
    """What is wrong with an expression that is being typed at an element."""
    body = read_body(text=str, kind=str, element=str)
    if body["kind"] not in KINDS:
        raise Invalid([Fault("kind", text("This must be one of: {choices}.", choices=", ".join(KINDS)))])
    actor = current_actor()
    with reading_session() as session:
        draft = queries.find_draft(session, draft_id, by=actor)
        known = None
        if body["element"]:
            bundle = queries.bundle_of(session, draft_id)
            known = {each.name for each in variables(session, draft, bundle, body["element"])}
    return jsonify(fault=as_json(fault_of(body["text"], body["kind"], known), actor.locale))
