"""Who does a step, how urgently and until when: what other tools say of it, in our words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from crm.core.i18n import text
from workflows.engine.timers import DURATION, MOMENT
from workflows.studio.exchange.document import Document

# The other tools count from 0 to 100 and begin with 50; what stands below each bound is one of ours.
PRIORITIES = ((25, "0"), (75, "1"), (100, "2"))
USER_NAME = re.compile(r"[^\s,${}]{1,80}")


def to_groups(document: Document, element: Any, groups: Sequence[str]) -> None:
    """Offered to groups: the first of which there is a role gets the step. For the others a role is to be chosen."""
    groups = [group for group in dict.fromkeys(group.strip() for group in groups) if group]
    found = [(group, document.around.role_of(group)) for group in groups]
    document.groups.update(found)
    known = list(dict.fromkeys(role for _, role in found if role))
    said = ", ".join(groups)
    if known:
        document.set_property(element, "role", known[0])
        document.translated(element, text("Candidate group"), said, f"role = {known[0]}")
    if len(known) > 1:
        cure = text("A step belongs to one role; make a role for all of them, or choose another one.")
        document.by_hand(element, text("Several candidate groups"), cure, said)
    if groups and not known:
        document.awaiting.add(element.get("id"))
    for group, role in found:
        if role is None:
            cure = text("No role is called “{group}”; choose a role for it.", group=group)
            document.by_hand(element, text("Candidate group"), cure, group)


def to_person(document: Document, element: Any, said: str, *, formula: str | None, initiators: frozenset[str]) -> None:
    """Given to one person: by user name, or by a formula (`formula`, FEEL) that names them."""
    if formula is None:
        _named(document, element, "person", [said.strip()], said)
    elif formula in initiators:
        document.set_property(element, "assign", "initiator")
        document.translated(element, text("Assignee"), said, "assign = initiator")
    else:
        document.set_property(element, "assign", "variable")
        document.set_property(element, "assignTo", formula)
        document.translated(element, text("Assignee"), said, f"assign = variable, assignTo = {formula}")


def to_people(document: Document, element: Any, said: str, *, formula: str | None) -> None:
    """Offered to several people, by user name or by a formula that names them."""
    if document.property(element, "assign"):
        cure = text(
            "A step has one rule who gets it; the assignee is kept. Choose another rule if these people are meant."
        )
        document.by_hand(element, text("Candidate users"), cure, said)
    elif formula is None:
        _named(document, element, "candidates", [name.strip() for name in said.split(",") if name.strip()], said)
    else:
        document.set_property(element, "assign", "variable")
        document.set_property(element, "assignTo", formula)
        document.translated(element, text("Candidate users"), said, f"assign = variable, assignTo = {formula}")


def _named(document: Document, element: Any, rule: str, names: list[str], said: str) -> None:
    what = text("Assignee") if rule == "person" else text("Candidate users")
    if not names or not all(USER_NAME.fullmatch(name) for name in names):
        document.by_hand(element, what, text("Choose who gets the step."), said)
        return
    document.set_property(element, "assign", rule)
    document.set_property(element, "assignTo", ", ".join(names))
    document.translated(element, what, said, f"assign = {rule}, assignTo = {', '.join(names)}")


def urgent(document: Document, element: Any, said: str) -> None:
    """A priority from 0 to 100 becomes one of our four."""
    if not (said.strip().isascii() and said.strip().isdecimal() and len(said.strip()) < 6):
        cure = text("Write a formula that gives 0 (low), 1 (normal), 2 (high) or 3 (urgent).")
        document.by_hand(element, text("Priority"), cure, said)
        return
    number = int(said)
    ours = next((level for bound, level in PRIORITIES if number < bound), "3")
    document.set_property(element, "priority", ours)
    document.translated(element, text("Priority"), said, f"priority = {ours}")


def due(document: Document, element: Any, said: str, *, formula: str | None) -> None:
    """A due date as a duration, a moment with its zone, or a formula in FEEL."""
    written = formula if formula is not None else said.strip()
    if formula is None and not DURATION.fullmatch(written) and not MOMENT.fullmatch(written):
        cure = text("Write a duration such as P2D, or a date with time and zone such as 2026-01-31T08:00:00+08:00.")
        document.by_hand(element, text("Due date"), cure, said)
        return
    document.set_property(element, "dueDate", written)
    document.translated(element, text("Due date"), said, f"dueDate = {written}")


def started_by(document: Document, process: Any, groups: Sequence[str]) -> None:
    """Who may begin a case stands at the plain start event here."""
    starts = [each for each in process if document.is_plain_start(each)]
    found = {group.strip(): document.around.role_of(group.strip()) for group in groups if group.strip()}
    document.groups.update(found)
    roles = ", ".join(dict.fromkeys(role for role in found.values() if role))
    if roles and starts:
        document.set_property(starts[0], "role", roles)
        document.translated(starts[0], text("Who may start"), ", ".join(groups), f"role = {roles}")
    missing = [group for group, role in found.items() if role is None]
    if missing:
        cure = text("No role is called “{group}”; choose a role for it.", group=", ".join(missing))
        document.by_hand(process, text("Who may start"), cure, ", ".join(groups))
