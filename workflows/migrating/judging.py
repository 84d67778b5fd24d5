"""What becomes of one case in another version: it moves by itself, needs a step of the new version for one that is gone, or
stays. Pure: no database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from crm.core.i18n import Text
from workflows import engine
from workflows.engine import Definition, Node, Phrase, Problem
from workflows.migrating.keeping import Named

USER_KINDS = frozenset({"userTask", "manualTask", "task"})


class Outlook(StrEnum):
    MOVES = "moves"
    MAPPING = "mapping"
    STAYS = "stays"


@dataclass(frozen=True)
class Verdict:
    """`nodes` are where the case stands. `reasons` say what stands against the move, `hints` what to know if nothing does.
    `needed` are the steps for which another one must be named, `proposed` those that suggest themselves. `unwatched` are events at
    borders that would watch no more, and for which another one may be named."""

    outlook: Outlook
    nodes: tuple[str, ...]
    reasons: tuple[Text, ...] = ()
    hints: tuple[Text, ...] = ()
    needed: tuple[str, ...] = ()
    unwatched: tuple[str, ...] = ()
    proposed: Mapping[str, str] = field(default_factory=dict)


def judge(
    old: Definition, new: Definition, state: bytes, *, now: datetime, mapping: Mapping[str, str] | None = None
) -> Verdict:
    """Try the move on a copy and say what comes of it."""
    given = mapping or {}
    problems = engine.check_move(old, new, state, now=now, mapping=given)
    nodes = standing_at(old, state)
    errors = [problem for problem in problems if problem.is_error]
    reasons = sentences(errors, old, new)
    if not errors:
        gone = [problem.element for problem in problems if problem.element and problem.element not in new.nodes]
        unwatched = tuple(dict.fromkeys(element for element in gone if candidates(old, new, element)))
        return Verdict(Outlook.MOVES, nodes, hints=sentences(problems, old, new), unwatched=unwatched)
    needed = [problem.element for problem in errors if problem.element and candidates(old, new, problem.element)]
    if len(needed) < len(errors):
        return Verdict(Outlook.STAYS, nodes, reasons)
    proposed = {element: found for element in needed if (found := propose(old, new, element)) is not None}
    if len(proposed) == len(needed):
        again = engine.check_move(old, new, state, now=now, mapping={**given, **proposed})
        rest = [problem for problem in again if problem.is_error]
        if rest and not all(problem.element in needed for problem in rest):
            return Verdict(Outlook.STAYS, nodes, sentences(rest, old, new))
    return Verdict(Outlook.MAPPING, nodes, reasons, needed=tuple(dict.fromkeys(needed)), proposed=proposed)


def standing_at(definition: Definition, state: bytes) -> tuple[str, ...]:
    """The elements where the case stands, without the sub-processes around them."""
    live = engine.live_nodes(definition, state)
    around = {definition.nodes[node_id].process for node_id in live if node_id in definition.nodes}
    return tuple(node_id for node_id in live if node_id not in around)


def candidates(old: Definition, new: Definition, element: str) -> list[str]:
    """Steps of the new version that could take the place of one which is gone there, or of another kind by now."""
    before = old.nodes.get(element)
    if before is None or ((same := new.nodes.get(element)) is not None and _alike(before, same, new)):
        return []
    return [node.id for node in new.nodes.values() if node.id != element and _alike(before, node, new)]


def propose(old: Definition, new: Definition, element: str) -> str | None:
    """The one among the candidates that suggests itself: by its name, by what it waits for, or by its form and role."""
    before = old.nodes[element]
    found = [new.nodes[ident] for ident in candidates(old, new, element)]
    fresh = [node for node in found if node.id not in old.nodes] or found
    named = [node for node in fresh if node.name and node.name == before.name]
    if len(named) == 1:
        return named[0].id
    waiting = [node for node in fresh if before.events and _awaits(node) == _awaits(before)]
    if len(waiting) == 1:
        return waiting[0].id
    asked = [node for node in fresh if before.form_key and (node.form_key, node.role) == (before.form_key, before.role)]
    return asked[0].id if len(asked) == 1 else None


def _awaits(node: Node) -> list[tuple[str, str | None, str]]:
    return [(event.kind, event.name, event.text) for event in node.events]


def _alike(before: Node, node: Node, new: Definition) -> bool:
    same_kind = node.kind == before.kind or {node.kind, before.kind} <= USER_KINDS
    # A timer that is set can be no message, and what watched at a step watches there.
    same_kind = same_kind and [event.kind for event in node.events] == [event.kind for event in before.events]
    if before.attached_to is not None and before.attached_to in new.nodes and node.attached_to != before.attached_to:
        return False
    return same_kind and node.process == before.process and (node.repetition is None) == (before.repetition is None)


def sentences(problems: Sequence[Problem], old: Definition, new: Definition) -> tuple[Text, ...]:
    """What the engine found, with the elements called by their names."""
    return tuple(Text(problem.message, _spoken(problem.params, old, new)) for problem in problems)


def _spoken(params: Mapping[str, object], old: Definition, new: Definition) -> dict[str, object]:
    return {name: _word(value, old, new) for name, value in params.items()}


def _word(value: object, old: Definition, new: Definition) -> object:
    if isinstance(value, Phrase):
        return Text(value.template, _spoken(value.params, old, new))
    if not isinstance(value, str):
        return value
    for definition in (old, new):
        node = definition.nodes.get(value)
        if node is not None and node.name:
            texts = definition.bundle.texts
            return Named(
                node.name, spoken={locale: words[node.name] for locale, words in texts.items() if node.name in words}
            )
    return value
