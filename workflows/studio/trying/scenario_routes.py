"""Pages: the scenarios of a process, replayed against a draft or a version, and a finished case that becomes one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.queries import names_of
from crm.core.errors import Fault, Invalid
from crm.core.i18n import text
from crm.web.doors import current_actor, now, reading_session, requires, writing
from crm.web.languages import shown
from crm.web.security import draws_diagrams, takes_body
from workflows import library
from workflows.engine import BundleRefused
from workflows.library import Published
from workflows.models import DefinitionVersion, ProcessInstance
from workflows.queries import find_instance
from workflows.studio.drafts.queries import bundle_of, draft_of
from workflows.studio.trying import operations
from workflows.studio.trying.models import Scenario
from workflows.studio.trying.recording import from_case
from workflows.studio.trying.replay import Outcome, replay, replay_all
from workflows.studio.trying.script import Script, from_json
from workflows.studio.trying.showing import acts_shown, picture, values_shown
from workflows.studio.trying.writing import as_lines, read_context

blueprint = Blueprint("studio_scenarios", __name__)
LARGEST_SCENARIO = 4_000_000
DRAFT = "draft"


@dataclass(frozen=True)
class Against:
    """What scenarios are replayed against: the draft (its id then), or a version; and what else may be chosen."""

    published: Published | None
    chosen: str
    choices: list[tuple[str, str]]
    draft_id: int | None = None


@blueprint.get("/studio/processes/<key>/scenarios")
@requires("processes", "administer")
def index(key: str) -> ResponseReturnValue:
    """The scenarios of a process, each with what it says against the draft or a version."""
    actor = current_actor()
    with reading_session() as session:
        found = operations.scenarios_of(session, key, by=actor)
        draft = draft_of(session, key)
        against = _against(session, key)
        outcomes: Mapping[int, Outcome] = {}
        if against.published is not None:
            replayed = replay_all(session, key, against.published.definition, now=now())
            outcomes = {outcome.scenario_id: outcome for outcome in replayed.results}
        rows = [_row(scenario, outcomes.get(scenario.id), against, actor.locale) for scenario in found]
    failed = sum(1 for row in rows if row["differences"])
    return render_template(
        "studio/scenarios.html",
        key=key,
        rows=rows,
        against=against,
        failed=failed,
        draft=draft,
        title=_title(against, key),
    )


@blueprint.get("/studio/processes/<key>/scenarios/<int:scenario_id>")
@requires("processes", "administer")
def show(key: str, scenario_id: int) -> ResponseReturnValue:
    """One scenario: its course, what is expected, and what comes of it against the draft or a version."""
    draws_diagrams()
    actor = current_actor()
    with reading_session() as session:
        scenario = operations.find_scenario(session, key, scenario_id, by=actor)
        return _scenario_page(session, scenario, from_json(scenario.content), {})


@blueprint.post("/studio/processes/<key>/scenarios/<int:scenario_id>")
@requires("processes", "administer")
@takes_body(LARGEST_SCENARIO)
def change(key: str, scenario_id: int) -> ResponseReturnValue:
    """Other values or words; or, with a reason, what comes of it now is expected from now on."""
    draws_diagrams()
    actor = current_actor()
    with reading_session() as session:
        scenario = operations.find_scenario(session, key, scenario_id, by=actor)
        against = _against(session, key)
    script = from_json(scenario.content)
    given: dict[str, Any] = {"by": actor, "now": now(), "key": key, "scenario_id": scenario_id,
                             "seen": request.form.get("seen", 0, type=int)}  # fmt: skip
    try:
        script = _with_values(script)
        with writing() as session:
            if request.form.get("do") == "accept" and against.published is not None:
                reason, definition = request.form.get("reason", ""), against.published.definition
                operations.accept_outcome(session, **given, definition=definition, script=script, reason=reason)
            else:
                words: dict[str, Any] = {"name": request.form.get("name", ""), "about": request.form.get("about", "")}
                operations.change_scenario(session, **given, **words, script=script)
    except Invalid as refused:
        faults = {fault.field: shown(fault.message) for fault in refused.faults}
        with reading_session() as session:
            return _scenario_page(session, scenario, script, faults), 422
    flash(shown(text("The scenario is saved.")), "good")
    return redirect(url_for("studio_scenarios.show", key=key, scenario_id=scenario_id, against=against.chosen))


@blueprint.post("/studio/processes/<key>/scenarios/<int:scenario_id>/delete")
@requires("processes", "administer")
def delete(key: str, scenario_id: int) -> ResponseReturnValue:
    with writing() as session:
        operations.delete_scenario(session, by=current_actor(), now=now(), key=key, scenario_id=scenario_id)
    flash(shown(text("The scenario is deleted.")), "info")
    return redirect(url_for("studio_scenarios.index", key=key))


@blueprint.route("/cases/<int:instance_id>/scenario", methods=["GET", "POST"])
@requires("processes", "administer")
@takes_body(LARGEST_SCENARIO)
def record(instance_id: int) -> ResponseReturnValue:
    """A finished case as a scenario: its values are shown, and may be changed before they are kept."""
    draws_diagrams()
    actor = current_actor()
    faults: dict[str, str] = {}
    with reading_session() as session:
        instance: ProcessInstance = find_instance(session, instance_id, by=actor)
        recording = from_case(session, instance)
        published = library.published(session, instance.version_id)
    script = recording.script
    if request.method == "POST":
        try:
            script = _with_values(script)
            with writing() as session:
                scenario = operations.keep_scenario(
                    session,
                    by=actor,
                    now=now(),
                    definition=recording.definition,
                    name=request.form.get("name", ""),
                    about=request.form.get("about", ""),
                    script=script,
                    recorded_from_id=instance_id,
                )
            flash(shown(text("The scenario is kept; it is replayed before each publishing.")), "good")
            return redirect(url_for("studio_scenarios.show", key=scenario.process_key, scenario_id=scenario.id))
        except Invalid as refused:
            faults = {fault.field: shown(fault.message) for fault in refused.faults}
    with reading_session() as session:
        situation = operations.run(session, published.definition, script)
    page = render_template(
        "studio/record_case.html",
        case=instance,
        guessed=[published.name_of(node, actor.locale) for node in recording.guessed],
        same=situation.path == recording.path,
        course=_course(published, script),
        name=request.form.get("name", instance.title),
        about=request.form.get("about", ""),
        faults=faults,
        picture=picture(published, actor.locale, situation),
        title=published.translator(actor.locale)(published.definition.name),
    )
    return page, 422 if faults else 200


def _against(session: Session, key: str) -> Against:
    """What the address asks for: the draft where there is one, else the version in force."""
    numbers = session.scalars(
        select(DefinitionVersion.number)
        .where(DefinitionVersion.process_key == key)
        .order_by(DefinitionVersion.number.desc())
    ).all()
    draft = draft_of(session, key)
    choices = [(DRAFT, shown(text("Draft")))] if draft is not None else []
    choices += [(str(number), shown(text("Version {number}", number=number))) for number in numbers[:50]]
    wanted = request.args.get("against", "")
    chosen = wanted if wanted in dict(choices) else choices[0][0] if choices else ""
    published = None
    if chosen == DRAFT and draft is not None:
        try:
            published = library.drafted(bundle_of(session, draft.id))
        except BundleRefused:
            published = None
    elif chosen:
        published = library.published(session, library.version_of(session, key, int(chosen)).id)
    return Against(published, chosen, choices, draft.id if draft is not None and chosen == DRAFT else None)


def _title(against: Against, key: str) -> str:
    if against.published is None:
        return key
    return against.published.translator(current_actor().locale)(against.published.definition.name) or key


def _row(scenario: Scenario, outcome: Outcome | None, against: Against, locale: str) -> dict[str, Any]:
    told = outcome.told(against.published.definition, locale) if outcome and against.published else []
    return {
        "id": scenario.id,
        "name": scenario.name,
        "about": scenario.about,
        "recorded_from_id": scenario.recorded_from_id,
        "updated_at": scenario.updated_at,
        "replayed": outcome is not None,
        "differences": told,
    }


def _scenario_page(session: Session, scenario: Scenario, script: Script, faults: Mapping[str, str]) -> str:
    actor = current_actor()
    against = _against(session, scenario.process_key)
    values: dict[str, Any] = {"told": [], "picture": None, "acts": [], "data": [], "course": None}
    if against.published is not None:
        (outcome,) = replay([scenario], against.published.definition, now=now()).results
        situation = outcome.situation
        marks = [each.element for each in outcome.differences if each.element]
        values = {
            "told": outcome.told(against.published.definition, actor.locale),
            "picture": picture(against.published, actor.locale, situation, marks),
            "acts": acts_shown(against.published, actor.locale, script, situation) if situation is not None else [],
            "course": _course(against.published, script),
            "finished": situation is not None and operations.why_unfinished(situation) is None,
        }
    expected = script.expect
    return render_template(
        "studio/scenario.html",
        scenario=scenario,
        key=scenario.process_key,
        against=against,
        faults=faults,
        title=_title(against, scenario.process_key),
        expected=values_shown(expected.data) if expected is not None else [],
        by=names_of(session, [scenario.updated_by_id], actor.locale).get(scenario.updated_by_id or 0),
        entered=request.form,
        **values,
    )


def _course(published: Published, script: Script) -> dict[str, Any]:
    """The values of a script as they are typed: what it begins with, each act's, and what operations answer."""
    locale = current_actor().locale
    return {
        "start": request.form.get("start", as_lines(script.start)),
        "acts": [
            {
                "number": number,
                "name": published.name_of(act.name, locale),
                "lines": request.form.get(
                    f"act-{number}", as_lines(act.values if isinstance(act.values, dict) else {})
                ),
            }
            for number, act in enumerate(script.acts)
            if act.values
        ],
        "operations": [
            {
                "field": f"result-{node}-{number}",
                "name": published.name_of(node, locale),
                "lines": request.form.get(f"result-{node}-{number}", as_lines(result)),
            }
            for node, results in script.operations.items()
            for number, result in enumerate(results)
            if result
        ],
    }


def _with_values(script: Script) -> Script:
    """The script with the values that the page sent. Raises Invalid naming every field."""
    faults: list[Fault] = []

    def typed(field: str, otherwise: Any) -> Any:
        if field not in request.form:
            return otherwise
        try:
            return read_context(request.form[field], field)
        except Invalid as wrong:
            faults.extend(wrong.faults)
            return otherwise

    start = typed("start", script.start)
    acts = tuple(replace(act, values=typed(f"act-{number}", act.values)) for number, act in enumerate(script.acts))
    results = {
        node: tuple(typed(f"result-{node}-{number}", result) for number, result in enumerate(given))
        for node, given in script.operations.items()
    }
    if faults:
        raise Invalid(faults)
    return replace(script, start=start, acts=acts, operations=results)
