"""Pages: a trial of a draft step by step, and the scenarios of a process."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from crm.core.errors import RuleBroken
from crm.core.i18n import text
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
    read_script,
    start_form,
    suggested_answer,
    suggested_start,
    task_form,
)
from workflows.studio.trying.script import to_json
from workflows.studio.trying.showing import acts_shown, picture, values_shown

blueprint = Blueprint("studio_trying", __name__)
LARGEST_TRIAL = 4_000_000


@blueprint.route("/studio/drafts/<int:draft_id>/try", methods=["GET", "POST"])
@requires("processes", "administer")
@takes_body(LARGEST_TRIAL)
def trial(draft_id: int) -> ResponseReturnValue:
    """Run the draft for trial: each post does one more act, from the beginning, and shows where the case stands. Nothing of it
    is stored."""
    draws_diagrams()
    actor, at = current_actor(), now()
    with reading_session() as session:
        draft = drafts.find_draft(session, draft_id, by=actor)
        page = frame(session, draft, tab="try")
        published, faults = _drafted(session, draft_id, actor.locale)
        if published is None:
            return render_template("studio/try.html", faulty=faults, **page)
        posted = request.method == "POST"
        found = go_on(session, published, request.form, by=actor, now=at) if posted else Trial()
        status = 422 if found.faults or (found.form is not None and found.form.faults) else 200
        return render_template("studio/try.html", **_view(session, published, found, draft_id), **page), status


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
            form = start_form(session, published, by=actor, now=at, sent=request.form)
        elif published is not None:
            situation = operations.run(session, published.definition, read_script(request.form["script"]))
            token = request.form.get("token", type=int)
            standing = next((each for each in situation.tasks if each.task.token == token), None)
            if standing is not None:
                form = task_form(session, published, standing, by=actor, now=at, sent=request.form)
    return jsonify(form.state if form else {})


@blueprint.post("/studio/drafts/<int:draft_id>/try/keep")
@requires("processes", "administer")
@takes_body(LARGEST_TRIAL)
def keep(draft_id: int) -> ResponseReturnValue:
    """A trial becomes a scenario: what came of it is expected from now on."""
    actor = current_actor()
    script = read_script(request.form.get("script", ""))
    with reading_session() as session:
        drafts.find_draft(session, draft_id, by=actor)
        published, _ = _drafted(session, draft_id, actor.locale)
    if published is None:
        raise RuleBroken(text("The draft has errors; correct them first."))
    with writing() as session:
        scenario = operations.keep_scenario(
            session,
            by=actor,
            now=now(),
            definition=published.definition,
            name=request.form.get("name", ""),
            about=request.form.get("about", ""),
            script=script,
        )
    flash(shown(text("The scenario is kept; it is replayed before each publishing.")), "good")
    return redirect(url_for("studio_scenarios.show", key=scenario.process_key, scenario_id=scenario.id))


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
    return {
        **values,
        "script": orjson.dumps(to_json(script)).decode(),
        "acts": acts_shown(published, actor.locale, script, situation),
        "chosen": found.chosen,
        "variables": values_shown(found.chosen.task.data if found.chosen is not None else situation.data),
        "asked": values_shown(asks.parameters) if asks is not None else [],
        "suggested_answer": suggested_answer(session, definition.key, asks.node_id) if asks is not None else "",
    }
