"""The pages of the verbs: a page each that says what will happen and asks what is needed; comments and files on the task's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

import forms
from crm.accounts.queries import colleagues, names_of
from crm.core.errors import Conflict, Denied, HeliuError, Invalid
from crm.core.i18n import Text, text, translate
from crm.core.numbers import typed_key
from crm.files.doors import Uploads
from crm.files.rules import BODY_LIMIT
from crm.permissions import Actor
from crm.web.doors import current_actor, now, reading_session, writing
from crm.web.languages import shown
from crm.web.security import draws_diagrams, takes_body
from forms import BoundForm, Choice
from workflows import library, queries
from workflows.doors import stepping
from workflows.inbox.going_on import next_task
from workflows.inbox.places import place_of
from workflows.instances import story
from workflows.models import ProcessInstance, Task, TaskStatus
from workflows.showing import show_tasks
from workflows.verbs import attaching, sending_back, telling
from workflows.verbs.acts import ACTS, PEOPLE, STEPS, Act, translator
from workflows.verbs.queries import standing_of
from workflows.verbs.rules import actions, why_not_remove_signer
from workflows.verbs.sending_back import BackTo

blueprint = Blueprint("verbs", __name__)
REMOVING = "remove-signer"
CAN_GO_HERE = text("The task can be sent back to this step")


@blueprint.get("/tasks/<int:task_id>/<verb>")
def ask(task_id: int, verb: str) -> ResponseReturnValue:
    """What the verb means for this task, and what it needs to know. One that is not allowed says why."""
    act = ACTS.get(verb) or abort(404)
    with reading_session() as session:
        task = queries.find_task(session, task_id, by=current_actor())
        return _page(session, act, task)


@blueprint.post("/tasks/<int:task_id>/<verb>")
def do(task_id: int, verb: str) -> ResponseReturnValue:
    """Do it. What is refused is said on the page, with what was entered."""
    act = ACTS.get(verb) or abort(404)
    actor = current_actor()
    with reading_session() as session:
        task = queries.find_task(session, task_id, by=actor)
        form = _form(session, act, task, actor, posted=True)
        if _why_not(session, act, task, actor) is not None:
            return _page(session, act, task, form=form), 403 if task.status == TaskStatus.OPEN else 409
        if not form.validate():
            return _page(session, act, task, form=form), 422
        given = act.read(form.answers)
    if act.verb == REMOVING:
        given["user_id"] = _later_signer()
    if act.seen:
        given["seen"] = typed_key(request.form.get("_seen", ""))
    try:
        with stepping() as session:
            act.run(session, by=actor, now=now(), task_id=task_id, **given)
    except (Invalid, Conflict, Denied) as refused:
        with reading_session() as session:
            task = queries.find_task(session, task_id, by=actor)
            return _page(session, act, task, form=form, refusal=_said(refused, actor)), refused.status
    flash(shown(act.done), "good")
    if act.leaves:
        with reading_session() as session:
            following = next_task(session, task, request.args, by=actor, now=now())
        return redirect(url_for("inbox.show", **_place(), at=following))
    return redirect(url_for("inbox.task", task_id=task_id, **_place()))


@blueprint.post("/tasks/<int:task_id>/comment")
def comment(task_id: int) -> ResponseReturnValue:
    """A comment, written on the task's page."""
    try:
        with writing() as session:
            telling.comment(session, by=current_actor(), now=now(), task_id=task_id, body=request.form.get("text", ""))
    except Invalid as refused:
        flash(_said(refused, current_actor()), "bad")
    return redirect(url_for("inbox.task", task_id=task_id, _anchor="talk", **_place()))


@blueprint.post("/tasks/<int:task_id>/attach")
@takes_body(BODY_LIMIT)
def attach(task_id: int) -> ResponseReturnValue:
    """Files, chosen on the task's page."""
    actor = current_actor()
    with reading_session() as session:
        task = queries.find_task(session, task_id, by=actor)
        reason = _allowed(session, task, actor)["attach"]
    if reason is not None:
        raise Denied(reason)
    uploads = Uploads()
    chosen = [upload for upload in request.files.getlist("files") if upload.filename]
    ids: list[int] = []
    try:
        for upload in chosen:
            uploads.receive(upload)
        uploads.keep()
        ids = [int(str(uploads.kept(upload)["id"])) for upload in chosen]
        with writing() as session:
            attaching.attach(session, by=actor, now=now(), task_id=task_id, file_ids=ids)
    except forms.Refusal as refused:
        flash(translate(text(refused.message, **refused.values), actor.locale), "bad")
    except Invalid as refused:
        flash(_said(refused, actor), "bad")
    return redirect(url_for("inbox.task", task_id=task_id, _anchor="files", **_place()))


