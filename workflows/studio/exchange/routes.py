"""Pages: bundles and diagrams of other tools: import with a report, export."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from crm.accounts.models import Role
from crm.accounts.queries import names_of
from crm.core.errors import Fault, Invalid, NotFound
from crm.core.i18n import Text, text
from crm.web.doors import current_actor, now, reading_session, requires, writing
from crm.web.languages import shown
from crm.web.security import draws_diagrams, takes_body
from workflows import bundle_files
from workflows.operations.deploying import problem_text
from workflows.studio.drafts import queries
from workflows.studio.drafts.rules import LONGEST_KEY, fault_of_key
from workflows.studio.exchange import operations
from workflows.studio.exchange.models import ImportReport
from workflows.studio.exchange.reading import Judged, around, judge
from workflows.studio.exchange.report import Line, line_from, text_from
from workflows.studio.exchange.showing import MOST_SHOWN, badges, counted, names_in, shown_lines

blueprint = Blueprint("exchange", __name__, url_prefix="/studio")

# The files come along with the report, packed and as text, so that nothing is stored before somebody says so.
LARGEST_PACKED = 2 * bundle_files.MOST_BYTES


@blueprint.route("/import", methods=["GET", "POST"])
@requires("processes", "administer")
@takes_body(bundle_files.LARGEST_UPLOAD + LARGEST_PACKED, words=LARGEST_PACKED)
def take() -> ResponseReturnValue:
    """Upload files of any tool and see the report; nothing is stored until a draft is made of it."""
    if request.method == "GET":
        return render_template("studio/import.html", faults=[])
    try:
        files = _uploaded()
    except Invalid as refused:
        return render_template("studio/import.html", faults=refused.faults), 422
    groups, roles = request.form.getlist("group"), request.form.getlist("role")
    chosen = {group: role for group, role in zip(groups, roles, strict=False) if role}
    diagrams, keys = request.form.getlist("diagram"), [key.strip() for key in request.form.getlist("key")]
    with reading_session() as session:
        wanted = dict(zip(diagrams, keys, strict=False))
        surroundings = around(session, chosen, keys[0] if keys and not diagrams else "", wanted)
    judged = judge(files, surroundings)
    together = judged.together
    if request.form.get("act") != "draft" or together.refused:
        return _report(files, judged), 422 if together.refused else 200
    for said in [*filter(None, keys), *(imported.key or "" for imported in together.processes)]:
        if (message := fault_of_key(said)) is not None:
            return _report(files, judged, [Fault("key", message)]), 422
    try:
        with writing() as session:
            replace = request.form.get("replace") == "yes"
            made = operations.make_drafts(session, by=current_actor(), now=now(), together=together, replace=replace)
    except Invalid as refused:
        return _report(files, judged, refused.faults), 422
    flash(shown(text("The draft is made; what is left to do stands in the report.")), "good")
    if len(made) > 1:
        order = ", ".join(draft.process_key for draft in made)
        flash(shown(text("{number} drafts are made. Publish them in this order: {order}.", number=len(made), order=order)), "good")  # fmt: skip
    return redirect(url_for("exchange.report", draft_id=made[0].id))


@blueprint.get("/drafts/<int:draft_id>/report")
@requires("processes", "administer")
def report(draft_id: int) -> ResponseReturnValue:
    """What the import told of the files of a draft, on its diagram as it is now."""
    draws_diagrams()
    actor = current_actor()
    with reading_session() as session:
        draft = queries.find_draft(session, draft_id, by=actor)
        kept = session.get(ImportReport, draft_id)
        if kept is None:
            raise NotFound(text("This draft was not imported."))
        files = queries.bundle_of(session, draft_id).files
        lines = [line_from(each) for each in kept.lines]
        beside = {
            key: found.id
            for key in dict.fromkeys(line.after for line in lines if line.of_file and line.after)
            if (found := queries.draft_of(session, key)) is not None
        }
        by = next(iter(names_of(session, {kept.imported_by_id}, actor.locale).values()), "")
    part = _part(draft.name, text_from(kept.origin), files, [line for line in lines if not line.of_file])
    return render_template(
        "studio/report.html",
        draft=draft,
        name=draft.name,
        imported_at=kept.imported_at,
        imported_by=by,
        parts=[part],
        sums=counted([line for line in lines if not line.of_file]),
        files=shown_lines([line for line in lines if line.of_file and line.file], {}, actor.locale),
        because=[line.what for line in lines if line.of_file and not line.file],
        drafts=beside,
    )


@blueprint.get("/drafts/<int:draft_id>/bundle.zip")
@requires("processes", "administer")
def bundle(draft_id: int) -> ResponseReturnValue:
    """The files of a draft as a zip archive, byte for byte."""
    with reading_session() as session:
        draft = queries.find_draft(session, draft_id, by=current_actor())
        content = bundle_files.archive_of(queries.bundle_of(session, draft_id).files)
        name = f"{draft.process_key}.zip"
    return send_file(io.BytesIO(content), mimetype="application/zip", as_attachment=True, download_name=name)


def _uploaded() -> dict[str, bytes]:
    """The files that were chosen now, or those that came along with the report. Raises Invalid."""
    packed = request.form.get("packed", "")
    if packed:
        try:
            return bundle_files.opened([("files.zip", base64.b64decode(packed, validate=True))])
        except (binascii.Error, ValueError):
            raise Invalid(
                [Fault("files", text("The archive cannot be read; pack the files anew as .zip, without a password."))]
            ) from None
    files = bundle_files.opened([(upload.filename or "", upload.read()) for upload in request.files.getlist("files")])
    if not files:
        raise Invalid([Fault("files", text("Choose the files of a process, or a .zip of them."))])
    return files


def _report(files: Mapping[str, bytes], judged: Judged, faults: Sequence[Fault] = ()) -> str:
    draws_diagrams()
    actor = current_actor()
    together = judged.together
    with reading_session() as session:
        roles = [(role.key, role.shown_name(actor.locale)) for role in session.scalars(select(Role).order_by(Role.id))]
    parts = []
    for number, imported in enumerate(together.processes):
        part = _part(imported.name, imported.origin, imported.files, imported.lines)
        names = part["names"]
        part |= {
            "key": imported.key,
            "path": imported.path,
            "can_be_published": judged.can_be_published(number),
            "problems": [
                (names.get(each.element or "") or each.element or each.file, problem_text(each), each.is_error)
                for each in judged.problems[number]
            ],
        }
        parts.append(part)
    first = together.processes[0].name if len(parts) == 1 else ""
    return render_template(
        "studio/report.html",
        draft=None,
        name=first or shown(text("Import")),
        parts=parts,
        sums=counted([line for imported in together.processes for line in imported.lines]),
        files=shown_lines(together.files, {}, actor.locale),
        because=together.because,
        drafts={},
        choices=together.choices,
        roles=roles,
        faults=faults,
        must_replace=any(fault.field == "replace" for fault in faults),
        must_rename=any(fault.field == "key" for fault in faults),
        longest_key=LONGEST_KEY,
        packed=base64.b64encode(bundle_files.archive_of(files)).decode() if not together.refused else "",
    )


def _part(name: str, origin: Text, files: Mapping[str, bytes], lines: Sequence[Line]) -> dict[str, Any]:
    """One process of a report: its diagram with marks, and its lines."""
    locale = current_actor().locale
    xml, names = names_in(files)
    return {
        "name": name,
        "origin": origin,
        "xml": xml,
        "names": names,
        "lines": shown_lines(lines, names, locale),
        "more": max(0, len(lines) - MOST_SHOWN),
        "marks": badges(lines, locale),
    }
