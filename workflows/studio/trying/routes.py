"""Pages: a trial of a draft step by step, and the scenarios of a process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from crm.core.errors import Conflict, HeliuError, Invalid, NotFound, RuleBroken
from crm.core.i18n import text
from crm.core.numbers import typed_key
from crm.web.doors import current_actor, now, reading_session, requires, writing
from crm.web.languages import shown
from crm.web.security import draws_diagrams, takes_body
from workflows import library
from workflows.engine import BundleRefused
from workflows.library import Published
from workflows.operations.deploying import problem_text, role_keys
from workflows.registry import registry
from workflows.studio.drafts import queries as drafts
from workflows.studio.drafts.frame import frame
from workflows.studio.findings import findings
from workflows.studio.trying import operations
from workflows.studio.trying.dry_run import (
    Trial,
    go_on,
    look_at,
    open_scenario,
    read_script,
    suggested_answer,
    suggested_start,
)
from workflows.studio.trying.forms import start_form, task_form
from workflows.studio.trying.going_on import Basis, basis_of
from workflows.studio.trying.operations import SeenDraft
from workflows.studio.trying.replay import names, told
from workflows.studio.trying.script import to_json
from workflows.studio.trying.showing import acts_named, acts_shown, picture, values_shown
from workflows.studio.trying.writing import as_lines
from workflows.task_forms import Submission

blueprint = Blueprint("studio_trying", __name__)
LARGEST_TRIAL = 4_000_000
# After them the trial is shown again, so that nothing of it is lost.
REFUSALS = (Invalid, Conflict, RuleBroken, NotFound)


@blueprint.route("/studio/drafts/<int:draft_id>/try", methods=["GET", "POST"])
@requires("processes", "administer")
@takes_body(LARGEST_TRIAL)
def trial(draft_id: int) -> ResponseReturnValue:
    """Run the draft for trial: each post does one more act, from the beginning, and shows where the case stands. With `scenario`
    it goes on from one. Nothing of it is stored."""
    actor, at = current_actor(), now()

    def found(session: Session, published: Published, basis: Basis | None) -> Trial:
        if request.method == "POST":
            return go_on(session, published, request.form, by=actor, now=at, basis=basis)
        return Trial() if basis is None else open_scenario(session, published, basis, by=actor, now=at)

    return _trial_page(draft_id, found)


@blueprint.post("/studio/drafts/<int:draft_id>/try/state")
@requires("processes", "administer")
@takes_body(LARGEST_TRIAL)
def state(draft_id: int) -> ResponseReturnValue:
    """Which fields of the form are hidden, computed or offered with what was entered so far."""
    actor, at = current_actor(), now()
    with reading_session() as session:
        drafts.find_draft(session, draft_id, by=actor)
        published, _ = _drafted(session, draft_id, actor.locale)
        form = None
        if published is not None and not request.form.get("script"):
            form = start_form(session, published, by=actor, now=at, submission=Submission(formdata=request.form))
        elif published is not None:
            situation = operations.run(session, published.definition, read_script(request.form["script"]))
            token = request.form.get("token", type=int)
            standing = next((each for each in situation.tasks if each.task.token == token), None)
            if standing is not None:
                sent = Submission(formdata=request.form)
                form = task_form(session, published, standing.task, by=actor, now=at, submission=sent)
    return jsonify(form.state if form else {})


@blueprint.post("/studio/drafts/<int:draft_id>/try/keep")
@requires("processes", "administer")
@takes_body(LARGEST_TRIAL)
def keep(draft_id: int) -> ResponseReturnValue:
    """A trial becomes a scenario, a new one or the one from which it goes on: what came of it is expected from now on. Where that
    is refused, the trial is shown as it was, with the reason."""
    actor, given = current_actor(), request.form
    script = read_script(given.get("script", ""))
    with reading_session() as session:
        drafts.find_draft(session, draft_id, by=actor)
        published, _ = _drafted(session, draft_id, actor.locale)
    if published is None:
        raise RuleBroken(text("The draft has errors; correct them first."))
    common: dict[str, Any] = {
        "by": actor,
        "now": now(),
        "draft": SeenDraft(draft_id, given.get("revision", -1, type=int)),
        "definition": published.definition,
        "script": script,
    }
    try:
        with writing() as session:
            if given.get("do") == "replace":
                scenario_id, seen = typed_key(given.get("scenario", "")) or 0, given.get("seen", 0, type=int)
                reason = given.get("reason", "")
                scenario = operations.replace_course(
                    session, scenario_id=scenario_id, seen=seen, reason=reason, **common
                )
            else:
                name, about = given.get("name", ""), given.get("about", "")
                scenario = operations.keep_scenario(session, name=name, about=about, **common)
    except REFUSALS as refused:
        return _not_kept(draft_id, refused)
    flash(shown(text("The scenario is kept; it is replayed before each publishing.")), "good")
    return redirect(url_for("studio_scenarios.show", key=scenario.process_key, scenario_id=scenario.id))


def _not_kept(draft_id: int, refused: HeliuError) -> ResponseReturnValue:
    """The trial as it stands on the draft by now, and why it was not kept."""
    actor, at = current_actor(), now()

    def found(session: Session, published: Published, basis: Basis | None) -> Trial:
        again = look_at(session, published, read_script(request.form.get("script", "")), basis, by=actor, now=at)
        again.entered = request.form
        again.faults = {fault.field: fault.message for fault in refused.faults} if isinstance(refused, Invalid) else {}
        return again

    return _trial_page(draft_id, found, refused)


def _trial_page(
    draft_id: int,
    look: Callable[[Session, Published, Basis | None], Trial],
    refused: HeliuError | None = None,
) -> ResponseReturnValue:
    draws_diagrams()
    actor = current_actor()
    with reading_session() as session:
        draft = drafts.find_draft(session, draft_id, by=actor)
        page = frame(session, draft, tab="try")
        published, faults = _drafted(session, draft_id, actor.locale)
        if published is None:
            return render_template("studio/try.html", faulty=faults, **page)
        basis = _basis(session, draft.process_key)
        found = look(session, published, basis)
        view = _view(session, published, found, draft_id)
    status = refused.status if refused is not None else 422 if found.refused else 200
    refusal = refused.message if refused is not None else None
    return render_template("studio/try.html", **view, refusal=refusal, **page), status


def _basis(session: Session, key: str) -> Basis | None:
    """The scenario from which the trial goes on. One that was deleted meanwhile does not end a trial that is under way."""
    scenario_id = typed_key(request.values.get("scenario", ""))
    if scenario_id is None:
        return None
    try:
        return basis_of(session, key, scenario_id, by=current_actor())
    except NotFound:
        if request.method == "POST":
            return None
        raise


def _drafted(session: Session, draft_id: int, locale: str) -> tuple[Published | None, list[str]]:
    """The draft ready to run, or what keeps it from running."""
    bundle = drafts.bundle_of(session, draft_id)
    found = findings(bundle, roles=role_keys(session), locale=locale)
    errors = [finding.message for finding in found if finding.severity == "error"]
    if errors:
        return None, errors
    try:
        return library.drafted(bundle), []
    except BundleRefused as refused:
        return None, [problem_text(problem).in_language(locale) for problem in refused.problems]


def _view(session: Session, published: Published, found: Trial, draft_id: int) -> dict[str, Any]:
    actor = current_actor()
    definition = published.definition
    script, situation = found.script, found.situation
    values: dict[str, Any] = {
        "faults": found.faults,
        "entered": found.entered,
        "form": found.form,
        "picture": picture(published, actor.locale, situation),
        "situation": situation,
        "basis": found.basis,
        "key": definition.key,
        "script": "",
        "name_of": lambda node: published.name_of(node, actor.locale),
        "situation_ends": [published.name_of(node, actor.locale) for node in situation.ends(definition)]
        if situation
        else [],
    }
    if script is None or situation is None:
        form = found.form or start_form(session, published, by=actor, now=now())
        begins = [(each.node_id, published.name_of(each.node_id, actor.locale), each.kind)
                  for each in definition.beginnings.values()]  # fmt: skip
        by_record = published.key in registry().openings
        suggestion = suggested_start(session, definition.key) if form is None else ""
        return {**values, "form": form, "begins": begins, "by_record": by_record, "suggested_start": suggestion}
    asks = situation.asks
    basis, chosen = found.basis, found.chosen
    name_of = names(definition, actor.locale, {})
    values["stopped"] = told(situation.stop.message, name_of) if situation.stop is not None else None
    if basis is not None:
        left, next_act = basis.left(script.acts), basis.next_on(definition, script.acts)
        answered = basis.act_at(script.acts, chosen.task.node_id) if chosen is not None else None
        values |= {
            "why": told(found.why, name_of) if found.why is not None else None,
            "left": acts_named(published, actor.locale, left, basis.script.expect),
            "goes_on": found.why is None and next_act is not None and situation.waits_for(next_act),
            "known_answers": as_lines(answered.values or {}) if answered is not None else "",
        }
    return {
        **values,
        "script": orjson.dumps(to_json(script)).decode(),
        "acts": acts_shown(published, actor.locale, script, situation),
        "chosen": chosen,
        "variables": values_shown(chosen.task.data if chosen is not None else situation.data),
        "asked": values_shown(asks.parameters) if asks is not None else [],
        "suggested_answer": suggested_answer(session, definition.key, asks.node_id) if asks is not None else "",
    }