@blueprint.post("/tasks/<int:task_id>/files/<int:file_id>/remove")
def detach(task_id: int, file_id: int) -> ResponseReturnValue:
    """Take away a file that one has attached."""
    try:
        with writing() as session:
            attaching.detach(session, by=current_actor(), now=now(), task_id=task_id, file_id=file_id)
    except (Denied, Conflict) as refused:
        flash(_said(refused, current_actor()), "bad")
    else:
        flash(shown(text("The file has been removed.")), "good")
    return redirect(url_for("inbox.task", task_id=task_id, _anchor="files", **_place()))


def _allowed(session: Session, task: Task, actor: Actor) -> Mapping[str, Text | None]:
    instance = session.get_one(ProcessInstance, task.instance_id)
    return actions(task, actor, standing_of(session, task, instance, by=actor), now=now())


def _why_not(session: Session, act: Act, task: Task, actor: Actor) -> Text | None:
    if act.verb == REMOVING and (signer := _later_signer()) is not None:
        instance = session.get_one(ProcessInstance, task.instance_id)
        return why_not_remove_signer(task, actor, standing_of(session, task, instance, by=actor), signer)
    return _allowed(session, task, actor)[act.verb]


def _later_signer() -> int | None:
    """Whom the address names: somebody who would sign after the holder of the task."""
    return typed_key(request.args.get("user_id", ""))


def _form(session: Session, act: Act, task: Task, actor: Actor, *, posted: bool = False) -> BoundForm:
    return forms.build(
        act.form,
        values={"priority": str(task.priority), "due": task.due, "to": request.args.get("to")},
        choices=_choices(session, act, task, actor),
        locale=actor.locale,
        timezone=actor.timezone,
        translate=translator(actor.locale),
        formdata=request.form if posted else None,
        today=now().date(),
    )


def _choices(session: Session, act: Act, task: Task, actor: Actor) -> dict[str, list[Choice]]:
    sources: dict[str, list[Choice]] = {}
    wanted = act.form.choice_sources
    if PEOPLE in wanted:
        but = task.assignee_id if act.verb in ("transfer", "delegate", "add-signer") else actor.id
        sources[PEOPLE] = [Choice(str(id_), name) for id_, name in colleagues(session, locale=actor.locale, but=but)]
    if STEPS in wanted:
        published = library.published(session, task.version_id)
        passed = sending_back.targets(session, task, by=actor)
        people = names_of(session, {target.done_by_id for target in passed}, actor.locale)
        sources[STEPS] = [
            Choice(
                target.node_id, published.name_of(target.node_id, actor.locale), people.get(target.done_by_id or 0, "")
            )
            for target in passed
            if target.reason is None
        ]
    return sources


def _page(session: Session, act: Act, task: Task, *, form: BoundForm | None = None, refusal: str = "") -> str:
    actor = current_actor()
    instance = session.get_one(ProcessInstance, task.instance_id)
    why_not = _why_not(session, act, task, actor)
    return render_template(
        "inbox/verb.html",
        act=act,
        task=show_tasks(session, [task], by=actor, now=now())[0],
        seen=task.version,
        form=form or _form(session, act, task, actor),
        why_not=why_not,
        refusal=refusal,
        place=_place(),
        later_signer=_later_signer() if act.verb == REMOVING else None,
        **(_where_back(session, instance, task, actor) if act.verb == "send-back" and why_not is None else {}),
    )


def _where_back(session: Session, instance: ProcessInstance, task: Task, actor: Actor) -> dict[str, Any]:
    """The diagram with the steps to which the task may go back, and in words why it may not go to the others."""
    draws_diagrams()
    published = library.published(session, instance.version_id)
    passed = sending_back.targets(session, task, by=actor)
    return {
        "story": story.tell(session, instance, published, by=actor, now=now()),
        "links": {
            target.node_id: url_for("verbs.ask", task_id=task.id, verb="send-back", to=target.node_id, **_place())
            for target in passed
            if target.reason is None
        },
        "badges": {target.node_id: _mark(target, actor) for target in passed},
        "closed": [
            (published.name_of(target.node_id, actor.locale), _reason(target, actor))
            for target in passed
            if target.reason
        ],
    }


def _mark(target: BackTo, actor: Actor) -> dict[str, str]:
    """The figure at a step of the diagram: may the task go there?"""
    if target.reason is not None:
        return {"text": "✕", "tone": "neutral", "title": _reason(target, actor)}
    chosen = request.args.get("to") == target.node_id
    return {"text": "✓" if chosen else "↩", "tone": "good" if chosen else "accent", "title": shown(CAN_GO_HERE)}


def _reason(target: BackTo, actor: Actor) -> str:
    return translate(target.reason, actor.locale)


def _said(refused: HeliuError, actor: Actor) -> str:
    """A refusal in one or more sentences."""
    if isinstance(refused, Invalid) and refused.faults:
        return " ".join(translate(fault.message, actor.locale) for fault in refused.faults)
    return translate(refused.message, actor.locale)


def _place() -> Mapping[str, Any]:
    return place_of(request.args)
