"""The pages of the inbox: its folders, a task with its form, and the verbs."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, g, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from crm.accounts.queries import names_of
from crm.core.errors import Conflict
from crm.core.i18n import Text, text
from crm.files.rules import BODY_LIMIT
from crm.permissions import Actor
from crm.web.doors import current_actor, now, reading_session, writing
from crm.web.languages import shown
from crm.web.security import draws_diagrams, takes_body
from forms import BoundForm
from workflows import library, queries
from workflows.assigning.standing import acting
from workflows.doors import stepping, submitted
from workflows.inbox.alike import alike
from workflows.inbox.beside import beside
from workflows.inbox.folders import Folder
from workflows.inbox.going_on import next_task, say, sentence, whereabouts
from workflows.inbox.listing import folder_page
from workflows.inbox.places import place_of
from workflows.inbox.queries import count_mine
from workflows.inbox.views import address_of, views_of
from workflows.instances import story
from workflows.models import ProcessInstance, Task, TaskStatus
from workflows.operations import tasks
from workflows.operations.tasks import AlreadyDone
from workflows.registry import registry
from workflows.showing import show_tasks
from workflows.task_forms import FormRefused, Submission
from workflows.verbs import telling
from workflows.verbs.around import around

blueprint = Blueprint("inbox", __name__)


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """The first page after signing in."""
    return redirect(url_for("inbox.show"))


@blueprint.get("/tasks")
def show() -> ResponseReturnValue:
    """A folder of the inbox. Its counts and rows renew themselves while they are looked at."""
    renewed = bool(request.headers.get("HX-Request"))
    if not renewed and not request.args:
        with reading_session() as session:
            first = next((view for view in views_of(session, by=current_actor()) if view.is_default), None)
        if first is not None:
            return redirect(url_for("inbox.show", **address_of(first)))
    part = "_folder.html" if renewed else "show.html"
    answer = make_response(render_template(f"inbox/{part}", **folder_page()))
    answer.vary.add("HX-Request")
    return answer


@blueprint.get("/tasks/count")
def count() -> ResponseReturnValue:
    """The badge in the navigation: how many tasks wait for this person."""
    return render_template("inbox/_count.html", number=waiting_count(current_actor()))


def waiting_count(actor: Actor) -> int:
    """Tasks that are with this person now."""
    counted: int | None = g.get("waiting_count")
    if counted is not None:
        return counted
    with reading_session() as session:
        return count_mine(session, by=actor)


@blueprint.get("/tasks/<int:task_id>")
def task(task_id: int) -> ResponseReturnValue:
    """A task: its form, the record and the customer beside it, the diagram and the history."""
    with reading_session() as session:
        found = queries.find_task(session, task_id, by=current_actor())
        form = tasks.task_form(session, found, by=current_actor(), now=now())
        return _task_page(session, found, form)


@blueprint.get("/tasks/<int:task_id>/next")
def skip(task_id: int) -> ResponseReturnValue:
    """Leave the task as it is and go on to the one that follows in the list; where there is no other, back to the list."""
    with reading_session() as session:
        found = queries.find_task(session, task_id, by=current_actor())
        following = next_task(session, found, request.args, by=current_actor(), now=now())
    if following is None:
        flash(shown(text("There is no other task in this list that can be done now.")), "info")
        return redirect(url_for("inbox.show", **_place()))
    return redirect(url_for("inbox.task", task_id=following, **_place()))


@blueprint.post("/tasks/<int:task_id>/claim")
def claim(task_id: int) -> ResponseReturnValue:
    """Whoever claims on the task's page goes on there; in the list (`stay`) the list goes on with the row that follows."""
    with writing() as session:
        claimed = tasks.claim(session, by=current_actor(), now=now(), task_id=task_id)
    said = text("“{title}” is yours now.", title=claimed.title)
    if not request.args.get("stay"):
        flash(shown(said), "good")
        return redirect(url_for("inbox.task", task_id=task_id, **_place()))
    with reading_session() as session:
        following = next_task(session, claimed, request.args, by=current_actor(), now=now())
    own = url_for("inbox.task", task_id=task_id, folder=Folder.MINE)
    say(shown(said), [(shown(text("Open the task")), own)])
    return redirect(url_for("inbox.show", **_place(), at=following))


@blueprint.post("/tasks/<int:task_id>/release")
def release(task_id: int) -> ResponseReturnValue:
    """Back to the list, to the row that follows; who came by another way sees what their groups are offered."""
    with writing() as session:
        released = tasks.release(session, by=current_actor(), now=now(), task_id=task_id)
    with reading_session() as session:
        following = next_task(session, released, request.args, by=current_actor(), now=now())
    flash(shown(text("“{title}” is back with the group.", title=released.title)), "good")
    return redirect(url_for("inbox.show", **(_place() or {"folder": Folder.GROUPS}), at=following))


