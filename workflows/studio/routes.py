"""The pages where administrators see and publish definitions: versions, diagrams, files."""

from __future__ import annotations

import io

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from crm.accounts.queries import names_of
from crm.core.errors import Invalid, NotFound
from crm.core.i18n import text
from crm.web.doors import current_actor, now, reading_session, requires, writing
from crm.web.languages import shown
from crm.web.security import draws_diagrams, takes_body
from workflows import bundle_files, library
from workflows.instances import story
from workflows.messaging.showing import show_starts
from workflows.models import ProcessDefinition, Task
from workflows.operations import deploying
from workflows.showing import show_process
from workflows.studio.publishing.sharing import beginnings

definitions = Blueprint("definitions", __name__)


@definitions.get("/definitions")
@requires("processes", "administer")
def index() -> ResponseReturnValue:
    """The list of processes has its place in the studio."""
    return redirect(url_for("studio.index"))


@definitions.get("/definitions/<key>")
@definitions.get("/definitions/<key>/versions/<int:number>")
@requires("processes", "administer")
def definition(key: str, number: int | None = None) -> ResponseReturnValue:
    """A version of a process: its diagram, forms and files, and the list of versions."""
    draws_diagrams()
    actor = current_actor()
    with reading_session() as session:
        process = session.get(ProcessDefinition, key)
        versions = library.versions_of(session, key)
        if process is None:
            raise NotFound
        # Out of force, a process shows the newest version that it has.
        default = process.active_version_id or max((v.id for v in versions), default=None)
        wanted = [v for v in versions if (v.number == number if number else v.id == default)]
        if not wanted:
            raise NotFound
        published = library.published(session, wanted[0].id)
        live = session.execute(
            select(Task.node_id, func.count())
            .where(Task.version_id == wanted[0].id, Task.status == "open")
            .group_by(Task.node_id)
        ).all()
        people = names_of(session, {v.deployed_by_id for v in versions}, actor.locale)
        starts = show_starts(session, published, locale=actor.locale)
        begins = beginnings(session, process)
    return render_template(
        "processes/definition.html",
        offer=show_process(published, actor),
        version=wanted[0],
        versions=versions,
        people=people,
        starts=starts,
        active_id=process.active_version_id,
        begins=begins,
        xml=published.definition.bundle.bpmn[1].decode(),
        labels=story.labels(published, actor.locale),
        badges={
            node: {"text": str(n), "tone": "info", "title": shown(text("{n} open tasks", n=n))} for node, n in live
        },
    )


@definitions.post("/definitions/<key>/versions/<int:number>/activate")
@requires("processes", "administer")
def activate(key: str, number: int) -> ResponseReturnValue:
    with writing() as session:
        deploying.activate(session, by=current_actor(), now=now(), key=key, number=number)
    flash(shown(text("New cases begin with version {number} from now on.", number=number)), "good")
    return redirect(url_for("definitions.definition", key=key))


@definitions.post("/definitions/<key>/suspend")
@requires("processes", "administer")
def suspend(key: str) -> ResponseReturnValue:
    with writing() as session:
        deploying.suspend(session, by=current_actor(), now=now(), key=key)
    flash(shown(text("No new cases begin any more; those under way go on.")), "good")
    return redirect(url_for("definitions.definition", key=key))


@definitions.get("/definitions/<key>/versions/<int:number>/bundle")
@requires("processes", "administer")
def bundle(key: str, number: int) -> ResponseReturnValue:
    """The files of a version as a zip archive."""
    with reading_session() as session:
        content = library.bundle_archive(session, key, number)
    # Not a header of our own making: keys may hold letters that a header can only carry in another spelling.
    name = f"{key}-{number}.zip"
    return send_file(io.BytesIO(content), mimetype="application/zip", as_attachment=True, download_name=name)


@definitions.route("/definitions/deploy", methods=["GET", "POST"])
@requires("processes", "administer")
@takes_body(bundle_files.LARGEST_UPLOAD)
def deploy() -> ResponseReturnValue:
    """Upload the files of a process, or a zip archive of them; faults are listed by element, nothing is stored."""
    if request.method == "GET":
        return render_template("processes/deploy.html", problems=[], note="")
    note = request.form.get("note", "")
    with reading_session() as session:
        roles = deploying.role_keys(session)
    try:
        files = bundle_files.uploaded_files([(f.filename or "", f.read()) for f in request.files.getlist("files")])
        checked = deploying.check_files(files, roles=roles)
        with writing() as session:
            version = deploying.deploy(session, by=current_actor(), now=now(), checked=checked, note=note)
    except Invalid as refused:
        return render_template("processes/deploy.html", problems=refused.faults, note=note), 422
    flash(shown(text("Version {number} is published.", number=version.number)), "good")
    return redirect(url_for("definitions.definition", key=version.process_key))
