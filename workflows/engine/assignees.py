"""What a user task says about who gets it: the words of the diagram as a rule. What the rule means for people is said above.

`assign` names the rule, further properties its parameters: `assignTo` a person, several, or a variable; `assignRole` the
role that one is chosen from (else the task's own); `assignOf` whose superior or department head, the initiator's or the
record owner's; `assignLevels` how many superiors up; `assignNot="initiator"` that whoever began the case must not do it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from workflows.engine import expressions
from workflows.engine.diagram import Node
from workflows.engine.texts import N_

MOST_LEVELS = 20
MOST_NAMED = 50


class AssigneeKind(StrEnum):
    """How somebody is found."""

    ROLE = "role"
    PERSON = "person"
    CANDIDATES = "candidates"
    INITIATOR = "initiator"
    SUPERIOR = "superior"
    DEPARTMENT_HEAD = "department_head"
    RECORD_OWNER = "record_owner"
    VARIABLE = "variable"
    LEAST_BUSY = "least_busy"
    ROUND_ROBIN = "round_robin"


class Base(StrEnum):
    """Whose superior or whose department."""

    INITIATOR = "initiator"
    RECORD = "record"


@dataclass(frozen=True)
class AssigneeRule:
    """Who gets a task. `names` are user names, `formula` is FEEL over the variables of the case."""

    kind: AssigneeKind
    role: str | None = None
    names: tuple[str, ...] = ()
    formula: str = ""
    base: Base = Base.INITIATOR
    levels: int = 1
    not_initiator: bool = False


def read_rule(node: Node) -> AssigneeRule | None:
    """The rule of a task that the linter has passed; None where its role and assignee say all."""
    said = node.extensions
    kind, forbidden = said.get("assign", "").strip(), said.get("assignNot", "").strip()
    if not kind and not forbidden and not said.get("candidates", "").strip():
        return None
    formula = said.get("assignTo", "") if kind else said.get("assignee") or said.get("candidates") or ""
    if not kind:
        kind = AssigneeKind.VARIABLE if formula.strip() else AssigneeKind.ROLE
    return AssigneeRule(
        kind=AssigneeKind(kind),
        role=said.get("assignRole", "").strip() or node.role,
        names=_names(said.get("assignTo", "")) if kind in (AssigneeKind.PERSON, AssigneeKind.CANDIDATES) else (),
        formula=expressions.source(formula) if kind == AssigneeKind.VARIABLE else "",
        base=Base(said.get("assignOf", "").strip() or Base.INITIATOR),
        levels=int(said.get("assignLevels", "").strip() or 1),
        not_initiator=bool(forbidden),
    )


def faults_of(node: Node) -> Iterator[tuple[str, dict[str, object]]]:
    """What is wrong with the words of a task, each as an English template with its values. `element` is filled in later."""
    said = {name: value.strip() for name, value in node.extensions.items() if name.startswith("assign")}
    kind = said.get("assign", "")
    if said.get("assignNot", "initiator") not in ("initiator", ""):
        message = N_("{element}: assignNot can only be initiator, not {value}.")
        yield message, {"value": said["assignNot"][:80]}
    if not kind:
        for name in ("assignTo", "assignRole", "assignOf", "assignLevels"):
            if said.get(name):
                yield N_("{element} has {name} but no assign; say by which rule somebody is found."), {"name": name}
        return
    if kind not in set(AssigneeKind):
        message = N_("{element} is given by the rule {rule}, which does not exist; choose one of {known}.")
        yield message, {"rule": kind[:80], "known": ", ".join(AssigneeKind)}
        return
    if said.get("assignee") or node.extensions.get("candidates", "").strip():
        message = N_("{element} has both the rule {rule} and an assignee or candidates; keep one of them.")
        yield message, {"rule": kind}
    if kind in (AssigneeKind.PERSON, AssigneeKind.CANDIDATES, AssigneeKind.VARIABLE):
        yield from _faults_of_names(kind, said.get("assignTo", ""))
    elif said.get("assignTo"):
        yield N_("{element}: the rule {rule} takes no assignTo; remove it."), {"rule": kind}
    if said.get("assignOf", Base.INITIATOR) not in ("", *Base):
        message = N_("{element}: assignOf must be one of {known}, not {value}.")
        yield message, {"known": ", ".join(Base), "value": said["assignOf"][:80]}
    levels = said.get("assignLevels") or "1"
    if not (levels.isascii() and levels.isdecimal() and len(levels) < 4 and 1 <= int(levels) <= MOST_LEVELS):
        message = N_("{element}: assignLevels must be a whole number from 1 to {limit}, not {value}.")
        yield message, {"limit": MOST_LEVELS, "value": levels[:80]}


def _faults_of_names(kind: str, text: str) -> Iterator[tuple[str, dict[str, object]]]:
    if kind == AssigneeKind.VARIABLE:
        if not expressions.source(text):
            message = N_("{element} is given to whom a variable names, but assignTo names none; write its name.")
            yield message, {}
        return
    names = _names(text)
    if not names:
        message = N_(
            "{element} is given by name, but assignTo names nobody; write a user name, or several with commas."
        )
        yield message, {}
    elif kind == AssigneeKind.PERSON and len(names) > 1:
        message = N_("{element} is given to one person, but assignTo names {count}; use the rule candidates.")
        yield message, {"count": len(names)}
    elif len(names) > MOST_NAMED:
        message = N_("{element} names {count} people; at most {limit} can be named, give them a role instead.")
        yield message, {"count": len(names), "limit": MOST_NAMED}


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))
