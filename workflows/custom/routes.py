"""The page of the studio on which the record of a process is described: its fields and its states."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from crm.core.fields import Kind
from crm.core.i18n import Text, text
from crm.custom.types import KINDS, MOST_FIELDS, MOST_STATES, TONES
from crm.web.doors import current_actor, now, reading_session, requires, writing
from crm.web.languages import shown
from workflows.custom.start_form import ask_at_start
from workflows.engine import BundleRefused
from workflows.engine.bundle import RECORD_NAME
from workflows.studio.drafts import queries
from workflows.studio.drafts.frame import frame

blueprint = Blueprint("custom", __name__)
KIND_NAMES: dict[Kind, Text] = {
    Kind.LINE: text("Text in one line"),
    Kind.LONG: text("Long text"),
    Kind.WHOLE: text("Whole number"),
    Kind.DECIMAL: text("Number"),
    Kind.MONEY: text("Amount"),
    Kind.DATE: text("Day"),
    Kind.MOMENT: text("Day and time"),
    Kind.FLAG: text("Yes or no"),
    Kind.CHOICE: text("Choice"),
    Kind.PERSON: text("Person"),
}
TONE_NAMES: dict[str, Text] = {
    "neutral": text("Grey"),
    "info": text("Blue"),
    "good": text("Green"),
    "warn": text("Yellow"),
    "bad": text("Red"),
}


@blueprint.get("/studio/drafts/<int:draft_id>/record")
@requires("processes", "administer")
def describe(draft_id: int) -> ResponseReturnValue:
    """The record that cases of this process open, if they open one."""
    with reading_session() as session:
        draft = queries.find_draft(session, draft_id, by=current_actor())
        try:
            described = queries.bundle_of(session, draft_id).record
            readable = described is None or all(
                isinstance(described.get(part, []), list) for part in ("fields", "states")
            )
        except BundleRefused:
            described, readable = None, False
        values = frame(session, draft, tab="record", file=RECORD_NAME, may_be_new=True)
    return render_template(
        "studio/record.html",
        described=described,
        readable=readable,
        fields=_rows(described, "fields") if readable else [],
        states=_rows(described, "states") if readable else [],
        kinds=[(str(kind), shown(KIND_NAMES[kind])) for kind in KINDS],
        tones=[(tone, shown(TONE_NAMES[tone])) for tone in TONES],
        most_fields=MOST_FIELDS,
        most_states=MOST_STATES,
        first_state=shown(text("New")),
        **values,
    )


@blueprint.post("/studio/drafts/<int:draft_id>/record/start-form")
@requires("processes", "administer")
def ask_for_it(draft_id: int) -> ResponseReturnValue:
    """The start form asks for all fields of the record; it is opened."""
    with writing() as session:
        key, number = ask_at_start(session, by=current_actor(), now=now(), draft_id=draft_id)
    if number:
        told = text("Fields that were put into the start form: {number}", number=number)
    else:
        told = text("The start form asks for all fields of the record already.")
    flash(shown(told), "good" if number else "info")
    return redirect(url_for("studio_forms.show", draft_id=draft_id, key=key))


def _rows(described: dict[str, object] | None, part: str) -> list[dict[str, object]]:
    rows = (described or {}).get(part)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
