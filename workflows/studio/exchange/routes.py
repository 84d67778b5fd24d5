"""Pages: bundles and diagrams of other tools: import with a report, export."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Mapping
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
from workflows.studio.exchange.report import line_from, text_from
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
    with reading_session() as session:
        surroundings = around(session, chosen, request.form.get("key", ""))
    judged = judge(files, surroundings)
    if request.form.get("act") != "draft" or judged.imported.refused:
        return _report(files, judged, chosen), 422 if judged.imported.refused else 200
    if (message := fault_of_key(request.form.get("key", "").strip() or judged.imported.key or "")) is not None:
        return _report(files, judged, chosen, [Fault("key", message)]), 422
    try:
        with writing() as session:
            draft = operations.make_draft(
                session,
                by=current_actor(),
                now=now(),
                imported=judged.imported,
                replace=request.form.get("replace") == "yes",
            )
    except Invalid as refused:
        return _report(files, judged, chosen, refused.faults), 422
    flash(shown(text("The draft is made; what is left to do stands in the report.")), "good")
    return redirect(url_for("exchange.report", draft_id=draft.id))


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
        by = next(iter(names_of(session, {kept.imported_by_id}, actor.locale).values()), "")
    lines = [line_from(each) for each in kept.lines]
    xml, names = names_in(files)
    return render_template(
        "studio/report.html",
        draft=draft,
        name=draft.name,
        origin=text_from(kept.origin),
        imported_at=kept.imported_at,
        imported_by=by,
        **_told(lines, xml, names),
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
            return bundle_files.unpacked([("files.zip", base64.b64decode(packed, validate=True))])
        except (binascii.Error, ValueError):
            raise Invalid([Fault("files", text("The archive cannot be read."))]) from None
    files = bundle_files.unpacked([(upload.filename or "", upload.read()) for upload in request.files.getlist("files")])
    if not files:
        raise Invalid([Fault("files", text("Choose the files of a process, or a .zip of them."))])
    if len(files) > bundle_files.MOST_FILES or sum(len(raw) for raw in files.values()) > bundle_files.MOST_BYTES:
        message = text("The files are too many or too large: at most 200 files and 4 MB together.")
        raise Invalid([Fault("files", message)])
    return files


def _report(files: Mapping[str, bytes], judged: Judged, chosen: Mapping[str, str], faults: Any = ()) -> str:
    draws_diagrams()
    actor = current_actor()
    imported = judged.imported
    xml, names = names_in(imported.files)
    with reading_session() as session:
        roles = [(role.key, role.shown_name(actor.locale)) for role in session.scalars(select(Role).order_by(Role.id))]
    return render_template(
        "studio/report.html",
        draft=None,
        name=imported.name or shown(text("Import")),
        key=imported.key,
        origin=imported.origin,
        problems=[
            (names.get(each.element or "") or each.element or each.file, problem_text(each), each.is_error)
            for each in judged.problems
        ],
        can_be_published=judged.can_be_published,
        choices=imported.choices,
        roles=roles,
        faults=faults,
        must_replace=any(fault.field == "replace" for fault in faults),
        must_rename=any(fault.field == "key" for fault in faults),
        longest_key=LONGEST_KEY,
        packed=base64.b64encode(bundle_files.archive_of(files)).decode() if not imported.refused else "",
        **_told(imported.lines, xml, names),
    )


def _told(lines: Any, xml: str, names: Mapping[str, str]) -> dict[str, Any]:
    locale = current_actor().locale
    sums: list[tuple[Text, int, str]] = counted(lines)
    return {
        "lines": shown_lines(lines, names, locale),
        "more": max(0, len(lines) - MOST_SHOWN),
        "sums": sums,
        "xml": xml,
        "marks": badges(lines, locale),
    }
