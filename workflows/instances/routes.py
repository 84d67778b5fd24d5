"""The pages of processes and cases: what can be started, the start form, a case, and for administrators the definitions."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.core.errors import NotFound
from crm.core.i18n import text
from crm.permissions import Actor
from crm.web.doors import current_actor, now, reading_session, requires, writing
from crm.web.languages import shown
from workflows import library, queries
from workflows.doors import stepping
from workflows.instances import story
from workflows.library import Published
from workflows.models import DefinitionVersion, InstanceStatus, ProcessDefinition, ProcessInstance, Task
from workflows.operations import cancelling, deploying, incidents
from workflows.operations.starting import start_process, why_not_start
from workflows.registry import registry
from workflows.rules import why_not_cancel
from workflows.showing import show_cases, show_tasks
from workflows.task_forms import FormRefused, Submission, step_form

processes = Blueprint("processes", __name__)
cases = Blueprint("cases", __name__)
definitions = Blueprint("definitions", __name__)


@processes.get("/processes")
def index() -> ResponseReturnValue:
    """What this person can start."""
    actor = current_actor()
    with reading_session() as session:
        offered = [_offer(published, actor) for published in library.all_active(session)]
    return render_template("processes/index.html", processes=offered)


@processes.route("/processes/<key>/start", methods=["GET", "POST"])
def start(key: str) -> ResponseReturnValue:
    """The start form; a customer may be given in the address."""
    actor = current_actor()
    submission = Submission(formdata=request.form) if request.method == "POST" else None
    if submission is not None:
        try:
            with stepping() as session:
                instance = start_process(session, by=actor, now=now(), key=key, submission=submission)
        except FormRefused as refused:
            with reading_session() as session:
                published = library.active(session, key)
            return _start_page(published, refused.form, actor), 422
        flash(shown(text("Started: {title}", title=instance.title)), "success")
        return redirect(url_for("cases.show", instance_id=instance.id))
    values = {"customer_id": request.args["customer"]} if request.args.get("customer", "").isdigit() else {}
    with reading_session() as session:
        published = library.active(session, key)
        form = step_form(session, published, published.definition.start_form, by=actor, data={}, values=values)
        return _start_page(published, form, actor)


@cases.get("/cases/<int:instance_id>")
def show(instance_id: int) -> ResponseReturnValue:
    """A case: record, customer, diagram with path and position, open tasks, history."""
    actor = current_actor()
    with reading_session() as session:
        instance = queries.find_instance(session, instance_id, by=actor)
        published = library.published(session, instance.version_id)
        facts = registry().facts.get(instance.record_type or "")
        return render_template(
            "cases/show.html",
            case=show_cases(session, [instance], by=actor)[0],
            story=story.tell(session, instance, published, by=actor, now=now()),
            tasks=show_tasks(session, queries.open_tasks(session, instance_id), by=actor, now=now()),
            facts=facts(session, actor, instance.record_id) if facts and instance.record_id else "",
            why_not_cancel=why_not_cancel(instance, actor),
            operates=actor.may("processes", "administer"),
        )


def case_panel(session: Session, actor: Actor, instance: ProcessInstance) -> Markup:
    """Diagram, open tasks and history of a case, for the page of its record."""
    published = library.published(session, instance.version_id)
    return Markup(  # noqa: S704 -- the template escapes what it shows
        render_template(
            "cases/_panel.html",
            case=show_cases(session, [instance], by=actor)[0],
            story=story.tell(session, instance, published, by=actor, now=now()),
            tasks=show_tasks(session, queries.open_tasks(session, instance.id), by=actor, now=now()),
        )
    )


@cases.post("/cases/<int:instance_id>/cancel")
def cancel(instance_id: int) -> ResponseReturnValue:
    with writing() as session:
        queries.find_instance(session, instance_id, by=current_actor())
        cancelling.cancel(
            session, by=current_actor(), now=now(), instance_id=instance_id, reason=request.form.get("reason", "")
        )
    flash(shown(text("The case is cancelled.")), "success")
    return redirect(url_for("cases.show", instance_id=instance_id))


@cases.post("/cases/<int:instance_id>/incidents/<int:incident_id>/retry")
@requires("processes", "administer")
def retry(instance_id: int, incident_id: int) -> ResponseReturnValue:
    with stepping() as session:
        incidents.retry(session, by=current_actor(), now=now(), incident_id=incident_id)
    flash(shown(text("The step is tried again.")), "success")
    return redirect(url_for("cases.show", instance_id=instance_id))


@definitions.get("/definitions")
@requires("processes", "administer")
def index_of_definitions() -> ResponseReturnValue:
    """All processes with the version in force and their running cases."""
    actor = current_actor()
    with reading_session() as session:
        running = dict(
            session.execute(
                select(ProcessInstance.process_key, func.count())
                .where(ProcessInstance.status == InstanceStatus.RUNNING)
                .group_by(ProcessInstance.process_key)
            )
            .tuples()
            .all()
        )
        rows = [
            {**_offer(published, actor), "number": published.number, "running": running.get(published.key, 0)}
            for published in library.all_active(session)
        ]
    return render_template("processes/definitions.html", rows=rows)


@definitions.get("/definitions/<key>")
@definitions.get("/definitions/<key>/versions/<int:number>")
@requires("processes", "administer")
def definition(key: str, number: int | None = None) -> ResponseReturnValue:
    """A version of a process: its diagram, forms and files, and the list of versions."""
    actor = current_actor()
    with reading_session() as session:
        process = session.get(ProcessDefinition, key)
        versions = session.scalars(
            select(DefinitionVersion)
            .where(DefinitionVersion.process_key == key)
            .order_by(DefinitionVersion.number.desc())
        ).all()
        wanted = [
            v for v in versions if (v.number == number if number else process and v.id == process.active_version_id)
        ]
        if process is None or not wanted:
            raise NotFound
        published = library.published(session, wanted[0].id)
        live = session.execute(
            select(Task.node_id, func.count())
            .where(Task.version_id == wanted[0].id, Task.status == "open")
            .group_by(Task.node_id)
        ).all()
        people = queries.names_of(session, {v.deployed_by_id for v in versions}, actor.locale)
    return render_template(
        "processes/definition.html",
        offer=_offer(published, actor),
        version=wanted[0],
        versions=versions,
        people=people,
        active_id=process.active_version_id,
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
    flash(shown(text("New cases begin with version {number} from now on.", number=number)), "success")
    return redirect(url_for("definitions.definition", key=key))


@definitions.get("/definitions/<key>/versions/<int:number>/bundle")
@requires("processes", "administer")
def bundle(key: str, number: int) -> ResponseReturnValue:
    """The files of a version as a zip archive."""
    with reading_session() as session:
        content = library.bundle_archive(session, key, number)
    headers = {"Content-Disposition": f'attachment; filename="{key}-{number}.zip"'}
    return Response(content, mimetype="application/zip", headers=headers)


@definitions.route("/definitions/deploy", methods=["GET", "POST"])
@requires("processes", "administer")
def deploy() -> ResponseReturnValue:
    """Upload the files of a process, or a zip archive of them; faults are listed by element, nothing is stored."""
    if request.method == "GET":
        return render_template("processes/deploy.html", problems=[], note="")
    note = request.form.get("note", "")
    with reading_session() as session:
        roles = deploying.role_keys(session)
    try:
        files = library.uploaded_files([(f.filename or "", f.read()) for f in request.files.getlist("files")])
        checked = deploying.check_files(files, roles=roles)
        with writing() as session:
            version = deploying.deploy(session, by=current_actor(), now=now(), checked=checked, note=note)
    except deploying.DiagramRefused as refused:
        return render_template("processes/deploy.html", problems=refused.faults, note=note), 422
    flash(shown(text("Version {number} is published.", number=version.number)), "success")
    return redirect(url_for("definitions.definition", key=version.process_key))


def _offer(published: Published, actor: Actor) -> dict[str, object]:
    words = published.translator(actor.locale)
    return {
        "key": published.key,
        "name": words(published.definition.name),
        "documentation": words(published.definition.documentation),
        "why_not": why_not_start(published, actor),
    }


def _start_page(published: Published, form: object, actor: Actor) -> str:
    return render_template("processes/start.html", offer=_offer(published, actor), form=form)
