"""Diagrams and cases on paper: SVG to be looked at or put into a document, PDF to be printed and kept."""

from __future__ import annotations

import io

from flask import Blueprint, Response, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from crm.accounts.queries import names_of
from crm.core.errors import NotFound
from crm.core.i18n import text
from crm.web.doors import current_actor, ground, now, reading_session, requires
from crm.web.languages import shown, shown_datetime
from workflows.papers.case import case_paper
from workflows.papers.lettering import embedded_letters, named_letters
from workflows.papers.pages import pdf_of
from workflows.papers.paper import Paper
from workflows.papers.process import process_paper
from workflows.papers.svg import svg_of

blueprint = Blueprint("papers", __name__)
KINDS = ("svg", "pdf")


@blueprint.get("/definitions/<key>/versions/<int:number>/diagram.<kind>")
@requires("processes", "administer")
def process(key: str, number: int, kind: str) -> ResponseReturnValue:
    """The diagram of a version."""
    _check_kind(kind)
    with reading_session() as session:
        paper = process_paper(session, key, number, by=current_actor(), said=_printed(session))
    return _handed_out(paper, kind)


@blueprint.get("/cases/<int:instance_id>/diagram.<kind>")
def case(instance_id: int, kind: str) -> ResponseReturnValue:
    """A case with its path; in PDF with its steps, timers, incidents and history as well."""
    _check_kind(kind)
    with reading_session() as session:
        paper = case_paper(
            session, instance_id, by=current_actor(), now=now(), moment=shown_datetime, said=_printed(session)
        )
    return _handed_out(paper, kind)


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise NotFound


def _printed(session: Session) -> str:
    """When this paper was made, and by whom: who reads it later should know how old it is."""
    actor = current_actor()
    person = names_of(session, {actor.id}, actor.locale).get(actor.id or 0, actor.name)
    return shown(text("Heliu CRM · printed on {moment} by {person}", moment=shown_datetime(now()), person=person))


def _handed_out(paper: Paper, kind: str) -> Response:
    """Written when the database is free again. A picture is shown at once, a PDF goes to the reader's own program."""
    if kind == "svg":
        content, mimetype = svg_of(paper), "image/svg+xml"
    else:
        font = ground().config.pdf_font
        content, mimetype = pdf_of(paper, embedded_letters(font) if font else named_letters()), "application/pdf"
    name = f"{paper.name}.{kind}"
    answer = send_file(
        io.BytesIO(content), mimetype=mimetype, as_attachment=kind == "pdf", download_name=name, etag=False
    )
    # In place of the library's own word: papers must not stay behind on a shared computer.
    answer.headers["Cache-Control"] = "no-store"
    return answer
