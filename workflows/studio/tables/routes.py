"""Pages: the decision tables of a draft, and the editor of one, in which rows are tried out and gaps and overlaps are found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

import feel
from crm.core.errors import NotFound
from crm.web.doors import current_actor, now, reading_session, requires
from crm.web.languages import current_locale, shown
from crm.web.security import draws_with_styles, takes_body
from workflows import bundle_files
from workflows.engine import Bundle
from workflows.engine.decision_model import Decision
from workflows.operations.deploying import problem_text
from workflows.studio.drafts import queries
from workflows.studio.drafts.frame import frame
from workflows.studio.drafts.models import ProcessDraft
from workflows.studio.spoken import catalogued, own_texts, words_of
from workflows.studio.tables.analysis import analyse
from workflows.studio.tables.cases import Asked, asked_lately, fill, is_as_then
from workflows.studio.tables.listing import tables_of
from workflows.studio.tables.naming import names_in
from workflows.studio.tables.trying import Column, Read, columns_of, read_table, try_row
from workflows.studio.tables.words import TYPES

blueprint = Blueprint("studio_tables", __name__, url_prefix="/studio/drafts/<int:draft_id>")


@dataclass(frozen=True)
class _Open:
    """A file of tables as it stands in the editor, and the decision that is looked at: the wanted one, else the first."""

    draft: ProcessDraft
    bundle: Bundle
    content: bytes
    read: Read
    decision: Decision | None
    columns: list[Column]

    @property
    def readable(self) -> Decision | None:
        """The decision, where the whole file can be read."""
        return None if self.read.problems else self.decision


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
        opened = _open(session, draft_id, name)
        page = frame(session, opened.draft, tab="tables", file=name)
        cases = _cases(session, opened)
    editor = {
        "locale": current_locale(),
        "texts": own_texts(opened.bundle),
        "urls": {
            "try": url_for("studio_tables.try_out", draft_id=draft_id, name=name),
            "analysis": url_for("studio_tables.analysis", draft_id=draft_id, name=name),
        },
    }
    values = {**page, **_form(opened, cases), **_analysed(opened), "editor": editor, "name": name}
    return render_template("studio/table.html", **values)


@blueprint.post("/tables/<name>/try")
@requires("processes", "administer")
@takes_body(bundle_files.LARGEST_UPLOAD, words=bundle_files.LARGEST_UPLOAD)
def try_out(draft_id: int, name: str) -> ResponseReturnValue:
    """The decision `_decision` of the text `_text`, taken with the values `in-0`, `in-1` … (HTML); with `_ask` only the form.

    `_case` is a case whose answer is shown beside; with `_fill` its values are taken.
    """
    sent = request.form
    entered = [sent.get(f"in-{number}", "") for number in range(len(sent))]
    filled = None
    with reading_session() as session:
        opened = _open(session, draft_id, name, sent.get("_text", ""), sent.get("_decision", ""))
        cases = _cases(session, opened)
        case = next((each for each in cases if str(each.case_id) == sent.get("_case")), None)
        if case is not None and opened.decision is not None and sent.get("_fill"):
            filled = fill(session, case, opened.decision.id, opened.columns)
            entered = filled.entered
    values = {**_form(opened, cases), "entered": entered, "case": case, "filled": filled}
    if opened.readable is not None and not sent.get("_ask"):
        tried = try_row(opened.readable, opened.columns, entered, now=now())
        values |= {"tried": tried, "as_then": case is not None and is_as_then(case, tried)}
    return render_template("studio/_table_try.html", **values)


@blueprint.post("/tables/<name>/analysis")
@requires("processes", "administer")
@takes_body(bundle_files.LARGEST_UPLOAD, words=bundle_files.LARGEST_UPLOAD)
def analysis(draft_id: int, name: str) -> ResponseReturnValue:
    """Gaps and overlaps of the decision `_decision` of the text `_text` (HTML)."""
    with reading_session() as session:
        opened = _open(session, draft_id, name, request.form.get("_text", ""), request.form.get("_decision", ""))
    return render_template("studio/_table_analysis.html", **_analysed(opened))


def _open(session: Session, draft_id: int, name: str, text: str | None = None, wanted: str = "") -> _Open:
    """The text of the editor in place of what the draft has under this name; without one, what the draft has."""
    draft = queries.find_draft(session, draft_id, by=current_actor())
    bundle = queries.bundle_of(session, draft_id)
    if name not in bundle.dmn:
        raise NotFound
    content = bundle.dmn[name] if text is None else text.encode()
    read = read_table(bundle, name, content)
    decision = next((each for each in read.decisions if each.id == wanted), next(iter(read.decisions), None))
    return _Open(draft, bundle, content, read, decision, columns_of(decision, content) if decision is not None else [])


def _cases(session: Session, opened: _Open) -> list[Asked]:
    """Cases with values for a table; of a formula no values are kept."""
    if opened.decision is None or opened.decision.table is None:
        return []
    return asked_lately(session, opened.draft.process_key, opened.decision.id, by=current_actor())


def _form(opened: _Open, cases: list[Asked]) -> dict[str, Any]:
    return {
        "decisions": opened.read.decisions,
        "decision": opened.decision,
        "columns": opened.columns,
        "types": {name: shown(sentence) for name, sentence in TYPES.items()},
        "cases": cases,
        "case": None,
        "filled": None,
        "entered": [],
        "tried": None,
        "told": feel.format_value,
        "problems": [shown(problem_text(problem)) for problem in opened.read.problems],
        "speak": words_of(opened.bundle, current_locale()),
        "known": catalogued(names_in(opened.content), current_locale()),
    }


def _analysed(opened: _Open) -> dict[str, Any]:
    return {
        "analysis": analyse(opened.readable) if opened.readable is not None else None,
        "analysed": opened.decision,
        "speak": words_of(opened.bundle, current_locale()),
    }
