"""The files of decision tables of a draft, and the steps that ask them."""

from __future__ import annotations

from dataclasses import dataclass

from crm.core.i18n import Text
from workflows.engine import Bundle
from workflows.engine.decision_model import Decision
from workflows.studio.spoken import words_of
from workflows.studio.surroundings import diagram_of
from workflows.studio.tables.trying import read_table
from workflows.studio.tables.words import POLICIES


@dataclass(frozen=True)
class Listed:
    """One decision: `rules` and `policy` are None for a formula."""

    name: str
    id: str
    policy: Text | None
    rules: int | None
    steps: tuple[str, ...]


@dataclass(frozen=True)
class TableFile:
    """A file with its decisions; `faults` is the number of cells and parts that cannot be read."""

    file: str
    decisions: tuple[Listed, ...]
    faults: int


def tables_of(bundle: Bundle, locale: str) -> list[TableFile]:
    """All files by name."""
    words = words_of(bundle, locale)
    diagram = diagram_of(bundle)
    asking: dict[str, list[str]] = {}
    for node in diagram.nodes.values() if diagram is not None else ():
        if node.kind == "businessRuleTask" and node.called:
            asking.setdefault(node.called, []).append(words(node.name) or node.id)
    found = []
    for file, content in sorted(bundle.dmn.items()):
        read = read_table(bundle, file, content)
        listed = tuple(_listed(decision, words(decision.name), asking) for decision in read.decisions)
        found.append(TableFile(file, listed, len(read.problems)))
    return found


def _listed(decision: Decision, name: str, asking: dict[str, list[str]]) -> Listed:
    table = decision.table
    steps = tuple(asking.get(decision.id, ()))
    if table is None:
        return Listed(name, decision.id, None, None, steps)
    return Listed(name, decision.id, POLICIES[table.hit_policy], len(table.rules), steps)
