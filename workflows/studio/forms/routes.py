"""Pages: the forms of a draft, the editor of one with its preview, and what a step leaves of its form."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from crm.core.errors import Invalid
from crm.core.i18n import text
from crm.web.doors import current_actor, now, reading_session, requires, writing
from crm.web.languages import current_locale, shown
from crm.web.security import draws_with_styles, takes_body
from workflows import bundle_files
from workflows.choices import called, choice_names
from workflows.engine.bundle import FORM_SUFFIX
from workflows.studio.drafts import queries
from workflows.studio.drafts.frame import frame
from workflows.studio.forms import files
from workflows.studio.forms.preview import Preview, preview
from workflows.studio.forms.rights import field_rights, set_rights
from workflows.studio.forms.steps import forms_of, node_of, step_named, steps_of
from workflows.studio.forms.words import WORDS
from workflows.studio.spoken import words_of

blueprint = Blueprint("studio_forms", __name__, url_prefix="/studio/drafts/<int:draft_id>")


@blueprint.get("/forms")
@requires("processes", "administer")
def index(draft_id: int) -> ResponseReturnValue:
    """The forms of a draft and the steps that ask them; with `step` one is about to be made for it."""
    return _index(draft_id, {"step": request.args.get("step", "")}, {})


@blueprint.post("/forms")
@requires("processes", "administer")
def make(draft_id: int) -> ResponseReturnValue:
    """One more form, for a step where one is named; it is opened at once."""
    given = {name: request.form.get(name, "") for name in ("key", "title", "step")}
    try:
        with writing() as session:
            key = files.make_form(session, by=current_actor(), now=now(), draft_id=draft_id, **given)
    except Invalid as refused:
        return _index(draft_id, given, {fault.field: shown(fault.message) for fault in refused.faults}), 422
    return redirect(url_for("studio_forms.show", draft_id=draft_id, key=key))


@blueprint.post("/forms/<key>/remove")
@requires("processes", "administer")
def remove(draft_id: int, key: str) -> ResponseReturnValue:
    seen = request.form.get("seen", 0, type=int)
    with writing() as session:
        files.remove_form(session, by=current_actor(), now=now(), draft_id=draft_id, key=key, seen=seen)
    flash(shown(text("The form was removed from the draft.")), "info")
    return redirect(url_for("studio_forms.index", draft_id=draft_id))


@blueprint.get("/forms/<key>")
@requires("processes", "administer")
def show(draft_id: int, key: str) -> ResponseReturnValue:
    """The editor of a form."""
    draws_with_styles()
    locale = current_locale()
    with reading_session() as session:
        draft = queries.find_draft(session, draft_id, by=current_actor())
        file = queries.file_of(session, draft_id, key + FORM_SUFFIX).name
        page = frame(session, draft, tab="forms", file=file)
        bundle = queries.bundle_of(session, draft_id)
        steps = steps_of(bundle, key, locale)
    editor: dict[str, Any] = {
        "locale": locale,
        "words": {name: shown(sentence) for name, sentence in WORDS.items()},
        "lists": sorted(([name, shown(called(name))] for name in choice_names()), key=lambda each: each[1]),
        "urls": {"preview": url_for("studio_forms.draw", draft_id=draft_id, key=key)},
    }
    return render_template("studio/form.html", editor=editor, key=key, steps=steps, **page)


@blueprint.post("/forms/<key>/preview")
@requires("processes", "administer")
@takes_body(bundle_files.LARGEST_UPLOAD, words=bundle_files.LARGEST_UPLOAD)
def draw(draft_id: int, key: str) -> ResponseReturnValue:
    """The form as staff will see it (HTML). `_schema` is its text as it stands in the editor, `_step` the step whose rights
    hold; with `_act=check` what was entered is checked, with `_act=fill` it is kept."""
    act = request.form.get("_act", "")
    drawn = _preview(draft_id, request.form if act else None)
    if drawn.form is not None and act == "check":
        drawn.form.validate()
    state_url = url_for("studio_forms.state", draft_id=draft_id, key=key)
    checked = act == "check" and drawn.form is not None and not drawn.form.faults and not drawn.form.notice
    return render_template("studio/preview.html", drawn=drawn, state_url=state_url, checked=checked)


@blueprint.post("/forms/<key>/preview/state")
@requires("processes", "administer")
@takes_body(bundle_files.LARGEST_UPLOAD, words=bundle_files.LARGEST_UPLOAD)
def state(draft_id: int, key: str) -> ResponseReturnValue:
    """Which fields of the preview are hidden, computed or offered with what was entered so far."""
    form = _preview(draft_id, request.form).form
    return jsonify(form.state if form is not None else {})


@blueprint.route("/rights/<element>", methods=["GET", "POST"])
@requires("processes", "administer")
def rights(draft_id: int, element: str) -> ResponseReturnValue:
    """Which fields a step hides, only shows, or lets be edited."""
    actor, locale = current_actor(), current_locale()
    if request.method == "POST":
        chosen = {
            name.removeprefix("right:"): value for name, value in request.form.items() if name.startswith("right:")
        }
        with writing() as session:
            set_rights(
                session,
                by=actor,
                now=now(),
                draft_id=draft_id,
                element=element,
                rights=chosen,
                seen=request.form.get("seen", 0, type=int),
            )
        flash(shown(text("The field rights are kept in the draft.")), "good")
        return redirect(url_for("studio_forms.rights", draft_id=draft_id, element=element))
    with reading_session() as session:
        draft = queries.find_draft(session, draft_id, by=actor)
        bundle = queries.bundle_of(session, draft_id)
        node = node_of(bundle, element)
        fields = field_rights(bundle, element, locale)
        revision = queries.file_of(session, draft_id, bundle.bpmn[0]).revision
        page = frame(session, draft, tab="forms")
    step = words_of(bundle, locale)(node.name) or node.id
    return render_template(
        "studio/rights.html", fields=fields, node=node, step=step, revision=revision, form_key=node.form_key, **page
    )


def _index(draft_id: int, given: dict[str, str], faults: dict[str, str]) -> str:
    with reading_session() as session:
        draft = queries.find_draft(session, draft_id, by=current_actor())
        bundle = queries.bundle_of(session, draft_id)
        listed = forms_of(bundle, current_locale())
        step = step_named(bundle, given["step"], current_locale())
        if "key" not in given and step is not None:
            given = {**given, "key": files.free_key(bundle), "title": step.name}
        revisions = {file.name: file.revision for file in queries.files_of(session, draft_id)}
        page = frame(session, draft, tab="forms")
    return render_template(
        "studio/forms.html",
        forms=listed,
        step=step,
        revisions=revisions,
        given=given,
        faults=faults,
        longest_key=files.LONGEST_KEY,
        **page,
    )


def _preview(draft_id: int, entered: MultiDict[str, Any] | None) -> Preview:
    actor = current_actor()
    with reading_session() as session:
        queries.find_draft(session, draft_id, by=actor)
        return preview(
            session,
            queries.bundle_of(session, draft_id),
            request.form.get("_schema", ""),
            by=actor,
            now=now(),
            element=request.form.get("_step", ""),
            entered=entered,
        )
