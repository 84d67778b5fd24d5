"""Making and removing a form of a draft."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy.orm import Session

from crm.core.errors import Fault, Invalid, RuleBroken
from crm.core.i18n import text, translate
from crm.permissions import Actor
from forms.plain import is_name
from workflows.engine.bundle import FORM_SUFFIX
from workflows.studio.drafts import operations, queries
from workflows.studio.forms.steps import steps_of

LONGEST_KEY = 80
LONGEST_TITLE = 200


def make_form(session: Session, *, by: Actor, now: datetime, draft_id: int, key: str, title: str) -> str:
    """A form with one field, ready to be changed; answers its key."""
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
        raise Invalid([Fault("key", text("There is a form with the key “{key}” already.", key=key))])
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
    return key


def remove_form(session: Session, *, by: Actor, now: datetime, draft_id: int, key: str, seen: int) -> None:
    """Take a form out of the draft that no step asks."""
    queries.find_draft(session, draft_id, by=by)
    if steps := steps_of(queries.bundle_of(session, draft_id), key, by.locale):
        names = ", ".join(step.name for step in steps)
        raise RuleBroken(text("The form is asked in: {names}. Give these steps another form first.", names=names))
    operations.remove_file(session, by=by, now=now, draft_id=draft_id, name=key + FORM_SUFFIX, seen=seen)
