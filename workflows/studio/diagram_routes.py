"""The page of the diagram editor. What it edits is a file of the draft, saved by the script of the frame; see `drafts`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.errors import Fault, Invalid
from crm.core.i18n import Text
from crm.web.doors import current_actor, reading_session, requires
from crm.web.languages import current_locale, shown
from crm.web.security import draws_diagrams, takes_body
from feel.library.registry import LIBRARY
from workflows import bundle_files
from workflows.engine import BundleRefused
from workflows.models import DefinitionVersion
from workflows.operations.deploying import problem_text
from workflows.papers.layout import lay_out
from workflows.studio.diagram_words import HAPPENED, SIMULATION, TYPES, WORDS
from workflows.studio.drafts import queries
from workflows.studio.drafts.bodies import read_body
from workflows.studio.drafts.frame import frame
from workflows.studio.drafts.models import ProcessDraft
from workflows.studio.drafts.texts import drawn_texts
from workflows.studio.spoken import catalogued, own_texts

blueprint = Blueprint("studio_diagram", __name__, url_prefix="/studio/drafts/<int:draft_id>")


@blueprint.get("/diagram")
@requires("processes", "administer")
def show(draft_id: int) -> ResponseReturnValue:
    """The diagram of a draft, to be changed."""
    draws_diagrams()
    with reading_session() as session:
        draft = queries.find_draft(session, draft_id, by=current_actor())
        bundle = queries.bundle_of(session, draft_id)
        page = frame(session, draft, tab="diagram", file=bundle.bpmn[0])
        known = catalogued((source for source, _ in drawn_texts(bundle)), current_locale())
        editor = {**_editor(session, draft), "texts": own_texts(bundle), "known": known}
    return render_template("studio/diagram.html", editor=editor, **page)


@blueprint.post("/diagram/layout")
@requires("processes", "administer")
@takes_body(bundle_files.LARGEST_UPLOAD)
def layout(draft_id: int) -> ResponseReturnValue:
    """The diagram that is sent, with a picture; for files that say what happens but not where it is drawn."""
    body = read_body(text=str)
    with reading_session() as session:
        queries.find_draft(session, draft_id, by=current_actor())
    try:
        drawn = lay_out(body["text"].encode()).decode()
    except BundleRefused as refused:
        raise Invalid([Fault("text", problem_text(problem)) for problem in refused.problems]) from refused
    return jsonify(text=drawn)


def _editor(session: Session, draft: ProcessDraft) -> dict[str, Any]:
    """What the script of the editor wants to know besides the draft: words, functions of FEEL, and where links lead."""
    wanted = select(DefinitionVersion.number).where(DefinitionVersion.id == draft.base_version_id)
    number = session.scalar(wanted) if draft.base_version_id is not None else None
    base = url_for("studio.show", draft_id=draft.id)
    who = url_for("assignees.show", key=draft.process_key, number=number) if number is not None else ""
    return {
        "locale": current_locale(),
        "words": {words: shown(Text(words)) for words in (*WORDS, *TYPES, *SIMULATION, *HAPPENED)},
        "simulation": SIMULATION,
        "functions": sorted(name for name in LIBRARY if name[0].isalpha()),
        "urls": {
            "draft": base,
            "pages": ["forms", "rights", "tables"],
            "assignees": who,
            "layout": url_for("studio_diagram.layout", draft_id=draft.id),
        },
    }
