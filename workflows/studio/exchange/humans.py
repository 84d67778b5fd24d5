"""What a step for people must have and other tools leave open: a role and a form."""

from __future__ import annotations

from typing import Any

from crm.core.i18n import text
from workflows.studio.exchange.document import BPMN, USER_TASKS, Document, local
from workflows.studio.exchange.made_forms import add_form, form_of

# Where more steps than this have no form, they share one: a bundle has a bound of files.
MOST_FORMS = 100
# Stands for the steps that neither say a group nor stand in a lane of one.
NOBODY = ""


def complete(document: Document) -> None:
    """Lanes that are called like a role belong to it; steps without a form get an empty one to be drawn."""
    tasks = [element for element in document.root.iter(f"{BPMN}*") if local(element) in USER_TASKS]
    lanes = _lanes(document, {task.get("id") for task in tasks if not document.property(task, "role")})
    default = document.around.role_of(NOBODY) if NOBODY in document.around.chosen else None
    formless = [task for task in tasks if local(task) == "userTask" and not document.property(task, "formKey")]
    for task in tasks:
        has_said = task.get("id") in lanes or task.get("id") in document.awaiting
        if not has_said and not document.property(task, "role"):
            _without_role(document, task, default)
    for task in formless:
        ident = task.get("id") if len(formless) <= MOST_FORMS else "form"
        key = add_form(document, task, ident, form_of(ident, []))
        # Whoever did the step there had nothing to fill in either.
        document.translated(task, text("There was no form; an empty one was put beside it"), "", f"formKey = {key}")


def _lanes(document: Document, wanting: set[str]) -> set[str]:
    """Roles of the lanes in which somebody without a role works; answers who stands in a lane with a role."""
    placed: set[str] = set()
    for lane in document.root.iter(f"{BPMN}lane"):
        inside = {(reference.text or "").strip() for reference in lane.iterchildren(f"{BPMN}flowNodeRef")}
        working = inside & wanting
        if not working:
            continue
        if document.property(lane, "role"):
            placed |= working
            continue
        if lane.find(f"{BPMN}childLaneSet") is not None:
            continue
        group = (lane.get("name") or "").strip()
        role = document.around.role_of(group)
        document.groups[group] = role
        placed |= working
        if role is None:
            cure = text("No role is called “{group}”; choose a role for it.", group=group)
            document.by_hand(lane, text("Lane"), cure, group)
        else:
            document.set_property(lane, "role", role)
            document.translated(lane, text("Lane"), group, f"role = {role}")
    return placed


def _without_role(document: Document, task: Any, default: str | None) -> None:
    document.groups[NOBODY] = default
    if default is None:
        document.by_hand(task, text("There is no role"), text("Choose the role whose people do this step."))
    else:
        document.set_property(task, "role", default)
        document.translated(task, text("There was no role"), "", f"role = {default}")
