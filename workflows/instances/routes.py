"""The pages of processes and cases: what can be started, the start form, and a case with its course."""

from __future__ import annotations

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import Session

from crm.core.errors import Denied, NotFound
from crm.core.i18n import Text, text
from crm.core.numbers import typed_key
from crm.files.rules import BODY_LIMIT
from crm.permissions import Actor
from crm.web.doors import current_actor, database, now, reading_session, requires, writing
from crm.web.errors import answer_refusal
from crm.web.languages import shown
from crm.web.security import draws_diagrams, takes_body
from forms import BoundForm
from workflows import library, queries
from workflows.doors import keep_not_begun, stepping, submitted
from workflows.instances import story
from workflows.library import Published
from workflows.models import ProcessInstance
from workflows.operations import cancelling, incidents
from workflows.operations.starting import StartFault, start_process
from workflows.registry import registry
from workflows.rules import why_not_cancel, why_not_start
from workflows.showing import show_cases, show_process, show_tasks
from workflows.task_forms import FormRefused, Submission, step_form

processes = Blueprint("processes", __name__)
cases = Blueprint("cases", __name__)


@processes.get("/processes")
def index() -> ResponseReturnValue:
    """What this person can start."""
    actor = current_actor()
    with reading_session() as session:
        offered = [show_process(published, actor) for published in library.all_active(session)]
    return render_template("processes/index.html", processes=offered)


@processes.route("/processes/<key>/start", methods=["GET", "POST"])
@takes_body(BODY_LIMIT)
def start(key: str) -> ResponseReturnValue:
    """The start form; a customer may be given in the address, and the version whose form was filled in."""
    actor = current_actor()
    if request.method == "POST":
        submission = submitted(lambda session, sent: _form_of(session, key, sent))
        try:
            with stepping() as session:
                instance = start_process(session, by=actor, now=now(), key=key, submission=submission, number=_number())
        except FormRefused as refused:
            with reading_session() as session:
                published = library.offered(session, key, _number())
            return _start_page(published, refused.form, actor), 422 if refused.faults else 200
        except StartFault as fault:
            keep_not_begun(database(), fault)
            with reading_session() as session:
                return _start_page(fault.published, fault.form, actor, refusal=fault.message), fault.status
        flash(shown(text("Started: {title}", title=instance.title)), "good")
        return redirect(url_for("cases.show", instance_id=instance.id))
    customer_id = typed_key(request.args.get("customer", ""))
    values = {"customer_id": str(customer_id)} if customer_id is not None else {}
    with reading_session() as session:
        published = library.offered(session, key)
        form = step_form(
            session, published, published.definition.start_form, by=actor, now=now(), data={}, values=values
        )
        return _start_page(published, form, actor)


@processes.app_errorhandler(StartFault)
def answer_start_fault(fault: StartFault) -> ResponseReturnValue:
    """A case that something else began, or a program."""
    keep_not_begun(database(), fault)
    return answer_refusal(fault)


@processes.post("/processes/<key>/start/state")
def start_state(key: str) -> ResponseReturnValue:
    """Which fields of the start form are hidden, computed or offered with what was entered so far."""
    with reading_session() as session:
        form = _form_of(session, key, Submission(formdata=request.form))
    return jsonify(form.state if form else {})


def _number() -> int | None:
    return request.args.get("version", type=int)


def _form_of(session: Session, key: str, submission: Submission) -> BoundForm | None:
    published = library.offered(session, key, _number())
    if reason := why_not_start(published.definition, current_actor()):
        raise Denied(reason)
    form_key = published.definition.start_form
    return step_form(
        session, published, form_key, by=current_actor(), now=now(), data={}, values={}, submission=submission
    )


@cases.get("/cases/<int:instance_id>")
def show(instance_id: int) -> ResponseReturnValue:
    """A case: record, customer, diagram with path and position, open tasks, history."""
    actor = current_actor()
    draws_diagrams()
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
    draws_diagrams()
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
    flash(shown(text("The case is cancelled.")), "good")
    return redirect(url_for("cases.show", instance_id=instance_id))


@cases.post("/cases/<int:instance_id>/incidents/<int:incident_id>/retry")
@requires("processes", "administer")
def retry(instance_id: int, incident_id: int) -> ResponseReturnValue:
    with stepping() as session:
        if incidents.retry(session, by=current_actor(), now=now(), incident_id=incident_id).instance_id != instance_id:
            raise NotFound
    flash(shown(text("The step is tried again.")), "good")
    return redirect(url_for("cases.show", instance_id=instance_id))


def _start_page(published: Published, form: object, actor: Actor, *, refusal: Text | None = None) -> str:
    return render_template(
        "processes/start.html",
        offer=show_process(published, actor),
        number=published.number,
        form=form,
        refusal=refusal,
    )
