"""Pages: the decision tables of a draft, and the editor of one, in which rows are tried out and gaps and overlaps are found."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.core.errors import NotFound
from crm.web.doors import current_actor, now, reading_session, requires
from crm.web.languages import current_locale, shown
from crm.web.security import draws_with_styles, takes_body
from workflows import library
from workflows.engine import Bundle
from workflows.operations.deploying import problem_text
from workflows.studio.drafts import queries
from workflows.studio.drafts.frame import frame
from workflows.studio.forms.steps import words_of
from workflows.studio.tables.analysis import analyse
from workflows.studio.tables.listing import tables_of
from workflows.studio.tables.trying import Tried, columns_of, read_table, try_row
from workflows.studio.tables.words import WORDS

blueprint = Blueprint("studio_tables", __name__, url_prefix="/studio/drafts/<int:draft_id>")


@blueprint.get("/tables")
@requires("processes", "administer")
def index(draft_id: int) -> ResponseReturnValue:
    """The decision tables of a draft and the steps that ask them."""
    with reading_session() as session:
        draft = queries.find_draft(session, draft_id, by=current_actor())
        listed = tables_of(queries.bundle_of(session, draft_id), current_locale())
        page = frame(session, draft, tab="tables")
    return render_template("studio/tables.html", tables=listed, **page)


@blueprint.get("/tables/<name>")
@requires("processes", "administer")
def show(draft_id: int, name: str) -> ResponseReturnValue:
    """The editor of a file of decision tables."""
    draws_with_styles()
    with reading_session() as session:
        draft = queries.find_draft(session, draft_id, by=current_actor())
        bundle = queries.bundle_of(session, draft_id)
        _check_name(bundle, name)
        page = frame(session, draft, tab="tables", file=name)
    content = page["facts"]["content"].encode()
    editor = {
        "locale": current_locale(),
        "words": {key: shown(sentence) for key, sentence in WORDS.items()},
        "urls": {
            "try": url_for("studio_tables.try_out", draft_id=draft_id, name=name),
            "analysis": url_for("studio_tables.analysis", draft_id=draft_id, name=name),
        },
    }
    tried = _form(bundle, name, content, wanted="", given=None)
    checked = _analysis(bundle, name, content, tried["decision"].id if tried["decision"] else "")
    return render_template("studio/table.html", **{**page, **checked, **tried, "editor": editor, "name": name})


@blueprint.post("/tables/<name>/try")
@requires("processes", "administer")
@takes_body(library.LARGEST_UPLOAD, words=library.LARGEST_UPLOAD)
def try_out(draft_id: int, name: str) -> ResponseReturnValue:
    """The decision `_decision` of the text `_text`, taken with the values `in-0`, `in-1` … (HTML); with `_ask` only the form."""
    bundle = _bundle(draft_id, name)
    content = request.form.get("_text", "").encode()
    columns = [request.form.get(f"in-{number}", "") for number in range(len(request.form))]
    given = None if request.form.get("_ask") else columns
    drawn = _form(bundle, name, content, wanted=request.form.get("_decision", ""), given=given)
    return render_template("studio/_table_try.html", **{**drawn, "entered": columns})


@blueprint.post("/tables/<name>/analysis")
@requires("processes", "administer")
@takes_body(library.LARGEST_UPLOAD, words=library.LARGEST_UPLOAD)
def analysis(draft_id: int, name: str) -> ResponseReturnValue:
    """Gaps and overlaps of the decision `_decision` of the text `_text` (HTML)."""
    bundle = _bundle(draft_id, name)
    content = request.form.get("_text", "").encode()
    drawn = _analysis(bundle, name, content, request.form.get("_decision", ""))
    return render_template("studio/_table_analysis.html", **drawn)


def _bundle(draft_id: int, name: str) -> Bundle:
    with reading_session() as session:
        queries.find_draft(session, draft_id, by=current_actor())
        bundle = queries.bundle_of(session, draft_id)
    _check_name(bundle, name)
    return bundle


def _check_name(bundle: Bundle, name: str) -> None:
    if name not in bundle.dmn:
        raise NotFound


def _form(bundle: Bundle, name: str, content: bytes, *, wanted: str, given: list[str] | None) -> dict[str, Any]:
    read = read_table(bundle, name, content)
    decision = next((each for each in read.decisions if each.id == wanted), next(iter(read.decisions), None))
    columns = columns_of(decision, content) if decision is not None else []
    tried: Tried | None = None
    if decision is not None and given is not None and not read.problems:
        tried = try_row(decision, columns, given, now=now())
    return {
        "decisions": read.decisions,
        "decision": decision,
        "columns": columns,
        "entered": given or [],
        "tried": tried,
        "problems": [shown(problem_text(problem)) for problem in read.problems],
        "speak": words_of(bundle, current_locale()),
    }


def _analysis(bundle: Bundle, name: str, content: bytes, wanted: str) -> dict[str, Any]:
    read = read_table(bundle, name, content)
    decision = next((each for each in read.decisions if each.id == wanted), next(iter(read.decisions), None))
    whole = decision is not None and not read.problems
    return {
        "analysis": analyse(decision) if decision is not None and whole else None,
        "analysed": decision,
        "speak": words_of(bundle, current_locale()),
    }
