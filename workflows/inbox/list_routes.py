"""Acts on the list of the inbox: several tasks at once, and the views that a person keeps."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.accounts.queries import colleagues
from crm.core.errors import Invalid
from crm.core.i18n import Text, text, translate
from crm.core.numbers import typed_key
from crm.web.doors import current_actor, now, reading_session, writing
from crm.web.languages import shown
from workflows.inbox.bulk import Outcome, Verb, do_in_bulk
from workflows.inbox.folders import Folder
from workflows.inbox.going_on import next_task
from workflows.inbox.places import place_of, read_filters, read_folder, read_sort
from workflows.inbox.queries import team_loads
from workflows.inbox.views import address_of, forget_view, keep_view, make_default
from workflows.models import Task

blueprint = Blueprint("inbox_list", __name__, url_prefix="/tasks")

DONE: dict[Verb, Text] = {
    Verb.CLAIM: text("{count} tasks are yours now."),
    Verb.RELEASE: text("{count} tasks are back with their groups."),
    Verb.TRANSFER: text("{count} tasks have been handed on."),
    Verb.COMPLETE: text("{count} tasks have been completed."),
    Verb.APPROVE: text("{count} tasks have been approved."),
}


@blueprint.post("/bulk")
def bulk() -> ResponseReturnValue:
    """One verb for the ticked tasks. Where all went well, back to the list; else a page says what became of each."""
    actor = current_actor()
    ids = [key for each in request.form.getlist("ids") if (key := typed_key(each)) is not None]
    chosen = request.form.get("verb", "")
    if chosen not in set(Verb) or not ids:
        flash(shown(text("Tick the tasks first, then choose what to do with them.")), "warn")
        return redirect(url_for("inbox.show", **place_of(request.args)))
    verb = Verb(chosen)
    to = typed_key(request.form.get("user_id", ""))
    if verb is Verb.TRANSFER and to is None:
        return _to_whom(ids)
    try:
        outcomes = do_in_bulk(verb, ids, by=actor, now=now(), user_id=to, note=request.form.get("note", ""))
    except Invalid as refused:
        flash(" ".join(translate(fault.message, actor.locale) for fault in refused.faults), "bad")
        return redirect(url_for("inbox.show", **place_of(request.args)))
    done = [outcome for outcome in outcomes if outcome.reason is None]
    said = text(DONE[verb].source, count=len(done))
    if len(done) == len(outcomes):
        flash(shown(said), "good")
        return redirect(url_for("inbox.show", **place_of(request.args), at=_following(ids[-1])))
    return _report(outcomes, said)


def _following(task_id: int) -> int | None:
    """The row after the last of those that were ticked."""
    with reading_session() as session:
        last = session.get(Task, task_id)
        return None if last is None else next_task(session, last, request.args, by=current_actor(), now=now())


def _to_whom(ids: list[int]) -> ResponseReturnValue:
    with reading_session() as session:
        team = team_loads(session, by=current_actor())
        known = {user_id for user_id, _, _ in team}
        others = [each for each in colleagues(session, locale=current_actor().locale) if each[0] not in known]
    return render_template("inbox/bulk_transfer.html", ids=ids, team=team, people=others, place=place_of(request.args))


def _report(outcomes: list[Outcome], said: Text) -> ResponseReturnValue:
    return render_template("inbox/outcomes.html", outcomes=outcomes, said=said, place=place_of(request.args))


@blueprint.post("/views")
def keep() -> ResponseReturnValue:
    """What the list shows now is kept as a view."""
    actor = current_actor()
    folder, sort = read_folder(request.args), read_sort(request.args)
    try:
        with writing() as session:
            view = keep_view(
                session,
                by=actor,
                name=request.form.get("name", ""),
                folder=folder,
                filters=read_filters(request.args),
                sort=sort,
                is_default="default" in request.form,
            )
            place = address_of(view)
    except Invalid as refused:
        flash(" ".join(translate(fault.message, actor.locale) for fault in refused.faults), "bad")
        return redirect(url_for("inbox.show", **place_of(request.args)))
    flash(shown(text("The view is kept.")), "good")
    return redirect(url_for("inbox.show", **place))


@blueprint.post("/views/<int:view_id>/default")
def choose(view_id: int) -> ResponseReturnValue:
    """The inbox opens with this view from now on."""
    with writing() as session:
        make_default(session, by=current_actor(), view_id=view_id)
    flash(shown(text("The inbox opens with this view.")), "good")
    return redirect(url_for("inbox.show", **place_of(request.args)))


@blueprint.post("/views/<int:view_id>/forget")
def forget(view_id: int) -> ResponseReturnValue:
    """The view is kept no longer."""
    with writing() as session:
        forget_view(session, by=current_actor(), view_id=view_id)
    flash(shown(text("The view has been deleted.")), "good")
    return redirect(url_for("inbox.show", folder=request.args.get("folder", Folder.MINE.value)))