@blueprint.post("/tasks/<int:task_id>")
@takes_body(BODY_LIMIT)
def submit(task_id: int) -> ResponseReturnValue:
    """Complete the task, complete it and go on to the next, or keep a draft, by the button that was pressed."""
    act = request.form.get("_act", "complete")
    if act not in ("complete", "next", "save"):
        abort(400)
    submission = submitted(lambda session, sent: _form_of(session, task_id, sent))
    try:
        with stepping() as session:
            verb = tasks.save_draft if act == "save" else tasks.complete
            done = verb(session, by=current_actor(), now=now(), task_id=task_id, submission=submission)
    except FormRefused as refused:
        with reading_session() as session:
            found = queries.find_task(session, task_id, by=current_actor())
            return _task_page(session, found, refused.form), 422 if refused.faults else 200
    except AlreadyDone as late:
        if late.by_id == current_actor().id:
            # The same person pressed twice: the first press counted, and that is what they wanted.
            return _go_on(late.task, act)
        return _too_late(task_id, late)
    except Conflict as conflict:
        return _too_late(task_id, conflict)
    if act == "save":
        flash(shown(text("The draft is kept.")), "good")
        return redirect(url_for("inbox.task", task_id=task_id, **_place()))
    return _go_on(done, act)


def _go_on(done: Task, act: str) -> ResponseReturnValue:
    """Say what became of the case, and lead to the next task, or back to the list at the row that follows."""
    actor = current_actor()
    with reading_session() as session:
        went = whereabouts(session, done.instance_id, by=actor)
        following = next_task(session, done, request.args, by=actor, now=now())
    links = []
    if went.own_id is not None and (act != "next" or went.own_id != following):
        links.append((shown(text("Go on with this case")), url_for("inbox.task", task_id=went.own_id, **_place())))
    said = [text("Done: {title}.", title=done.title), went.words]
    if act == "next" and following is not None:
        say(sentence(*said), links)
        return redirect(url_for("inbox.task", task_id=following, **_place()))
    if following is not None:
        links.append((shown(text("Next task")), url_for("inbox.task", task_id=following, **_place())))
    elif act == "next":
        said.append(text("That was the last task of this list."))
    say(sentence(*said), links)
    return redirect(url_for("inbox.show", **_place(), at=following))


@blueprint.post("/tasks/<int:task_id>/state")
def form_state(task_id: int) -> ResponseReturnValue:
    """Which fields of the task's form are hidden, computed or offered with what was entered so far."""
    with reading_session() as session:
        form = _form_of(session, task_id, Submission(formdata=request.form))
    return jsonify(form.state if form else {})


def _form_of(session: Session, task_id: int, submission: Submission) -> BoundForm | None:
    found = queries.find_task(session, task_id, by=current_actor())
    return tasks.task_form(session, found, by=current_actor(), now=now(), submission=submission)


def _too_late(task_id: int, conflict: Conflict) -> ResponseReturnValue:
    """Somebody was first. The page says who, and shows what was typed so that it can be copied."""
    with reading_session() as session:
        found = queries.find_task(session, task_id, by=current_actor())
        form = tasks.task_form(session, found, by=current_actor(), now=now())
        words = library.published(session, found.version_id).translator(current_actor().locale)
        typed = [
            (words(field.label), value)
            for field in (form.description.fields if form else ())
            if (value := request.form.get(field.path, "").strip())
        ]
        return _task_page(session, found, form, refusal=conflict.message, typed=typed), 409


def _task_page(
    session: Session,
    found: Task,
    form: BoundForm | None,
    *,
    refusal: Text | None = None,
    typed: list[tuple[str, str]] | None = None,
) -> str:
    actor = current_actor()
    instance = session.get_one(ProcessInstance, found.instance_id)
    published = library.published(session, found.version_id)
    node = published.definition.nodes[found.node_id]
    words = published.translator(actor.locale)
    draws_diagrams()
    facts = registry().facts.get(instance.record_type or "")
    nearby = around(session, found, instance, published, by=actor, now=now())
    acts_as = acting(session, found, actor)
    if nearby.unread:
        with writing() as reader:
            telling.read_copy(reader, by=actor, now=now(), task_id=found.id)
    return render_template(
        "inbox/task.html",
        task=show_tasks(session, [found], by=actor, now=now())[0],
        form=form,
        draft_kept=found.draft is not None,
        documentation=words(node.documentation),
        actions=nearby.actions,
        around=nearby,
        story=story.tell(session, instance, published, by=actor, now=now()),
        started_by=names_of(session, {instance.started_by_id}, actor.locale).get(instance.started_by_id or 0, ""),
        facts=facts(session, acts_as, instance.record_id) if facts and instance.record_id else "",
        beside=beside(session, instance, by=acts_as, now=now()),
        alike=alike(session, instance, node_id=found.node_id, by=acts_as) if found.status == TaskStatus.OPEN else [],
        refusal=refusal,
        typed=typed or [],
        place=_place(),
    )


def _place() -> dict[str, Any]:
    return place_of(request.args)
