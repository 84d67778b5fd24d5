"""Pages: watching all cases, looking into one, and repairing it; each repair can be tried before it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.queries import department_names
from crm.core.errors import Denied, HeliuError, Invalid, NotFound
from crm.core.i18n import Text, text
from crm.core.keyset import fetch
from crm.core.numbers import typed_key
from crm.web.doors import current_actor, now, reading_session, requires, writing
from crm.web.languages import shown
from crm.web.lists import list_address
from crm.web.security import draws_diagrams
from workflows import library, queries
from workflows.instances import story
from workflows.models import Incident, ProcessInstance
from workflows.operate import acts, bulk
from workflows.operate.acts import ACTS, Act
from workflows.operate.filters import AGES, FILTERS, NEWEST, STATES, cases_query, not_understood, versions_of
from workflows.operate.rules import why_not_repair, why_not_resume, why_not_retry, why_not_suspend
from workflows.operate.shown import Place, Row, places, targets, waits, with_state
from workflows.operate.trying import Verdict, said_by, tried
from workflows.operate.values import KINDS
from workflows.showing import show_cases, show_tasks

blueprint = Blueprint("operate", __name__, url_prefix="/operate")
PAGE = 50


@blueprint.get("")
@requires("processes", "administer")
def index() -> ResponseReturnValue:
    """All cases, newest first, by process, version, state, element, age, people and variables."""
    actor, address = current_actor(), list_address(FILTERS, {"newest": NEWEST}, "newest")
    with reading_session() as session:
        query = cases_query(session, address.query, address.filters, now=now())
        page = fetch(session, query, NEWEST, place=address.place, limit=PAGE, backwards=address.backwards)
        rows = _rows(session, page.rows)
        names = _processes(session)
        key = address.filters.get("process", "")
        return render_template(
            "operate/index.html",
            address=address,
            rows=rows,
            pages=address.pages(page),
            processes=sorted(names.items(), key=lambda each: each[1]),
            versions=versions_of(session, key) if key else [],
            departments=department_names(session, actor.locale),
            node=_node_name(session, key, address.filters.get("node", "")),
            odd=not_understood(address.filters),
            states=STATES,
            ages=AGES,
            acts=bulk.Act,
        )


@blueprint.get("/cases/<int:instance_id>")
@requires("processes", "administer")
def show(instance_id: int) -> ResponseReturnValue:
    """A case to look into: where it stands, variables, timers, waits, incidents, path and history."""
    actor = current_actor()
    draws_diagrams()
    with reading_session() as session:
        instance = _found(session, instance_id)
        published = library.published(session, instance.version_id)
        return render_template(
            "operate/show.html",
            case=show_cases(session, [instance], by=actor)[0],
            instance=instance,
            story=story.tell(session, instance, published, by=actor, now=now()),
            tasks=show_tasks(session, queries.open_tasks(session, instance_id), by=actor, now=now()),
            places=places(session, instance, published, by=actor),
            waits=waits(session, instance_id),
            kinds=KINDS,
            why_not_repair=why_not_repair(instance, actor),
            why_not_suspend=why_not_suspend(instance, actor),
            why_not_resume=why_not_resume(instance, actor),
            why_not_retry=why_not_retry(instance, actor),
        )


@blueprint.get("/cases/<int:instance_id>/<act>")
@requires("processes", "administer")
def ask(instance_id: int, act: str) -> ResponseReturnValue:
    """The form of a repair: what it does, where to, and why."""
    return _act_page(instance_id, _act(act))


@blueprint.post("/cases/<int:instance_id>/<act>/check")
@requires("processes", "administer")
def check(instance_id: int, act: str) -> ResponseReturnValue:
    """Try the repair and tell what would come of it; nothing is kept."""
    chosen, actor = _act(act), current_actor()
    try:
        repair = acts.repair(chosen, instance_id, request.form, by=actor, now=now())
    except Invalid as refused:
        return _act_page(instance_id, chosen, verdict=Verdict(reason=said_by(refused)))
    return _act_page(instance_id, chosen, verdict=tried(repair))


@blueprint.post("/cases/<int:instance_id>/<act>")
@requires("processes", "administer")
def do(instance_id: int, act: str) -> ResponseReturnValue:
    """Repair the case; refused, the form says why."""
    chosen, actor = _act(act), current_actor()
    try:
        repair = acts.repair(chosen, instance_id, request.form, by=actor, now=now())
        with writing() as session:
            repair(session)
    except NotFound:
        raise
    except HeliuError as refused:
        verdict = Verdict(reason=said_by(refused))
        return _act_page(instance_id, chosen, verdict=verdict, failed=True), 422
    flash(shown(chosen.done), "good")
    return redirect(url_for("operate.show", instance_id=instance_id))


@blueprint.post("/bulk")
@requires("processes", "administer")
def in_bulk() -> ResponseReturnValue:
    """One repair for the ticked cases: first a page asks for the reason, then another says what became of each."""
    ids = [key for each in request.form.getlist("ids") if (key := typed_key(each)) is not None]
    chosen = request.form.get("act", "")
    if chosen not in set(bulk.Act) or not ids:
        flash(shown(text("Tick the cases first, then choose what to do with them.")), "warn")
        return redirect(url_for("operate.index"))
    act = bulk.Act(chosen)
    if "reason" not in request.form:
        return _bulk_page(act, ids)
    at, to = request.form.get("at", ""), request.form.get("to", "")
    try:
        outcomes = bulk.repair_in_bulk(
            act, ids, by=current_actor(), now=now(), reason=request.form["reason"], at=at, to=to
        )
    except Invalid as refused:
        return _bulk_page(act, ids, said_by(refused)), 422
    return render_template("operate/outcomes.html", outcomes=outcomes, title=acts.BULK_WORDS[act])


def _bulk_page(act: bulk.Act, ids: Sequence[int], reason: Text | str | None = None) -> str:
    with reading_session() as session:
        steps = _steps_of(session, ids) if act is bulk.Act.MOVE else []
    return render_template(
        "operate/bulk.html",
        act=act,
        title=acts.BULK_WORDS[act],
        icon=ACTS[act.value].icon,
        ids=ids,
        refusal=reason,
        steps=steps,
    )


def _steps_of(session: Session, ids: Sequence[int]) -> list[tuple[str, str]]:
    """The steps of the version of the first case, in the order in which the flow reaches them."""
    version_id = session.scalar(select(ProcessInstance.version_id).where(ProcessInstance.id.in_(ids)).limit(1))
    if version_id is None:
        return []
    published = library.published(session, version_id)
    locale = current_actor().locale
    return [(node_id, published.name_of(node_id, locale)) for node_id in story.user_steps(published.definition)]


def _act(name: str) -> Act:
    act = ACTS.get(name)
    if act is None:
        raise NotFound
    return act


def _act_page(instance_id: int, act: Act, *, verdict: Verdict | None = None, failed: bool = False) -> str:
    actor = current_actor()
    given: Mapping[str, Any] = request.form if request.method == "POST" else request.args
    token = typed_key(given.get("token", ""))
    with reading_session() as session:
        instance = _found(session, instance_id)
        published = library.published(session, instance.version_id)
        if reason := why_not_repair(instance, actor):
            raise Denied(reason)
        standing = places(session, instance, published, by=actor)
        place = next((each for each in standing if each.token == token), None)
        if act.asks == "value" and request.method == "GET":
            given = _as_it_is(standing, token, given)
        may_go = targets(instance, published, token, by=actor) if act.asks == "target" and token is not None else []
        names = {
            node: published.name_of(node, actor.locale)
            for node in (*verdict.done.opened, *verdict.done.withdrawn)
        } if verdict is not None and verdict.done is not None else {}  # fmt: skip
        return render_template(
            "operate/act.html",
            act=act,
            case=show_cases(session, [instance], by=actor)[0],
            place=place,
            places=standing,
            targets=may_go,
            kinds=KINDS,
            given=given,
            verdict=verdict,
            failed=failed,
            names=names,
        )


def _as_it_is(standing: Sequence[Place], token: int | None, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is asked for, with the present sort and value of a variable that is named; without the value where it cannot be
    typed as it is."""
    seen = (each for place in standing if token in (None, place.token) for each in place.variables)
    variable = next((each for each in seen if each.name == given.get("name")), None)
    if variable is None:
        return given
    value = variable.value if variable.whole else ""
    return {"token": given.get("token", ""), "name": variable.name, "kind": variable.kind, "value": value}


def _found(session: Session, instance_id: int) -> ProcessInstance:
    instance = with_state(session, instance_id)
    if instance is None:
        raise NotFound
    return instance


def _rows(session: Session, found: Sequence[ProcessInstance]) -> list[Row]:
    ids = [instance.id for instance in found]
    open_ones = select(Incident.instance_id).where(Incident.instance_id.in_(ids), Incident.resolved_at.is_(None))
    stopped = set(session.scalars(open_ones)) if ids else set()
    cases = show_cases(session, found, by=current_actor())
    return [Row(case, stopped=case.id in stopped) for case in cases]


def _processes(session: Session) -> dict[str, str]:
    """Every process by key, in the reader's language."""
    locale = current_actor().locale
    every = (*library.all_active(session), *library.out_of_force(session))
    return {each.key: each.translator(locale)(each.definition.name) or each.key for each in every}


def _node_name(session: Session, key: str, node_id: str) -> str:
    """What the element of the filter is called in the version in force; its id where that is unknown."""
    if not (key and node_id):
        return node_id
    try:
        return library.active(session, key).name_of(node_id, current_actor().locale)
    except HeliuError:
        return node_id
