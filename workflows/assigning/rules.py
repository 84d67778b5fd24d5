"""The rules of a version's tasks, read from the diagram once; and who is next among several. Pure: no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from weakref import WeakKeyDictionary

from workflows.engine import AssigneeRule, Definition, read_rule

_READ: WeakKeyDictionary[Definition, Mapping[str, AssigneeRule]] = WeakKeyDictionary()


def rules_of(definition: Definition) -> Mapping[str, AssigneeRule]:
    """The rules of all tasks that have one, by element."""
    found = _READ.get(definition)
    if found is None:
        read = {
            node.id: read_rule(node) for node in definition.nodes.values() if node.kind in ("userTask", "manualTask")
        }
        # Two threads may read at the same time; both come to the same rules.
        found = _READ[definition] = {node_id: rule for node_id, rule in read.items() if rule is not None}
    return found


def rule_of(definition: Definition, node_id: str) -> AssigneeRule | None:
    """By which rule a task finds its person; None where the diagram's role and assignee say all."""
    return rules_of(definition).get(node_id)


def next_after(last: int | None, members: Sequence[int]) -> int:
    """Whose turn it is after `last`, who need not be a member any more: the next higher number, round and round.

    Somebody who comes back from an absence takes part again at their place; nobody is given what they missed.
    """
    ordered = sorted(members)
    return next((member for member in ordered if last is None or member > last), ordered[0])


def least_busy(loads: Mapping[int, int], last: int | None) -> int:
    """Who has the fewest; among equals the one whose turn it is."""
    fewest = min(loads.values())
    return next_after(last, [member for member, load in loads.items() if load == fewest])
