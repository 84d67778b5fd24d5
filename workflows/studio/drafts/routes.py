"""Pages: all processes as an administrator works at them, a new process, and what is done with a draft as a whole."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.accounts.queries import role_names
from crm.core.errors import Invalid
from crm.core.i18n import text
from crm.web.doors import current_actor, now, reading_session, requires, writing
from crm.web.languages import current_locale, shown
from workflows.engine.bundle import TEXTS_NAME
from workflows.studio.drafts import operations, queries
from workflows.studio.drafts.first import MOST_LANES
from workflows.studio.drafts.frame import frame
from workflows.studio.drafts.listing import stopped_cases, studio_rows
from workflows.studio.drafts.rules import LONGEST_KEY
from workflows.studio.drafts.texts import rows_of

blueprint = Blueprint("studio", __name__, url_prefix="/studio")


@blueprint.get("")
@requires("processes", "administer")
def index() -> ResponseReturnValue:
    """Every process: the version in force, running cases, open incidents, and its draft."""
    with reading_session() as session:
        rows, stopped = studio_rows(session, by=current_actor()), stopped_cases(session)
    return render_template("studio/index.html", rows=rows, stopped=stopped)


@blueprint.route("/new", methods=["GET", "POST"])
@requires("processes", "administer")
def new() -> ResponseReturnValue:
    """A process from nothing: its key and name; the diagram is drawn next."""
    if request.method == "GET":
        return _new({})
    roles = list(filter(None, request.form.getlist("lanes")))
    try:
        with writing() as session:
            draft = operations.new_draft(
                session,
                by=current_actor(),
                now=now(),
                key=request.form.get("key", ""),
                name=request.form.get("name", ""),
                roles=roles,
            )
    except Invalid as refused:
        return _new({fault.field: shown(fault.message) for fault in refused.faults}), 422
    return redirect(url_for("studio.show", draft_id=draft.id))


def _new(faults: dict[str, str]) -> str:
    """The page on which a process from nothing is named, with what was entered and what of it was refused."""
    with reading_session() as session:
        roles = sorted(role_names(session, current_locale()).items(), key=lambda role: role[1])
    return render_template(
        "studio/new.html",
        given={name: request.form.get(name, "") for name in ("key", "name")},
        lanes=request.form.getlist("lanes")[:MOST_LANES],
        roles=roles,
        most_lanes=MOST_LANES,
        faults=faults,
        longest_key=LONGEST_KEY,
    )


@blueprint.post("/drafts")
@requires("processes", "administer")
def open_draft() -> ResponseReturnValue:
    """Open the draft of a process; where there is none, it is made from a version."""
    number = request.form.get("number", type=int)
    with writing() as session:
        draft = operations.open_draft(
            session, by=current_actor(), now=now(), key=request.form.get("key", ""), number=number
        )
    return redirect(url_for("studio.show", draft_id=draft.id))


@blueprint.get("/drafts/<int:draft_id>")
@requires("processes", "administer")
def show(draft_id: int) -> ResponseReturnValue:
    """A draft opens with its diagram."""
    with reading_session() as session:
        queries.find_draft(session, draft_id, by=current_actor())
    return redirect(f"{request.path}/diagram")


@blueprint.get("/drafts/<int:draft_id>/texts")
@requires("processes", "administer")
def texts(draft_id: int) -> ResponseReturnValue:
    """Every text that people read of the process, in each language."""
    only_missing = request.args.get("missing") == "1"
    with reading_session() as session:
        draft = queries.find_draft(session, draft_id, by=current_actor())
        rows, readable = rows_of(queries.bundle_of(session, draft_id))
        values = frame(session, draft, tab="texts", file=TEXTS_NAME, may_be_new=True)
    missing = sum(len(row.missing) for row in rows)
    listed = [row for row in rows if row.missing] if only_missing else rows
    return render_template(
        "studio/texts.html", rows=listed, readable=readable, missing=missing, only_missing=only_missing, **values
    )


@blueprint.post("/drafts/<int:draft_id>/discard")
@requires("processes", "administer")
def discard(draft_id: int) -> ResponseReturnValue:
    with writing() as session:
        operations.discard_draft(session, by=current_actor(), now=now(), draft_id=draft_id)
    flash(shown(text("The draft was discarded; the versions that were published stay.")), "info")
    return redirect(url_for("studio.index"))


@blueprint.post("/drafts/<int:draft_id>/rebase")
@requires("processes", "administer")
def rebase(draft_id: int) -> ResponseReturnValue:
    """Take over what was published meanwhile, but for files that both sides have changed: those are named."""
    with writing() as session:
        done = operations.rebase(session, by=current_actor(), now=now(), draft_id=draft_id)
    if done.kept:
        names = ", ".join(done.kept)
        flash(shown(text("Changed on both sides and kept as in the draft; compare them: {names}", names=names)), "warn")
    else:
        flash(shown(text("The draft stands on the version in force now.")), "good")
    return redirect(url_for("studio.show", draft_id=draft_id))
