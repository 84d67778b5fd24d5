"""Pages: plan a move of running cases, follow a run, stop it and take it back."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.accounts.queries import names_of
from crm.core.errors import Invalid
from crm.core.i18n import text
from crm.core.numbers import typed_key
from crm.web.doors import current_actor, now, reading_session, requires, writing
from crm.web.languages import shown
from crm.web.security import draws_diagrams
from workflows import library
from workflows.instances import story
from workflows.library import LARGEST_NUMBER
from workflows.migrating import operations, queries
from workflows.migrating.judging import Outlook
from workflows.migrating.keeping import sentences_of
from workflows.migrating.models import CaseStatus
from workflows.migrating.operations import MOST_MAPPED, Chosen, Plan
from workflows.migrating.planning import Spot, sketch

blueprint = Blueprint("migrations", __name__)

PAGE = 50
MOST_IN_FILE = 100_000
MAPPED = "map."
LONGEST_ID = 200
OUTLOOKS = {
    Outlook.MOVES: (text("Moves by itself"), "good"),
    Outlook.MAPPING: (text("Needs another step"), "warn"),
    Outlook.STAYS: (text("Stays"), "bad"),
}
STATUSES = {
    CaseStatus.WAITING: (text("Waits for its turn"), "neutral"),
    CaseStatus.MOVED: (text("Moved"), "good"),
    CaseStatus.REFUSED: (text("Stays in its version"), "bad"),
    CaseStatus.UNDONE: (text("Moved back"), "info"),
    CaseStatus.KEPT: (text("Stays in the new version"), "warn"),
}


@blueprint.get("/definitions/<key>/move")
@requires("processes", "administer")
def plan(key: str) -> ResponseReturnValue:
    """What would become of the running cases; `from` and `to` are numbers of versions, `at` steps where they stand, `case` one
    case alone."""
    return _plan_page(key)


@blueprint.post("/definitions/<key>/move/check")
@requires("processes", "administer")
def check(key: str) -> ResponseReturnValue:
    """The same with the steps that were chosen for those that are gone. Nothing is changed."""
    return _plan_page(key)


@blueprint.post("/definitions/<key>/move/begin")
@requires("processes", "administer")
def begin(key: str) -> ResponseReturnValue:
    """Move the cases: one at once, several by the clock."""
    origin, case_id = _number("from"), typed_key(request.values.get("case", ""))
    wanted = Plan(
        _number("to") or 0,
        request.form.get("reason", ""),
        _mapping(),
        Chosen(() if origin is None else (origin,), _steps()),
    )
    try:
        with writing() as session:
            if case_id is not None:
                run, _ = operations.move_case(session, by=current_actor(), now=now(), instance_id=case_id, plan=wanted)
            else:
                run = operations.begin(session, by=current_actor(), now=now(), key=key, plan=wanted)
    except Invalid as refused:
        return _plan_page(key, refused), 422
    return redirect(url_for("migrations.show", run_id=run.id))


@blueprint.get("/migrations/<int:run_id>")
@requires("processes", "administer")
def show(run_id: int) -> ResponseReturnValue:
    """How far a run has come, and what became of each case."""
    page = max(request.args.get("page", 1, type=int), 1)
    actor = current_actor()
    with reading_session() as session:
        progress = queries.progress_of(session, run_id, by=actor)
        results = queries.results_of(session, run_id, first=min((page - 1) * PAGE, MOST_IN_FILE), limit=PAGE + 1)
        people = names_of(session, {progress.run.started_by_id}, actor.locale)
        steps = queries.steps_of(session, progress.run, actor.locale)
        new = library.published(session, progress.run.to_version_id)
    return render_template(
        "moving/run.html",
        progress=progress,
        statuses=STATUSES,
        results=[(each, sentences_of(each.case.reasons)) for each in results[:PAGE]],
        page=page,
        more=len(results) > PAGE,
        steps=steps,
        process=new.translator(actor.locale)(new.definition.name),
        who=people.get(progress.run.started_by_id or 0),
    )


@blueprint.get("/migrations/<int:run_id>/progress")
@requires("processes", "administer")
def progress(run_id: int) -> ResponseReturnValue:
    """The bar alone, asked for again while the run is under way. When it has ended, the page is read anew."""
    with reading_session() as session:
        found = queries.progress_of(session, run_id, by=current_actor())
    answer = Response(render_template("moving/_progress.html", progress=found, statuses=STATUSES))
    if not found.is_under_way:
        answer.headers["HX-Refresh"] = "true"
    return answer


@blueprint.get("/migrations/<int:run_id>/results.csv")
@requires("processes", "administer")
def results(run_id: int) -> ResponseReturnValue:
    """What became of each case, as a table for other programs."""
    actor = current_actor()
    with reading_session() as session:
        queries.progress_of(session, run_id, by=actor)
        found = queries.results_of(session, run_id, limit=MOST_IN_FILE)
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(
        shown(each) for each in (text("Case"), text("Title"), text("From version"), text("Result"), text("Why"))
    )
    for each in found:
        why = " ".join(shown(sentence) for sentence in sentences_of(each.case.reasons))
        words = [each.title, str(each.came_from), shown(STATUSES[CaseStatus(each.case.status)][0]), why]
        rows.writerow([each.case.instance_id, *(_plain(word) for word in words)])
    answer = Response("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="moved-cases-{run_id}.csv"'
    return answer


@blueprint.post("/migrations/<int:run_id>/stop")
@requires("processes", "administer")
def stop(run_id: int) -> ResponseReturnValue:
    with writing() as session:
        operations.stop(session, by=current_actor(), now=now(), run_id=run_id)
    flash(shown(text("No further case moves. Those that have moved stay where they are.")), "good")
    return redirect(url_for("migrations.show", run_id=run_id))


@blueprint.post("/migrations/<int:run_id>/undo")
@requires("processes", "administer")
def undo(run_id: int) -> ResponseReturnValue:
    with writing() as session:
        operations.undo(session, by=current_actor(), now=now(), run_id=run_id)
    flash(shown(text("The cases with which nobody has gone on move back.")), "good")
    return redirect(url_for("migrations.show", run_id=run_id))


def _plan_page(key: str, refused: Invalid | None = None) -> str:
    draws_diagrams()
    actor = current_actor()
    origin, case_id = _number("from"), typed_key(request.values.get("case", ""))
    with reading_session() as session:
        found = sketch(
            session,
            key,
            to=_number("to"),
            origin=origin,
            nodes=_steps(),
            instance_id=case_id,
            mapping=_mapping(),
            now=now(),
            locale=actor.locale,
        )
        runs = queries.runs_of(session, key, by=actor)
    drawn = found.drawn
    return render_template(
        "moving/plan.html",
        key=key,
        sketch=found,
        origin=origin,
        case_id=case_id,
        outlooks=OUTLOOKS,
        reason=request.form.get("reason", ""),
        faults=refused.faults if refused else (),
        runs=runs,
        xml=drawn.definition.bundle.bpmn[1].decode() if drawn else "",
        labels=story.labels(drawn, actor.locale) if drawn else {},
        badges=_badges(found.spots),
    )


def _badges(spots: Sequence[Spot]) -> dict[str, dict[str, str]]:
    """For each step its number of cases, in the tone of the worst outlook."""
    found: dict[str, dict[str, str]] = {}
    numbers: dict[str, int] = {}
    ranks = list(OUTLOOKS)
    worst: dict[str, int] = {}
    for spot in spots:
        numbers[spot.node_id] = numbers.get(spot.node_id, 0) + spot.number
        worst[spot.node_id] = max(worst.get(spot.node_id, 0), ranks.index(spot.outlook))
    for node_id, number in numbers.items():
        words, tone = OUTLOOKS[ranks[worst[node_id]]]
        found[node_id] = {"text": str(number), "tone": tone, "title": shown(words)}
    return found


def _mapping() -> dict[str, str]:
    given = request.form.items() if request.method == "POST" else ()
    chosen = {name[len(MAPPED) :]: value for name, value in given if name.startswith(MAPPED) and value}
    return dict(list(chosen.items())[: MOST_MAPPED + 1])


def _steps() -> list[str]:
    """The steps at which cases must stand to be meant; none: at any."""
    given = dict.fromkeys(step for step in request.values.getlist("at") if 0 < len(step) <= LONGEST_ID)
    return list(given)[:MOST_MAPPED]


def _number(name: str) -> int | None:
    """The number of a version out of the address or the form; None where none is given."""
    given = request.values.get(name, type=int)
    return given if given is not None and 0 < given <= LARGEST_NUMBER else None


def _plain(word: str) -> str:
    """A cell that no table program takes for a formula."""
    return "'" + word if word.lstrip().startswith(("=", "+", "-", "@", "\t", "\r")) else word
