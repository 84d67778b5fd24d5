"""Making and removing a form of a draft, and giving it to a step."""

from __future__ import annotations

import itertools
import json
from datetime import datetime

from sqlalchemy.orm import Session

from crm.core.errors import Fault, Invalid, RuleBroken
from crm.core.i18n import text, translate
from crm.permissions import Actor
from forms.plain import is_name
from workflows.engine import Bundle
from workflows.engine.bundle import FORM_SUFFIX
from workflows.studio.drafts import operations, queries
from workflows.studio.forms.steps import steps_of
from workflows.studio.xml_edit import set_property

LONGEST_KEY = 80
LONGEST_TITLE = 200


def make_form(
    session: Session, *, by: Actor, now: datetime, draft_id: int, key: str, title: str, step: str = ""
) -> str:
    """A form with one field, ready to be changed; answers its key. A `step` that is named asks it from now on."""
    key, title = key.strip(), " ".join(title.split())
    if not is_name(key) or len(key) > LONGEST_KEY:
        raise Invalid(
            [
                Fault(
                    "key",
                    text("A form's key begins with a letter and has letters, digits and _ only, for example approve."),
                )
            ]
        )
    if len(title) > LONGEST_TITLE or not title.isprintable():
        raise Invalid([Fault("title", text("The name has at most 200 letters, in one line."))])
    if key in queries.bundle_of(session, draft_id).form_files:
        raise Invalid(
            [Fault("key", text("There is a form with the key “{key}” already; choose another key.", key=key))]
        )
    form = {
        "schemaVersion": 16,
        "type": "default",
        "id": key,
        "title": title or key,
        "components": [
            {"type": "textarea", "key": "note", "label": translate(text("Note"), by.locale), "id": f"{key}_note"},
        ],
    }
    content = json.dumps(form, ensure_ascii=False, indent=2) + "\n"
    operations.save_file(session, by=by, now=now, draft_id=draft_id, name=key + FORM_SUFFIX, content=content, seen=0)
    if step:
        give_form(session, by=by, now=now, draft_id=draft_id, step=step, key=key)
    return key


def give_form(session: Session, *, by: Actor, now: datetime, draft_id: int, step: str, key: str) -> None:
    """The step asks this form from now on. NotFound when the diagram has no such step."""
    file, raw = queries.bundle_of(session, draft_id).bpmn
    seen = queries.file_of(session, draft_id, file).revision
    content = set_property(raw, step, "formKey", key).decode()
    operations.save_file(session, by=by, now=now, draft_id=draft_id, name=file, content=content, seen=seen)


def free_key(bundle: Bundle) -> str:
    """A key that no form of the draft has."""
    taken = set(bundle.form_files)
    return next(key for number in itertools.count(1) if (key := f"form_{number}") not in taken)


def remove_form(session: Session, *, by: Actor, now: datetime, draft_id: int, key: str, seen: int) -> None:
    """Take a form out of the draft that no step asks."""
    queries.find_draft(session, draft_id, by=by)
    if steps := steps_of(queries.bundle_of(session, draft_id), key, by.locale):
        names = ", ".join(step.name for step in steps)
        raise RuleBroken(text("The form is asked in: {names}. Give these steps another form first.", names=names))
    operations.remove_file(session, by=by, now=now, draft_id=draft_id, name=key + FORM_SUFFIX, seen=seen)
