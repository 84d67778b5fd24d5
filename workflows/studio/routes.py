"""The pages where administrators see and publish definitions: versions, diagrams, files."""

from __future__ import annotations

import io

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from crm.accounts.queries import names_of
from crm.core.errors import Conflict, Fault, Invalid, NotFound
from crm.core.i18n import text
from crm.web.doors import current_actor, database, now, reading_session, requires, writing
from crm.web.languages import shown
from crm.web.security import draws_diagrams, takes_body
from workflows import bundle_files, library
from workflows.instances import story
from workflows.messaging.showing import show_starts
from workflows.models import InstanceStatus, ProcessDefinition, ProcessInstance, Task
from workflows.operations import deploying
from workflows.showing import show_process
from workflows.studio.publishing.gate import Examined, examine_files
from workflows.studio.publishing.operations import ScenariosFail, publish_files
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
        running = session.execute(
            select(ProcessInstance.version_id, func.count())
            .where(ProcessInstance.process_key == key, ProcessInstance.status == InstanceStatus.RUNNING)
            .group_by(ProcessInstance.version_id)
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
        running={row.version_id: row[1] for row in running},
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
    """Upload the files of a process, or a zip archive of them; faults are listed by element and scenarios that fail by name,
    and nothing is stored then."""
    if request.method == "GET":
        return render_template("processes/deploy.html", problems=[], given={}, failed=[], key="")
    given = request.form
    try:
        files = bundle_files.uploaded_files([(f.filename or "", f.read()) for f in request.files.getlist("files")])
        # Takes seconds: no transaction is open meanwhile.
        examined = examine_files(database(), files, now=now())
    except Invalid as refused:
        return _refused(refused), refused.status
    try:
        with writing() as session:
            version = publish_files(
                session,
                by=current_actor(),
                now=now(),
                checked=examined.checked,
                replayed=examined.replayed,
                note=given.get("note", ""),
                exception=given.get("exception", ""),
            )
    except (Invalid, Conflict) as refused:
        return _refused(refused, examined), refused.status
    flash(shown(text("Version {number} is published.", number=version.number)), "good")
    return redirect(url_for("definitions.definition", key=version.process_key))


def _refused(refused: Invalid | Conflict, examined: Examined | None = None) -> str:
    """The page with what stands in the way, and with what was entered; a browser does not send files again by itself."""
    faults = refused.faults if isinstance(refused, Invalid) else [Fault("", refused.message)]
    failed, key = [], ""
    if isinstance(refused, ScenariosFail) and examined is not None and examined.definition is not None:
        definition, locale = examined.definition, current_actor().locale
        key = definition.key
        failed = [
            {"id": each.scenario_id, "name": each.name, "told": each.told(definition, locale)}
            for each in examined.replayed.failed
        ]
    return render_template("processes/deploy.html", problems=faults, given=request.form, failed=failed, key=key)
