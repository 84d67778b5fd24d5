"""Pages: publishing a draft with its impact in view, comparing versions, and with which version new cases begin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.errors import Conflict, Fault, Invalid, NotFound
from crm.core.i18n import Text, text
from crm.web.doors import current_actor, database, now, reading_session, requires, writing
from crm.web.languages import shown
from crm.web.security import draws_diagrams
from workflows import library
from workflows.models import DefinitionVersion, ProcessDefinition
from workflows.operations import deploying, sharing
from workflows.showing import show_process
from workflows.studio.drafts import queries
from workflows.studio.drafts.frame import frame
from workflows.studio.findings import all_findings, in_words, words_of
from workflows.studio.publishing.gate import Examined, Standing, examine, weigh
from workflows.studio.publishing.looking import compare
from workflows.studio.publishing.operations import publish
from workflows.studio.publishing.sharing import shared_now
from workflows.studio.trying.replay import Outcome

blueprint = Blueprint("studio_publishing", __name__)

SHARES = (5, 10, 25, 50, 100)
TONES = {"moves": "good", "mapping": "warn", "stays": "bad"}


@blueprint.get("/studio/drafts/<int:draft_id>/publish")
@requires("processes", "administer")
def show(draft_id: int) -> ResponseReturnValue:
    """The differences from the version in force, and the form to publish. With `weigh=1` it also tries the scenarios and the
    running cases, which takes a while; the page fetches that by itself."""
    examined = _examined(draft_id) if request.args.get("weigh") == "1" else None
    return _page(draft_id, examined)


@blueprint.post("/studio/drafts/<int:draft_id>/publish")
@requires("processes", "administer")
def do_publish(draft_id: int) -> ResponseReturnValue:
    """Check, replay and publish; whatever stands in the way is told on the page, with what was entered."""
    examined = _examined(draft_id)
    given = request.form
    try:
        with writing() as session:
            version = publish(
                session,
                by=current_actor(),
                now=now(),
                draft_id=draft_id,
                seen=given.get("seen", -1, type=int),
                checked=examined.checked,
                replayed=examined.replayed,
                note=given.get("note", ""),
                exception=given.get("exception", ""),
                share=given.get("share", 0, type=int),
            )
            in_force = session.get_one(ProcessDefinition, version.process_key).active_version_id == version.id
            key, number = version.process_key, version.number
    except (Invalid, Conflict) as refused:
        return _page(draft_id, examined, refused), refused.status
    if in_force:
        message = text("Version {number} is published. New cases begin with it.", number=number)
    else:
        message = text("Version {number} is published. A share of the new cases begins with it.", number=number)
    flash(shown(message), "good")
    return redirect(url_for("definitions.definition", key=key, number=number))


@blueprint.get("/definitions/<key>/compare")
@requires("processes", "administer")
def show_comparison(key: str) -> ResponseReturnValue:
    """Two versions side by side: by number, the newest with the one before it where none is named."""
    draws_diagrams()
    actor = current_actor()
    with reading_session() as session:
        numbers = _numbers(session, key)
        wanted = request.args.get("to", type=int) or numbers[0]
        earlier = [number for number in numbers if number < wanted] or numbers[-1:]
        base = request.args.get("from", type=int) or earlier[0]
        versions = [library.published(session, library.version_of(session, key, n).id) for n in (base, wanted)]
        old, new = (each.definition.bundle for each in versions)
        offer = show_process(versions[1], actor)
    return render_template(
        "studio/compare.html",
        key=key,
        offer=offer,
        numbers=numbers,
        base=base,
        wanted=wanted,
        comparison=compare(old, new, locale=actor.locale),
    )


@blueprint.post("/definitions/<key>/share")
@requires("processes", "administer")
def share(key: str) -> ResponseReturnValue:
    """Which share of the new cases begins with a version; with 100 it comes into force."""
    given = request.form
    with writing() as session:
        version = sharing.set_share(
            session,
            by=current_actor(),
            now=now(),
            key=key,
            percent=given.get("percent", 0, type=int),
            reason=given.get("reason", ""),
            number=given.get("number", type=int),
            seen=given.get("seen", type=int),
        )
        in_force = session.get_one(ProcessDefinition, key).active_version_id == version.id
        number = version.number
    if in_force:
        flash(shown(text("New cases begin with version {number} from now on.", number=number)), "good")
    else:
        flash(shown(text("A share of the new cases begins with version {number} from now on.", number=number)), "good")
    return redirect(url_for("definitions.definition", key=key, number=number))


@blueprint.post("/definitions/<key>/roll-back")
@requires("processes", "administer")
def roll_back(key: str) -> ResponseReturnValue:
    """No new cases with the version that has a share; without one, the version before is in force again."""
    given = request.form
    with writing() as session:
        version = sharing.roll_back(
            session,
            by=current_actor(),
            now=now(),
            key=key,
            reason=given.get("reason", ""),
            seen=given.get("seen", type=int),
        )
        number = version.number
    flash(shown(text("Rolled back: all new cases begin with version {number}.", number=number)), "good")
    return redirect(url_for("definitions.definition", key=key, number=number))


def _problems(examined: Examined | None, words: Mapping[str, str]) -> list[Text]:
    """What keeps the draft from running, with the names of its elements as the reader knows them."""
    errors = examined.checked.errors if examined is not None else ()
    return [deploying.problem_text(in_words(each, words)) for each in errors]


def _examined(draft_id: int) -> Examined:
    return examine(database(), draft_id, by=current_actor(), now=now())


def _page(draft_id: int, examined: Examined | None, refused: Invalid | Conflict | None = None) -> str:
    draws_diagrams()
    actor = current_actor()
    standing: list[Standing] = []
    looked_at = running = 0
    with reading_session() as session:
        draft = queries.find_draft(session, draft_id, by=actor)
        bundle = queries.bundle_of(session, draft_id)
        values = frame(session, draft, tab="publish")
        process = session.get(ProcessDefinition, draft.process_key)
        active_id = process.active_version_id if process is not None else None
        in_force = library.published(session, active_id) if active_id is not None else None
        shared = shared_now(session, process) if process is not None else None
        if examined is not None and examined.definition is not None:
            found, standing = weigh(session, draft.process_key, examined.definition, now=now(), locale=actor.locale)
            looked_at, running = found.looked_at, found.all
        revision, roles = draft.revision, deploying.role_keys(session)
    found_here = all_findings(
        database(), bundle, roles=roles, locale=actor.locale, now=now(), key=values["draft"].process_key
    )
    old = in_force.definition.bundle if in_force is not None else None
    comparison = compare(old, bundle, locale=actor.locale)
    faults: list[Fault] = list(refused.faults) if isinstance(refused, Invalid) else []
    return render_template(
        "studio/publish.html",
        comparison=comparison,
        in_force=in_force.number if in_force is not None else None,
        shared=shared,
        shares=SHARES,
        examined=examined,
        problems=_problems(examined, words_of(bundle, actor.locale)),
        failed=_failed(examined, actor.locale),
        standing=standing,
        looked_at=looked_at,
        running=running,
        badges=_badges(standing, in_force.number if in_force is not None else None),
        tones=TONES,
        errors=sum(1 for each in found_here if each.severity == "error"),
        revision=revision,
        given=request.form,
        faults=faults,
        refusal=refused.message if refused is not None else "",
        **values,
    )


def _failed(examined: Examined | None, locale: str) -> list[dict[str, Any]]:
    """Scenarios that come out otherwise, each with what is different."""
    if examined is None or examined.definition is None:
        return []
    definition = examined.definition
    told: list[Outcome] = list(examined.replayed.failed)
    return [{"id": each.scenario_id, "name": each.name, "told": each.told(definition, locale)} for each in told]


def _badges(standing: list[Standing], number: int | None) -> dict[str, dict[str, str]]:
    """How many cases of the version in force stand at each element, in the colour of the worst that becomes of them."""
    rank = list(TONES)
    badges: dict[str, dict[str, str]] = {}
    for each in standing:
        if each.version != number:
            continue
        known = badges.get(each.node_id, {"text": "0", "tone": "good"})
        worse = max(rank.index(each.outlook), list(TONES.values()).index(known["tone"]))
        total = int(known["text"]) + each.number
        title = shown(text("Running cases here: {number}", number=total))
        badges[each.node_id] = {"text": str(total), "tone": TONES[rank[worse]], "title": title}
    return badges


def _numbers(session: Session, key: str) -> list[int]:
    """Numbers of all versions, the newest first."""
    wanted = select(DefinitionVersion.number).where(DefinitionVersion.process_key == key)
    numbers = list(session.scalars(wanted.order_by(DefinitionVersion.number.desc())))
    if not numbers:
        raise NotFound
    return numbers
